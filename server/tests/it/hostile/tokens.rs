//! Identities that are none. The corpus of forged session tokens stands beside the code that reads them.

use serde_json::json;

use super::{Fort, sane};
use crate::harness::api::Visitor;

/// R8, R9: shapes that are no token of ours.
#[tokio::test]
async fn what_is_no_token_opens_nothing() {
    let fort = Fort::build().await;
    let Visitor::Session { token, proof } = fort.admin().await else { unreachable!() };
    let (head, rest) = token.split_once('.').unwrap();
    let (claims, signature) = rest.split_once('.').unwrap();
    let long = "a".repeat(1 << 20);
    for bad in [
        "..".to_owned(),
        String::new(),
        " ".to_owned(),
        format!("{head}.{claims}"),
        format!("{head}.{claims}."),
        format!("{head}.{claims}.{signature}.x.y"),
        format!("{head}.{claims}.{signature}="),
        format!("{head}.{claims}.{signature}=="),
        format!(" {token}"),
        format!("{token} "),
        format!("{token}\u{7f}"),
        format!("{head}.{claims}.{}", signature.to_lowercase()),
        long,
    ] {
        if bad.chars().any(char::is_control) {
            continue;
        }
        let visitor = Visitor::Session { token: bad.clone(), proof: proof.clone() };
        let reply = fort.site.get(&visitor, "/api/v1/session").await;
        let shown: String = bad.chars().take(40).collect();
        // A space around a cookie's value is no part of it.
        if bad.trim() == token {
            continue;
        }
        assert_eq!(reply.status, 401, "{shown}");
        sane(&reply, &shown);
    }
    // The last character of a signature carries bits that mean nothing: only one spelling counts.
    let last = token.chars().last().unwrap();
    for other in ('A'..='Z').chain('a'..='z').chain('0'..='9').filter(|c| *c != last) {
        let twin = format!("{}{other}", &token[..token.len() - 1]);
        let visitor = Visitor::Session { token: twin, proof: proof.clone() };
        assert_eq!(fort.site.get(&visitor, "/api/v1/session").await.status, 401, "{other}");
    }
}

/// R10: rightly signed, but for a session that is not, or another's.
#[tokio::test]
async fn a_right_signature_on_the_wrong_session_opens_nothing() {
    use mailvane_server::{clock::Clock as _, domain::ids::PublicId, http::session::token::Bearer};
    let fort = Fort::build().await;
    let now = fort.site.db.clock.now();
    let dice = &*fort.site.db.dice;
    let owner = fort.site.session(fort.tenant, "owner@kestrel.example").await;
    let Visitor::Session { token, .. } = &owner else { unreachable!() };
    let real = fort.site.api.tokens.read(token, now).unwrap();
    for bearer in [
        Bearer { session: PublicId::make(now, dice), ..real },
        Bearer { person: PublicId::make(now, dice), ..real },
        Bearer { tenant: fort.heron, ..real },
    ] {
        let token = fort.site.api.tokens.sign(&bearer, now).unwrap();
        let visitor = Visitor::Session { token, proof: String::new() };
        assert_eq!(fort.site.get(&visitor, "/api/v1/session").await.status, 401, "{bearer:?}");
    }
}

/// R11, R12: two identities in one request are none.
#[tokio::test]
async fn two_identities_are_none() {
    let fort = Fort::build().await;
    let admin = fort.admin().await;
    let Visitor::Session { token, .. } = &admin else { unreachable!() };
    let Visitor::Token(api) =
        fort.site.token(fort.tenant, mailvane_server::domain::member::Role::Admin, false).await
    else {
        unreachable!()
    };
    let bearer = format!("Bearer {api}");
    let both = [("authorization", bearer.as_str())];
    let reply = fort.site.ask(&admin, ("GET", "/api/v1/hosts"), None, &both).await;
    assert_eq!(reply.status, 401);
    for cookies in [
        format!("__Host-at={token}; __Host-at={token}"),
        format!("__Host-at=evil; __Host-at={token}"),
        format!("__host-at={token}"),
        format!("mailvane_at={token}"),
        format!("at={token}"),
    ] {
        let tossed = [("cookie", cookies.as_str())];
        let reply = fort.site.ask(&Visitor::Nobody, ("GET", "/api/v1/hosts"), None, &tossed).await;
        assert_eq!(reply.status, 401, "{cookies}");
    }
    for value in ["Basic YTpi", "bearer x", "Bearer", "Bearer  ", "Bearer mv_enr_x", "mv_api_x"] {
        let header = [("authorization", value)];
        let reply = fort.site.ask(&Visitor::Nobody, ("GET", "/api/v1/hosts"), None, &header).await;
        assert_eq!(reply.status, 401, "{value}");
        sane(&reply, value);
    }
}

/// R43, R20: what a foreign page makes a browser send changes nothing.
#[tokio::test]
async fn a_foreign_page_gets_nothing_done_and_nothing_to_read() {
    let fort = Fort::build().await;
    let admin = fort.admin().await;
    let body = json!({"name": "x", "scopes": ["read"]});
    for site in ["cross-site", "same-site", "null", ""] {
        let headers = [("sec-fetch-site", site), ("origin", "https://evil.example")];
        let reply =
            fort.site.ask(&admin, ("POST", "/api/v1/api-tokens"), Some(&body), &headers).await;
        assert_eq!(reply.status, 403, "{site}: {}", reply.text);
    }
    for origin in ["https://evil.example", "null"] {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "x-mailvane-csrf"),
        ];
        let reply =
            fort.site.ask(&Visitor::Nobody, ("OPTIONS", "/api/v1/hosts"), None, &headers).await;
        assert!(reply.status.is_client_error(), "a preflight was granted: {reply:?}");
    }
    for kind in [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "application/jsonx",
        "",
    ] {
        let reply = fort
            .site
            .ask_as(&admin, ("POST", "/api/v1/api-tokens"), body.to_string().into_bytes(), kind)
            .await;
        assert_eq!(reply.status, 415, "{kind}: {}", reply.text);
    }
}
