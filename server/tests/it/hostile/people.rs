//! People who are not who they say, or want more than they have.

use mailvane_server::{
    clock::SystemDice,
    secrets::{Secret, password},
};
use serde_json::json;

use super::{Fort, sane};
use crate::harness::api::Visitor;

/// R38: signing in with everything but an address and a password.
#[tokio::test]
async fn nonsense_at_the_door_is_told_as_nonsense_or_as_wrong() {
    let fort = Fort::build().await;
    let huge = "x".repeat(60_000);
    for (body, status) in [
        (json!({"email": ["a@b.example"], "password": "x"}), 400),
        (json!({"email": {"$gt": ""}, "password": "x"}), 400),
        (json!({"email": "a@b.example", "password": null}), 400),
        (json!({"email": "a@b.example"}), 400),
        (json!({"email": "a@b.example", "password": "x", "code": 123_456}), 400),
        (json!({"email": "a@b.example", "password": "a\u{0}b"}), 401),
        (json!({"email": "viewer@kestrel.example", "password": ""}), 401),
        (json!({"email": "admin@kestrel.example", "password": huge}), 401),
        (json!({"email": "' or 1=1 --", "password": "x"}), 401),
        (json!({"email": "", "password": ""}), 401),
    ] {
        let reply = fort.post(&Visitor::Nobody, "/session", &body).await;
        let shown: String = body.to_string().chars().take(80).collect();
        assert_eq!(reply.status, status, "{shown}: {}", reply.text);
    }
}

/// R34, R36, R37: more than one has.
#[tokio::test]
async fn nobody_gives_or_takes_more_than_they_have() {
    let fort = Fort::build().await;
    let (admin, owner) = (fort.admin().await, fort.owner().await);
    let own = |who: Visitor| {
        let fort = &fort;
        async move { fort.site.get(&who, "/api/v1/session").await.json()["person"]["id"].clone() }
    };
    let owner_id = own(owner.clone()).await;
    let admin_id = own(admin.clone()).await;
    let member = |id: &serde_json::Value| format!("/api/v1/members/{}", id.as_str().unwrap());
    for (who, what, id, body, status) in [
        (&admin, "PATCH", &admin_id, json!({"role": "owner"}), 403),
        (&admin, "PATCH", &owner_id, json!({"role": "viewer"}), 403),
        (&admin, "DELETE", &owner_id, json!({}), 403),
        (&owner, "PATCH", &owner_id, json!({"role": "viewer"}), 409),
        (&owner, "DELETE", &owner_id, json!({}), 409),
        (&owner, "PATCH", &admin_id, json!({"role": "root"}), 422),
        (&owner, "PATCH", &admin_id, json!({"role": ["owner"]}), 400),
    ] {
        let reply = fort.ask(who, (what, &member(id)), Some(&body)).await;
        assert_eq!(reply.status, status, "{what} {body}: {}", reply.text);
    }
    for (email, role, status) in [
        ("admin@kestrel.example", "viewer", 409),
        ("viewer@kestrel.example", "viewer", 409),
        ("x@osprey.example", "owner", 403),
        ("x@osprey.example", "root", 422),
    ] {
        let body = json!({"email": email, "role": role});
        let reply = fort.post(&admin, "/invitations", &body).await;
        assert_eq!(reply.status, status, "{body}: {}", reply.text);
    }
    // Self-demotion is one's own affair, and acts at once.
    let less = json!({"role": "viewer"});
    let reply = fort.ask(&admin, ("PATCH", &member(&admin_id)), Some(&less)).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(fort.post(&admin, "/enrolment-keys", &json!({})).await.status, 403);
    let channel = json!({"kind": "slack", "name": "ops", "slack":
        {"webhook_url": "https://hooks.slack.com/services/T/B/x"}});
    let made = fort.post(&owner, "/channels", &channel).await.json();
    let path = format!("/api/v1/channels/{}", made["id"].as_str().unwrap());
    let removed =
        fort.site.ask(&owner, ("DELETE", &path), Some(&json!({})), &[("if-match", "\"1\"")]).await;
    sane(&removed, "a channel that was made is removed");
    assert!(removed.status.is_success(), "{}", removed.text);
}

