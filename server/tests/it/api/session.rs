//! Signing in, going on, and being thrown out.

use chrono::TimeDelta;
use mailvane_server::{
    clock::SystemDice,
    domain::member::Role,
    secrets::{Secret, password},
};
use serde_json::json;

use crate::harness::api::{Reply, Site, Visitor};

const PASSWORD: &str = "three blue kettles";
const SESSION: &str = "/api/v1/session";

async fn town() -> Site {
    let site = Site::open().await;
    let tenant = site.db.tenant("Kestrel Mail").await;
    let hash = password::hash(&Secret::new(PASSWORD.to_owned()), &SystemDice).unwrap();
    site.person(tenant, "post@kestrel.example", Role::Admin, &hash).await;
    site
}

async fn sign_in(site: &Site, email: &str, password: &str) -> Reply {
    let body = json!({"email": email, "password": password});
    site.ask(&Visitor::Nobody, ("POST", SESSION), Some(&body), &[]).await
}

fn cookie(reply: &Reply, name: &str) -> String {
    let line = reply.cookies.iter().find(|line| line.starts_with(&format!("{name}=")));
    let line = line.unwrap_or_else(|| panic!("no {name} in {reply:?}"));
    line.split(';').next().unwrap().split_once('=').unwrap().1.to_owned()
}

fn session_of(reply: &Reply) -> Visitor {
    Visitor::Session {
        token: cookie(reply, "__Host-at"),
        proof: reply.json()["csrf"].as_str().unwrap().to_owned(),
    }
}

async fn refresh(site: &Site, secret: &str) -> Reply {
    let header = format!("__Secure-rt={secret}");
    let path = format!("{SESSION}/refresh");
    site.ask(&Visitor::Nobody, ("POST", &path), Some(&json!({})), &[("cookie", &header)]).await
}

#[tokio::test]
async fn a_postmaster_signs_in_looks_and_signs_out_everywhere() {
    let site = town().await;
    let reply = sign_in(&site, " Post@Kestrel.example", PASSWORD).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert!(
        reply.cookies.iter().all(|c| c.contains("HttpOnly") && c.contains("; Secure")),
        "{reply:?}"
    );
    let visitor = session_of(&reply);
    let seen = site.get(&visitor, SESSION).await.json();
    assert_eq!(seen["role"], "admin");
    assert_eq!(seen["person"]["email"], "post@kestrel.example");
    let out = site.ask(&visitor, ("DELETE", SESSION), Some(&json!({})), &[]).await;
    assert_eq!(out.status, 204, "{}", out.text);
    assert_eq!(site.get(&visitor, SESSION).await.status, 401, "the cookie outlived the session");
    assert_eq!(refresh(&site, &cookie(&reply, "__Secure-rt")).await.status, 401);
}

#[tokio::test]
async fn nobody_learns_which_addresses_exist_and_guessing_gets_slow() {
    let site = town().await;
    let wrong = sign_in(&site, "post@kestrel.example", "wrong").await;
    let unknown = sign_in(&site, "nobody@kestrel.example", "wrong").await;
    assert_eq!(wrong.shape(), unknown.shape());
    assert_eq!(wrong.status, 401);
    for _ in 0..4 {
        sign_in(&site, "post@kestrel.example", "wrong").await;
    }
    let slowed = sign_in(&site, "post@kestrel.example", PASSWORD).await;
    assert_eq!(slowed.status, 429, "{}", slowed.text);
    site.db.clock.advance(TimeDelta::minutes(16));
    assert_eq!(sign_in(&site, "post@kestrel.example", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn two_tabs_that_go_on_at_once_both_stay_signed_in() {
    let site = town().await;
    let first = cookie(&sign_in(&site, "post@kestrel.example", PASSWORD).await, "__Secure-rt");
    let (one, two) = tokio::join!(refresh(&site, &first), refresh(&site, &first));
    assert_eq!((one.status.as_u16(), two.status.as_u16()), (200, 200));
    let next = cookie(&one, "__Secure-rt");
    assert_eq!(
        next,
        cookie(&two, "__Secure-rt"),
        "the later answer would overwrite the earlier one"
    );
    assert_eq!(refresh(&site, &next).await.status, 200);
}

#[tokio::test]
async fn a_stolen_secret_ends_the_session_for_thief_and_owner() {
    let site = town().await;
    let reply = sign_in(&site, "post@kestrel.example", PASSWORD).await;
    let stolen = cookie(&reply, "__Secure-rt");
    let owners = refresh(&site, &stolen).await;
    site.db.clock.advance(TimeDelta::seconds(11));
    assert_eq!(refresh(&site, &stolen).await.status, 401);
    assert_eq!(refresh(&site, &cookie(&owners, "__Secure-rt")).await.status, 401);
    assert_eq!(site.get(&session_of(&owners), SESSION).await.status, 401);
}

#[tokio::test]
async fn a_session_ends_when_idle_and_a_token_in_five_minutes() {
    let site = town().await;
    let reply = sign_in(&site, "post@kestrel.example", PASSWORD).await;
    let secret = cookie(&reply, "__Secure-rt");
    site.db.clock.advance(TimeDelta::minutes(6));
    assert_eq!(site.get(&session_of(&reply), SESSION).await.status, 401);
    let again = refresh(&site, &secret).await;
    assert_eq!(site.get(&session_of(&again), SESSION).await.status, 200);
    site.db.clock.advance(TimeDelta::days(8));
    assert_eq!(refresh(&site, &cookie(&again, "__Secure-rt")).await.status, 401);
}

#[tokio::test]
async fn losing_a_role_acts_at_once() {
    let site = town().await;
    let visitor = session_of(&sign_in(&site, "post@kestrel.example", PASSWORD).await);
    assert_eq!(site.get(&visitor, "/api/v1/audit").await.status, 200);
    site.behind("update member set role = 'viewer'".to_owned()).await;
    assert_eq!(site.get(&visitor, "/api/v1/audit").await.status, 403);
    site.behind("delete from member".to_owned()).await;
    assert_eq!(site.get(&visitor, "/api/v1/hosts").await.status, 401);
}

#[tokio::test]
async fn a_form_on_a_foreign_page_changes_nothing() {
    let site = town().await;
    let visitor = session_of(&sign_in(&site, "post@kestrel.example", PASSWORD).await);
    let keys = ("POST", "/api/v1/enrolment-keys");
    for headers in [
        vec![("x-mailvane-csrf", "")],
        vec![("x-mailvane-csrf", "forged")],
        vec![("sec-fetch-site", "cross-site")],
        vec![("sec-fetch-site", "same-site")],
    ] {
        let reply = site.ask(&visitor, keys, Some(&json!({})), &headers).await;
        assert_eq!(reply.status, 403, "{headers:?}: {}", reply.text);
    }
    assert_eq!(site.ask(&visitor, keys, None, &[]).await.status, 415);
    let both = [("authorization", "Bearer mv_api_x")];
    assert_eq!(site.ask(&visitor, ("GET", SESSION), None, &both).await.status, 401);
    assert_eq!(site.ask(&visitor, keys, Some(&json!({})), &[]).await.status, 201);
    let unknown = json!({"tenant_id": 1});
    assert_eq!(site.ask(&visitor, keys, Some(&unknown), &[]).await.status, 400);
}
