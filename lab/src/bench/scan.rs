//! One spool of many deferred messages, looked at by the agent and by what Postfix and Unix bring.
//!
//! The files are such as Postfix's own programs accept. CPU seconds; programs that take long run once.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};

use super::{
    agent::round,
    cost::{self, Cost, median},
};

/// Directories of a spool.
const QUEUES: [&str; 13] = [
    "maildrop", "incoming", "active", "deferred", "hold", "corrupt", "saved", "defer", "bounce",
    "trace", "flush", "pid", "public",
];
/// Above this many files qshape and postqueue run once: they take minutes.
const OFTEN_MAX: u64 = 100_000;

/// Makes a spool of `files` deferred messages and measures everybody on it.
pub fn compare(agent: &Path, scratch: &Path, files: u64, rounds: usize) -> io::Result<Value> {
    let place = Place::make(&scratch.join(format!("spool-{files}")), files)?;
    let deferred = place.spool.join("deferred");
    let mut spent: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut said: BTreeMap<&str, u64> = BTreeMap::new();
    for round in 0..rounds {
        let often = round == 0 || files <= OFTEN_MAX;
        let mut run = |name: &'static str, command: &mut Command, count: fn(&str) -> u64| {
            let cost = cost::of(command)?;
            spent.entry(name).or_default().push(cost.cpu_s);
            said.insert(name, count(&cost.out));
            io::Result::Ok(())
        };
        let queue = |command: &mut Command| {
            command.args(["queue", "--json", "--config"]).arg(&place.settings);
        };
        let mut ours = Command::new(agent);
        queue(&mut ours);
        run("mailvane-agent queue", &mut ours, deferred_of)?;
        let mut find = Command::new("find");
        run("find", find.arg(&deferred).args(["-type", "f"]), lines)?;
        let mut print = Command::new("find");
        run(
            "find -printf",
            print.arg(&deferred).args(["-type", "f", "-printf", "%s %T@\\n"]),
            lines,
        )?;
        if often {
            let mut shape = Command::new("qshape");
            run("qshape", shape.arg("-c").arg(&place.config).arg("deferred"), total)?;
            let mut list = Command::new("postqueue");
            run("postqueue -j", list.arg("-c").arg(&place.config).arg("-j"), lines)?;
        }
    }
    fs::remove_dir_all(&place.spool)?;
    let ours = median(spent.get("mailvane-agent queue").map_or(&[], Vec::as_slice));
    let ratios: BTreeMap<_, _> = spent
        .iter()
        .filter(|(name, _)| **name != "mailvane-agent queue")
        .map(|(name, seconds)| (*name, round(median(seconds) / ours)))
        .collect();
    let figures: BTreeMap<_, _> =
        spent.iter().map(|(name, seconds)| (*name, round(median(seconds)))).collect();
    Ok(json!({ "files": files, "cpu_s": figures, "times_our_cpu": ratios, "counted": said }))
}

fn lines(text: &str) -> u64 {
    u64::try_from(text.lines().count()).unwrap_or(u64::MAX)
}

fn deferred_of(text: &str) -> u64 {
    let answer: Value = serde_json::from_str(text).unwrap_or_default();
    let instance = answer.pointer("/0").or(answer.pointer("/instances/0")).unwrap_or(&answer);
    instance.pointer("/queues/deferred/messages").and_then(Value::as_u64).unwrap_or(0)
}