/// R40: links that are none, spent by a look, or for something else; R41, R42: sign-on that nobody began.
#[tokio::test]
async fn a_link_is_spent_by_a_post_only_and_is_good_for_one_thing() {
    let fort = Fort::build().await;
    let long = format!("mv_lnk_{}", "a".repeat(60_000));
    for token in ["", "x", "mv_lnk_", "mv_api_0000000000_x", "' or 1=1 --", &long] {
        for (path, body) in [
            ("/sign-up/confirm", json!({"token": token})),
            ("/password/reset", json!({"token": token, "password": "three blue kettles"})),
            ("/invitations/accept", json!({"token": token, "password": "three blue kettles"})),
        ] {
            let reply = fort.post(&Visitor::Nobody, path, &body).await;
            let shown: String = token.chars().take(20).collect();
            // Whoever tries many waits; a right token never does.
            assert!(matches!(reply.status.as_u16(), 410 | 429), "{path} {shown}: {}", reply.text);
        }
    }
    for path in ["/api/v1/sign-up/confirm", "/api/v1/password/reset", "/api/v1/invitations/accept"]
    {
        let fetched = fort.ask(&Visitor::Nobody, ("GET", path), None).await;
        assert_eq!(fetched.status, 405, "a mail scanner's fetch did something");
    }
}

/// A flood of guesses from one network: it waits, a browser that was let in before does not, and neither does a
/// stranger from elsewhere. What a header says of the sender is nothing.
#[tokio::test]
async fn a_flood_of_guesses_slows_itself_and_nobody_else() {
    let fort = Fort::build().await;
    let hash = password::hash(&Secret::new("three blue kettles".into()), &SystemDice).unwrap();
    fort.site
        .person(
            fort.tenant,
            "post@kestrel.example",
            mailvane_server::domain::member::Role::Viewer,
            &hash,
        )
        .await;
    let right = json!({"email": "post@kestrel.example", "password": "three blue kettles"});
    let known = fort.post(&Visitor::Nobody, "/session", &right).await;
    assert_eq!(known.status, 200, "{}", known.text);
    let mark = known.cookies.iter().find(|line| line.starts_with("__Host-known=")).unwrap();
    let mark = mark.split(';').next().unwrap().to_owned();
    let (mut tried, mut refused) = (0, 0);
    for n in 0..60 {
        let body = json!({"email": format!("user{n}@kestrel.example"), "password": "guess"});
        let forged = format!("203.0.113.{n}");
        let headers = [("x-forwarded-for", forged.as_str()), ("x-real-ip", forged.as_str())];
        let what = ("POST", "/api/v1/session");
        let reply = fort.site.ask(&Visitor::Nobody, what, Some(&body), &headers).await;
        match reply.status.as_u16() {
            401 => tried += 1,
            429 => refused += 1,
            other => panic!("{other}: {}", reply.text),
        }
    }
    assert!((29..=31).contains(&tried) && refused >= 29, "{tried} tried, {refused} refused");
    let what = ("POST", "/api/v1/session");
    let strange = fort.site.ask(&Visitor::Nobody, what, Some(&right), &[]).await;
    assert_eq!(strange.status, 429, "the same network, a strange browser");
    let familiar = fort.site.ask(&Visitor::Nobody, what, Some(&right), &[("cookie", &mark)]).await;
    assert_eq!(familiar.status, 200, "{}", familiar.text);
    let forged =
        fort.site.ask(&Visitor::Nobody, what, Some(&right), &[("cookie", "__Host-known=x")]);
    assert_eq!(forged.await.status, 429);
    // A restart forgets nothing: another server on the same database.
    let other = crate::harness::api::Site::guarded(
        fort.site.db,
        std::sync::Arc::new(mailvane_server::http::gate::Strict),
    );
    let strange = other.ask(&Visitor::Nobody, what, Some(&right), &[]).await;
    assert_eq!(strange.status, 429);
}
