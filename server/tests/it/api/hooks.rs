//! Clicks and ways out, as they come from outside: by the book, forged, stale, and for another tenant's channel.

#![expect(clippy::format_collect, reason = "a few bytes of a test")]

use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac as _};
use mailvane_server::{
    clock::Clock as _,
    domain::{
        channel::Address,
        ids::{self, PublicId, TenantId},
        member::Role,
    },
    secrets::{
        Place,
        stamp::{Channel, Verb},
    },
};
use serde_json::json;
use sha2::Sha256;
use sqlx::{Executor as _, Row as _};
use uuid::Uuid;

use crate::harness::api::{Reply, Site, Visitor};

const SIGNING_SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";

struct Door {
    site: Site,
    tenant: TenantId,
}

impl Door {
    async fn open() -> Self {
        let site = Site::open().await;
        let tenant = site.db.tenant("Kestrel Mail").await;
        let (t, id) = (tenant.get(), incident());
        site.behind(format!(
            "insert into host (tenant_id, public_id, name) values ({t}, '{id}', 'mx1.kestrel.example');
             insert into incident (tenant_id, public_id, alert_key, trigger_name, host_id, severity, title, opened_at)
                select {t}, '{id}', 'k', 'deferred', id, 'critical', 'Mail piles up', now() from host"
        ))
        .await;
        Self { site, tenant }
    }

    async fn channel(&self, n: u128, address: &Address) -> Channel {
        let (t, row) = (self.tenant.get(), Uuid::from_u128(n));
        let place = Place { table: "channel", column: "secret", tenant: t, row };
        let text = serde_json::to_vec(address).unwrap();
        let sealed = self.site.api.vault.seal(place, &text, &*self.site.db.dice).unwrap();
        let (kind, sealed) = (address.kind().name(), STANDARD.encode(sealed));
        self.site
            .behind(format!(
                "insert into channel (tenant_id, public_id, kind, name, secret)
                 values ({t}, '{row}', '{kind}', '{kind} {n}', decode('{sealed}', 'base64'))"
            ))
            .await;
        Channel { tenant: t, channel: row }
    }

    /// A click in Slack, signed with `secret` at `at`.
    async fn click(&self, of: Channel, value: &str, (secret, at): (&str, i64)) -> Reply {
        let payload = json!({"type": "block_actions", "user": {"id": "U7", "username": "jo"},
            "actions": [{"action_id": "acknowledge", "value": value}]});
        let body: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("payload", &payload.to_string())
            .finish();
        let mut mac = <Hmac<Sha256> as hmac::Mac>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("v0:{at}:{body}").as_bytes());
        let hex: String =
            mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        let (at, signature) = (at.to_string(), format!("v0={hex}"));
        let id = PublicId::<ids::Channel>::from_row(of.channel);
        let headers =
            [("x-slack-request-timestamp", at.as_str()), ("x-slack-signature", &signature)];
        self.site.raw(("POST", &format!("/hooks/slack/{id}")), body, &headers).await
    }

    async fn acknowledged(&self) -> bool {
        let ask = "select acked_at is not null from incident";
        self.site.db.behind().await.fetch_one(ask).await.unwrap().get(0)
    }
}

fn incident() -> Uuid {
    Uuid::from_u128(77)
}

fn bot() -> Address {
    Address::SlackBot {
        bot_token: "xoxb-1234567890-abcdef".into(),
        channel: "#ops".into(),
        signing_secret: SIGNING_SECRET.into(),
    }
}

#[tokio::test]
async fn a_click_counts_only_if_it_is_fresh_signed_and_stamped_for_this_channel() {
    let door = Door::open().await;
    let (ours, other) = (door.channel(1, &bot()).await, door.channel(2, &bot()).await);
    let now = door.site.db.clock.now().timestamp();
    let stamp = |of| door.site.api.vault.stamp_button(of, Verb::Acknowledge, incident());
    let button = stamp(ours);
    let unauthorized = StatusCode::UNAUTHORIZED;
    for (why, of, value, sealed) in [
        ("another secret", ours, button.clone(), ("0000000000000000000000", now)),
        ("a copy of long ago", ours, button.clone(), (SIGNING_SECRET, now - 301)),
        ("a copy of the future", ours, button.clone(), (SIGNING_SECRET, now + 301)),
        ("a button of another channel", ours, stamp(other), (SIGNING_SECRET, now)),
        ("a button of nobody", ours, "a".repeat(39), (SIGNING_SECRET, now)),
        (
            "no such channel",
            Channel { channel: Uuid::from_u128(9), ..ours },
            button.clone(),
            (SIGNING_SECRET, now),
        ),
    ] {
        let reply = door.click(of, &value, sealed).await;
        assert_eq!(reply.status, unauthorized, "{why}: {}", reply.text);
        assert!(!door.acknowledged().await, "{why}");
    }
    let reply = door.click(ours, &button, (SIGNING_SECRET, now - 299)).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    assert!(door.acknowledged().await);
    let by = "select body ->> 'by' from incident_event where kind = 'acknowledged'";
    let by: String = door.site.db.behind().await.fetch_one(by).await.unwrap().get(0);
    assert_eq!(by, "Slack user jo U7");
}

