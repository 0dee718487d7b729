//! Makes a log of any size from the captured ones, in a realistic mix: new queue ids, clients, domains and stamps, the
//! captures' own words.
//!
//! The same size gives the same log. Never measures anything.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};

/// Captures and how often each comes in one round; what is not named comes once, so that every family is there.
const COPIES: &[(&str, usize)] = &[
    ("01-sent", 40),
    ("02-deferred", 4),
    ("03-bounced", 4),
    ("05-smtpd-rejects", 10),
    ("06-smtpd-rejects-delayed", 8),
    ("07-postscreen", 12),
    ("09-tls", 10),
    ("10-sasl-submission", 6),
    ("11-header-body-checks", 3),
    ("12-milter", 3),
    ("13-multi-instance", 3),
    ("18-long-queue-ids", 4),
    ("19-delivery-agents", 3),
    ("21-content-filter", 6),
    ("22-postfix-3.11", 3),
    ("23-saturation", 2),
    ("24-tls-outbound-failures", 2),
];
/// Lines in one second of the log's own time: a busy relay.
const LINES_A_SECOND: u64 = 200;
/// `Nov 23 12:07:40`
pub(super) const STAMP_BYTES: usize = 15;
/// The same size gives the same log.
const SEED: u64 = 20_261_123;

/// What was written.
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub struct Made {
    /// Lines.
    pub lines: u64,
    /// Bytes.
    pub bytes: u64,
}

/// Where the captures lie in this clone.
pub fn captures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../agent/tests/corpus")
}

/// Writes a log of at least `lines` lines, up to the end of a capture.
pub fn write(path: &Path, lines: u64) -> io::Result<Made> {
    let scenes = scenes(&captures())?;
    let mut order: Vec<usize> = Vec::new();
    for (place, scene) in scenes.iter().enumerate() {
        order.extend(std::iter::repeat_n(place, scene.copies));
    }
    let mut dice = StdRng::seed_from_u64(SEED);
    let mut out = Writer { out: BufWriter::with_capacity(1 << 20, File::create(path)?), lines: 0 };
    let mut copy = 0;
    'all: loop {
        order.shuffle(&mut dice);
        for place in &order {
            let Some(scene) = scenes.get(*place) else { continue };
            copy += 1;
            out.scene(scene, copy, &mut dice)?;
            if out.lines >= lines {
                break 'all;
            }
        }
    }
    out.out.flush()?;
    Ok(Made { lines: out.lines, bytes: fs::metadata(path)?.len() })
}

struct Scene {
    copies: usize,
    lines: Vec<Vec<Piece>>,
    ids: Vec<String>,
}

/// A part of a line.
enum Piece {
    Text(Vec<u8>),
    /// A queue id, by its place among the scene's.
    Id(usize),
    /// Second and third part of a client's address.
    Network,
    /// In front of a recipient's domain.
    Label,
}

fn scenes(corpus: &Path) -> io::Result<Vec<Scene>> {
    let mut names: Vec<PathBuf> = fs::read_dir(corpus)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    names.sort();
    let mut scenes = Vec::new();
    for directory in names {
        let Ok(log) = fs::read(directory.join("mail.log")) else { continue };
        let name = directory.file_name().unwrap_or_default();
        let copies =
            COPIES.iter().find(|(known, _)| name == *known).map_or(1, |(_, copies)| *copies);
        scenes.push(scene(&log, copies));
    }
    Ok(scenes)
}

fn scene(log: &[u8], copies: usize) -> Scene {
    let mut ids: Vec<String> = Vec::new();
    let mut known: HashMap<&[u8], usize> = HashMap::new();
    let texts: Vec<&[u8]> =
        log.split(|byte| *byte == b'\n').filter_map(|line| line.get(STAMP_BYTES..)).collect();
    for text in &texts {
        if let Some(id) = id_of(text) {
            known.entry(id).or_insert_with(|| {
                ids.push(String::from_utf8_lossy(id).into_owned());
                ids.len() - 1
            });
        }
    }
    let lines = texts.iter().map(|text| pieces(text, &known)).collect();
    Scene { copies, lines, ids }
}

/// The id in front of a line's text.
fn id_of(line: &[u8]) -> Option<&[u8]> {
    let at = line.windows(3).position(|window| window == b"]: ")?;
    let rest = line.get(at + 3..)?;
    let end = rest.iter().position(|byte| *byte == b':')?;
    let id = rest.get(..end)?;
    let plausible = id.len() >= 10
        && id.iter().all(u8::is_ascii_alphanumeric)
        && id.iter().any(u8::is_ascii_digit);
    plausible.then_some(id)
}

