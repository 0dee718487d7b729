//! Readers of the texts in /proc: bytes in, figures out. Pure; a text that is not as expected gives nothing.

/// Ticks of processor time in a second, as /proc counts them on every Linux since 2.6, whatever the kernel's own.
pub const TICKS_PER_SECOND: u64 = 100;

/// Milliseconds of a number of ticks.
pub const fn ticks_to_ms(ticks: u64) -> u64 {
    ticks * (1_000 / TICKS_PER_SECOND)
}

/// A process, from `/proc/PID/stat`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stat {
    /// Name of the program, at most 15 bytes.
    pub name: String,
    /// `R`, `S`, `Z` …
    pub state: char,
    /// The process that began it.
    pub parent: u32,
    /// Processor time of its own, in ticks.
    pub ticks: u64,
    /// Processor time of its children that have ended, in ticks.
    pub children_ticks: u64,
    /// When it began, in ticks since the machine was started; with the pid it names a process for good.
    pub began_ticks: u64,
}

/// Reads `/proc/PID/stat`. The name stands in parentheses and may hold any byte, parentheses too.
pub fn stat(text: &str) -> Option<Stat> {
    let (head, tail) = text.rsplit_once(')')?;
    let (_, name) = head.split_once('(')?;
    let fields: Vec<&str> = tail.split_ascii_whitespace().collect();
    let number = |place: usize| fields.get(place)?.parse::<u64>().ok();
    Some(Stat {
        name: name.to_owned(),
        state: fields.first()?.chars().next()?,
        parent: fields.get(1)?.parse().ok()?,
        ticks: number(11)?.saturating_add(number(12)?),
        children_ticks: number(13)?.saturating_add(number(14)?),
        began_ticks: number(19)?,
    })
}

/// Memory in use, in bytes, from `/proc/PID/status`.
pub fn resident_bytes(status: &str) -> Option<u64> {
    kilobytes(status, "VmRSS:")
}

/// All memory and what programs can still have, in bytes, from `/proc/meminfo`.
pub fn memory(meminfo: &str) -> Option<(u64, u64)> {
    Some((kilobytes(meminfo, "MemTotal:")?, kilobytes(meminfo, "MemAvailable:")?))
}

/// Processor time used by anything, in ticks, from `/proc/stat`: all but idle and waiting for disks.
pub fn busy_ticks(stat: &str) -> Option<u64> {
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let fields: Vec<u64> =
        line.split_ascii_whitespace().map_while(|field| field.parse().ok()).collect();
    let [user, nice, system, _idle, _waiting, interrupts, soft, stolen, ..] = *fields else {
        return None;
    };
    Some(user + nice + system + interrupts + soft + stolen)
}

/// The load of one minute in hundredths, from `/proc/loadavg`.
pub fn load_hundredths(loadavg: &str) -> Option<u64> {
    let (whole, part) = loadavg.split_ascii_whitespace().next()?.split_once('.')?;
    Some(whole.parse::<u64>().ok()? * 100 + part.get(..2)?.parse::<u64>().ok()?)
}

/// Time in which some process waited, in milliseconds since the machine was started, from `/proc/pressure/*`.
pub fn stalled_ms(pressure: &str) -> Option<u64> {
    let line = pressure.lines().find(|line| line.starts_with("some "))?;
    let micros = line.split_ascii_whitespace().find_map(|word| word.strip_prefix("total="))?;
    Some(micros.parse::<u64>().ok()? / 1_000)
}

/// Seconds since the machine was started, from `/proc/uptime`.
pub fn uptime_s(uptime: &str) -> Option<u64> {
    uptime.split('.').next()?.trim().parse().ok()
}

fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_process_is_read_whatever_its_name() {
        let text =
            "812 (tls) (mgr) S 790 790 790 0 -1 4194560 410 0 0 0 12 7 3 1 20 0 1 0 48211 1 1";
        assert_eq!(
            stat(text),
            Some(Stat {
                name: "tls) (mgr".to_owned(),
                state: 'S',
                parent: 790,
                ticks: 19,
                children_ticks: 4,
                began_ticks: 48_211,
            })
        );
        assert_eq!(stat("812 (short"), None);
        assert_eq!(stat("812 (master) S 1"), None);
    }

    #[test]
    fn the_machine_is_read() {
        let stat = "cpu  100 5 50 9000 70 1 2 3 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n";
        assert_eq!(busy_ticks(stat), Some(161));
        assert_eq!(load_hundredths("1.07 0.50 0.20 2/300 4242\n"), Some(107));
        let pressure =
            "some avg10=0.00 avg60=0.00 avg300=0.00 total=1234567\nfull avg10=0.00 total=9\n";
        assert_eq!(stalled_ms(pressure), Some(1_234));
        assert_eq!(uptime_s("350735.47 234388.90\n"), Some(350_735));
        let meminfo = "MemTotal:       16384 kB\nMemFree: 1 kB\nMemAvailable:    8192 kB\n";
        assert_eq!(memory(meminfo), Some((16_777_216, 8_388_608)));
        assert_eq!(resident_bytes("Name:\tqmgr\nVmRSS:\t    7168 kB\n"), Some(7_340_032));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[ -~\n]{0,200}") {
            let _any = (stat(&text), busy_ticks(&text), load_hundredths(&text), stalled_ms(&text),
                uptime_s(&text), memory(&text), resident_bytes(&text));
        }
    }
}
