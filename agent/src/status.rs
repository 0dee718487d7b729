//! What a running agent says about itself to a person on its host, by a small file in the state directory.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::pipe::{Strange, Unrecognised};

const STATUS_FILE: &str = "status.json";
const FILE_BYTES_MAX: usize = 1 << 20;

/// The agent's state.
#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq, Eq)]
pub struct Status {
    /// When it was written, milliseconds since 1970.
    pub written_ms: i64,
    /// An agent runs here now.
    #[serde(default)]
    pub running: bool,
    /// The agent's version.
    pub version: String,
    /// A stream to the server is open.
    pub connected: bool,
    /// When the server last acknowledged anything, milliseconds since 1970; 0 for never.
    pub acked_ms: i64,
    /// Batches that wait for the server.
    pub waiting_batches: u64,
    /// The next batch's number.
    pub next_seq: u64,
    /// Bytes of the spool.
    pub spool_bytes: u64,
    /// The interval, milliseconds.
    pub interval_ms: u64,
    /// Logs that are read.
    pub logs: Vec<String>,
    /// Instances that are watched.
    pub instances: Vec<String>,
    /// What is wrong, for people.
    pub troubles: Vec<String>,
    /// Lines that nobody understood, by daemon.
    #[serde(default)]
    pub unrecognised: Unrecognised,
}

impl Status {
    /// A few lines for people.
    pub fn lines(&self, now_ms: i64) -> Vec<String> {
        let state = match (self.running, self.connected) {
            (false, _) => "not running",
            (true, true) => "running, connected",
            (true, false) => "running, not connected",
        };
        let acked = match self.acked_ms {
            0 => "never".to_owned(),
            at => format!("{} s ago", (now_ms - at).max(0) / 1000),
        };
        let mut lines = vec![
            format!("state      {state}"),
            format!("instances  {}", self.instances.join(", ")),
            format!("logs       {}", self.logs.join(", ")),
            format!("interval   {} s", self.interval_ms / 1000),
            format!(
                "server     has everything up to batch {}, last heard {acked}",
                self.next_seq.saturating_sub(self.waiting_batches + 1)
            ),
            format!(
                "spool      {} batches wait, {} KiB",
                self.waiting_batches,
                self.spool_bytes / 1024
            ),
        ];
        lines.extend(self.troubles.iter().map(|trouble| format!("trouble    {trouble}")));
        let strange: u64 = self.unrecognised.values().map(|strange| strange.lines).sum();
        if strange > 0 {
            lines.push(format!("strange    {strange} lines not understood: status --unrecognised"));
        }
        lines
    }

    /// What nobody understood, for people.
    pub fn unrecognised_lines(&self) -> Vec<String> {
        let daemon = |(daemon, strange): (&String, &Strange)| {
            let daemon = if daemon.is_empty() { "(no daemon)" } else { daemon };
            let head = format!("{:>8}  {daemon}", strange.lines);
            std::iter::once(head)
                .chain(strange.samples.iter().map(|sample| format!("          {sample}")))
                .collect::<Vec<_>>()
        };
        self.unrecognised.iter().flat_map(daemon).collect()
    }
}

/// Replaces the file.
pub fn write(directory: &Path, status: &Status) -> io::Result<()> {
    let beside = directory.join("status.new");
    std::fs::write(&beside, serde_json::to_vec(status)?)?;
    std::fs::rename(&beside, directory.join(STATUS_FILE))
}

/// Reads the file, and looks whether its writer still lives; nothing if no agent ever ran here.
pub fn read(directory: &Path) -> io::Result<Option<Status>> {
    let running = crate::identity::is_running(directory);
    match crate::vfs::read_all(&crate::vfs::Disk, &directory.join(STATUS_FILE), FILE_BYTES_MAX) {
        Ok(bytes) => Ok(Some(Status { running, ..serde_json::from_slice(&bytes)? })),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
