//! The keys that machines hold: minted here, shown once, recognised by form before anything asks the database.
//!
//! `mv_<kind>_<10 characters of id>_<43 characters of secret><6 characters of CRC32>`. The checksum refuses typing
//! errors and junk, and lets a scanner find a leaked key without asking us.

use thiserror::Error;

use super::{Secret, digest, roll};
use crate::clock::Dice;

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// Admits agents, and nothing else.
    Enrolment,
    /// Speaks to the REST API in a role.
    Api,
    /// Proves an address: a link by mail, used once.
    Link,
    /// Lets a person join a tenant, once.
    Invitation,
}

impl KeyKind {
    /// How a key of this kind begins.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Enrolment => "mv_enr_",
            Self::Api => "mv_api_",
            Self::Link => "mv_lnk_",
            Self::Invitation => "mv_inv_",
        }
    }
}

/// A key just made. The text is shown once; only id and hash are stored.
#[derive(Debug)]
pub struct NewKey {
    /// The whole key.
    pub text: Secret,
    /// Its public part.
    pub id: String,
    /// SHA-256 of its secret part.
    pub hash: [u8; 32],
}

/// A key that has the right form. Whether it is *known* is for the database to say.
#[derive(Debug, PartialEq, Eq)]
pub struct PresentedKey {
    /// Its public part, by which it is looked up.
    pub id: String,
    /// SHA-256 of its secret part, to be compared in constant time.
    pub hash: [u8; 32],
}

/// Why a text is no key of ours.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum KeyFault {
    /// Another prefix.
    #[error("this is no key for this purpose: it must begin with {0}")]
    Kind(&'static str),
    /// Wrong length, alphabet or checksum.
    #[error("the key is damaged, probably by copying: copy it again, whole")]
    Damaged,
}

/// Makes a key.
pub fn mint(kind: KeyKind, dice: &dyn Dice) -> NewKey {
    let id = base62(&roll::<16>(dice), ID_CHARS);
    let secret = base62(&roll::<32>(dice), SECRET_CHARS);
    let body = format!("{}{id}_{secret}", kind.prefix());
    let text = format!("{body}{}", checksum(&body));
    NewKey { text: Secret::new(text), id, hash: digest(secret.as_bytes()) }
}

/// Recognises a key by its form alone.
pub fn parse(kind: KeyKind, text: &str) -> Result<PresentedKey, KeyFault> {
    let rest = text.strip_prefix(kind.prefix()).ok_or(KeyFault::Kind(kind.prefix()))?;
    let (id, tail) = rest.split_once('_').ok_or(KeyFault::Damaged)?;
    let well_formed = id.len() == ID_CHARS
        && tail.len() == SECRET_CHARS + CRC_CHARS
        && id.bytes().chain(tail.bytes()).all(|b| b.is_ascii_alphanumeric());
    if !well_formed {
        return Err(KeyFault::Damaged);
    }
    let (secret, crc) = tail.split_at(SECRET_CHARS);
    let body = text.get(..text.len() - CRC_CHARS).ok_or(KeyFault::Damaged)?;
    if checksum(body) != crc {
        return Err(KeyFault::Damaged);
    }
    Ok(PresentedKey { id: id.to_owned(), hash: digest(secret.as_bytes()) })
}

fn checksum(body: &str) -> String {
    base62(&crc32fast::hash(body.as_bytes()).to_be_bytes(), CRC_CHARS)
}

/// The number `bytes` (big-endian) in exactly `chars` base-62 digits; higher digits are cut off.
fn base62(bytes: &[u8], chars: usize) -> String {
    let mut number = bytes.to_vec();
    let mut digits = vec![0_u8; chars];
    for digit in digits.iter_mut().rev() {
        let mut rest = 0_u32;
        for byte in &mut number {
            let value = rest * 256 + u32::from(*byte);
            *byte = u8::try_from(value / 62).unwrap_or(u8::MAX);
            rest = value % 62;
        }
        *digit = usize::try_from(rest).ok().and_then(|r| ALPHABET.get(r)).copied().unwrap_or(b'0');
    }
    digits.into_iter().map(char::from).collect()
}

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ID_CHARS: usize = 10;
const SECRET_CHARS: usize = 43;
const CRC_CHARS: usize = 6;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::clock::SystemDice;

    #[test]
    fn a_minted_key_is_recognised() {
        for kind in [KeyKind::Enrolment, KeyKind::Api, KeyKind::Link, KeyKind::Invitation] {
            let key = mint(kind, &SystemDice);
            let text = key.text.expose();
            assert_eq!(text.len(), kind.prefix().len() + 10 + 1 + 43 + 6);
            assert_eq!(parse(kind, text), Ok(PresentedKey { id: key.id, hash: key.hash }));
        }
    }

    #[test]
    fn an_enrolment_key_is_no_api_token() {
        let key = mint(KeyKind::Enrolment, &SystemDice);
        assert_eq!(parse(KeyKind::Api, key.text.expose()), Err(KeyFault::Kind("mv_api_")));
    }

    proptest! {
        #[test]
        fn any_single_typing_error_is_found(at in 0_usize..67, to in "[0-9A-Za-z_ ]") {
            let key = mint(KeyKind::Enrolment, &SystemDice);
            let text = key.text.expose();
            let typo = format!("{}{to}{}", &text[..at], &text[at + 1..]);
            prop_assume!(typo != text);
            prop_assert!(parse(KeyKind::Enrolment, &typo).is_err());
        }

        #[test]
        fn junk_is_no_key(text in "\\PC{0,90}") {
            prop_assert!(parse(KeyKind::Enrolment, &text).is_err());
            let dressed = format!("mv_enr_{text}");
            prop_assert!(parse(KeyKind::Enrolment, &dressed).is_err());
        }
    }
}
