//! The machine: load, processors, memory, and how long processes wait for it.

use std::{fs, path::Path};

use mailvane_proto::catalogue::{group, host as cat};

use super::{Reading, proc};

/// What the last reading said.
#[derive(Debug, Default)]
pub struct Host {
    busy_ticks: Option<u64>,
    io_stalled_ms: Option<u64>,
    memory_stalled_ms: Option<u64>,
}

impl Host {
    /// Adds the machine's figures.
    pub(super) fn measure(&mut self, proc: &Path, reading: &mut Reading) {
        let text = |name: &str| fs::read_to_string(proc.join(name)).ok();
        let busy = text("stat").as_deref().and_then(proc::busy_ticks);
        let load = text("loadavg").as_deref().and_then(proc::load_hundredths);
        let memory = text("meminfo").as_deref().and_then(proc::memory);
        if let (Some(before), Some(busy), Some(load), Some((total, available))) =
            (self.busy_ticks, busy, load, memory)
        {
            reading.see(group::HOST);
            reading.set(cat::CPU_MS, proc::ticks_to_ms(busy.saturating_sub(before)));
            reading.set(cat::LOAD_1M, load);
            reading.set(cat::MEMORY_TOTAL, total);
            reading.set(cat::MEMORY_AVAILABLE, available);
        }
        self.busy_ticks = busy;
        let io = text("pressure/io").as_deref().and_then(proc::stalled_ms);
        let memory = text("pressure/memory").as_deref().and_then(proc::stalled_ms);
        if let (Some(io_before), Some(memory_before), Some(io), Some(memory)) =
            (self.io_stalled_ms, self.memory_stalled_ms, io, memory)
        {
            reading.see(group::PRESSURE);
            reading.set(cat::IO_STALL_MS, io.saturating_sub(io_before));
            reading.set(cat::MEMORY_STALL_MS, memory.saturating_sub(memory_before));
        }
        (self.io_stalled_ms, self.memory_stalled_ms) = (io, memory);
    }
}
