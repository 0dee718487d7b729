//! The rules of Slack's message format, as far as a message can break them. Pure.

use serde_json::Value;

const BLOCKS_MAX: usize = 50;
const ATTACHMENTS_MAX: usize = 20;
const ACTIONS_MAX: usize = 25;
const CONTEXT_ELEMENTS_MAX: usize = 10;
const FIELDS_MAX: usize = 10;
const TEXT_CHARS_MAX: usize = 40_000;
const SECTION_CHARS_MAX: usize = 3_000;
const FIELD_CHARS_MAX: usize = 2_000;
const HEADER_CHARS_MAX: usize = 150;
const BUTTON_CHARS_MAX: usize = 75;
const VALUE_CHARS_MAX: usize = 2_000;
const URL_CHARS_MAX: usize = 3_000;
const ID_CHARS_MAX: usize = 255;
/// Seen as the size at which whole messages are refused.
const MESSAGE_CHARS_MAX: usize = 13_000;

/// A refusal as Slack words it, and what the fake saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The body of the answer.
    pub code: &'static str,
    /// What is wrong, for the journal.
    pub problem: String,
}

type Checked = Result<(), Refusal>;

fn refuse(code: &'static str, problem: impl Into<String>) -> Checked {
    Err(Refusal { code, problem: problem.into() })
}

/// Checks one message against all rules.
pub fn check(message: &Value) -> Checked {
    let Value::Object(fields) = message else {
        return refuse("invalid_payload", "not a JSON object");
    };
    let has_body = fields.contains_key("blocks") || fields.contains_key("attachments");
    match fields.get("text") {
        Some(Value::String(text)) if !text.is_empty() => text_is("text", text, TEXT_CHARS_MAX)?,
        Some(Value::String(_)) | None if has_body => {
            return refuse(
                "no_text",
                "blocks without a text to fall back to: the notification would be empty",
            );
        }
        _ => return refuse("no_text", "no text"),
    }
    blocks(fields.get("blocks"))?;
    for attachment in list("attachments", fields.get("attachments"), ATTACHMENTS_MAX)? {
        if let Some(colour) = attachment.get("color").and_then(Value::as_str)
            && !is_colour(colour)
        {
            return refuse("invalid_attachments", format!("colour {colour:?}"));
        }
        for name in ["text", "fallback", "pretext", "title"] {
            if let Some(text) = attachment.get(name).and_then(Value::as_str) {
                text_is(name, text, SECTION_CHARS_MAX)?;
            }
        }
        blocks(attachment.get("blocks"))?;
    }
    let mut pieces = Vec::new();
    texts(message, &mut pieces);
    let size: usize = pieces.iter().map(|piece| piece.chars().count()).sum();
    if size > MESSAGE_CHARS_MAX {
        return refuse("msg_blocks_too_long", format!("{size} characters in all"));
    }
    Ok(())
}

/// Collects every text that a person would see.
pub(super) fn texts(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    Value::String(text)
                        if matches!(name.as_str(), "text" | "fallback" | "title" | "pretext") =>
                    {
                        into.push(text.clone());
                    }
                    other => texts(other, into),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, into)),
        _ => {}
    }
}

fn blocks(value: Option<&Value>) -> Checked {
    for block in list("blocks", value, BLOCKS_MAX)? {
        id_is("block_id", block)?;
        match block.get("type").and_then(Value::as_str) {
            Some("section") => section(block)?,
            Some("header") => {
                text_object("header", block.get("text"), HEADER_CHARS_MAX, Some("plain_text"))?;
            }
            Some("context") => {
                for element in elements("context", block, CONTEXT_ELEMENTS_MAX)? {
                    text_object("context", Some(element), SECTION_CHARS_MAX, None)?;
                }
            }
            Some("actions") => {
                for element in elements("actions", block, ACTIONS_MAX)? {
                    button(element)?;
                }
            }
            Some("divider") => {}
            other => return refuse("invalid_blocks", format!("block of type {other:?}")),
        }
    }
    Ok(())
}

fn section(block: &Value) -> Checked {
    let fields = list("fields", block.get("fields"), FIELDS_MAX)?;
    if block.get("text").is_none() && fields.is_empty() {
        return refuse("invalid_blocks", "a section without text and fields");
    }
    if let Some(text) = block.get("text") {
        text_object("section", Some(text), SECTION_CHARS_MAX, None)?;
    }
    for field in fields {
        text_object("field", Some(field), FIELD_CHARS_MAX, None)?;
    }
    match block.get("accessory") {
        Some(accessory) => button(accessory),
        None => Ok(()),
    }
}

