//! What a channel of each kind would be sent for a sample incident: shown to people before they trust it.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use super::{
    blocks, email,
    errand::{Buttons, Errand},
    facts::{Act, Facts, Notice},
    pagerduty,
    render::{self, Circumstances},
    telegram, webhook,
};
use crate::{
    domain::{
        channel::Kind,
        ids::{IncidentId, PublicId},
    },
    store::incidents::IncidentRow,
};

/// A message as it would be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// For people: text, or HTML where the receiver takes that.
    pub text: Option<String>,
    /// HTML, for e-mail.
    pub html: Option<String>,
    /// What is sent to programs and to Slack.
    pub json: Option<Value>,
}

/// The sample for a kind of channel.
pub fn sample(kind: Kind, now: DateTime<Utc>, public_url: &Url) -> Sample {
    let row = incident(now);
    let around = Circumstances {
        now,
        age: std::time::Duration::ZERO,
        possible_repeat: false,
        link: public_url.join(&format!("incidents/{}", row.public_id)).ok().map(String::from),
        over: false,
        passed: false,
        grouped: Vec::new(),
        because: None,
    };
    let notice = Notice {
        act: Act::Open,
        kind: "opened".to_owned(),
        message: render::incident(&row, &around),
        facts: Some(Facts::of(&row, 1, &around)),
    };
    let buttons = Buttons { acknowledge: "a".to_owned(), silence: "s".to_owned() };
    let errand = Errand {
        notice: &notice,
        delivery: PublicId::from_row(Uuid::nil()),
        now,
        owed_at: now,
        root: None,
        own: true,
        so_far: None,
        pinned: None,
        possible_repeat: false,
        buttons: Some(&buttons),
        tenant: "Example Post",
        channel_name: "sample",
        unsubscribe: &[],
    };
    let json_only = |json| Sample { text: None, html: None, json: Some(json) };
    match kind {
        Kind::Slack => json_only(blocks::layout(&notice.message, None)),
        Kind::SlackBot => json_only(blocks::layout(&notice.message, Some(&buttons))),
        Kind::PagerDuty => json_only(pagerduty::body("…", &errand)),
        Kind::Webhook => json_only(webhook::body(&errand)),
        Kind::Telegram => {
            Sample { text: Some(telegram::text(&notice.message)), html: None, json: None }
        }
        Kind::Email => Sample {
            text: Some(email::text(&errand)),
            html: Some(email::html(&errand, None)),
            json: None,
        },
    }
}

fn incident(now: DateTime<Utc>) -> IncidentRow {
    let opened_at = now - TimeDelta::minutes(27);
    IncidentRow {
        id: IncidentId::from_row(0),
        public_id: PublicId::from_row(Uuid::nil()),
        alert_key: String::new(),
        title: "Mail piles up in the deferred queue".to_owned(),
        severity: "critical".to_owned(),
        trigger: None,
        trigger_name: "queue.deferred.high".to_owned(),
        trigger_spec: Some(
            json!({"kind": "threshold", "metric": "queue.deferred.messages", "op": ">",
            "fire": 1000.0, "clear": 700.0}),
        ),
        host: PublicId::from_row(Uuid::nil()),
        host_name: "mx1.example.net".to_owned(),
        instance: Some((PublicId::from_row(Uuid::nil()), "postfix-out".to_owned())),
        opened_at,
        closed_at: None,
        close_reason: None,
        acked_at: None,
        acked_by: None,
        acked_until: None,
        value: Some(2_431.0),
        peak: Some(2_431.0),
        threshold: Some(1_000.0),
        cause: json!({"headline": "88 % of failed tries are for gmail.com: gmail.ratelimit", "of": 5012.0,
            "rows": [{"share": 0.88, "count": 4410.0, "domain": "gmail.com", "class": "gmail.ratelimit",
                      "example": "421-4.7.28 rate of mail from [192.0.2.25] is limited"},
                     {"share": 0.043, "count": 214.0, "domain": "example.edu", "class": "generic.greylist"}],
            "changed": [{"at": opened_at - TimeDelta::minutes(12),
                         "text": "main.cf: smtp_destination_concurrency_limit 20 → 60, reload"}],
            "first_step": "Put the limit back to 20 and reload. Do not flush: every retry counts."}),
    }
}
