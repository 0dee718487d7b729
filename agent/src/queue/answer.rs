//! What the queue helper says to the agent: a few lines of text with a limit each, written here and read here.
//!
//! Pure. Who reads trusts nothing: a line that is none, or one too many, ends the reading.

use std::io;

use super::wave::Wave;
use super::{AGE_BUCKETS, Depth, QUEUES, Queue, Seen};

/// Bytes of a request: a path has at most 4,096.
pub const REQUEST_BYTES_MAX: usize = 4_200;
/// Bytes of an answer: a line of at most 700 bytes for each queue.
pub const ANSWER_BYTES_MAX: usize = 8_192;
/// Ends an answer.
pub const END: &[u8] = b"end\n";
const HEAD: &str = "queues 1";

/// Asks about one queue directory; its messages are given up after so many seconds, if that is known.
pub fn request(directory: &str, lifetime_s: Option<u64>) -> String {
    format!("{} {directory}\n", lifetime_s.unwrap_or(0))
}

/// A request's directory and lifetime.
pub fn read_request(line: &str) -> Option<(&str, Option<u64>)> {
    let (lifetime_s, directory) = line.trim_end_matches('\n').split_once(' ')?;
    let lifetime_s: u32 = lifetime_s.parse().ok()?;
    Some((directory, (lifetime_s > 0).then_some(u64::from(lifetime_s))))
}

/// The answer about all queues of a directory.
pub fn write(seen: &Seen) -> String {
    let mut text = format!("{HEAD}\n");
    for (queue, depth) in seen {
        let name = queue.name();
        let line = match depth {
            Err(error) => format!("{name} closed {}\n", word(error.kind())),
            Ok(depth) => {
                let Depth { messages, bytes, oldest_s, over_24h, one_of, .. } = depth;
                let (ages, retry, expire) =
                    (row(&depth.ages), row(&depth.retry.counts()), row(&depth.expire.counts()));
                format!(
                    "{name} {messages} {bytes} {oldest_s} {over_24h} {one_of} {ages} {retry} {expire}\n"
                )
            }
        };
        text.push_str(&line);
    }
    text.push_str("end\n");
    text
}

/// An answer, whole; nothing for anything else.
pub fn read(text: &[u8]) -> Option<Seen> {
    let text = std::str::from_utf8(text.get(..text.len().min(ANSWER_BYTES_MAX))?).ok()?;
    let mut lines = text.strip_suffix("end\n")?.lines();
    if lines.next() != Some(HEAD) {
        return None;
    }
    let mut seen = Seen::new();
    for line in lines {
        let (name, rest) = line.split_once(' ')?;
        let queue = Queue::of_name(name.as_bytes())?;
        if seen.len() >= QUEUES.len() || seen.iter().any(|(known, _)| *known == queue) {
            return None;
        }
        let depth = match rest.strip_prefix("closed ") {
            Some(why) => Err(kind(why).into()),
            None => Ok(depth(rest)?),
        };
        seen.push((queue, depth));
    }
    Some(seen)
}

fn depth(text: &str) -> Option<Depth> {
    let mut words = text.split(' ');
    let mut next = || words.next();
    let mut depth = Depth {
        messages: number(next()?)?,
        bytes: number(next()?)?,
        oldest_s: number(next()?)?,
        over_24h: number(next()?)?,
        one_of: number(next()?)?,
        ..Depth::default()
    };
    depth.ages = numbers::<AGE_BUCKETS>(next()?)?;
    depth.retry = Wave::of(numbers(next()?)?);
    depth.expire = Wave::of(numbers(next()?)?);
    (next().is_none() && depth.one_of >= 1).then_some(depth)
}

/// Figures beyond this are a lie: a spool has fewer files and bytes.
const NUMBER_MAX: u64 = 1 << 50;

fn number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number| *number <= NUMBER_MAX)
}

fn numbers<const COUNT: usize>(text: &str) -> Option<[u64; COUNT]> {
    let mut numbers = [0; COUNT];
    let mut words = text.split(',');
    for place in &mut numbers {
        *place = number(words.next()?)?;
    }
    words.next().is_none().then_some(numbers)
}

fn row(counts: &[u64]) -> String {
    counts.iter().map(u64::to_string).collect::<Vec<_>>().join(",")
}

fn word(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::PermissionDenied => "denied",
        io::ErrorKind::NotFound => "missing",
        _ => "broken",
    }
}

fn kind(word: &str) -> io::ErrorKind {
    match word {
        "denied" => io::ErrorKind::PermissionDenied,
        "missing" => io::ErrorKind::NotFound,
        _ => io::ErrorKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(seen: &Seen) -> String {
        format!(
            "{:?}",
            seen.iter().map(|(q, d)| (*q, d.as_ref().map_err(io::Error::kind))).collect::<Vec<_>>()
        )
    }

    #[test]
    fn what_is_written_is_read() {
        let mut waves = Wave::default();
        waves.add(500, 100);
        let depth = Depth {
            messages: 1_000_000,
            bytes: 5_000_000_000,
            ages: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
            oldest_s: 432_000,
            over_24h: 7,
            retry: waves,
            expire: waves,
            one_of: 8,
        };
        let seen = vec![
            (Queue::Deferred, Ok(depth)),
            (Queue::Hold, Err(io::ErrorKind::PermissionDenied.into())),
        ];
        let text = write(&seen);
        assert_eq!(shown(&read(text.as_bytes()).unwrap()), shown(&seen));
        for end in 0..text.len() {
            assert!(read(&text.as_bytes()[..end]).is_none(), "cut at {end}");
        }
        assert_eq!(
            read_request(&request("/var/spool/postfix out", Some(5))),
            Some(("/var/spool/postfix out", Some(5)))
        );
    }

    #[test]
    fn a_liar_is_not_believed() {
        for text in [
            "queues 1\nhold closed denied\nhold closed denied\nend\n",
            "queues 1\nnowhere 1 1 1 1 1 0 0 0\nend\n",
            "queues 1\nhold 1 1 1 1 0 0,0,0,0,0,0,0,0,0,0 0,0,0,0,0,0,0 0,0,0,0,0,0,0\nend\n",
            "queues 1\nhold 18446744073709551615 1 1 1 1 0,0,0,0,0,0,0,0,0,0 0,0,0,0,0,0,0 0,0,0,0,0,0,0\nend\n",
            "queues 1\nhold 1 1 1 1 1 0,0,0,0,0,0,0,0,0,0,0 0,0,0,0,0,0,0 0,0,0,0,0,0,0\nend\n",
            "queues 2\nend\n",
        ] {
            assert!(read(text.as_bytes()).is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_of_a_helper_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
            read(&bytes);
        }

        #[test]
        fn no_lines_of_a_helper_make_it_panic(
            lines in prop::collection::vec("(deferred|hold|active|x) (closed [a-z]{0,8}|[0-9]{0,20}( [0-9,]{0,60}){0,9})", 0..14),
        ) {
            let text = format!("{HEAD}\n{}\nend\n", lines.join("\n"));
            if let Some(seen) = read(text.as_bytes()) {
                prop_assert!(seen.len() <= QUEUES.len());
                prop_assert_eq!(shown(&read(write(&seen).as_bytes()).unwrap()), shown(&seen));
            }
        }
    }
}
