//! From the stamp of a log line to a time: the writer's zone, and the year that RFC 3164 leaves out.

use chrono::{LocalResult, NaiveDate, TimeZone};

use crate::postfix::Stamp;

/// Resolves stamps; remembers the last minute, as neighbours share it.
#[derive(Debug, Clone)]
pub struct Stamps {
    zone: Zone,
    cached: Option<((u8, u8, u32), i64)>,
    reference_ms: i64,
}

/// The zone of the daemons that write the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// This machine's.
    Local,
    /// A fixed offset, seconds east of UTC.
    Fixed(i32),
}

impl Stamps {
    /// Stamps of a log written in `zone`, none of which is later than about `reference_ms`.
    pub fn new(zone: Zone, reference_ms: i64) -> Self {
        Self { zone, cached: None, reference_ms }
    }

    /// Moves the latest time that a stamp can have.
    pub fn set_reference(&mut self, reference_ms: i64) {
        if (reference_ms - self.reference_ms).abs() > REFERENCE_SLACK_MS {
            self.reference_ms = reference_ms;
            self.cached = None;
        }
    }

    /// Milliseconds since 1970; nothing for a date that does not exist.
    pub fn resolve(&mut self, stamp: Stamp) -> Option<i64> {
        match stamp {
            Stamp::Instant(ms) => Some(ms),
            Stamp::Civil { month, day, second } => {
                let minute = (month, day, second / 60);
                let base = match self.cached {
                    Some((cached, base)) if cached == minute => base,
                    _ => {
                        let base = self.minute(month, day, second / 60)?;
                        self.cached = Some((minute, base));
                        base
                    }
                };
                Some(base + i64::from(second % 60) * 1000)
            }
        }
    }

    /// The latest year in which this minute is not beyond the reference by more than a day.
    fn minute(&self, month: u8, day: u8, minute: u32) -> Option<i64> {
        let year = chrono::DateTime::from_timestamp_millis(self.reference_ms)?.date_naive();
        let year = chrono::Datelike::year(&year);
        (year - YEARS_BACK_MAX..=year + 1).rev().find_map(|year| {
            let date = NaiveDate::from_ymd_opt(year, u32::from(month), u32::from(day))?;
            let local = date.and_hms_opt(minute / 60, minute % 60, 0)?;
            let ms = match self.zone {
                Zone::Fixed(offset) => {
                    local.and_utc().timestamp_millis() - i64::from(offset) * 1000
                }
                Zone::Local => match chrono::Local.from_local_datetime(&local) {
                    LocalResult::Single(time) => time.timestamp_millis(),
                    // The hour that a clock put back runs twice: the reading nearer to the reference.
                    LocalResult::Ambiguous(early, late) => {
                        let late = late.timestamp_millis();
                        if late > self.reference_ms { early.timestamp_millis() } else { late }
                    }
                    LocalResult::None => local.and_utc().timestamp_millis(),
                },
            };
            (ms <= self.reference_ms + DAY_MS).then_some(ms)
        })
    }
}

/// A reference that moved less than this changes no year.
const REFERENCE_SLACK_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;
/// A leap day may lie eight years back.
const YEARS_BACK_MAX: i32 = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(text: &str) -> i64 {
        text.parse::<chrono::DateTime<chrono::Utc>>().unwrap().timestamp_millis()
    }

    #[test]
    fn december_lines_read_in_january_are_last_years() {
        let mut stamps = Stamps::new(Zone::Fixed(0), ms("2027-01-01T00:00:05Z"));
        let stamp = Stamp::Civil { month: 12, day: 31, second: 86_399 };
        assert_eq!(stamps.resolve(stamp), Some(ms("2026-12-31T23:59:59Z")));
        let stamp = Stamp::Civil { month: 1, day: 1, second: 3 };
        assert_eq!(stamps.resolve(stamp), Some(ms("2027-01-01T00:00:03Z")));
    }

    #[test]
    fn the_writers_zone_is_taken_off() {
        let mut stamps = Stamps::new(Zone::Fixed(3600), ms("2026-06-01T12:00:00Z"));
        let stamp = Stamp::Civil { month: 6, day: 1, second: 3600 };
        assert_eq!(stamps.resolve(stamp), Some(ms("2026-06-01T00:00:00Z")));
    }

    #[test]
    fn a_leap_day_belongs_to_a_leap_year() {
        let mut stamps = Stamps::new(Zone::Fixed(0), ms("2026-06-01T12:00:00Z"));
        let stamp = Stamp::Civil { month: 2, day: 29, second: 0 };
        assert_eq!(stamps.resolve(stamp), Some(ms("2024-02-29T00:00:00Z")));
        assert_eq!(stamps.resolve(Stamp::Civil { month: 2, day: 30, second: 0 }), None);
    }
}
