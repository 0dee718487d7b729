//! The queue helper: a program of its own that may list queue directories and nothing else, and says what they hold.
//!
//! It has one capability, to list what only the mail system may list. Before the first request it shuts itself in:
//! Landlock leaves it those directories' names and no file's content, no network, and no way to get more. It reads no
//! configuration; requests come on standard input, answers go to standard output, and it ends with its input.

use std::collections::HashMap;
use std::io::{self, BufRead, Read as _, Write};
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, CompatLevel, Compatible as _, PathBeneath, PathFd,
    Ruleset, RulesetAttr as _, RulesetCreatedAttr as _, RulesetError, RulesetStatus, Scope,
};

use crate::clock::Clock;
use crate::queue::{QUEUES, Walker, answer};

/// Queue directories that it may look at.
const DIRECTORIES_MAX: usize = 32;

/// Why the helper does not work.
#[derive(Debug, thiserror::Error)]
pub enum HelperError {
    /// The kernel has no Landlock.
    #[error(
        "this kernel has no Landlock, without which this program could read mail; nothing was done. Give it \
         --without-landlock if you accept that"
    )]
    NoLandlock,
    /// Landlock refused.
    #[error("Landlock: {0}; nothing was done")]
    Landlock(#[from] RulesetError),
    /// Too many directories.
    #[error("at most {DIRECTORIES_MAX} queue directories can be named")]
    TooMany,
    /// Standard input or output.
    #[error("cannot speak to the agent: {0}")]
    Io(#[from] io::Error),
}

/// Works until its input ends.
pub fn run(
    directories: &[PathBuf],
    without_landlock: bool,
    clock: &dyn Clock,
    (input, mut output): (impl BufRead, impl Write),
) -> Result<(), HelperError> {
    if directories.len() > DIRECTORIES_MAX {
        return Err(HelperError::TooMany);
    }
    if !shut_in(directories)? && !without_landlock {
        return Err(HelperError::NoLandlock);
    }
    answer_all(directories, clock, input, &mut output)
}

/// Leaves this process the names in the queues and nothing else. Says whether the kernel could.
pub fn shut_in(directories: &[PathBuf]) -> Result<bool, RulesetError> {
    let abi = ABI::V6;
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(abi))?
        .handle_access(AccessNet::from_all(abi))?
        .scope(Scope::from_all(abi))?
        .create()?;
    for queue in directories.iter().flat_map(|spool| QUEUES.map(|queue| spool.join(queue.name()))) {
        // A queue that is not there yet stays unseen until the helper is started again.
        if let Ok(directory) = PathFd::new(&queue) {
            rules = rules.add_rule(PathBeneath::new(directory, AccessFs::ReadDir))?;
        }
    }
    Ok(rules.restrict_self()?.ruleset != RulesetStatus::NotEnforced)
}

fn answer_all(
    directories: &[PathBuf],
    clock: &dyn Clock,
    mut input: impl BufRead,
    output: &mut impl Write,
) -> Result<(), HelperError> {
    let mut walkers: HashMap<(PathBuf, Option<u64>), Walker> = HashMap::new();
    loop {
        let mut line = String::new();
        let limit = u64::try_from(answer::REQUEST_BYTES_MAX).unwrap_or(u64::MAX);
        if input.by_ref().take(limit).read_line(&mut line)? == 0 {
            return Ok(());
        }
        let asked = answer::read_request(&line)
            .filter(|(directory, _)| directories.iter().any(|known| known == Path::new(directory)));
        let Some((directory, lifetime_s)) = asked else {
            // Not one of those it was started for: whoever asks may be told so, and nothing more.
            output.write_all(answer::write(&Vec::new()).as_bytes())?;
            output.flush()?;
            continue;
        };
        if walkers.len() > DIRECTORIES_MAX {
            walkers.clear();
        }
        let key = (PathBuf::from(directory), lifetime_s);
        let walker =
            walkers.entry(key).or_insert_with(|| Walker::new(Path::new(directory), lifetime_s));
        output.write_all(answer::write(&walker.walk(clock.now_ms())).as_bytes())?;
        output.flush()?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    #[test]
    fn it_speaks_of_the_directories_that_it_was_started_for_and_of_no_other() {
        let spool = tempfile::tempdir().unwrap();
        for queue in QUEUES {
            std::fs::create_dir(spool.path().join(queue.name())).unwrap();
        }
        std::fs::write(spool.path().join("corrupt/A1B2C3D4E5"), "x").unwrap();
        let directories = [spool.path().to_owned()];
        let asked = format!("432000 {}\n0 /etc\nnonsense\n", spool.path().display());
        let mut said = Vec::new();
        answer_all(&directories, &SystemClock, asked.as_bytes(), &mut said).unwrap();
        let said = String::from_utf8(said).unwrap();
        let answers: Vec<&str> = said.split_inclusive("end\n").collect();
        assert_eq!(answers.len(), 3);
        assert!(answers[0].contains("corrupt 1 0 "), "{said}");
        assert_eq!(answers[1], "queues 1\nend\n");
        assert_eq!(answers[2], "queues 1\nend\n");
        assert!(answers[0].len() < answer::ANSWER_BYTES_MAX);
    }
}
