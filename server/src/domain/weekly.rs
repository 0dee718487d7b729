//! A week of a tenant in figures, and the letter that tells of it. What a domain or a host is called never becomes markup.

use chrono::{DateTime, Datelike as _, Days, NaiveDate, TimeDelta, Utc};

use super::{
    ids::{self, PublicId},
    letter::{Words, escape},
    words::{duration, grouped},
};

/// How much mail there was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Volume {
    /// Messages received.
    pub received: i64,
    /// Recipients delivered to.
    pub sent: i64,
    /// Tries that were put off.
    pub deferred: i64,
    /// Recipients that were refused for good.
    pub bounced: i64,
    /// Clients, senders and recipients that were rejected.
    pub rejected: i64,
}

impl Volume {
    /// Share of all tries to deliver that succeeded, percent; none: there were no tries.
    pub fn delivered_pct(&self) -> Option<f64> {
        let tries = self.sent + self.deferred + self.bounced;
        (tries > 0).then(|| self.sent as f64 * 100.0 / tries as f64)
    }
}

/// A recipient domain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Worst {
    /// Its name.
    pub domain: String,
    /// Recipients delivered to.
    pub sent: u64,
    /// Tries that were put off.
    pub deferred: u64,
    /// Recipients that were refused for good.
    pub bounced: u64,
}

/// Incidents of a time, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IncidentCounts {
    /// How many began, by severity.
    pub by_severity: Vec<(String, i64)>,
    /// Of these, still open.
    pub open: i64,
    /// How long those that ended were open, on average, seconds.
    pub mean_open_s: Option<i64>,
}

impl IncidentCounts {
    /// How many began.
    pub fn opened(&self) -> i64 {
        self.by_severity.iter().map(|(_, count)| count).sum()
    }
}

/// Something that was changed on a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub at: DateTime<Utc>,
    /// Where.
    pub instance: PublicId<ids::Instance>,
    /// Kind of event.
    pub kind: i16,
    /// What.
    pub subject: String,
    /// In words.
    pub text: String,
}

/// A week, with the week before beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Week {
    /// The week.
    pub volume: Volume,
    /// The week before.
    pub before: Volume,
    /// Domains with the most deferred and bounced recipients.
    pub worst: Vec<Worst>,
    /// What began in the week.
    pub incidents: IncidentCounts,
    /// What began in the week before.
    pub incidents_before: i64,
    /// What was changed, newest first.
    pub changes: Vec<Change>,
}

impl Week {
    /// Whether there is anything to tell: a tenant without mail and incidents gets no letter.
    pub fn is_empty(&self) -> bool {
        self.volume == Volume::default() && self.incidents.opened() == 0
    }
}

/// The Monday that begins the newest whole week before `now`, once that week may be told of: the figures of its last
/// hours come in until the morning.
pub fn due(now: DateTime<Utc>) -> Option<NaiveDate> {
    let today = (now - TOLD_AFTER).date_naive();
    let this_monday =
        today.checked_sub_days(Days::new(today.weekday().num_days_from_monday().into()))?;
    this_monday.checked_sub_days(Days::new(7))
}

/// The letter of a week to one member. `report` and `stop` lead to pages.
pub fn letter(tenant: &str, monday: NaiveDate, week: &Week, (report, stop): (&str, &str)) -> Words {
    let subject = format!("{tenant}, week {}: {}", monday.iso_week().week(), headline(week));
    let mut rows = figures(week);
    rows.extend(week.worst.iter().take(WORST_TOLD).map(domain_row));
    let changes: Vec<String> = week.changes.iter().take(CHANGES_TOLD).map(change_words).collect();
    Words {
        text: text(&subject, &rows, &changes, (report, stop)),
        html: html(&subject, &rows, &changes, (report, stop)),
        subject,
    }
}

fn headline(week: &Week) -> String {
    let delivered = week.volume.delivered_pct();
    let share = delivered.map_or_else(String::new, |pct| format!(", {pct:.1} % delivered"));
    format!("{} messages{share}, {}", count(week.volume.received), plural(week.incidents.opened()))
}

fn plural(incidents: i64) -> String {
    if incidents == 1 { "1 incident".to_owned() } else { format!("{incidents} incidents") }
}

/// What, how much, and what it is beside the week before.
type Row = (String, String, String);

fn figures(week: &Week) -> Vec<Row> {
    let (now, before) = (&week.volume, &week.before);
    let row = |name: &str, of: fn(&Volume) -> i64| {
        (name.to_owned(), count(of(now)), change(of(now), of(before)))
    };
    let open = match week.incidents.open {
        0 => String::new(),
        open => format!(", {open} still open"),
    };
    let mean = week.incidents.mean_open_s.map_or_else(String::new, |seconds| {
        format!(", {} on average", duration(TimeDelta::seconds(seconds)))
    });
    vec![
        row("Received", |volume| volume.received),
        row("Delivered", |volume| volume.sent),
        row("Deferred tries", |volume| volume.deferred),
        row("Bounced", |volume| volume.bounced),
        row("Rejected", |volume| volume.rejected),
        (
            "Incidents".to_owned(),
            format!("{}{open}{mean}", week.incidents.opened()),
            format!("week before {}", week.incidents_before),
        ),
    ]
}

