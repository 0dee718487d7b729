//! Configuration as code: out of one tenant, into another, and what a dry run says.

use mailvane_server::domain::{ids::TenantId, member::Role};
use serde_json::{Value, json};

use crate::harness::api::{Reply, Site, Visitor};

async fn ask(site: &Site, who: &Visitor, what: (&str, &str), body: &Value) -> Reply {
    site.ask(who, (what.0, &format!("/api/v1{}", what.1)), Some(body), &[]).await
}

async fn apply(site: &Site, who: &Visitor, query: &str, yaml: &str) -> Reply {
    ask(site, who, ("POST", &format!("/config{query}")), &json!({"yaml": yaml})).await
}

fn told(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 200, "{}", reply.text);
    let changes = reply.json()["changes"].as_array().unwrap().clone();
    let word = |change: &Value, name: &str| change[name].as_str().unwrap().to_owned();
    let line = |one: &Value| {
        format!("{} {} {}", word(one, "action"), word(one, "kind"), word(one, "name"))
    };
    changes.iter().map(line).collect()
}

async fn admin(site: &Site, name: &str) -> (TenantId, Visitor) {
    let tenant = site.db.tenant(name).await;
    let email = format!("admin@{}.example", name.to_lowercase());
    site.person(tenant, &email, Role::Admin, "").await;
    (tenant, site.session(tenant, &email).await)
}

async fn channel(site: &Site, who: &Visitor, name: &str) -> String {
    let wish = json!({"kind": "slack", "name": name,
        "slack": {"webhook_url": "https://hooks.slack.com/services/T1/B1/geheim"}});
    let made = ask(site, who, ("POST", "/channels"), &wish).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.json()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_comes_out_of_one_tenant_goes_into_another_by_name_and_without_secrets() {
    let site = Site::open().await;
    let (_, kestrel) = admin(&site, "Kestrel").await;
    let ops = channel(&site, &kestrel, "ops").await;
    let spec =
        json!({"kind": "threshold", "metric": "queue.deferred.messages", "op": ">", "fire": 50.0});
    let trigger = json!({"name": "deferred", "severity": "error", "spec": spec, "runbook": "look"});
    let trigger = ask(&site, &kestrel, ("POST", "/triggers"), &trigger).await.json();
    let route = json!({"name": "night", "match": {"triggers": [trigger["id"]]}, "repeat_s": 600,
        "steps": [{"after_s": 0, "channels": [ops]}]});
    assert_eq!(ask(&site, &kestrel, ("POST", "/routes"), &route).await.status, 201);
    let out = site.get(&kestrel, "/api/v1/config").await;
    assert!(!out.text.contains("geheim") && !out.text.contains("chan_"), "{}", out.text);
    assert!(told(&apply(&site, &kestrel, "?prune=true", &out.text).await).is_empty());

    let (_, heron) = admin(&site, "Heron").await;
    let refused = apply(&site, &heron, "", &out.text).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("channel ops"), "{}", refused.text);
    channel(&site, &heron, "ops").await;
    let wanted = ["create trigger deferred", "create route night"];
    assert_eq!(told(&apply(&site, &heron, "?dry_run=true", &out.text).await), wanted);
    assert_eq!(
        told(&apply(&site, &heron, "", &out.text).await),
        wanted,
        "a dry run left something"
    );
    let same = site.get(&heron, "/api/v1/config").await;
    assert_eq!(same.text, out.text);
}

#[tokio::test]
async fn a_text_changes_orders_and_removes_and_a_fault_in_it_changes_nothing() {
    let site = Site::open().await;
    let (_, kestrel) = admin(&site, "Kestrel").await;
    channel(&site, &kestrel, "ops").await;
    let text = "
version: 1
channels:
- {name: ops, kind: slack, severity_min: error}
triggers:
- {name: silent, severity: critical, spec: {kind: silent, after_s: 300}}
routes:
- {name: one, steps: [{after_s: 0, channels: [ops]}]}
- {name: two, match: {triggers: [silent]}, steps: [{after_s: 0, channels: [ops]}]}
silences:
- {comment: move, starts_at: 2026-11-02T12:00:00Z, ends_at: 2026-11-05T12:00:00Z}
";
    assert_eq!(told(&apply(&site, &kestrel, "", text).await).len(), 5);
    assert!(told(&apply(&site, &kestrel, "?prune=true", text).await).is_empty());
    let faulty =
        text.replace("channels: [ops]}]}\n- {name: two", "channels: [nobody]}]}\n- {name: two");
    let faulty = faulty.replace("critical", "warning");
    let refused = apply(&site, &kestrel, "", &faulty).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("route one: steps"), "{}", refused.text);
    assert!(told(&apply(&site, &kestrel, "", text).await).is_empty(), "half of it was kept");
    let other = "
version: 1
routes:
- {name: two, match: {triggers: [silent]}, steps: [{after_s: 0, channels: [ops]}], repeat_s: 300}
silences: []
";
    let wanted = ["change route two", "remove route one", "remove silence move"];
    assert_eq!(told(&apply(&site, &kestrel, "?prune=true", other).await), wanted);
    let out = site.get(&kestrel, "/api/v1/config").await.text;
    assert!(
        out.contains("repeat_s: 300") && !out.contains("name: one") && !out.contains("move"),
        "{out}"
    );
    assert!(out.contains("name: silent"), "a part that the text has not was touched");
}
