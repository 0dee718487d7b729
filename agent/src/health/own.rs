//! What this agent weighs.

use std::{fs, path::Path};

use mailvane_proto::catalogue::agent as cat;

use super::{Reading, proc};

/// What the last reading said.
#[derive(Debug, Default)]
pub struct Own {
    ticks: Option<u64>,
}

impl Own {
    /// Adds processor time, memory and age of this process. The group is seen by who knows its other figures.
    pub(super) fn measure(&mut self, proc: &Path, reading: &mut Reading) {
        let text = |name: &str| fs::read_to_string(proc.join(name)).ok();
        let stat = text("self/stat").as_deref().and_then(proc::stat);
        if let (Some(before), Some(stat)) = (self.ticks, &stat) {
            reading.set(cat::CPU_MS, proc::ticks_to_ms(stat.ticks.saturating_sub(before)));
        }
        if let (Some(uptime), Some(stat)) =
            (text("uptime").as_deref().and_then(proc::uptime_s), &stat)
        {
            let began_s = stat.began_ticks / proc::TICKS_PER_SECOND;
            reading.set(cat::UPTIME_S, uptime.saturating_sub(began_s));
        }
        if let Some(bytes) = text("self/status").as_deref().and_then(proc::resident_bytes) {
            reading.set(cat::RSS_BYTES, bytes);
        }
        self.ticks = stat.map(|stat| stat.ticks);
    }
}
