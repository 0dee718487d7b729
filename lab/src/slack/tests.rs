//! What the fake refuses, so that a message it takes would look right in a customer's channel.

use serde_json::json;

use super::*;

fn code(message: &Value) -> &'static str {
    check(message).map_or_else(|refusal| refusal.code, |()| "ok")
}

fn section(text: &str) -> Value {
    json!({"text": "fallback", "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]})
}

#[test]
fn a_plain_message_is_taken() {
    assert_eq!(code(&json!({"text": "Error: many messages wait – mx1 / postfix"})), "ok");
    assert_eq!(code(&section("5 &lt; 7 &amp; <https://mailvane.example/i/1|open>")), "ok");
}

#[test]
fn a_host_name_cannot_call_the_channel() {
    assert_eq!(code(&json!({"text": "mx<!channel>.example.net"})), "invalid_payload");
    assert_eq!(code(&section("reply: <!here> 421")), "invalid_payload");
    assert_eq!(code(&section("a & b")), "invalid_payload");
}

#[test]
fn lengths_are_counted_in_characters() {
    assert_eq!(code(&section(&"é".repeat(3_000))), "ok");
    assert_eq!(code(&section(&"é".repeat(3_001))), "invalid_blocks");
    let header = |text: String| json!({"text": "x", "blocks": [{"type": "header", "text": {"type": "plain_text", "text": text}}]});
    assert_eq!(code(&header("h".repeat(150))), "ok");
    assert_eq!(code(&header("h".repeat(151))), "invalid_blocks");
}

#[test]
fn a_message_of_many_full_sections_is_too_long() {
    let block = json!({"type": "section", "text": {"type": "mrkdwn", "text": "x".repeat(2_900)}});
    let message = json!({"text": "x", "blocks": vec![block; 5]});
    assert_eq!(code(&message), "msg_blocks_too_long");
}

#[test]
fn blocks_need_a_text_for_the_notification() {
    assert_eq!(code(&json!({"blocks": []})), "no_text");
    assert_eq!(code(&json!({})), "no_text");
    assert_eq!(code(&json!([1])), "invalid_payload");
}

#[test]
fn attachments_take_only_real_colours() {
    let message = |colour: &str| json!({"text": "x", "attachments": [{"color": colour}]});
    assert_eq!(code(&message("#b3202b")), "ok");
    assert_eq!(code(&message("red")), "invalid_attachments");
    assert_eq!(code(&message("#b3202")), "invalid_attachments");
}

#[test]
fn buttons_open_web_pages_only() {
    let message = |url: &str| {
        json!({"text": "x", "blocks": [{"type": "actions", "elements": [
            {"type": "button", "text": {"type": "plain_text", "text": "Open"}, "url": url}]}]})
    };
    assert_eq!(code(&message("https://mailvane.example/i/1")), "ok");
    assert_eq!(code(&message("javascript:alert(1)")), "invalid_blocks");
}

#[tokio::test]
async fn the_fourth_message_in_a_second_is_told_to_wait() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::open(&dir.path().join("slack.jsonl")).unwrap();
    let slack = FakeSlack::start(SocketAddr::from(([127, 0, 0, 1], 0)), journal).await.unwrap();
    let headers = HeaderMap::from_iter([(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("application/json"),
    )]);
    let mut statuses = Vec::new();
    for _ in 0..4 {
        let body = Bytes::from_static(br#"{"text":"hello"}"#);
        let path = Path(("T".to_owned(), "B".to_owned(), "x".to_owned()));
        let response = receive(State(slack.desk.clone()), path, headers.clone(), body).await;
        statuses.push((
            response.status().as_u16(),
            response.headers().contains_key(header::RETRY_AFTER),
        ));
    }
    assert_eq!(statuses, [(200, false), (200, false), (200, false), (429, true)]);
    assert_eq!(slack.arrivals().unwrap().len(), 4);
}
