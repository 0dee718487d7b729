//! The envelope of a log line: stamp, program name and pid, in every shape a syslog daemon or postlogd writes.
//!
//! Never looks at the meaning of the text, and never asks a clock: a stamp without year or zone stays one.

use super::scan;

/// When the writer says the line was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamp {
    /// RFC 3164 and postlogd: local time of the writer, no year, whole seconds.
    Civil {
        /// 1 to 12.
        month: u8,
        /// 1 to 31.
        day: u8,
        /// Seconds since midnight.
        second: u32,
    },
    /// A stamp with date and offset: milliseconds since 1970, UTC.
    Instant(i64),
}

/// One line, split but not understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// When it was written.
    pub stamp: Stamp,
    /// Text before the first `/` of the program name: the instance's `syslog_name`.
    pub instance: &'a [u8],
    /// Text between the first and the last `/`, a label such as `submission`; mostly empty.
    pub service: &'a [u8],
    /// Text after the last `/`; empty where an RFC 5424 writer cut it off.
    pub daemon: &'a [u8],
    /// Process id, or 0.
    pub pid: u64,
    /// The message.
    pub text: &'a [u8],
}

impl<'a> Line<'a> {
    /// Splits one line without its line end; nothing if it has no known stamp.
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        match line.first()? {
            b'<' => Self::parse_priority(line),
            b'0'..=b'9' => Self::parse_iso(line),
            _ => Self::parse_civil(line),
        }
    }

    /// `<22>1 2026-…` is RFC 5424; `<22>Nov …` is RFC 3164 as it travels.
    fn parse_priority(line: &'a [u8]) -> Option<Self> {
        let (_, rest) = scan::split_byte(line, b'>')?;
        match rest.strip_prefix(b"1 ") {
            Some(rest) => Self::parse_5424(rest),
            None => Self::parse(rest),
        }
    }

    fn parse_5424(rest: &'a [u8]) -> Option<Self> {
        let (stamp, rest) = scan::split_byte(rest, b' ')?;
        let (_host, rest) = scan::split_byte(rest, b' ')?;
        let (program, rest) = scan::split_byte(rest, b' ')?;
        let (pid, rest) = scan::split_byte(rest, b' ')?;
        let (_message_id, rest) = scan::split_byte(rest, b' ')?;
        let text = skip_structured_data(rest)?;
        let pid = scan::whole_number(pid).unwrap_or(0);
        let mut line = from_program(Stamp::Instant(instant(stamp)?), program, pid, text);
        if memchr::memchr(b'/', program).is_none() && program != b"master" {
            line.daemon = b"";
        }
        Some(line)
    }

    fn parse_iso(line: &'a [u8]) -> Option<Self> {
        let (stamp, rest) = scan::split_byte(line, b' ')?;
        Self::parse_tag(Stamp::Instant(instant(stamp)?), rest)
    }

    fn parse_civil(line: &'a [u8]) -> Option<Self> {
        let (stamp, rest) = line.split_at_checked(CIVIL_BYTES)?;
        Self::parse_tag(civil(stamp)?, rest.strip_prefix(b" ")?)
    }

    /// `host program[pid]: text`, the pid being optional.
    fn parse_tag(stamp: Stamp, rest: &'a [u8]) -> Option<Self> {
        let (_host, rest) = scan::split_byte(rest, b' ')?;
        let end = rest.iter().position(|byte| matches!(byte, b'[' | b':' | b' '))?;
        let (program, rest) = rest.split_at_checked(end)?;
        let (pid, rest) = match rest.strip_prefix(b"[") {
            Some(inner) => {
                let (pid, rest) = scan::split_byte(inner, b']')?;
                (scan::whole_number(pid).unwrap_or(0), rest)
            }
            None => (0, rest),
        };
        let text = rest.strip_prefix(b":")?;
        Some(from_program(stamp, program, pid, text.strip_prefix(b" ").unwrap_or(text)))
    }
}

/// A line of a program such as `postfix/submission/smtpd`, whose parts came apart already.
pub(crate) fn from_program<'a>(
    stamp: Stamp,
    program: &'a [u8],
    pid: u64,
    text: &'a [u8],
) -> Line<'a> {
    let (instance, rest) = scan::split_byte(program, b'/').unwrap_or((program, program));
    let (service, daemon) = match memchr::memrchr(b'/', rest) {
        Some(at) => (rest.get(..at).unwrap_or_default(), rest.get(at + 1..).unwrap_or_default()),
        None => (&[][..], rest),
    };
    Line { stamp, instance, service, daemon, pid, text }
}

/// `Nov 23 12:07:40`
const CIVIL_BYTES: usize = 15;

fn civil(text: &[u8]) -> Option<Stamp> {
    let [m0, m1, m2, b' ', d0, d1, b' ', h0, h1, b':', n0, n1, b':', s0, s1] = text else {
        return None;
    };
    let month = match &[*m0, *m1, *m2] {
        b"Jan" => 1,
        b"Feb" => 2,
        b"Mar" => 3,
        b"Apr" => 4,
        b"May" => 5,
        b"Jun" => 6,
        b"Jul" => 7,
        b"Aug" => 8,
        b"Sep" => 9,
        b"Oct" => 10,
        b"Nov" => 11,
        b"Dec" => 12,
        _ => return None,
    };
    let day = if *d0 == b' ' { digit(*d1)? } else { pair(*d0, *d1)? };
    let second = second_of_day(pair(*h0, *h1)?, pair(*n0, *n1)?, pair(*s0, *s1)?)?;
    (1..=31).contains(&day).then_some(Stamp::Civil { month, day, second })
}

