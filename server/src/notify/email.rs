//! E-mail: one thread for an incident, text and HTML, and a way out with one click.
//!
//! Takes every text as data: all five characters of HTML are escaped after cutting, no header is made of foreign text
//! but the subject, which is one line. Loads nothing from afar.

#![expect(
    clippy::format_push_string,
    clippy::needless_for_each,
    reason = "a letter is written line by line, and a String cannot fail"
)]

use serde_json::{Value, json};

use super::{
    errand::{Carriers, Errand, Sent, Verdict},
    mailer::Mail,
    render::{Message, State, cut},
};
use crate::domain::severity::Severity;

/// Delivers one message to each recipient; those who have it already are not told again.
pub(super) async fn deliver(carriers: Carriers<'_>, to: &[String], errand: &Errand<'_>) -> Sent {
    let Some(mailer) = carriers.mailer else {
        return Sent::never(
            "this server sends no mail: its administrator must set MAILVANE_SMTP_URL",
        );
    };
    // An edit of a mail would be another mail: what somebody took is on the page.
    if errand.notice.kind == "acknowledged" {
        return Sent::plain(Verdict::Delivered, None);
    }
    let mut told: Vec<String> = told(errand.so_far);
    let (subject, text) = (subject(&errand.notice.message, errand.tenant), text(errand));
    let mut worst = Verdict::Delivered;
    for (place, recipient) in to.iter().enumerate() {
        if told.contains(recipient) {
            continue;
        }
        let unsubscribe = errand.unsubscribe.get(place).map(|url| format!("<{url}>"));
        let message_id = format!("{}.{place}", errand.delivery);
        let thread = errand.notice.facts.as_ref().map_or_else(
            || format!("<{message_id}.root@{}>", mailer.domain()),
            |facts| format!("<{}@{}>", facts.incident_id, mailer.domain()),
        );
        let list = format!("Mailvane <news.{}>", mailer.domain());
        let mut headers = vec![
            ("In-Reply-To", thread.as_str()),
            ("References", thread.as_str()),
            ("Auto-Submitted", "auto-generated"),
            ("X-Auto-Response-Suppress", "All"),
            ("List-Id", list.as_str()),
        ];
        if let Some(url) = &unsubscribe {
            headers.push(("List-Unsubscribe", url));
            headers.push(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"));
        }
        let html = html(errand, errand.unsubscribe.get(place).map(url::Url::as_str));
        let mail = Mail {
            to: recipient,
            subject: &subject,
            text: &text,
            html: Some(&html),
            message_id: &message_id,
            headers: &headers,
        };
        match mailer.send(&mail).await {
            Ok(()) => told.push(recipient.clone()),
            Err(error) if error.ambiguous => worst = Verdict::Ambiguous { why: error.detail },
            Err(error) if error.retry => {
                if worst == Verdict::Delivered {
                    worst = Verdict::Retry { after: None, why: error.detail };
                }
            }
            Err(error) => {
                if worst == Verdict::Delivered {
                    worst = Verdict::Permanent { why: error.detail, disable: false };
                }
            }
        }
    }
    let mut sent = Sent::plain(worst, None);
    sent.reference = Some(json!({"told": told}));
    sent
}

fn told(so_far: Option<&Value>) -> Vec<String> {
    let list = so_far.and_then(|so_far| so_far.get("told")?.as_array());
    list.into_iter().flatten().filter_map(|one| one.as_str().map(str::to_owned)).collect()
}

/// Constant over the life of an incident: mail programs make a thread of it. One line.
fn subject(message: &Message, tenant: &str) -> String {
    let about = match message.title.split_once(": ") {
        Some((_, about)) if !matches!(message.state, State::Test | State::Word) => about,
        _ => &message.title,
    };
    let line: String = format!("[{tenant}] {about}")
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    cut(&line, SUBJECT_CHARS_MAX)
}

/// `CRITICAL, OPEN`
fn state(message: &Message) -> String {
    match message.state {
        State::Open(severity) => {
            let taken = if message.taken { "ACKNOWLEDGED" } else { "OPEN" };
            format!("{}, {taken}", severity.name().to_uppercase())
        }
        State::Over => "RESOLVED".to_owned(),
        State::Passed => "FIRED AND RECOVERED".to_owned(),
        State::Test => "TEST".to_owned(),
        State::Word => "NOTICE".to_owned(),
    }
}

/// The pieces below the facts: a label and its lines.
fn lists(message: &Message) -> Vec<(&'static str, Vec<String>)> {
    let mut lists = vec![("Cause", message.cause.clone())];
    if let Some(example) = &message.example {
        lists.push(("One reply", vec![example.clone()]));
    }
    lists.push(("What changed before", message.changed.clone()));
    lists.push(("Told together", message.grouped.clone()));
    lists.push(("What to do first", message.first_step.iter().cloned().collect()));
    lists.retain(|(_, lines)| !lines.is_empty());
    for (_, lines) in &mut lists {
        lines.iter_mut().for_each(|line| *line = one_line(line));
    }
    lists
}

pub(super) fn text(errand: &Errand<'_>) -> String {
    let message = &errand.notice.message;
    let mut out = format!("{}\n\n{}\n", state(message), cut(&message.summary, SUMMARY_CHARS_MAX));
    if let Some(remark) = &message.remark {
        out.push_str(&format!("{remark}\n"));
    }
    if !message.facts.is_empty() {
        out.push('\n');
    }
    for (label, value) in &message.facts {
        out.push_str(&format!("  {label:<10} {}\n", one_line(value)));
    }
    for (label, lines) in lists(message) {
        out.push_str(&format!("\n{label}\n"));
        lines.iter().for_each(|line| out.push_str(&format!("  {line}\n")));
    }
    if let Some(link) = &message.link {
        out.push_str(&format!("\nOpen incident  {link}\n"));
    }
    out.push_str(&format!(
        "\nYou get this because the channel “{}” names you.\n",
        errand.channel_name
    ));
    out
}

pub(super) fn html(errand: &Errand<'_>, unsubscribe: Option<&str>) -> String {
    let message = &errand.notice.message;
    let colour = colour(message.state);
    let mut out = String::from(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"></head>\
         <body style=\"margin:0;font:15px/1.45 system-ui,sans-serif;color:#1c2024;background:#fff\">\
         <div style=\"max-width:640px;margin:0 auto;padding:16px\">",
    );
    out.push_str(&format!(
        "<p style=\"margin:0 0 12px;font-weight:600;color:{colour}\">{}</p><p>{}</p>",
        escape(&state(message)),
        escape(&cut(&message.summary, SUMMARY_CHARS_MAX)).replace('\n', "<br>")
    ));
    if let Some(remark) = &message.remark {
        out.push_str(&format!("<p><em>{}</em></p>", escape(remark)));
    }
    out.push_str("<table style=\"border-collapse:collapse\">");
    for (label, value) in &message.facts {
        out.push_str(&format!(
            "<tr><th style=\"text-align:left;font-weight:400;color:#5a636b;padding:2px 16px 2px 0\">{label}</th>\
             <td>{}</td></tr>",
            escape(&one_line(value))
        ));
    }
    out.push_str("</table>");
    for (label, lines) in lists(message) {
        out.push_str(&format!("<h2 style=\"font-size:15px;margin:16px 0 4px\">{label}</h2>"));
        lines.iter().for_each(|line| out.push_str(&format!("<div>{}</div>", escape(line))));
    }
    if let Some(link) = &message.link {
        out.push_str(&format!("<p><a href=\"{}\">Open incident</a></p>", escape(link)));
    }
    let because = format!("You get this because the channel “{}” names you.", errand.channel_name);
    out.push_str(&format!("<p style=\"color:#5a636b;font-size:13px\">{}", escape(&because)));
    if let Some(url) = unsubscribe {
        out.push_str(&format!(" <a href=\"{}\">Stop these mails</a>", escape(url)));
    }
    out.push_str("</p></div></body></html>");
    out
}

fn one_line(text: &str) -> String {
    cut(&text.split_whitespace().collect::<Vec<_>>().join(" "), LINE_CHARS_MAX)
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() && c != '\n' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

const fn colour(state: State) -> &'static str {
    match state {
        State::Open(Severity::Critical) => "#b3202b",
        State::Open(Severity::Error) => "#a2430c",
        State::Open(Severity::Warning) => "#7f5600",
        State::Open(Severity::Info) | State::Test | State::Word => "#0b62a5",
        State::Over | State::Passed => "#0a6b5a",
    }
}

const SUBJECT_CHARS_MAX: usize = 200;
const SUMMARY_CHARS_MAX: usize = 1_000;
const LINE_CHARS_MAX: usize = 400;

#[cfg(test)]
mod tests;
