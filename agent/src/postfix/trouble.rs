//! Warnings, errors, fatal ends and panics of any daemon, which Postfix writes as a word in front of the text.

/// How bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Something is odd.
    Warning,
    /// Something failed, the daemon goes on.
    Error,
    /// The daemon ended.
    Fatal,
    /// The daemon found a fault in itself.
    Panic,
}

/// Splits the level from the text, where there is one.
pub fn parse(text: &[u8]) -> Option<(Level, &[u8])> {
    LEVELS.iter().find_map(|(word, level)| Some((*level, text.strip_prefix(*word)?)))
}

const LEVELS: &[(&[u8], Level)] = &[
    (b"warning: ", Level::Warning),
    (b"error: ", Level::Error),
    (b"fatal: ", Level::Fatal),
    (b"panic: ", Level::Panic),
];