/// Cuts a line where an id, a client's address or a recipient's domain stands.
fn pieces(line: &[u8], ids: &HashMap<&[u8], usize>) -> Vec<Piece> {
    const CLIENT: &[u8] = b"[203.0.113.";
    const DOMAIN: &[u8] = b"@example.net>";
    let (mut pieces, mut text, mut at) = (Vec::new(), Vec::new(), 0);
    while let Some(rest) = line.get(at..).filter(|rest| !rest.is_empty()) {
        let word = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        if rest.starts_with(CLIENT) {
            text.extend_from_slice(b"[203.");
            pieces.push(Piece::Text(std::mem::take(&mut text)));
            pieces.push(Piece::Network);
            text.push(b'.');
            at += CLIENT.len();
        } else if rest.starts_with(DOMAIN) {
            text.push(b'@');
            pieces.push(Piece::Text(std::mem::take(&mut text)));
            pieces.push(Piece::Label);
            text.extend_from_slice(DOMAIN.get(1..).unwrap_or_default());
            at += DOMAIN.len();
        } else if let Some(id) = rest.get(..word).and_then(|word| ids.get(word)) {
            pieces.push(Piece::Text(std::mem::take(&mut text)));
            pieces.push(Piece::Id(*id));
            at += word;
        } else {
            let taken = word.max(1);
            text.extend_from_slice(rest.get(..taken).unwrap_or_default());
            at += taken;
        }
    }
    pieces.push(Piece::Text(text));
    pieces
}

struct Writer {
    out: BufWriter<File>,
    lines: u64,
}

impl Writer {
    fn scene(&mut self, scene: &Scene, copy: u64, dice: &mut StdRng) -> io::Result<()> {
        let ids: Vec<String> = scene
            .ids
            .iter()
            .enumerate()
            .map(|(place, id)| renamed(id, copy * 1_000 + u64::try_from(place).unwrap_or(0)))
            .collect();
        // Few networks and domains have most of the mail.
        let spread = |dice: &mut StdRng, most: f64| dice.random::<f64>().powi(3) * most;
        let network = format!("{:.0}.{:.0}", spread(dice, 40.0), spread(dice, 250.0));
        let label = format!("d{:.0}.", spread(dice, 3_000.0));
        for line in &scene.lines {
            self.stamp()?;
            for piece in line {
                match piece {
                    Piece::Text(text) => self.out.write_all(text)?,
                    Piece::Id(place) => {
                        self.out.write_all(ids.get(*place).map_or(b"", |id| id.as_bytes()))?;
                    }
                    Piece::Network => self.out.write_all(network.as_bytes())?,
                    Piece::Label => self.out.write_all(label.as_bytes())?,
                }
            }
            self.out.write_all(b"\n")?;
            self.lines += 1;
        }
        Ok(())
    }

    fn stamp(&mut self) -> io::Result<()> {
        let second = self.lines / LINES_A_SECOND;
        let (day, hour) = (1 + second / 86_400 % 28, second / 3_600 % 24);
        write!(self.out, "Nov {day:2} {hour:02}:{:02}:{:02}", second / 60 % 60, second % 60)
    }
}

/// Another id of the same kind and length.
fn renamed(id: &str, number: u64) -> String {
    const CONSONANTS: &[u8] = b"0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxy";
    if id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let digits = id.len().saturating_sub(1);
        return format!("A{number:0digits$X}");
    }
    // Six characters of seconds stay, four of microseconds and those of the inode count.
    let (mut rest, mut new) = (number, id.as_bytes().to_vec());
    for byte in new.iter_mut().skip(6).filter(|byte| **byte != b'z') {
        let base = u64::try_from(CONSONANTS.len()).unwrap_or(1);
        let digit = usize::try_from(rest % base).unwrap_or(0);
        *byte = CONSONANTS.get(digit).copied().unwrap_or(b'0');
        rest /= base;
    }
    String::from_utf8(new).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_log_has_the_captures_lines_in_their_order_under_other_ids() {
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("mail.log");
        let made = write(&log, 40_000).unwrap();
        let text = fs::read_to_string(&log).unwrap();
        assert_eq!(u64::try_from(text.lines().count()).unwrap(), made.lines);
        let share = |words: &str| {
            let count = text.lines().filter(|line| line.contains(words)).count();
            count as f64 / made.lines as f64
        };
        assert!((0.06..0.2).contains(&share("status=sent")), "{}", share("status=sent"));
        assert!((0.01..0.05).contains(&share("status=deferred")), "{}", share("status=deferred"));
        assert!(share("postscreen[") > 0.01 && share("submission/smtpd[") > 0.005);
        let ends = text.lines().filter(|line| line.ends_with(": removed"));
        let ids: std::collections::HashSet<_> =
            ends.clone().filter_map(|line| line.rsplit(": ").nth(1)).collect();
        let repeated = ends.count() - ids.len();
        assert!(repeated < ids.len() / 50, "{repeated} of {} ids end twice", ids.len());
    }

    #[test]
    fn ids_keep_their_kind() {
        assert_eq!(renamed("C111FA182B1", 10), "A000000000A");
        assert_eq!(renamed("4jY4pL3ssWz1lq10", 0), "4jY4pL0000z00000");
    }
}
