//! Hours that come back every week in a time zone, as moments of UTC: what a route or a maintenance window calls 22:00.
//!
//! A clock that is set forward over an edge moves that edge to the first moment that exists; of an hour that comes twice
//! the first counts.

use chrono::{
    DateTime, Datelike as _, Days, LocalResult, NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Utc,
};
use chrono_tz::Tz;

/// Hours of some days of every week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weekly {
    zone: Tz,
    /// Monday first.
    days: [bool; 7],
    from: NaiveTime,
    to: NaiveTime,
}

/// Why hours cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoursFault {
    /// `zone`, `days`, `from` or `to`.
    pub field: &'static str,
    /// For people.
    pub why: &'static str,
}

impl Weekly {
    /// From what people write: a zone's name, days 1 (Monday) to 7, `22:00` twice. A window whose end is not after its
    /// beginning ends the day after.
    pub fn new(zone: &str, days: &[u8], (from, to): (&str, &str)) -> Result<Self, HoursFault> {
        let fault = |field, why| HoursFault { field, why };
        let time = |field, text: &str| {
            NaiveTime::parse_from_str(text, "%H:%M")
                .map_err(|_| fault(field, "Write a time as 22:00."))
        };
        let (from, to) = (time("from", from)?, time("to", to)?);
        let zone = parse_zone(zone).ok_or_else(|| fault("zone", UNKNOWN_ZONE))?;
        let mut wanted = [false; 7];
        for day in days {
            let place = usize::from(*day).checked_sub(1).and_then(|place| wanted.get_mut(place));
            *place.ok_or_else(|| fault("days", "Days are 1 (Monday) to 7 (Sunday)."))? = true;
        }
        if wanted == [false; 7] {
            return Err(fault("days", "Name at least one day."));
        }
        Ok(Self { zone, days: wanted, from, to })
    }

    /// The window that `now` lies in, or the next one within nine days.
    pub fn window(&self, now: DateTime<Utc>) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let today = now.with_timezone(&self.zone).date_naive();
        let first = today.checked_sub_days(Days::new(1))?;
        (0..10)
            .filter_map(|ahead| self.on(first.checked_add_days(Days::new(ahead))?))
            .find(|(_, end)| *end > now)
    }

    /// Whether `now` lies in a window.
    pub fn covers(&self, now: DateTime<Utc>) -> bool {
        self.window(now).is_some_and(|(start, _)| start <= now)
    }

    /// The window that begins on a day.
    fn on(&self, day: NaiveDate) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let wanted = usize::try_from(day.weekday().num_days_from_monday()).ok();
        if !wanted.and_then(|place| self.days.get(place)).copied().unwrap_or(false) {
            return None;
        }
        let last = if self.to > self.from { day } else { day.checked_add_days(Days::new(1))? };
        let window = (self.moment(day, self.from)?, self.moment(last, self.to)?);
        (window.0 < window.1).then_some(window)
    }

    fn moment(&self, day: NaiveDate, time: NaiveTime) -> Option<DateTime<Utc>> {
        let mut local = day.and_time(time);
        // Clocks are set forward by an hour at most, in quarters of an hour.
        for _ in 0..8 {
            match self.zone.from_local_datetime(&local) {
                LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => {
                    return Some(at.with_timezone(&Utc));
                }
                LocalResult::None => local += TimeDelta::minutes(15),
            }
        }
        None
    }
}

/// A zone of the IANA data base.
pub fn parse_zone(name: &str) -> Option<Tz> {
    name.parse().ok()
}

/// For a zone that is not one.
pub const UNKNOWN_ZONE: &str = "Use a name of the IANA data base, as Europe/Berlin or UTC.";

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn nights() -> Weekly {
        Weekly::new("Europe/Berlin", &[1, 2, 3, 4, 5, 6, 7], ("22:00", "06:00")).unwrap()
    }

    #[test]
    fn a_night_goes_over_midnight_and_belongs_to_the_day_it_began_on() {
        let friday = Weekly::new("Europe/Berlin", &[5], ("22:00", "06:00")).unwrap();
        assert!(friday.covers(utc("2026-11-27T21:30:00Z")), "Friday, 22:30");
        assert!(friday.covers(utc("2026-11-28T04:59:00Z")), "Saturday, 05:59");
        assert!(!friday.covers(utc("2026-11-28T05:00:00Z")), "Saturday, 06:00");
        assert!(!friday.covers(utc("2026-11-28T21:30:00Z")), "Saturday, 22:30");
    }

    #[test]
    fn nights_of_a_changed_clock_are_shorter_and_longer() {
        let (start, end) = nights().window(utc("2026-03-29T00:00:00Z")).unwrap();
        assert_eq!((end - start).num_hours(), 7, "clocks go forward");
        let (start, end) = nights().window(utc("2026-10-25T00:00:00Z")).unwrap();
        assert_eq!((end - start).num_hours(), 9, "clocks go back");
        let gap = Weekly::new("Europe/Berlin", &[7], ("02:30", "02:45")).unwrap();
        let (start, _) = gap.window(utc("2026-03-28T12:00:00Z")).unwrap();
        assert_eq!(start, utc("2026-04-05T00:30:00Z"), "a window that does not exist is left out");
    }

    #[test]
    fn all_day_is_from_and_to_the_same() {
        let monday = Weekly::new("UTC", &[1], ("00:00", "00:00")).unwrap();
        assert!(
            monday.covers(utc("2026-11-23T00:00:00Z"))
                && monday.covers(utc("2026-11-23T23:59:59Z"))
        );
        assert!(!monday.covers(utc("2026-11-24T00:00:00Z")));
    }

    #[test]
    fn what_people_misspell_is_named() {
        let field = |zone, days: &[u8], times| Weekly::new(zone, days, times).unwrap_err().field;
        assert_eq!(field("Berlin", &[1], ("22:00", "06:00")), "zone");
        assert_eq!(field("UTC", &[0], ("22:00", "06:00")), "days");
        assert_eq!(field("UTC", &[], ("22:00", "06:00")), "days");
        assert_eq!(field("UTC", &[1], ("25:00", "06:00")), "from");
        assert_eq!(field("UTC", &[1], ("22:00", "6pm")), "to");
    }
}