/// `2026-11-23T12:25:38.201728+00:00`, any number of fraction digits, `Z` or an offset.
pub(crate) fn instant(text: &[u8]) -> Option<i64> {
    let (date, rest) = text.split_at_checked(19)?;
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1, b'T', h0, h1, b':', n0, n1, b':', s0, s1] =
        date
    else {
        return None;
    };
    let year = i64::from(pair(*y0, *y1)?) * 100 + i64::from(pair(*y2, *y3)?);
    let days = days_from_civil(year, pair(*m0, *m1)?, pair(*d0, *d1)?)?;
    let second = second_of_day(pair(*h0, *h1)?, pair(*n0, *n1)?, pair(*s0, *s1)?)?;
    let (millis, zone) = fraction_ms(rest);
    Some((days * 86_400 + i64::from(second) - offset_seconds(zone)?) * 1000 + millis)
}

fn fraction_ms(text: &[u8]) -> (i64, &[u8]) {
    let Some(mut rest) = text.strip_prefix(b".") else { return (0, text) };
    let (mut millis, mut scale) = (0, 100);
    while let Some((digit @ b'0'..=b'9', tail)) = rest.split_first() {
        millis += i64::from(digit - b'0') * scale;
        scale /= 10;
        rest = tail;
    }
    (millis, rest)
}

fn offset_seconds(zone: &[u8]) -> Option<i64> {
    match zone {
        b"Z" => Some(0),
        [sign @ (b'+' | b'-'), h0, h1, b':', n0, n1] => {
            let seconds = i64::from(pair(*h0, *h1)?) * 3600 + i64::from(pair(*n0, *n1)?) * 60;
            Some(if *sign == b'-' { -seconds } else { seconds })
        }
        _ => None,
    }
}

/// Days since 1970 of a date of the proleptic Gregorian calendar.
pub(crate) fn days_from_civil(year: i64, month: u8, day: u8) -> Option<i64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Years begin in March here, so that the leap day is the last of its year.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((i64::from(month) + 9) % 12) + 2) / 5 + i64::from(day) - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

fn second_of_day(hour: u8, minute: u8, second: u8) -> Option<u32> {
    (hour < 24 && minute < 60 && second <= 60)
        .then(|| u32::from(hour) * 3600 + u32::from(minute) * 60 + u32::from(second))
}

fn digit(byte: u8) -> Option<u8> {
    byte.is_ascii_digit().then(|| byte - b'0')
}

fn pair(tens: u8, ones: u8) -> Option<u8> {
    Some(digit(tens)? * 10 + digit(ones)?)
}

/// Skips `-` or `[id name="value"]…` and the blanks in front of the text.
fn skip_structured_data(mut rest: &[u8]) -> Option<&[u8]> {
    if let Some(tail) = rest.strip_prefix(b"-") {
        rest = tail;
    } else {
        while rest.first() == Some(&b'[') {
            let end = structured_end(rest)?;
            rest = rest.get(end..)?;
        }
    }
    while let Some(tail) = rest.strip_prefix(b" ") {
        rest = tail;
    }
    Some(rest.strip_prefix(b"\xef\xbb\xbf").unwrap_or(rest))
}

fn structured_end(text: &[u8]) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (index, byte) in text.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b']' if !quoted => return Some(index + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_line_reads_alike_in_every_flavour() {
        let flavours: [&[u8]; 4] = [
            b"Nov 23 12:07:40 mx1 postfix/submission/smtpd[280]: connect from a[192.0.2.1]",
            b"2026-11-23T12:07:40.201728+00:00 mx1 postfix/submission/smtpd[280]: connect from a[192.0.2.1]",
            b"<22>1 2026-11-23T13:07:40.201728+01:00 mx1 postfix/submission/smtpd 280 - -  connect from a[192.0.2.1]",
            b"<22>Nov 23 12:07:40 mx1 postfix/submission/smtpd[280]: connect from a[192.0.2.1]",
        ];
        for flavour in flavours {
            let line = Line::parse(flavour).unwrap();
            assert_eq!(line.instance, b"postfix");
            assert_eq!(line.service, b"submission");
            assert_eq!(line.daemon, b"smtpd");
            assert_eq!(line.pid, 280);
            assert_eq!(line.text, b"connect from a[192.0.2.1]");
            match line.stamp {
                Stamp::Civil { month, day, second } => {
                    assert_eq!((month, day, second), (11, 23, 43_660));
                }
                Stamp::Instant(ms) => assert_eq!(ms, 1_795_435_660_201),
            }
        }
    }

    #[test]
    fn a_cut_program_name_leaves_the_daemon_unknown() {
        let line =
            Line::parse(b"<22>1 2026-11-23T12:25:38Z mx1 postfix 6603 - -  connect from x[1]");
        assert_eq!(line.unwrap().daemon, b"");
    }

    #[test]
    fn a_single_digit_day_is_blank_padded() {
        let line = Line::parse(b"Feb  3 00:00:00 mx1 postfix/qmgr[1]: x").unwrap();
        assert_eq!(line.stamp, Stamp::Civil { month: 2, day: 3, second: 0 });
        assert_eq!(Line::parse(b"Foo  3 00:00:00 mx1 postfix/qmgr[1]: x"), None);
    }
}
