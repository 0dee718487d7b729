//! Codes of a second factor: SHA-1, 30 seconds, 6 digits, as every authenticator makes them (RFC 6238).
//!
//! Says which step a code belongs to, so that the database can let each step count once.

use chrono::{DateTime, Utc};
use hmac::{Hmac, Mac};
use sha1::Sha1;
use subtle::ConstantTimeEq;

use super::{Secret, roll};
use crate::clock::Dice;

/// Bytes of a shared secret: as many as SHA-1 has.
pub const SECRET_BYTES: usize = 20;

/// A new shared secret.
pub fn make(dice: &dyn Dice) -> [u8; SECRET_BYTES] {
    roll(dice)
}

/// The secret as people type it and authenticators read it.
pub fn base32(secret: &[u8]) -> String {
    let mut out = String::new();
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in secret {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            let digit = (held >> bits) & 31;
            let digit = usize::try_from(digit).ok().and_then(|at| BASE32.get(at)).copied();
            out.push(char::from(digit.unwrap_or(b'A')));
        }
    }
    if bits > 0 {
        let digit = usize::try_from((held << (5 - bits)) & 31).ok();
        out.push(char::from(digit.and_then(|at| BASE32.get(at)).copied().unwrap_or(b'A')));
    }
    out
}

/// The address that an authenticator scans.
pub fn uri(secret: &[u8], email: &str) -> Secret {
    let account: String = url::form_urlencoded::byte_serialize(email.as_bytes()).collect();
    Secret::new(format!(
        "otpauth://totp/Mailvane:{account}?secret={}&issuer=Mailvane&algorithm=SHA1&digits=6&period=30",
        base32(secret)
    ))
}

/// The step that `code` belongs to, if it is one of the step of `now`, the one before or the one after.
pub fn step_of(secret: &[u8], code: &str, now: DateTime<Utc>) -> Option<i64> {
    if code.len() != DIGITS || !code.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let present = now.timestamp().div_euclid(STEP_S);
    let mut found = None;
    for step in [present - 1, present, present + 1] {
        if bool::from(code_at(secret, step).as_bytes().ct_eq(code.as_bytes())) {
            found = Some(step);
        }
    }
    found
}

/// The code of one step.
pub fn code_at(secret: &[u8], step: i64) -> String {
    let Ok(mut mac) = <Hmac<Sha1> as Mac>::new_from_slice(secret) else {
        // HMAC takes keys of any length.
        std::process::abort();
    };
    mac.update(&step.to_be_bytes());
    let tag = mac.finalize().into_bytes();
    let at = usize::from(tag.last().copied().unwrap_or(0) & 15);
    let four: [u8; 4] =
        tag.get(at..at + 4).and_then(|four| four.try_into().ok()).unwrap_or_default();
    format!("{:06}", (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000)
}

/// Codes for the day the authenticator is lost: ten, of 80 bits each.
pub fn recovery_codes(dice: &dyn Dice) -> Vec<Secret> {
    (0..RECOVERY_CODES)
        .map(|_| {
            let text = base32(&roll::<10>(dice)).to_lowercase();
            let groups: Vec<&str> =
                [0, 4, 8, 12].iter().filter_map(|at| text.get(*at..at + 4)).collect();
            Secret::new(groups.join("-"))
        })
        .collect()
}

/// A recovery code as it was made, however it was typed.
pub fn recovery_code(typed: &str) -> Option<String> {
    let plain: String = typed.chars().filter(char::is_ascii_alphanumeric).collect();
    let plain = plain.to_lowercase();
    let sound = plain.len() == 16 && typed.len() <= 40;
    let groups: Option<Vec<&str>> = [0, 4, 8, 12].iter().map(|at| plain.get(*at..at + 4)).collect();
    groups.filter(|_| sound).map(|groups| groups.join("-"))
}

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const STEP_S: i64 = 30;
const DIGITS: usize = 6;
const RECOVERY_CODES: usize = 10;

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::clock::SeededDice;

    const SEED: &[u8; 20] = b"12345678901234567890";

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, last six digits.
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
        ] {
            assert_eq!(code_at(SEED, seconds / 30), code);
        }
        assert_eq!(base32(SEED), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }

    #[test]
    fn a_clock_may_be_off_by_one_step_and_no_more() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::seconds(1_111_111_109);
        let code = code_at(SEED, 1_111_111_109 / 30);
        for (off, fits) in [(-90, false), (-30, true), (0, true), (30, true), (90, false)] {
            let at = now + TimeDelta::seconds(off);
            assert_eq!(step_of(SEED, &code, at).is_some(), fits, "{off} s");
        }
    }

    #[test]
    fn only_six_plain_digits_are_a_code() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::seconds(59);
        for bad in ["", "28708", "2870820", "28708a", "２８７０８２", " 287082", "000000"] {
            assert_eq!(step_of(SEED, bad, now), None, "{bad:?}");
        }
        assert_eq!(step_of(SEED, "287082", now), Some(1));
    }

    #[test]
    fn recovery_codes_are_ten_and_forgive_how_they_are_typed() {
        let codes = recovery_codes(&SeededDice::new(5));
        assert_eq!(codes.len(), 10);
        let code = codes[0].expose();
        assert_eq!(code.len(), 19);
        assert_eq!(recovery_code(&code.to_uppercase().replace('-', " ")).as_deref(), Some(code));
        assert_eq!(recovery_code("short"), None);
    }
}
