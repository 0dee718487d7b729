//! Takes addresses, ids, numbers and quoted words out of text that remote servers and senders chose.
//!
//! What is left is a template: safe to leave the host, and alike for all mail that failed for the same reason.

/// Text that holds no address, id or number of anybody.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Redacted(String);

impl Redacted {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text.
    pub fn into_string(self) -> String {
        self.0
    }
}

/// Characters of a template; a reply that needs more is cut.
pub const TEMPLATE_CHARS_MAX: usize = 180;

/// Makes a template of any bytes.
pub fn template(text: &[u8]) -> Redacted {
    template_without(text, b"")
}

/// Makes a template of a text about somebody, whose bare name is taken out too.
pub fn template_without(text: &[u8], name: &[u8]) -> Redacted {
    let text =
        String::from_utf8_lossy(text.get(..text.len().min(SOURCE_BYTES_MAX)).unwrap_or(text));
    let name = String::from_utf8_lossy(name);
    let mut out = String::with_capacity(text.len());
    let mut codes = true;
    let mut words = text.split([' ', '\t', '\r', '\n']).filter(|word| !word.is_empty());
    while let Some(word) = words.next() {
        if !out.is_empty() {
            out.push(' ');
        }
        if let Some(rest) = quoted(word, &mut words) {
            out.push_str("\"WORD\"");
            out.extend(rest.chars().filter(|c| is_plain(*c)));
            continue;
        }
        // `host X said: 450 4.7.1 …`: the codes behind it are the meaning, not somebody's number.
        push_word(&mut out, word, codes, &name);
        codes = codes_may_follow(word, codes);
    }
    if out.chars().count() > TEMPLATE_CHARS_MAX {
        out = out.chars().take(TEMPLATE_CHARS_MAX - 1).collect();
        out.push('…');
    }
    Redacted(out)
}

/// What is in quotes is somebody's: takes it off the words, to its closing quote, and gives what stands behind it.
fn quoted<'a>(
    word: &'a str,
    words: &mut (impl Iterator<Item = &'a str> + Clone),
) -> Option<&'a str> {
    let mut inner = word.trim_start_matches(['(', '[', '<']).strip_prefix('"')?;
    let mut ahead = words.clone();
    loop {
        if let Some((_, rest)) = inner.split_once('"') {
            *words = ahead;
            return Some(rest);
        }
        // Without a closing quote it is no quotation.
        inner = ahead.next()?;
    }
}

/// A reply is at most 2,000 bytes in the log; what is beyond is never in a template.
const SOURCE_BYTES_MAX: usize = 1_000;

fn codes_may_follow(word: &str, before: bool) -> bool {
    word.ends_with(':') || (before && is_code(word))
}

/// `450`, `4.7.1`, `421-4.7.28`.
fn is_code(word: &str) -> bool {
    word.len() <= 12
        && word.starts_with(['2', '4', '5'])
        && word.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'))
}

fn push_word(out: &mut String, word: &str, codes: bool, name: &str) {
    let core = word.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '@' | '/' | '='));
    let (head, tail) = match word.find(core) {
        Some(at) => (word.get(..at).unwrap_or(""), word.get(at + core.len()..).unwrap_or("")),
        None => ("", ""),
    };
    let stands_for = match () {
        () if core.is_empty() => None,
        () if codes && is_code(word) => None,
        () if core.contains('@') => Some("ADDRESS"),
        () if !name.is_empty() && core.eq_ignore_ascii_case(name) => Some("USER"),
        () if core.contains("://") => Some("URL"),
        () if is_host_with_address(core) => Some("HOST"),
        () if is_ip(core) => Some("IP"),
        () if core.contains('=') => Some("VALUE"),
        () if core.chars().any(|c| c.is_ascii_digit()) && !is_token(core) => Some("N"),
        () if is_host(core) => Some("HOST"),
        () if core.chars().count() > WORD_CHARS_MAX => Some("WORD"),
        () => None,
    };
    match stands_for {
        Some(name) => {
            out.extend(head.chars().filter(|c| is_plain(*c)));
            out.push_str(name);
            out.extend(tail.chars().filter(|c| is_plain(*c)));
        }
        None => out.extend(word.chars().map(|c| if c.is_control() { '?' } else { c })),
    }
}

/// Longer words are nobody's language.
const WORD_CHARS_MAX: usize = 30;

fn is_plain(c: char) -> bool {
    matches!(c, '(' | ')' | '[' | ']' | '<' | '>' | ':' | ',' | ';' | '.' | '"' | '\'')
}

/// `mx.example.org[192.0.2.1]`, with or without `:25`.
fn is_host_with_address(word: &str) -> bool {
    word.split_once('[').is_some_and(|(_, rest)| is_ip(rest.split(']').next().unwrap_or("")))
}

fn is_ip(word: &str) -> bool {
    let word = word.trim_matches(|c| matches!(c, '[' | ']'));
    word.parse::<std::net::IpAddr>().is_ok()
        || word.rsplit_once(':').is_some_and(|(ip, port)| {
            port.parse::<u16>().is_ok()
                && ip.trim_matches(|c| matches!(c, '[' | ']')).parse::<std::net::IpAddr>().is_ok()
        })
}

/// Providers' codes such as `S775`, `TS02`, `RP-001`, `DNSBL:RBL`: short, upper-case, few digits.
fn is_token(word: &str) -> bool {
    word.len() <= 8
        && word.starts_with(|c: char| c.is_ascii_uppercase())
        && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-')
        && word.chars().filter(char::is_ascii_digit).count() <= 4
}

/// A dotted name whose last label is alphabetic.
fn is_host(word: &str) -> bool {
    word.rsplit_once('.').is_some_and(|(name, last)| {
        !name.is_empty()
            && last.len() >= 2
            && last.bytes().all(|byte| byte.is_ascii_alphabetic())
            && word
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_remote_reply_loses_everything_personal_and_keeps_its_meaning() {
        let reply = b"host mx.gmail-like.test[127.0.0.1]:2525 said: 450 4.7.28 <alice@example.org>: Our system has detected an unusual rate; id A1B2C3D4E5F see https://example.org/x?u=alice (in reply to RCPT TO command)";
        let template = template(reply);
        assert_eq!(
            template.as_str(),
            "host HOST said: 450 4.7.28 <ADDRESS>: Our system has detected an unusual rate; id N see URL (in reply to RCPT TO command)"
        );
    }

    #[test]
    fn quoted_words_and_the_recipients_bare_name_go() {
        let template = template_without(
            b"unknown user: \"alice\". mailbox Alice (died \"with many words\") 5\" x",
            b"alice",
        );
        assert_eq!(template.as_str(), "unknown user: \"WORD\". mailbox USER (died \"WORD\") N\" x");
    }

    #[test]
    fn providers_tokens_stay() {
        let template = template(
            b"said: 550 5.7.1 Unfortunately, messages from [192.0.2.7] weren't sent (S3140).",
        );
        assert_eq!(
            template.as_str(),
            "said: 550 5.7.1 Unfortunately, messages from [IP] weren't sent (S3140)."
        );
    }

    proptest! {
        #[test]
        fn no_address_survives(local in "[a-z0-9.]{1,20}", domain in "[a-z]{1,10}\\.test", around in "[ -~]{0,40}") {
            let text = format!("{around} <{local}@{domain}> {around}");
            let template = template(text.as_bytes());
            let planted = format!("{local}@{domain}");
            prop_assert!(!template.as_str().contains(&planted));
        }
    }
}
