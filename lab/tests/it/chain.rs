//! The story: mail that cannot leave, the sample that shows it, the message that names the cause, and the all-clear.

use std::{net::Ipv4Addr, time::Duration};

use mailvane_lab::{
    postfix::Pace,
    scene::Scene,
    slack::Arrival,
    smtp::{Mail, submit},
};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

/// From the sample to the message: the promise.
const MESSAGE_WITHIN_MS: u64 = 5_000;

async fn arrival(scene: &Scene, with: &str, limit: Duration) -> Arrival {
    let deadline = Instant::now() + limit;
    loop {
        let arrivals = scene.slack.arrivals().unwrap();
        let refused: Vec<_> = arrivals.iter().filter(|arrival| arrival.status != 200).collect();
        assert!(refused.is_empty(), "the strict fake refused: {refused:?}");
        if let Some(found) = arrivals.iter().find(|arrival| arrival.text().contains(with)) {
            return found.clone();
        }
        assert!(
            Instant::now() < deadline,
            "no message with {with:?} among {arrivals:?}\n{}",
            scene.last_words()
        );
        sleep(Duration::from_millis(50)).await;
    }
}

/// Milliseconds since 1970 of the first sample with more than `threshold` deferred messages.
async fn first_sample_over(scene: &Scene, threshold: f64) -> u64 {
    let instance = scene.instance().await.unwrap();
    let now = mailvane_lab::world::now_ms() / 1_000;
    let (from, to) = (stamp(now - 120), stamp(now + 1));
    let path = format!(
        "/series?instance={instance}&metric=queue.deferred.messages&from={from}&to={to}&points=500"
    );
    let series = scene.api.get(&path).await.unwrap();
    let step = series["step_s"].as_u64().unwrap();
    let values =
        series["series"][0]["max"].as_array().or(series["series"][0]["values"].as_array()).unwrap();
    let at = values
        .iter()
        .position(|value| value.as_f64().is_some_and(|value| value > threshold))
        .unwrap();
    // A bucket holds samples whose interval ended in it; its start is the earliest moment one can bear.
    series["t"][at].as_u64().unwrap() * 1_000 - if step > 1 { 0 } else { 1_000 }
}

fn stamp(seconds: u64) -> String {
    let at = chrono::DateTime::from_timestamp(i64::try_from(seconds).unwrap(), 0).unwrap();
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_that_cannot_leave_is_told_within_five_seconds_and_the_recovery_too() {
    let scene = Scene::set(Pace::Steady, false).await.unwrap();
    scene.add_slack().await.unwrap();
    let trigger = json!({"name": "Too much waits", "enabled": true, "severity": "error", "spec": {
        "kind": "threshold", "metric": "queue.deferred.messages", "op": ">", "fire": 50, "clear": 50,
        "hold_s": 0, "clear_hold_s": 0, "scope": {}}});
    scene.api.post("/triggers", &trigger).await.unwrap();

    for number in 0..70 {
        let mail = Mail {
            client: Ipv4Addr::new(127, 0, 0, 9),
            helo: "app1.shop.test".to_owned(),
            sender: "orders@shop.test".to_owned(),
            recipients: vec![format!("never-{number}@gmail-like.test")],
            subject: "Order".to_owned(),
            body_bytes: 500,
        };
        submit(scene.postfix.smtp(), &mail).await.unwrap();
    }

    let fired = arrival(&scene, "Too much waits", Duration::from_secs(30)).await;
    let text = fired.text();
    let host = fleet_host(&scene).await;
    for wanted in [host.as_str(), "50", "gmail-like.test", "4.7.28", "Since"] {
        assert!(text.contains(wanted), "{wanted:?} is missing in:\n{text}");
    }
    let sample_ms = first_sample_over(&scene, 50.0).await;
    let took = fired.at_ms.saturating_sub(sample_ms);
    assert!(took <= MESSAGE_WITHIN_MS, "{took} ms from the sample to the message");

    scene.postfix.delete_deferred().await.unwrap();
    let resolved = arrival(&scene, "Resolved", Duration::from_secs(30)).await;
    assert!(resolved.text().contains("Too much waits"), "{}", resolved.text());
    assert!(resolved.at_ms > fired.at_ms);
    let open = scene.api.get("/incidents?state=open").await.unwrap();
    assert_eq!(open["items"].as_array().map(Vec::len), Some(0), "{open}");
    scene.strike().await.unwrap();
}

async fn fleet_host(scene: &Scene) -> String {
    let fleet = scene.api.get("/fleet?range_s=3600").await.unwrap();
    fleet.pointer("/rows/0/host/name").and_then(Value::as_str).unwrap().to_owned()
}
