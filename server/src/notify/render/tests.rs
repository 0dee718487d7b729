//! Words as a postmaster reads them at night.

use chrono::TimeZone;
use serde_json::json;

use super::*;
use crate::{
    domain::ids::{IncidentId, PublicId},
    notify::{
        errand::Errand,
        facts::{Act, Facts, Notice},
    },
};

pub(in crate::notify) fn at(hour: u32, minute: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 23, hour, minute, 7).unwrap()
}

pub(in crate::notify) fn row() -> IncidentRow {
    IncidentRow {
        id: IncidentId::from_row(1),
        public_id: PublicId::from_row(uuid::Uuid::from_u128(1)),
        alert_key: "1/i1".into(),
        title: "Mail piles up in the deferred queue".into(),
        severity: "critical".into(),
        trigger: Some(PublicId::from_row(uuid::Uuid::from_u128(2))),
        trigger_name: "queue.deferred.high".into(),
        trigger_spec: Some(
            json!({"kind": "threshold", "metric": "queue.deferred.messages", "op": ">",
            "fire": 1000.0, "clear": 700.0}),
        ),
        host: PublicId::from_row(uuid::Uuid::from_u128(3)),
        host_name: "mx1.example.net".into(),
        instance: Some((PublicId::from_row(uuid::Uuid::from_u128(4)), "postfix-out".into())),
        opened_at: at(9, 14),
        closed_at: None,
        close_reason: None,
        acked_at: None,
        acked_by: None,
        acked_until: None,
        value: Some(2_431.0),
        peak: Some(3_902.0),
        threshold: Some(1_000.0),
        cause: json!({"headline": "gmail.com answers 421-4.7.28 to 88 % of attempts.", "of": 5012.0,
            "rows": [{"share": 0.88, "count": 4410.0, "domain": "gmail.com", "class": "gmail.ratelimit 421-4.7.28",
                      "example": "421-4.7.28 rate of mail from [192.0.2.25] is limited"},
                     {"share": 0.043, "count": 214.0, "domain": "example.edu", "class": "greylisted"}],
            "changed": [{"at": "2026-11-23T09:02:00Z", "text": "main.cf: smtp_destination_concurrency_limit 20 → 60, reload"}],
            "first_step": "Put the limit back to 20 and reload."}),
    }
}

pub(in crate::notify) fn around() -> Circumstances {
    Circumstances {
        now: at(9, 41),
        age: Duration::from_secs(1),
        possible_repeat: false,
        link: Some("https://mailvane.example.com/incidents/inc_1".into()),
        over: false,
        passed: false,
        grouped: Vec::new(),
        because: None,
    }
}

#[test]
fn an_open_incident_says_what_where_how_much_since_when_and_why() {
    let message = incident(&row(), &around());
    assert_eq!(
        message.title,
        "Critical: Mail piles up in the deferred queue – mx1.example.net / postfix-out"
    );
    assert_eq!(
        message.summary,
        "queue.deferred.messages 2,431 messages, fires above 1,000 messages.\n\
         gmail.com answers 421-4.7.28 to 88 % of attempts."
    );
    assert!(message.facts.contains(&("Since", "09:14 UTC (27 min)".into())), "{:?}", message.facts);
    assert_eq!(message.cause[0], "88.0 %  gmail.com · gmail.ratelimit 421-4.7.28 · 4,410");
    assert_eq!(message.remark, None);
}

#[test]
fn the_end_says_how_long_and_how_bad() {
    let row =
        IncidentRow { closed_at: Some(at(11, 6)), close_reason: Some("recovered".into()), ..row() };
    let around = Circumstances { now: at(11, 6), over: true, ..around() };
    let message = incident(&row, &around);
    assert!(message.title.starts_with("Resolved: "), "{}", message.title);
    assert_eq!(message.summary, "Lasted 1 h 52 min (09:14 UTC to 11:06 UTC). Peak 3,902 messages.");
    assert!(message.cause.is_empty());
}

#[test]
fn a_late_or_repeated_notice_says_so() {
    let around = Circumstances {
        now: at(9, 20),
        age: Duration::from_mins(6),
        possible_repeat: true,
        ..around()
    };
    let message = incident(&row(), &around);
    let remark = message.remark.unwrap();
    assert_eq!(remark, "fired 09:14 UTC, this notice is 6 min late (possible repeat)");
}

