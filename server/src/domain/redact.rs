//! Text of the outside world that may be shown: no local parts, no control characters, no endless lines.
//!
//! Agents redact already; an agent can lie, so the server does it again. Messages, pages and exports take only this.

use std::fmt;

/// Characters of a redacted text at most.
pub const CHARS_MAX: usize = 200;

/// A text without the names of people.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Redacted(String);

impl Redacted {
    /// Takes out of `text` what must not be shown.
    pub fn new(text: &str) -> Self {
        let mut out = String::with_capacity(text.len().min(CHARS_MAX * 4));
        for c in text.chars().map(|c| if c.is_control() || is_invisible(c) { ' ' } else { c }) {
            if c == '@' {
                out.truncate(local_start(&out));
                out.push('…');
            }
            out.push(c);
        }
        let mut shown: String = out.trim().chars().take(CHARS_MAX).collect();
        if shown.len() < out.trim().len() {
            shown.pop();
            shown.push('…');
        }
        Self(shown)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing is left.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a local part is made of without quotes; generously, for too little redaction is worse than too much.
fn is_local(c: char) -> bool {
    c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.\\\"…".contains(c)
}

/// Where the local part begins that ends with `text`. A quoted one may hold spaces: an odd quote opens further left.
fn local_start(text: &str) -> usize {
    let mut start = text.trim_end_matches(is_local).len();
    loop {
        let (before, local) = text.split_at(start);
        let open = local.matches('"').count() % 2 == 1;
        match before.rfind('"').filter(|_| open) {
            Some(quote) => {
                start = before.get(..quote).unwrap_or_default().trim_end_matches(is_local).len();
            }
            None => return start,
        }
    }
}

/// Characters that turn or hide the text around them.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn redacted(text: &str) -> String {
        Redacted::new(text).to_string()
    }

    #[test]
    fn a_reply_keeps_its_sense_and_loses_its_people() {
        assert_eq!(
            redacted("550 5.1.1 <jane.doe+news@example.org>: user unknown"),
            "550 5.1.1 <…@example.org>: user unknown"
        );
        assert_eq!(redacted("to \"Jane Doe\"@example.org"), "to …@example.org");
        assert_eq!(redacted("jürgen@bücher.example"), "…@bücher.example");
        assert_eq!(redacted("a@b@c.example"), "…@…@c.example");
    }

    #[test]
    fn what_hides_or_turns_text_does_not_pass() {
        assert_eq!(redacted("a\u{202e}b\x1b[31mc\nd"), "a b [31mc d");
    }

    #[test]
    fn long_texts_end_with_a_sign_that_they_do() {
        let long = redacted(&"x".repeat(500));
        assert_eq!(long.chars().count(), CHARS_MAX);
        assert!(long.ends_with('…'));
    }

    proptest! {
        #[test]
        fn no_address_survives_and_once_is_enough(text in "\\PC{0,60}", local in "[a-z0-9.+_-]{1,20}") {
            let once = Redacted::new(&format!("{text} {local}@example.org {text}"));
            let address = format!("{local}@example.org");
            prop_assert!(!once.as_str().contains(&address));
            prop_assert_eq!(Redacted::new(once.as_str()), once);
        }
    }
}
