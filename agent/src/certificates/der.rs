//! The one thing that is wanted of a certificate: until when it is valid. Reads DER from the left and never panics.

use crate::postfix::line::days_from_civil;

const SEQUENCE: u8 = 0x30;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// `[0]`, the version, which the first version leaves out.
const VERSION: u8 = 0xa0;

/// Seconds since 1970 at which a certificate ends; nothing if it is none.
pub fn expires_s(certificate: &[u8]) -> Option<i64> {
    let (certificate, _) = expect(certificate, SEQUENCE)?;
    let (signed, _) = expect(certificate, SEQUENCE)?;
    let mut rest = signed;
    if let Some((_, behind)) = expect(rest, VERSION) {
        rest = behind;
    }
    // Serial number, algorithm, issuer.
    for _ in 0..3 {
        (_, _, rest) = value(rest)?;
    }
    let (validity, _) = expect(rest, SEQUENCE)?;
    let (_, _, not_after) = value(validity)?;
    let (tag, text, _) = value(not_after)?;
    time(tag, text)
}

fn expect(bytes: &[u8], wanted: u8) -> Option<(&[u8], &[u8])> {
    let (tag, content, rest) = value(bytes)?;
    (tag == wanted).then_some((content, rest))
}

/// Tag, content, and what follows.
fn value(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = if *first < 0x80 {
        (usize::from(*first), rest)
    } else {
        let (length, rest) = rest.split_at_checked(usize::from(*first & 0x7f))?;
        if length.len() > size_of::<u32>() {
            return None;
        }
        (length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

/// `YYMMDDHHMMSSZ`, years from 1950 on, or `YYYYMMDDHHMMSSZ`.
fn time(tag: u8, text: &[u8]) -> Option<i64> {
    let digits = text.strip_suffix(b"Z")?;
    let (year, rest) = match tag {
        UTC_TIME => {
            let (year, rest) = pair(digits)?;
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        GENERALIZED_TIME => {
            let (century, rest) = pair(digits)?;
            let (year, rest) = pair(rest)?;
            (century * 100 + year, rest)
        }
        _ => return None,
    };
    let (month, rest) = pair(rest)?;
    let (day, rest) = pair(rest)?;
    let (hour, rest) = pair(rest)?;
    let (minute, rest) = pair(rest)?;
    let (second, _) = pair(rest)?;
    let days = days_from_civil(year, u8::try_from(month).ok()?, u8::try_from(day).ok()?)?;
    Some(days * 86_400 + hour * 3_600 + minute * 60 + second)
}

fn pair(digits: &[u8]) -> Option<(i64, &[u8])> {
    match digits {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9', rest @ ..] => {
            Some((i64::from(tens - b'0') * 10 + i64::from(ones - b'0'), rest))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn certificate(until: (i32, u8, u8)) -> Vec<u8> {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(vec!["mx1.example.com".into()]).unwrap();
        params.not_after = rcgen::date_time_ymd(until.0, until.1, until.2);
        params.self_signed(&key).unwrap().der().to_vec()
    }

    #[test]
    fn the_end_is_read_in_both_spellings_of_time() {
        assert_eq!(expires_s(&certificate((2026, 11, 24))), Some(1_795_478_400));
        assert_eq!(expires_s(&certificate((2050, 1, 1))), Some(2_524_608_000));
    }

    #[test]
    fn a_certificate_cut_anywhere_is_none() {
        let whole = certificate((2030, 1, 1));
        for cut in 0..whole.len() {
            assert_eq!(expires_s(&whole[..cut]), None);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            let _ = expires_s(&bytes);
        }
    }
}
