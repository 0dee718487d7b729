//! The machine, the room for the spool, and the certificates that are served.

use super::Keys;

metrics! {
    group SPOOL {
        213 SPOOL_BYTES_TOTAL "spool.bytes_total" Gauge Bytes, "Size of the file system of the queue directory.", "statvfs";
        214 SPOOL_BYTES_FREE "spool.bytes_free" Gauge Bytes, "What Postfix may still write there.", "statvfs";
        215 SPOOL_FILES_TOTAL "spool.files_total" Gauge Files, "Files that this file system can hold; 0 where it has no such limit.", "statvfs";
        216 SPOOL_FILES_FREE "spool.files_free" Gauge Files, "Files that can still be made there.", "statvfs";
    }
    group HOST {
        217 LOAD_1M "host.load_1m" Gauge Hundredths, "Load average of one minute, in hundredths.", "/proc/loadavg";
        218 CPU_MS "host.cpu_time" Counter Milliseconds, "Processor time used, all processors together.", "/proc/stat";
        219 MEMORY_TOTAL "host.memory_total" Gauge Bytes, "Memory of the machine.", "/proc/meminfo";
        220 MEMORY_AVAILABLE "host.memory_available" Gauge Bytes, "Memory that programs can still have.", "/proc/meminfo";
    }
    group PRESSURE {
        221 IO_STALL_MS "host.io_stalled" Counter Milliseconds, "Time in which some process waited for a disk.", "/proc/pressure/io";
        222 MEMORY_STALL_MS "host.memory_stalled" Counter Milliseconds, "Time in which some process waited for memory.", "/proc/pressure/memory";
    }
    group CERTIFICATE {
        223 CERTIFICATE_EXPIRES_S "certificate.expires" Gauge Seconds, "Time until the first certificate expires; 0 once it has.", "configured files; served on loopback";
        224 CERTIFICATES_EXPIRED "certificate.expired" Gauge Entries, "Certificates that have expired.", "configured files; served on loopback";
        225 CERTIFICATES_MISMATCHED "certificate.mismatched" Gauge Entries, "Ports that serve another certificate than the configured file holds.", "configured files; served on loopback";
    }
}

measures! {
    /// A certificate.
    certificate {
        0 EXPIRES_S "expires" Gauge Seconds;
        1 MISMATCHED "mismatched" Gauge Flag;
    }
}

dimensions! {
    35 CERTIFICATE "certificate" CERTIFICATE certificate::MEASURES, Keys::Open, "Certificates by the file or port they are served from.", "configured files; served on loopback";
}