#[tokio::test]
async fn telegram_proves_itself_and_its_answer_goes_back_with_the_call() {
    let door = Door::open().await;
    let address = Address::Telegram {
        bot_token: "123456:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc".into(),
        chat_id: "-100".into(),
        thread_id: None,
    };
    let of = door.channel(1, &address).await;
    let data = door.site.api.vault.stamp_button(of, Verb::Silence, incident());
    let update = json!({"update_id": 1, "callback_query": {"id": "5", "from": {"username": "jo"}, "data": data}});
    let path = format!("/hooks/telegram/{}", PublicId::<ids::Channel>::from_row(of.channel));
    let json_type = ("content-type", "application/json");
    let secret = door.site.api.vault.telegram_secret(of);
    for headers in [vec![json_type], vec![json_type, ("x-telegram-bot-api-secret-token", "guess")]]
    {
        let reply = door.site.raw(("POST", &path), update.to_string(), &headers).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    }
    let headers = [json_type, ("x-telegram-bot-api-secret-token", secret.as_str())];
    let reply = door.site.raw(("POST", &path), update.to_string(), &headers).await.json();
    assert_eq!(reply["method"], "answerCallbackQuery");
    assert_eq!(reply["text"], "Silenced until 13:00 UTC.");
    let count = "select count(*) from silence where incident_id is not null";
    assert_eq!(door.site.db.behind().await.fetch_one(count).await.unwrap().get::<i64, _>(0), 1);
}

#[tokio::test]
async fn a_look_at_the_way_out_changes_nothing_and_a_click_stops_one_recipient() {
    let door = Door::open().await;
    let to = vec!["a@kestrel.example".to_owned(), "b@kestrel.example".to_owned()];
    let of = door.channel(1, &Address::Email { to: to.clone() }).await;
    let enabled = "select enabled from channel";
    let path = |recipient: &str| {
        let token = door.site.api.vault.stamp_way_out(of, recipient);
        format!("/hooks/email/unsubscribe?token={token}")
    };
    assert_eq!(door.site.get(&Visitor::Nobody, &path(&to[0])).await.status, StatusCode::OK);
    let version = "select version from channel";
    let behind = || door.site.db.behind();
    assert_eq!(behind().await.fetch_one(version).await.unwrap().get::<i32, _>(0), 1);
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let body = || "List-Unsubscribe=One-Click".to_owned();
    let forged = "/hooks/email/unsubscribe?token=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert_eq!(
        door.site.raw(("POST", forged), body(), &form).await.status,
        StatusCode::UNAUTHORIZED
    );
    for (recipient, left) in [(&to[0], true), (&to[1], false)] {
        let reply = door.site.raw(("POST", &path(recipient)), body(), &form).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        let on: bool = behind().await.fetch_one(enabled).await.unwrap().get(0);
        assert_eq!(on, left);
    }
}

/// The walk of what comes in from outside: whoever somebody is here, at these doors only the signature or the channel's
/// secret counts, and a channel of ours, of another tenant and of nobody are one answer.
#[tokio::test]
async fn at_inbound_doors_nobody_is_anybody_without_a_signature() {
    let door = Door::open().await;
    let heron = door.site.db.tenant("Heron Post").await;
    let ours = door.channel(1, &bot()).await;
    let theirs = Door { site: door.site, tenant: heron };
    let foreign = theirs.channel(2, &bot()).await;
    let door = Door { site: theirs.site, tenant: door.tenant };
    let mut callers = vec![("nobody".to_owned(), Vec::new())];
    for role in Role::ALL {
        let mail = format!("{role}@kestrel.example");
        door.site.person(door.tenant, &mail, role, "").await;
        let Visitor::Session { token, proof } = door.site.session(door.tenant, &mail).await else {
            unreachable!()
        };
        let cookie = ("cookie", format!("__Host-at={token}"));
        callers.push((role.to_string(), vec![cookie, ("x-mailvane-csrf", proof)]));
        // No token may do all that an owner may.
        if role == Role::Owner {
            continue;
        }
        let Visitor::Token(token) = door.site.token(door.tenant, role, false).await else {
            unreachable!()
        };
        callers
            .push((format!("{role}'s token"), vec![("authorization", format!("Bearer {token}"))]));
    }
    let channels = [ours.channel, foreign.channel, Uuid::from_u128(99)];
    let ids = channels.map(|row| PublicId::<ids::Channel>::from_row(row).to_string());
    let mut pairs = 0;
    for (name, kind, body) in [
        ("slack", "application/x-www-form-urlencoded", "payload=%7B%7D"),
        ("telegram", "application/json", "{}"),
    ] {
        for (who, credentials) in &callers {
            for id in &ids {
                let mut headers: Vec<(&str, &str)> =
                    credentials.iter().map(|(name, value)| (*name, value.as_str())).collect();
                headers.push(("content-type", kind));
                let path = format!("/hooks/{name}/{id}");
                let reply = door.site.raw(("POST", &path), body.to_owned(), &headers).await;
                assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{who} {path}: {}", reply.text);
                pairs += 1;
            }
        }
    }
    println!("walked {pairs} pairs of inbound door and caller, {} callers", callers.len());
    assert!(!door.acknowledged().await);
}
