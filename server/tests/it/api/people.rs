//! People come, invite, change, forget and leave; their letters arrive at a real mail server and are read there.

use chrono::TimeDelta;
use mailvane_server::{
    clock::SystemDice,
    domain::{ids::TenantId, member::Role},
    secrets::{Secret, password, totp},
};
use serde_json::{Value, json};

use crate::harness::{
    api::{Reply, Site, Visitor},
    post::Catcher,
};

const PASSWORD: &str = "three blue kettles";
const OTHER: &str = "four green kettles";

struct Town {
    site: Site,
    post: Catcher,
    tenant: TenantId,
}

impl Town {
    async fn build() -> Self {
        let site = Site::open().await;
        let tenant = site.db.tenant("Kestrel Mail").await;
        let hash = password::hash(&Secret::new(PASSWORD.to_owned()), &SystemDice).unwrap();
        for role in Role::ALL {
            site.person(tenant, &format!("{role}@kestrel.example"), role, &hash).await;
        }
        Self { site, post: Catcher::open().await, tenant }
    }

    async fn member(&self, role: Role) -> Visitor {
        self.site.session(self.tenant, &format!("{role}@kestrel.example")).await
    }

    async fn ask(&self, who: &Visitor, what: (&str, &str), body: &Value) -> Reply {
        let path = format!("/api/v1{}", what.1);
        self.site.ask(who, (what.0, &path), Some(body), &[]).await
    }

    async fn public(&self, path: &str, body: &Value) -> Reply {
        self.ask(&Visitor::Nobody, ("POST", path), body).await
    }

    async fn sign_in(&self, email: &str, password: &str, code: Option<&str>) -> Reply {
        let mut body = json!({"email": email, "password": password});
        if let Some(code) = code {
            body["code"] = code.into();
        }
        self.public("/session", &body).await
    }

    async fn letter(&self, to: &str) -> crate::harness::post::Caught {
        self.post.next_to(&self.site.db, to).await
    }

    async fn id_of(&self, email: &str) -> String {
        let owner = self.member(Role::Owner).await;
        let members = self.site.get(&owner, "/api/v1/members").await.json();
        let found =
            members["items"].as_array().unwrap().iter().find(|m| m["person"]["email"] == email);
        found.unwrap()["person"]["id"].as_str().unwrap().to_owned()
    }
}

/// The visitor that an answer with cookies makes of a browser.
pub(crate) fn visitor(reply: &Reply) -> Visitor {
    assert_eq!(reply.status, 200, "{}", reply.text);
    Visitor::Session {
        token: cookie(reply, "__Host-at"),
        proof: reply.json()["csrf"].as_str().unwrap().to_owned(),
    }
}

fn cookie(reply: &Reply, name: &str) -> String {
    let line = reply.cookies.iter().find(|line| line.starts_with(&format!("{name}=")));
    let line = line.unwrap_or_else(|| panic!("no {name} in {reply:?}"));
    line.split(';').next().unwrap().split_once('=').unwrap().1.to_owned()
}

#[tokio::test]
async fn a_stranger_signs_up_by_mail_and_has_a_tenant_with_triggers() {
    let town = Town::build().await;
    let wish = json!({"email": " New@Osprey.example", "name": "Nell", "tenant": "Osprey Post",
        "password": PASSWORD});
    let asked = town.public("/sign-up", &wish).await;
    assert_eq!((asked.status.as_u16(), asked.json()), (202, json!({"mailed": true})));
    assert_eq!(town.sign_in("new@osprey.example", PASSWORD, None).await.status, 401);
    let letter = town.letter("new@osprey.example").await;
    assert!(letter.words().contains("Osprey Post"), "{}", letter.words());
    assert!(
        letter.raw.contains("text/plain") && letter.raw.contains("text/html"),
        "{}",
        letter.raw
    );
    let token = json!({"token": letter.token()});
    let begun = town.public("/sign-up/confirm", &token).await;
    let nell = visitor(&begun);
    assert_eq!(begun.json()["role"], "owner");
    assert_eq!(begun.json()["tenant"]["name"], "Osprey Post");
    let triggers = town.site.get(&nell, "/api/v1/triggers").await.json();
    assert!(!triggers["items"].as_array().unwrap().is_empty());
    let again = town.public("/sign-up/confirm", &token).await;
    assert_eq!(again.status, 410, "the link worked twice: {}", again.text);
    assert_eq!(town.sign_in("new@osprey.example", PASSWORD, None).await.status, 200);
}

