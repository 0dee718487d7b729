//! What is left of bad input to REST: bodies that unpack, the same question a thousand times, more rules than anybody
//! needs, streams that are opened and never read.

use serde_json::json;

use super::{CANARY, Fort, sane, trigger};
use crate::harness::api::Visitor;

/// R19: 32 KiB that unpack to gigabytes are a body that is no JSON: nothing here unpacks.
#[tokio::test]
async fn a_packed_body_is_not_unpacked() {
    let fort = Fort::build().await;
    let admin = fort.admin().await;
    for packing in ["gzip", "deflate", "br", "zstd", "gzip, gzip"] {
        let headers = [("content-encoding", packing)];
        let what = ("POST", "/api/v1/triggers");
        let reply = fort.site.ask(&admin, what, Some(&json!("\u{1f}\u{8b}x")), &headers).await;
        sane(&reply, packing);
        assert!(matches!(reply.status.as_u16(), 400 | 415 | 422), "{packing}: {}", reply.status);
    }
}

/// R29, R30: one name a thousand times; more curves than a page can draw.
#[tokio::test]
async fn a_question_repeated_a_thousand_times_is_one_wrong_question() {
    let fort = Fort::build().await;
    let owner = fort.owner().await;
    for name in ["limit", "cursor", "actor"] {
        let many = format!("{name}=1&").repeat(1_000);
        let reply = fort.ask(&owner, ("GET", &format!("/api/v1/audit?{many}")), None).await;
        assert_eq!(reply.status, 400, "{name}: {}", reply.text);
    }
    let instance = format!("inst_{:032x}", 1);
    let years = "from=2016-01-01T00:00:00Z&to=2026-01-01T00:00:00Z&points=1500";
    let every = ["delivery.sent", "delivery.deferred", "delivery.bounced"].join(",");
    let path = format!("/api/v1/series?instance={instance}&metric={every}&{years}");
    let reply = fort.ask(&owner, ("GET", &path), None).await;
    assert!(reply.text.len() < 8 << 20, "{} bytes", reply.text.len());
}

/// R31: the same key of another tenant is another key.
#[tokio::test]
async fn a_key_of_another_tenant_replays_nothing() {
    let fort = Fort::build().await;
    let owner = fort.owner().await;
    let stranger = fort.site.session(fort.heron, &format!("owner-{CANARY}@heron.example")).await;
    let wish = json!({"name": "script", "scopes": ["read"]});
    let (what, key) = (("POST", "/api/v1/api-tokens"), [("idempotency-key", "4711")]);
    let theirs = fort.site.ask(&stranger, what, Some(&wish), &key).await;
    let ours = fort.site.ask(&owner, what, Some(&wish), &key).await;
    assert_eq!((theirs.status.as_u16(), ours.status.as_u16()), (201, 201), "{}", ours.text);
    assert_ne!(theirs.json()["id"], ours.json()["id"]);
    sane(&ours, "another tenant's key");
}

/// R35: rules and silences without end.
#[tokio::test]
async fn rules_and_silences_have_an_end() {
    let fort = Fort::build().await;
    let admin = fort.admin().await;
    for (from, to) in [
        ("2026-11-02T11:00:00Z", "2026-11-02T11:30:00Z"),
        ("2026-11-03T12:00:00Z", "2026-11-03T12:00:00Z"),
        ("2026-11-03T12:00:00Z", "2026-11-02T13:00:00Z"),
        ("2026-11-02T12:00:00Z", "2036-11-02T12:00:00Z"),
    ] {
        let wish = json!({"comment": "", "starts_at": from, "ends_at": to});
        let reply = fort.post(&admin, "/silences", &wish).await;
        assert_eq!(reply.status, 422, "{from} {to}: {}", reply.text);
    }
    let none =
        json!({"comment": "", "match": {"silences": ["self"]}, "ends_at": "2026-11-02T13:00:00Z"});
    assert_eq!(
        fort.post(&admin, "/silences", &none).await.status,
        400,
        "silences name no silences"
    );
    let mut made = 0;
    let full = loop {
        let mut rule = trigger();
        rule["name"] = json!(format!("rule {made}"));
        let reply = fort.post(&admin, "/triggers", &rule).await;
        if reply.status != 201 {
            break reply;
        }
        made += 1;
        assert!(made <= 500, "there is no end of rules");
    };
    assert_eq!(full.status, 409, "{}", full.text);
}

/// R44: a browser that opens stream after stream and reads none.
#[tokio::test]
async fn streams_that_nobody_reads_are_counted() {
    let fort = Fort::build().await;
    let viewer = fort.site.session(fort.tenant, "viewer@kestrel.example").await;
    let mut held = Vec::new();
    let refused = loop {
        let (status, stream) = fort.site.open_live(&viewer).await;
        if status != 200 {
            break status;
        }
        held.push(stream);
        assert!(held.len() <= 200, "there is no end of streams");
    };
    assert_eq!(refused, 429);
    // Another tenant's streams are its own.
    let mail = format!("owner-{CANARY}@heron.example");
    let heron = fort.site.session(fort.heron, &mail).await;
    assert_eq!(fort.site.open_live(&heron).await.0, 200);
    drop(held);
    assert_eq!(fort.site.open_live(&viewer).await.0, 200, "the places came back");
}

/// R45: nothing takes files; what looks like one is no JSON.
#[tokio::test]
async fn files_are_taken_nowhere() {
    let fort = Fort::build().await;
    let owner = fort.owner().await;
    let contract = fort.site.get(&Visitor::Nobody, "/api/openapi.json").await.text;
    assert!(!contract.contains("multipart/form-data") && !contract.contains("application/zip"));
    for kind in ["multipart/form-data; boundary=x", "application/zip", "text/csv"] {
        let body = b"PK\x03\x04../../etc/passwd".to_vec();
        let reply = fort.site.ask_as(&owner, ("POST", "/api/v1/triggers"), body, kind).await;
        sane(&reply, kind);
        assert_eq!(reply.status, 415, "{kind}: {}", reply.text);
    }
}