/// The second word of qshape's line `TOTAL`.
fn total(text: &str) -> u64 {
    let line = text.lines().find_map(|line| line.trim_start().strip_prefix("TOTAL"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// A spool and the files that point to it.
#[derive(Debug)]
pub struct Place {
    /// The queue directory.
    pub spool: PathBuf,
    /// Postfix's configuration directory.
    pub config: PathBuf,
    /// The agent's settings.
    pub settings: PathBuf,
}

impl Place {
    /// Half of the messages have short ids, half long ones.
    pub fn make(directory: &Path, files: u64) -> io::Result<Self> {
        let place = Self {
            spool: directory.join("spool"),
            config: directory.join("etc"),
            settings: directory.join("agent.toml"),
        };
        for queue in QUEUES {
            fs::create_dir_all(place.spool.join(queue))?;
        }
        for letter in "0123456789ABCDEF".chars() {
            let hashed = place.spool.join("deferred").join(letter.to_string());
            fs::DirBuilder::new().recursive(true).mode(0o700).create(hashed)?;
        }
        fs::create_dir_all(&place.config)?;
        let (spool, config) = (place.spool.display(), place.config.display());
        fs::write(
            place.config.join("main.cf"),
            format!(
                "compatibility_level = 3.6\nqueue_directory = {spool}\ndata_directory = {spool}\nmyhostname = mx1.example.com\n"
            ),
        )?;
        fs::write(place.config.join("master.cf"), "showq unix n - y - - showq\n")?;
        fs::write(
            &place.settings,
            format!("config_directories = [\"{config}\"]\nlog = \"/dev/null\"\n"),
        )?;
        for number in 0..files {
            place.message(number)?;
        }
        own(&place.spool)?;
        Ok(place)
    }

    /// One deferred message, as cleanup writes it.
    fn message(&self, number: u64) -> io::Result<()> {
        let now_s = now().as_secs();
        let arrived_s = now_s - number % 100_000;
        let (id, hashed) = if number.is_multiple_of(2) {
            (format!("{:05X}{number:07X}", number % 1_048_576), format!("{:X}", number / 2 % 16))
        } else {
            (long_id(arrived_s, number), format!("{:X}", number / 2 % 16))
        };
        let body = [
            record(b'N', b"Subject: Order"),
            record(b'N', b""),
            record(
                b'N',
                b"Thank you. The rest of this text stands for what people write to one another.",
            ),
        ]
        .concat();
        let envelope = [
            record(b'T', format!("{arrived_s} 123456").as_bytes()),
            record(b'A', b"log_client_address=203.0.113.7"),
            record(b'S', b"orders@shop.example"),
            record(b'R', format!("user{number}@d{}.example", number % 997).as_bytes()),
            record(b'M', b""),
        ]
        .concat();
        let size = format!(
            "{:15} {:15} {:15} {:15} {:15} {:15}",
            body.len(),
            97 + envelope.len(),
            1,
            0,
            body.len(),
            0
        );
        let bytes =
            [record(b'C', size.as_bytes()), envelope, body, record(b'X', b""), record(b'E', b"")]
                .concat();
        let path = self.spool.join("deferred").join(hashed).join(id);
        let mut file =
            fs::OpenOptions::new().write(true).create_new(true).mode(0o700).open(path)?;
        file.write_all(&bytes)?;
        // The next try.
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(now_s + 60 + number % 4_000))
    }
}

fn now() -> Duration {
    // The lab's spool is made for the clock that Postfix's own programs look at.
    fs::metadata("/proc/self")
        .and_then(|proc| proc.modified())
        .map_or(Duration::ZERO, |now| now.duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// Everything in a spool is the mail system's.
fn own(spool: &Path) -> io::Result<Cost> {
    cost::of(Command::new("chown").args(["-R", "postfix"]).arg(spool))
}

fn record(kind: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind];
    let mut length = payload.len();
    loop {
        let low = u8::try_from(length & 0x7f).unwrap_or(0);
        length >>= 7;
        bytes.push(if length > 0 { low | 0x80 } else { low });
        if length == 0 {
            break;
        }
    }
    bytes.extend_from_slice(payload);
    bytes
}

fn long_id(arrived_s: u64, number: u64) -> String {
    const ALPHABET: &[u8] = b"0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";
    let digits = |mut value: u64, base: u64, count: usize| {
        let mut text = vec![b'0'; count];
        for byte in text.iter_mut().rev() {
            let digit = usize::try_from(value % base).unwrap_or(0);
            *byte = ALPHABET.get(digit).copied().unwrap_or(b'0');
            value /= base;
        }
        String::from_utf8(text).unwrap_or_default()
    };
    format!(
        "{}{}z{}",
        digits(arrived_s, 52, 6),
        digits(number % 1_000_000, 52, 4),
        digits(number, 51, 5)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postfix_reads_what_is_made() {
        let scratch = crate::stack::scratch_dir().unwrap();
        let place = Place::make(scratch.path(), 40).unwrap();
        if !Path::new("/usr/sbin/postcat").exists() {
            return;
        }
        let some = walk(&place.spool.join("deferred"));
        assert_eq!(some.len(), 40);
        let text = cost::of(Command::new("postcat").arg("-e").arg(&some[0])).unwrap().out;
        assert!(text.contains("sender: orders@shop.example"), "{text}");
    }

    fn walk(directory: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
        entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
    }
}