#[tokio::test]
async fn signing_up_with_a_known_address_looks_the_same_and_tells_only_its_owner() {
    let town = Town::build().await;
    let wish = |email: &str| json!({"email": email, "name": "", "tenant": "Osprey Post", "password": OTHER});
    let known = town.public("/sign-up", &wish("owner@kestrel.example")).await;
    let unknown = town.public("/sign-up", &wish("nobody@osprey.example")).await;
    assert_eq!(known.shape(), unknown.shape());
    let letter = town.letter("owner@kestrel.example").await;
    assert!(letter.words().contains("account already"), "{}", letter.words());
    assert!(!letter.words().contains("#token="));
    assert_eq!(town.sign_in("owner@kestrel.example", OTHER, None).await.status, 401);
    assert_eq!(town.sign_in("owner@kestrel.example", PASSWORD, None).await.status, 200);
}

#[tokio::test]
async fn an_admin_invites_a_viewer_who_may_look_and_nothing_more() {
    let town = Town::build().await;
    let admin = town.member(Role::Admin).await;
    let wish = json!({"email": "guest@osprey.example", "role": "viewer"});
    let invited = town.ask(&admin, ("POST", "/invitations"), &wish).await;
    assert_eq!(invited.status, 201, "{}", invited.text);
    assert_eq!(invited.json()["link"], Value::Null, "mail goes out: nobody else sees the link");
    let letter = town.letter("guest@osprey.example").await;
    let accept = json!({"token": letter.token(), "name": "Guest", "password": OTHER});
    let guest = visitor(&town.public("/invitations/accept", &accept).await);
    let me = town.site.get(&guest, "/api/v1/me").await.json();
    assert_eq!(me["tenants"][0]["role"], "viewer");
    assert_eq!(town.site.get(&guest, "/api/v1/hosts").await.status, 200);
    let denied = town.ask(&guest, ("POST", "/enrolment-keys"), &json!({})).await;
    assert_eq!(denied.status, 403);
    assert_eq!(town.public("/invitations/accept", &accept).await.status, 410);
    let twice = town.ask(&admin, ("POST", "/invitations"), &wish).await;
    assert_eq!(twice.status, 409, "a member is invited again: {}", twice.text);
    let above = json!({"email": "x@osprey.example", "role": "owner"});
    assert_eq!(town.ask(&admin, ("POST", "/invitations"), &above).await.status, 403);
}

#[tokio::test]
async fn an_invitation_never_opens_an_account_that_exists() {
    let town = Town::build().await;
    let heron = town.site.db.tenant("Heron Post").await;
    let hash = password::hash(&Secret::new(OTHER.to_owned()), &SystemDice).unwrap();
    town.site.person(heron, "boss@heron.example", Role::Owner, &hash).await;
    let admin = town.member(Role::Admin).await;
    let wish = json!({"email": "boss@heron.example", "role": "operator"});
    town.ask(&admin, ("POST", "/invitations"), &wish).await;
    let token = town.letter("boss@heron.example").await.token();
    let stolen = json!({"token": token, "name": "Thief", "password": "five yellow kettles"});
    assert_eq!(town.public("/invitations/accept", &stolen).await.status, 401);
    let own = json!({"token": token, "password": OTHER});
    let boss = visitor(&town.public("/invitations/accept", &own).await);
    let me = town.site.get(&boss, "/api/v1/me").await.json();
    assert_eq!(me["tenants"].as_array().unwrap().len(), 2);
    // And back and forth: a session in one tenant is none in the other.
    let here = &town.site.get(&boss, "/api/v1/session").await.json()["tenant"]["id"];
    let there = me["tenants"].as_array().unwrap().iter().find(|t| t["id"] != *here).unwrap();
    let moved = town.ask(&boss, ("POST", "/session/tenant"), &json!({"tenant": there["id"]})).await;
    let moved_boss = visitor(&moved);
    assert_eq!(moved.json()["role"], "owner");
    assert_eq!(town.site.get(&boss, "/api/v1/session").await.status, 401);
    assert_eq!(
        town.site.get(&moved_boss, "/api/v1/session").await.json()["tenant"]["id"],
        there["id"]
    );
}