fn button(element: &Value) -> Checked {
    if element.get("type").and_then(Value::as_str) != Some("button") {
        return refuse("invalid_blocks", "an action that is not a button");
    }
    text_object("button", element.get("text"), BUTTON_CHARS_MAX, Some("plain_text"))?;
    id_is("action_id", element)?;
    for (name, max) in [("value", VALUE_CHARS_MAX), ("url", URL_CHARS_MAX)] {
        if let Some(text) = element.get(name).and_then(Value::as_str)
            && text.chars().count() > max
        {
            return refuse(
                "invalid_blocks",
                format!("button {name} of more than {max} characters"),
            );
        }
    }
    match element.get("url").and_then(Value::as_str) {
        Some(url) if !url.starts_with("http://") && !url.starts_with("https://") => {
            refuse("invalid_blocks", format!("button url {url:?}"))
        }
        _ => Ok(()),
    }
}

fn elements<'v>(name: &str, block: &'v Value, max: usize) -> Result<&'v [Value], Refusal> {
    let elements = list(name, block.get("elements"), max)?;
    if elements.is_empty() {
        return Err(Refusal {
            code: "invalid_blocks",
            problem: format!("{name} without elements"),
        });
    }
    Ok(elements)
}

fn list<'v>(name: &str, value: Option<&'v Value>, max: usize) -> Result<&'v [Value], Refusal> {
    let code = if name == "attachments" { "invalid_attachments" } else { "invalid_blocks" };
    match value {
        None => Ok(&[]),
        Some(Value::Array(items)) if items.len() <= max => Ok(items),
        Some(Value::Array(items)) => {
            Err(Refusal { code, problem: format!("{} {name}, at most {max}", items.len()) })
        }
        Some(_) => Err(Refusal { code, problem: format!("{name} is not a list") }),
    }
}

fn text_object(place: &str, value: Option<&Value>, max: usize, only: Option<&str>) -> Checked {
    let kind = value.and_then(|value| value.get("type")).and_then(Value::as_str);
    let text = value.and_then(|value| value.get("text")).and_then(Value::as_str);
    let (Some(kind), Some(text)) = (kind, text) else {
        return refuse("invalid_blocks", format!("{place} without a text object"));
    };
    if !matches!(kind, "plain_text" | "mrkdwn") || only.is_some_and(|only| only != kind) {
        return refuse("invalid_blocks", format!("{place} of type {kind:?}"));
    }
    if text.is_empty() {
        return refuse("invalid_blocks", format!("{place} with empty text"));
    }
    if kind == "plain_text" {
        // Plain text is shown as it is: nothing to escape, nothing to inject.
        return if text.chars().count() > max { too_long(place, max) } else { Ok(()) };
    }
    text_is(place, text, max)
}

fn too_long(place: &str, max: usize) -> Checked {
    refuse("invalid_blocks", format!("{place} of more than {max} characters"))
}

/// Marked-up text: short enough, escaped, and without calls to a whole channel.
fn text_is(place: &str, text: &str, max: usize) -> Checked {
    if text.chars().count() > max {
        return too_long(place, max);
    }
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>']) {
        let (_, tail) = rest.split_at(at);
        rest = if let Some(entity) =
            ["&amp;", "&lt;", "&gt;"].iter().find(|entity| tail.starts_with(**entity))
        {
            tail.get(entity.len()..).unwrap_or("")
        } else if tail.starts_with("> ") && (at == 0 || rest.as_bytes().get(at - 1) == Some(&b'\n'))
        {
            // A quote at the start of a line.
            tail.get(2..).unwrap_or("")
        } else if let Some(link) = link(tail) {
            tail.get(link..).unwrap_or("")
        } else {
            let near: String = tail.chars().take(20).collect();
            return refuse("invalid_payload", format!("unescaped text in {place}: {near:?}"));
        };
    }
    Ok(())
}

/// Length of a link `<http…>` or `<http…|label>` at the start of `text`, if there is one.
fn link(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('<')?;
    let end = inside.find('>')?;
    let inside = inside.get(..end)?;
    let target = inside.split('|').next()?;
    let good = target.starts_with("https://") || target.starts_with("http://");
    (good && !inside.contains('<')).then_some(end + 2)
}

fn is_colour(colour: &str) -> bool {
    matches!(colour, "good" | "warning" | "danger")
        || colour
            .strip_prefix('#')
            .is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn id_is(name: &str, value: &Value) -> Checked {
    match value.get(name).and_then(Value::as_str) {
        Some(id) if id.chars().count() > ID_CHARS_MAX => {
            refuse("invalid_blocks", format!("{name} of more than {ID_CHARS_MAX} characters"))
        }
        _ => Ok(()),
    }
}
