//! Throws damaged input at everything that reads what others wrote: `cargo test -p mailvane-agent --test fuzz -- NAME MINUTES`.
//!
//! Mutates real captures in this process. What makes a reader behave in a way not seen before joins the pool, so that
//! later damage builds on it. A panic, a broken promise or a reading that takes long is a finding, and is kept as a file.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a fuzzer says what it found and stops"
)]

mod damage;
mod targets;

use std::collections::HashSet;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use damage::Damage;
use targets::{TARGETS, Target};

/// Without arguments, as among the other tests, each target is run this long.
const GLANCE: Duration = Duration::from_millis(500);
/// Inputs kept for further damage.
const POOL_MAX: usize = 4_096;
/// Longest input.
const INPUT_BYTES_MAX: usize = 64 * 1024;
/// One input that takes longer is a finding: a log line is read in a microsecond. Other work on the machine counts.
const PATIENCE: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    // The words that the test runner passes to every test are none of ours.
    let words: Vec<String> =
        std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let (names, time) = match words.as_slice() {
        [] => (TARGETS.iter().map(|target| target.name).collect(), GLANCE),
        [name] => (vec![name.as_str()], Duration::from_mins(1)),
        [name, minutes, ..] => {
            let minutes: f64 = minutes.parse().expect("minutes are a number");
            (vec![name.as_str()], Duration::from_secs_f64(minutes * 60.0))
        }
    };
    let mut found = 0;
    for name in names {
        let Some(target) = TARGETS.iter().find(|target| target.name == name) else {
            if words.len() == 1 {
                // A filter of the test runner that is meant for other tests.
                return ExitCode::SUCCESS;
            }
            let known: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
            println!("no target {name}; there are {}", known.join(", "));
            return ExitCode::from(2);
        };
        found += run(target, time);
    }
    if found == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

fn run(target: &Target, time: Duration) -> u64 {
    let dice = RandomState::new().build_hasher().finish();
    let mut damage = Damage::new(dice);
    let mut pool = (target.seeds)();
    assert!(!pool.is_empty(), "{} has nothing to begin with", target.name);
    let (mut seen, mut executions, mut findings) = (HashSet::new(), 0_u64, 0_u64);
    let quiet = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let began = Instant::now();
    for start in &pool {
        findings += look(target, start, &mut seen).1;
        executions += 1;
    }
    while began.elapsed() < time {
        let mut input = pool[damage.below(pool.len())].clone();
        let other = &pool[damage.below(pool.len())];
        damage.harm(&mut input, other, target.words);
        input.truncate(INPUT_BYTES_MAX);
        let (new, finding) = look(target, &input, &mut seen);
        executions += 1;
        findings += finding;
        if new {
            if pool.len() < POOL_MAX {
                pool.push(input);
            } else {
                let at = damage.below(pool.len());
                pool[at] = input;
            }
        }
    }
    std::panic::set_hook(quiet);
    println!(
        "{{\"fuzz\":\"{}\",\"seed\":{dice},\"seconds\":{},\"executions\":{executions},\"behaviours\":{},\"findings\":{findings}}}",
        target.name,
        began.elapsed().as_secs(),
        seen.len()
    );
    findings
}

/// Whether the input made the reader behave in a new way, and whether that is a finding.
fn look(target: &Target, input: &[u8], seen: &mut HashSet<u64>) -> (bool, u64) {
    let began = Instant::now();
    match catch_unwind(AssertUnwindSafe(|| (target.read)(input))) {
        Ok(behaviour) => {
            let late = began.elapsed() > PATIENCE;
            if late {
                keep(target, input, "it takes too long");
            }
            (seen.insert(behaviour), u64::from(late))
        }
        Err(cause) => {
            let why = cause
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| cause.downcast_ref::<&str>().copied())
                .unwrap_or("a panic");
            keep(target, input, why);
            (false, 1)
        }
    }
}

fn keep(target: &Target, input: &[u8], why: &str) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("fuzz");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("{}-{:016x}", target.name, targets::hash(input)));
    std::fs::write(&path, input).unwrap();
    println!("finding in {}: {why}; the input is {}", target.name, path.display());
}