#[tokio::test]
async fn an_invitation_dies_with_the_right_of_whoever_gave_it() {
    let town = Town::build().await;
    let (owner, admin) = (town.member(Role::Owner).await, town.member(Role::Admin).await);
    let wish = |n: u8| json!({"email": format!("guest{n}@osprey.example"), "role": "operator"});
    town.ask(&admin, ("POST", "/invitations"), &wish(1)).await;
    let first = town.letter("guest1@osprey.example").await.token();
    let admin_id = town.id_of("admin@kestrel.example").await;
    let path = format!("/members/{admin_id}");
    let demoted = town.ask(&owner, ("PATCH", &path), &json!({"role": "viewer"})).await;
    assert_eq!(demoted.status, 200, "{}", demoted.text);
    let accept = json!({"token": first, "password": OTHER});
    assert_eq!(town.public("/invitations/accept", &accept).await.status, 410);
    // Taken back by hand, and of another tenant's making: no link, no row.
    let made = town.ask(&owner, ("POST", "/invitations"), &wish(2)).await.json();
    let second = town.letter("guest2@osprey.example").await.token();
    let path = format!("/invitations/{}", made["id"].as_str().unwrap());
    assert_eq!(town.ask(&owner, ("DELETE", &path), &json!({})).await.status, 204);
    let accept = json!({"token": second, "password": OTHER});
    assert_eq!(town.public("/invitations/accept", &accept).await.status, 410);
    town.site.db.clock.advance(TimeDelta::days(8));
    assert_eq!(town.public("/invitations/accept", &accept).await.status, 410);
}

#[tokio::test]
async fn the_last_owner_stays_and_of_two_who_demote_one_another_one_is_too_late() {
    let town = Town::build().await;
    let owner = town.member(Role::Owner).await;
    let owner_id = town.id_of("owner@kestrel.example").await;
    let path = format!("/members/{owner_id}");
    for (method, body) in [("PATCH", json!({"role": "admin"})), ("DELETE", json!({}))] {
        let reply = town.ask(&owner, (method, &path), &body).await;
        assert_eq!(reply.status, 409, "{method}: {}", reply.text);
    }
    let admin_id = town.id_of("admin@kestrel.example").await;
    let other = format!("/members/{admin_id}");
    assert_eq!(town.ask(&owner, ("PATCH", &other), &json!({"role": "owner"})).await.status, 200);
    let second = town.site.session(town.tenant, "admin@kestrel.example").await;
    let less = json!({"role": "viewer"});
    let (one, two) = tokio::join!(
        town.ask(&owner, ("PATCH", &other), &less),
        town.ask(&second, ("PATCH", &path), &less)
    );
    let mut answers = [one.status.as_u16(), two.status.as_u16()];
    answers.sort_unstable();
    assert_eq!(answers, [200, 403], "{} {}", one.text, two.text);
    // An admin cannot touch an owner, nor make one.
    let viewer_id = town.id_of("viewer@kestrel.example").await;
    let viewer = town.member(Role::Viewer).await;
    let denied = town.ask(&viewer, ("DELETE", &other), &json!({})).await;
    assert_eq!(denied.status, 403);
    let left = town.ask(&viewer, ("DELETE", &format!("/members/{viewer_id}")), &json!({})).await;
    assert_eq!(left.status, 204, "one may always leave: {}", left.text);
    assert_eq!(town.site.get(&viewer, "/api/v1/session").await.status, 401);
}