#[test]
fn a_silent_agent_has_no_figure_but_a_time() {
    let row = IncidentRow {
        title: "The agent is silent".into(),
        trigger_spec: Some(json!({"kind": "silent", "after_s": 180})),
        instance: None,
        cause: json!({}),
        ..row()
    };
    let message = incident(&row, &around());
    assert_eq!(message.summary, "No word from mx1.example.net since 09:14 UTC.");
    assert!(message.facts.contains(&("Threshold", "3 min without a word".into())));
}

#[test]
fn numbers_and_times_are_written_for_people() {
    assert_eq!(grouped(2_431.0), "2,431");
    assert_eq!(grouped(1_234_567.2), "1,234,567");
    assert_eq!(grouped(12.34), "12.3");
    assert_eq!(grouped(-1_000.0), "-1,000");
    assert_eq!(duration(TimeDelta::seconds(42)), "42 s");
    assert_eq!(duration(TimeDelta::seconds(60)), "1 min");
    assert_eq!(duration(TimeDelta::minutes(112)), "1 h 52 min");
    assert_eq!(duration(TimeDelta::hours(49)), "2 d 1 h");
}

pub(in crate::notify) fn hostile_names() -> Vec<String> {
    let mut names: Vec<String> = [
        "<!channel>",
        "<https://evil.example|click>",
        "a&b<c>d\"e'f",
        "*bold*_it_~no~`code`",
        "@here",
        "<b>open",
        "</code><a href=\"tg://user?id=1\">",
        "<script>alert(1)</script><img src=x onerror=alert(1)>",
        "line\nbreak\r\nBcc: all@kestrel.example\r\n\r\n> quoted",
        "\u{202e}gpj.exe",
        "nul\0bell\u{7}",
        "4bkf\u{1F4A5}9Zz",
    ]
    .map(str::to_owned)
    .into();
    names.extend(["x", "&", "<", "\"", "\u{1F4A5}"].map(|text| text.repeat(5_000)));
    names
}

/// What a channel is handed for the incident of these tests, as a delivery of this kind.
pub(in crate::notify) fn errand_of(kind: &str, see: impl FnOnce(&Errand<'_>)) {
    let over = matches!(kind, "resolved" | "closed");
    let mut row = row();
    if over {
        row.closed_at = Some(at(11, 6));
        row.close_reason = Some("recovered".into());
    }
    let now = if over { at(11, 6) } else { at(9, 41) };
    see_errand((kind, now), &row, see);
}

/// The same with an enemy's name for everything that has a name.
pub(in crate::notify) fn hostile(name: &str, see: impl FnOnce(&Errand<'_>)) {
    let mut row = row();
    for part in [&mut row.host_name, &mut row.title, &mut row.trigger_name] {
        name.clone_into(part);
    }
    row.instance = Some((PublicId::from_row(uuid::Uuid::from_u128(4)), name.to_owned()));
    row.cause = json!({"headline": name, "first_step": name,
        "changed": [{"at": "2026-11-23T09:02:00Z", "text": name}],
        "rows": [{"share": 0.5, "count": 1.0, "domain": name, "class": name, "example": name}]});
    see_errand(("opened", at(9, 41)), &row, see);
}

fn see_errand(
    (kind, now): (&str, DateTime<Utc>),
    row: &IncidentRow,
    see: impl FnOnce(&Errand<'_>),
) {
    let over = Act::of(kind) == Act::Close;
    let around = Circumstances { now, over, ..around() };
    let say = Act::of(kind) == Act::Say;
    let notice = Notice {
        act: Act::of(kind),
        kind: kind.to_owned(),
        message: if say { test("ops", now, None) } else { incident(row, &around) },
        facts: (!say).then(|| Facts::of(row, 1, &around)),
    };
    see(&Errand {
        notice: &notice,
        delivery: PublicId::from_row(uuid::Uuid::from_u128(8)),
        now,
        owed_at: now,
        root: None,
        own: true,
        so_far: None,
        pinned: None,
        possible_repeat: false,
        buttons: None,
        tenant: "Example Post",
        channel_name: "postmasters",
        unsubscribe: &[],
    });
}