fn domain_row(row: &Worst) -> Row {
    let tries = row.sent + row.deferred + row.bounced;
    let share = if tries == 0 { 0.0 } else { row.sent as f64 * 100.0 / tries as f64 };
    let failed = format!("{} deferred, {} bounced", row.deferred, row.bounced);
    (row.domain.clone(), format!("{share:.1} % delivered"), failed)
}

fn change_words(change: &Change) -> String {
    let what = if change.text.is_empty() { &change.subject } else { &change.text };
    format!("{} {what}", change.at.format("%a %H:%M UTC"))
}

fn count(value: i64) -> String {
    grouped(value as f64)
}

fn change(now: i64, before: i64) -> String {
    if before <= 0 {
        return String::new();
    }
    let part = (now - before) as f64 * 100.0 / before as f64;
    format!("{part:+.1} %")
}

fn text(subject: &str, rows: &[Row], changes: &[String], (report, stop): (&str, &str)) -> String {
    let mut lines = vec![subject.to_owned(), String::new()];
    lines.extend(rows.iter().map(|(name, value, beside)| {
        format!("  {name:<28} {value:>16}  {beside}").trim_end().to_owned()
    }));
    if !changes.is_empty() {
        lines.extend([String::new(), "What changed:".to_owned()]);
        lines.extend(changes.iter().map(|line| format!("  {line}")));
    }
    lines.extend([String::new(), format!("The whole report: {report}")]);
    lines.push(format!("No more of these mails: {stop}"));
    lines.join("\n") + "\n"
}

fn html(subject: &str, rows: &[Row], changes: &[String], (report, stop): (&str, &str)) -> String {
    let rows: Vec<String> = rows.iter().map(html_row).collect();
    let mut lines: Vec<String> =
        changes.iter().map(|line| format!("<div>{}</div>", escape(line))).collect();
    if !lines.is_empty() {
        lines.insert(0, "<h2 style=\"font-size:15px\">What changed</h2>".to_owned());
    }
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\n\
         <body style=\"margin:0;font:15px/1.45 system-ui,sans-serif;color:#1c2024;background:#fff\">\n\
         <div style=\"max-width:640px;margin:0 auto;padding:16px\">\n<p style=\"font-weight:600\">{title}</p>\n\
         <table style=\"border-collapse:collapse\">\n{body}\n</table>\n{below}\n\
         <p><a href=\"{report}\">Open report</a></p>\n\
         <p style=\"color:#5a636b;font-size:13px\">You get this every Monday as a member. \
         <a href=\"{stop}\">No more of these mails</a></p>\n</div></body></html>\n",
        title = escape(subject),
        body = rows.join("\n"),
        below = lines.join("\n"),
        report = escape(report),
        stop = escape(stop),
    )
}

fn html_row((name, value, beside): &Row) -> String {
    format!(
        "<tr><th style=\"text-align:left;font-weight:400;padding:4px 16px 4px 0\">{}</th>\
         <td style=\"text-align:right;padding:4px 16px 4px 0\"><b>{}</b></td>\
         <td style=\"color:#5a636b\">{}</td></tr>",
        escape(name),
        escape(value),
        escape(beside)
    )
}

/// Hours into Monday, UTC, before a week is told of.
const TOLD_AFTER: TimeDelta = TimeDelta::hours(6);
const WORST_TOLD: usize = 5;
const CHANGES_TOLD: usize = 8;

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;

    use super::*;

    fn at(day: u32, hour: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, day, hour, 0, 0).unwrap()
    }

    fn monday(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, day).unwrap()
    }

    #[test]
    fn a_week_is_told_of_from_monday_morning_on() {
        assert_eq!(due(at(23, 5)), Some(monday(9)), "its last hours may still come in");
        assert_eq!(due(at(23, 6)), Some(monday(16)));
        assert_eq!(due(at(29, 23)), Some(monday(16)), "until the week after");
    }

    #[test]
    fn the_letter_has_figures_changes_and_the_way_out_and_no_markup_of_strangers() {
        let volume = Volume { received: 812_000, sent: 990, deferred: 8, bounced: 2, rejected: 40 };
        let week = Week {
            before: Volume { sent: 1_100, ..volume },
            volume,
            worst: vec![Worst {
                domain: "<b>gmail</b>.test".into(),
                sent: 90,
                deferred: 9,
                bounced: 1,
            }],
            incidents: IncidentCounts {
                by_severity: vec![("critical".into(), 3)],
                open: 1,
                mean_open_s: Some(1_620),
            },
            incidents_before: 7,
            changes: Vec::new(),
        };
        let links = ("https://vane.example/reports", "https://vane.example/account");
        let Words { subject, text, html } = letter("Kestrel", monday(16), &week, links);
        assert_eq!(subject, "Kestrel, week 47: 812,000 messages, 99.0 % delivered, 3 incidents");
        assert!(text.contains("-10.0 %") && text.contains("week before 7"), "{text}");
        assert!(text.contains("<b>gmail</b>.test") && text.contains("90.0 % delivered"), "{text}");
        assert!(html.contains("&lt;b&gt;gmail") && !html.contains("<b>gmail"), "{html}");
        assert!(text.contains(links.1) && html.contains(links.1), "the way out is in both");
        assert!(Week::default().is_empty() && !week.is_empty());
    }
}