#[tokio::test]
async fn a_forgotten_password_is_chosen_anew_by_mail_and_every_session_ends() {
    let town = Town::build().await;
    let before = town.member(Role::Operator).await;
    let known =
        town.public("/password/forgot", &json!({"email": "operator@kestrel.example"})).await;
    let unknown =
        town.public("/password/forgot", &json!({"email": "nobody@kestrel.example"})).await;
    assert_eq!(known.shape(), unknown.shape());
    assert_eq!(known.status, 202);
    let token = town.letter("operator@kestrel.example").await.token();
    let weak = json!({"token": token, "password": "password1234"});
    assert_eq!(town.public("/password/reset", &weak).await.status, 422);
    let reset = json!({"token": token, "password": OTHER});
    town.site.db.clock.advance(TimeDelta::seconds(1));
    assert_eq!(town.public("/password/reset", &reset).await.status, 204);
    assert_eq!(town.public("/password/reset", &reset).await.status, 410, "used");
    assert_eq!(town.site.get(&before, "/api/v1/session").await.status, 401);
    assert_eq!(town.sign_in("operator@kestrel.example", PASSWORD, None).await.status, 401);
    assert_eq!(town.sign_in("operator@kestrel.example", OTHER, None).await.status, 200);
    let told = town.letter("operator@kestrel.example").await;
    assert!(told.words().contains("was changed"), "{}", told.words());
    // For another purpose, and expired.
    town.public("/password/forgot", &json!({"email": "operator@kestrel.example"})).await;
    let token = town.letter("operator@kestrel.example").await.token();
    assert_eq!(town.public("/sign-up/confirm", &json!({"token": token})).await.status, 410);
    town.site.db.clock.advance(TimeDelta::minutes(61));
    let late = json!({"token": token, "password": OTHER});
    assert_eq!(town.public("/password/reset", &late).await.status, 410);
}

#[tokio::test]
async fn changing_the_password_ends_every_other_session_and_one_can_be_ended_by_hand() {
    let town = Town::build().await;
    let (first, second) = (town.member(Role::Viewer).await, town.member(Role::Viewer).await);
    let me = town.site.get(&first, "/api/v1/me").await.json();
    let sessions = me["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 2);
    assert_eq!(sessions.iter().filter(|s| s["current"] == true).count(), 1);
    town.site.db.clock.advance(TimeDelta::seconds(1));
    let wrong = json!({"old": OTHER, "new": OTHER});
    assert_eq!(town.ask(&first, ("POST", "/me/password"), &wrong).await.status, 422);
    let right = json!({"old": PASSWORD, "new": OTHER});
    let changed = town.ask(&first, ("POST", "/me/password"), &right).await;
    assert_eq!(changed.status, 204, "{}", changed.text);
    assert_eq!(town.site.get(&second, "/api/v1/session").await.status, 401);
    assert_eq!(town.site.get(&first, "/api/v1/session").await.status, 200);
    let third = town.member(Role::Viewer).await;
    let me = town.site.get(&first, "/api/v1/me").await.json();
    let other = me["sessions"].as_array().unwrap().iter().find(|s| s["current"] == false).unwrap();
    let path = format!("/me/sessions/{}", other["id"].as_str().unwrap());
    assert_eq!(town.ask(&first, ("DELETE", &path), &json!({})).await.status, 204);
    assert_eq!(town.site.get(&third, "/api/v1/session").await.status, 401);
}

#[tokio::test]
async fn a_second_factor_is_asked_for_counts_each_code_once_and_has_a_way_out() {
    let town = Town::build().await;
    let viewer = town.member(Role::Viewer).await;
    let draft = town.ask(&viewer, ("POST", "/me/totp"), &json!({})).await.json();
    assert!(draft["qr_svg"].as_str().unwrap().contains("<svg"));
    let secret = unbase32(draft["secret"].as_str().unwrap());
    let step = || mailvane_server::clock::Clock::now(&*town.site.db.clock).timestamp() / 30;
    let email = "viewer@kestrel.example";
    assert_eq!(town.sign_in(email, PASSWORD, None).await.status, 200, "not confirmed yet");
    let wrong = json!({"code": "000000"});
    assert_eq!(town.ask(&viewer, ("POST", "/me/totp/confirm"), &wrong).await.status, 422);
    let code = json!({"code": totp::code_at(&secret, step())});
    let confirmed = town.ask(&viewer, ("POST", "/me/totp/confirm"), &code).await;
    assert_eq!(confirmed.status, 200, "{}", confirmed.text);
    let recovery = confirmed.json()["recovery_codes"].clone();
    assert_eq!(recovery.as_array().unwrap().len(), 10);
    let asked = town.sign_in(email, PASSWORD, None).await;
    assert_eq!(asked.status, 401);
    assert_eq!(asked.json()["type"], "/problems/totp-required");
    assert_eq!(
        town.sign_in(email, OTHER, Some("000000")).await.json()["type"],
        "about:blank",
        "who does not know the password does not learn of the second factor"
    );
    let used = totp::code_at(&secret, step());
    assert_eq!(town.sign_in(email, PASSWORD, Some(&used)).await.status, 401, "used to confirm");
    town.site.db.clock.advance(TimeDelta::minutes(2));
    let fresh = totp::code_at(&secret, step());
    let (one, two) = tokio::join!(
        town.sign_in(email, PASSWORD, Some(&fresh)),
        town.sign_in(email, PASSWORD, Some(&fresh))
    );
    let mut answers = [one.status.as_u16(), two.status.as_u16()];
    answers.sort_unstable();
    assert_eq!(answers, [200, 401], "one code, two sessions");
    town.site.db.clock.advance(TimeDelta::hours(2));
    let spare = recovery[0].as_str().unwrap();
    assert_eq!(town.sign_in(email, PASSWORD, Some(spare)).await.status, 200);
    assert_eq!(town.sign_in(email, PASSWORD, Some(spare)).await.status, 401, "a spare code twice");
    for bad in ["000000", "letters", "１２３４５６", "1234567"] {
        town.site.db.clock.advance(TimeDelta::hours(2));
        assert_eq!(town.sign_in(email, PASSWORD, Some(bad)).await.status, 401, "{bad}");
    }
    town.site.db.clock.advance(TimeDelta::hours(2));
    let viewer = town.member(Role::Viewer).await;
    let spare = recovery[1].as_str().unwrap();
    let off = json!({"password": PASSWORD, "code": spare});
    let gone = town.ask(&viewer, ("DELETE", "/me/totp"), &off).await;
    assert_eq!(gone.status, 204, "{}", gone.text);
    assert_eq!(town.sign_in(email, PASSWORD, None).await.status, 200);
}

fn unbase32(text: &str) -> Vec<u8> {
    let (mut bits, mut held, mut out) = (0, 0_u32, Vec::new());
    for c in text.bytes() {
        let digit = if c.is_ascii_digit() { c - b'2' + 26 } else { c - b'A' };
        held = (held << 5) | u32::from(digit);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            out.push(u8::try_from((held >> bits) & 255).unwrap());
        }
    }
    out
}

