//! The agent's own weight and health, sent like any other figure.

metrics! {
    group AGENT {
        226 CPU_MS "agent.cpu_time" Counter Milliseconds, "Processor time used by the agent.", "/proc/self/stat";
        227 RSS_BYTES "agent.memory" Gauge Bytes, "Memory in use by the agent.", "/proc/self/statm";
        228 UPTIME_S "agent.uptime" Gauge Seconds, "Time since the agent was started.", "the agent";
        229 SPOOL_BATCHES "agent.spool_batches" Gauge Entries, "Batches that wait for the server's acknowledgement.", "the agent's spool";
        230 SPOOL_BYTES "agent.spool_bytes" Gauge Bytes, "Size of the agent's spool.", "the agent's spool";
        231 RECONNECTIONS "agent.reconnections" Counter Connections, "Streams opened to the server.", "the agent's link";
        232 LOG_BEHIND_BYTES "agent.log_behind" Gauge Bytes, "Log written and not read yet.", "the log's size and the agent's place in it";
        233 TRACKED "agent.tracked" Gauge Entries, "Messages and sessions that the agent follows.", "the agent";
        234 FORGOTTEN "agent.forgotten" Counter Entries, "Messages and sessions no longer followed because there were too many.", "the agent";
        235 KEYS_FOLDED "agent.keys_folded" Counter Entries, "Breakdown keys counted under `other` because there were too many.", "the agent";
        236 SCAN_MS "agent.scan_time" Counter Milliseconds, "Time spent looking into queue directories.", "the agent";
    }
}
