//! Keys for scripts: what they may do, who sees them, and how they end.

use chrono::TimeDelta;
use mailvane_server::domain::{ids::TenantId, member::Role};
use serde_json::{Value, json};

use crate::harness::api::{Reply, Site, Visitor};

async fn town() -> (Site, TenantId) {
    let site = Site::open().await;
    let tenant = site.db.tenant("Kestrel Mail").await;
    for role in Role::ALL {
        site.person(tenant, &format!("{role}@kestrel.example"), role, "").await;
    }
    (site, tenant)
}

async fn ask(site: &Site, who: &Visitor, what: (&str, &str), body: &Value) -> Reply {
    site.ask(who, (what.0, &format!("/api/v1{}", what.1)), Some(body), &[]).await
}

async fn make(site: &Site, who: &Visitor, scopes: &[&str]) -> (String, Visitor) {
    let wish = json!({"name": "backup script", "scopes": scopes});
    let made = ask(site, who, ("POST", "/api-tokens"), &wish).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.json();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("id"), Visitor::Token(text("token")))
}

#[tokio::test]
async fn each_scope_opens_its_own_doors_and_no_other() {
    let (site, tenant) = town().await;
    let admin = site.session(tenant, "admin@kestrel.example").await;
    let trigger =
        json!({"name": "t", "severity": "info", "spec": {"kind": "silent", "after_s": 300}});
    // GET hosts, POST triggers, POST enrolment-keys, GET members list of tokens.
    for (scope, expected) in [
        ("read", [200, 403, 403, 403]),
        ("write", [200, 201, 201, 403]),
        ("scrape", [403, 403, 403, 403]),
        ("ingest-admin", [403, 403, 201, 403]),
    ] {
        let (_, token) = make(&site, &admin, &[scope]).await;
        let answers = [
            site.get(&token, "/api/v1/hosts").await.status.as_u16(),
            ask(&site, &token, ("POST", "/triggers"), &trigger).await.status.as_u16(),
            ask(&site, &token, ("POST", "/enrolment-keys"), &json!({})).await.status.as_u16(),
            site.get(&token, "/api/v1/api-tokens").await.status.as_u16(),
        ];
        assert_eq!(answers, expected, "{scope}");
    }
}

#[tokio::test]
async fn a_token_falls_with_its_maker_and_is_listed_with_its_last_use() {
    let (site, tenant) = town().await;
    let owner = site.session(tenant, "owner@kestrel.example").await;
    let admin = site.session(tenant, "admin@kestrel.example").await;
    let (id, token) = make(&site, &admin, &["write"]).await;
    let trigger =
        json!({"name": "t", "severity": "info", "spec": {"kind": "silent", "after_s": 300}});
    assert_eq!(ask(&site, &token, ("POST", "/triggers"), &trigger).await.status, 201);
    let listed = site.get(&owner, "/api/v1/api-tokens").await.json();
    let row = &listed["items"][0];
    assert_eq!(row["id"], id.as_str());
    assert_eq!(row["created_by"], "admin@kestrel.example");
    assert!(row["last_used_at"].is_string(), "{row}");
    assert!(!listed.to_string().contains("mv_api_"), "a token was shown again");
    let members = site.get(&owner, "/api/v1/members").await.json();
    let admin_id = members["items"].as_array().unwrap().iter();
    let admin_id = admin_id.clone().find(|m| m["role"] == "admin").unwrap()["person"]["id"].clone();
    let path = format!("/members/{}", admin_id.as_str().unwrap());
    ask(&site, &owner, ("PATCH", &path), &json!({"role": "viewer"})).await;
    assert_eq!(ask(&site, &token, ("POST", "/triggers"), &trigger).await.status, 403);
    assert_eq!(site.get(&token, "/api/v1/hosts").await.status, 200);
    ask(&site, &owner, ("DELETE", &path), &json!({})).await;
    assert_eq!(site.get(&token, "/api/v1/hosts").await.status, 401);
}

#[tokio::test]
async fn a_token_ends_when_it_is_revoked_or_its_time_is_over() {
    let (site, tenant) = town().await;
    let admin = site.session(tenant, "admin@kestrel.example").await;
    let (id, token) = make(&site, &admin, &["read"]).await;
    assert_eq!(site.get(&token, "/api/v1/hosts").await.status, 200);
    let path = format!("/api-tokens/{id}");
    assert_eq!(ask(&site, &admin, ("DELETE", &path), &json!({})).await.status, 204);
    assert_eq!(site.get(&token, "/api/v1/hosts").await.status, 401);
    let (_, token) = make(&site, &admin, &["read"]).await;
    site.db.clock.advance(TimeDelta::days(91));
    assert_eq!(site.get(&token, "/api/v1/hosts").await.status, 401);
}

#[tokio::test]
async fn nonsense_is_told_field_by_field() {
    let (site, tenant) = town().await;
    let admin = site.session(tenant, "admin@kestrel.example").await;
    for (wish, field) in [
        (json!({"name": "x", "scopes": []}), "scopes"),
        (json!({"name": "x", "scopes": ["root"]}), "scopes"),
        (json!({"name": " ", "scopes": ["read"]}), "name"),
        (json!({"name": "x", "scopes": ["read"], "expires_in_s": -1}), "expires_in_s"),
        (
            json!({"name": "x", "scopes": ["read"], "expires_in_s": 3_153_600_000_i64}),
            "expires_in_s",
        ),
    ] {
        let reply = ask(&site, &admin, ("POST", "/api-tokens"), &wish).await;
        assert_eq!(reply.status, 422, "{wish}: {}", reply.text);
        assert!(reply.json()["fields"][field].is_string(), "{wish}: {}", reply.text);
    }
    let grasping = json!({"name": "x", "scopes": ["read"], "role": "owner", "tenant_id": 1});
    assert_eq!(ask(&site, &admin, ("POST", "/api-tokens"), &grasping).await.status, 400);
    for role in [Role::Viewer, Role::Operator] {
        let who = site.session(tenant, &format!("{role}@kestrel.example")).await;
        let wish = json!({"name": "x", "scopes": ["read"]});
        assert_eq!(ask(&site, &who, ("POST", "/api-tokens"), &wish).await.status, 403);
    }
}