#[tokio::test]
async fn an_account_ends_with_everything_of_its_own_but_never_leaves_a_tenant_without_owner() {
    let town = Town::build().await;
    let owner = town.member(Role::Owner).await;
    let proof = json!({"password": PASSWORD});
    assert_eq!(town.ask(&owner, ("DELETE", "/me"), &proof).await.status, 409);
    let viewer = town.member(Role::Viewer).await;
    let wrong = json!({"password": OTHER});
    assert_eq!(town.ask(&viewer, ("DELETE", "/me"), &wrong).await.status, 422);
    assert_eq!(town.ask(&viewer, ("DELETE", "/me"), &proof).await.status, 204);
    assert_eq!(town.site.get(&viewer, "/api/v1/session").await.status, 401);
    assert_eq!(town.sign_in("viewer@kestrel.example", PASSWORD, None).await.status, 401);
    let audit = town.site.get(&owner, "/api/v1/audit").await.text;
    assert!(audit.contains("member.leave"), "{audit}");
}

#[tokio::test]
async fn a_letter_waits_for_a_mail_server_that_is_busy_and_is_dropped_when_refused_for_good() {
    let town = Town::build().await;
    town.post.answers.lock().unwrap().push("451 come back later");
    town.public("/password/forgot", &json!({"email": "admin@kestrel.example"})).await;
    for _ in 0..40 {
        town.post.collect(&town.site.db).await;
        if town.post.answers.lock().unwrap().is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(town.post.collect(&town.site.db).await.is_empty(), "not yet due again");
    town.site.behind("update letter set next_at = now()".to_owned()).await;
    town.letter("admin@kestrel.example").await.token();
    town.post.answers.lock().unwrap().push("550 no such user");
    town.public("/password/forgot", &json!({"email": "admin@kestrel.example"})).await;
    for _ in 0..40 {
        town.post.collect(&town.site.db).await;
        if town.post.answers.lock().unwrap().is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    town.site.behind("update letter set next_at = now()".to_owned()).await;
    assert!(town.post.collect(&town.site.db).await.is_empty(), "a letter for nobody was kept");
}
