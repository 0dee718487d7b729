//! Signing on at a tenant's own provider, honest and hostile. The provider lives in this process: every answer of it is
//! the story's.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer as _, SigningKey};
use mailvane_server::{
    clock::Clock as _,
    domain::{ids::TenantId, member::Role},
    http::api::{OutCall, Outward},
};
use serde_json::{Value, json};

use crate::harness::{
    Db,
    api::{Reply, Site, Visitor},
};

const ISSUER: &str = "https://id.kestrel.example";

/// What the provider answers; a story changes one thing of it.
#[derive(Debug, Default)]
struct Provider {
    pages: HashMap<String, (u16, String)>,
    /// Changes what the token says before it is signed.
    claims: Value,
    header: Value,
    unsigned: bool,
    nonce: String,
    now: i64,
    asked: Vec<OutCall>,
}

struct World {
    site: Site,
    tenant: TenantId,
    provider: Arc<Mutex<Provider>>,
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[5; 32])
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

impl Provider {
    fn answer(&mut self, call: OutCall) -> Result<(u16, Vec<u8>), String> {
        let url = call.url.clone();
        self.asked.push(call);
        if let Some((status, body)) = self.pages.get(&url) {
            return Ok((*status, body.clone().into_bytes()));
        }
        let body = match url.strip_prefix(ISSUER) {
            Some("/.well-known/openid-configuration") => json!({"issuer": ISSUER,
                "authorization_endpoint": format!("{ISSUER}/authorize"),
                "token_endpoint": format!("{ISSUER}/token"), "jwks_uri": format!("{ISSUER}/keys")}),
            Some("/keys") => {
                json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k1", "alg": "EdDSA",
                "use": "sig", "x": URL_SAFE_NO_PAD.encode(key().verifying_key().to_bytes())}]})
            }
            Some("/token") => {
                json!({"access_token": "x", "token_type": "Bearer", "id_token": self.token()})
            }
            _ => return Err("nobody answers there".to_owned()),
        };
        Ok((200, body.to_string().into_bytes()))
    }

    fn token(&self) -> String {
        let mut claims = json!({"iss": ISSUER, "aud": "mailvane", "sub": "s-1", "exp": self.now + 300,
            "iat": self.now, "nonce": self.nonce, "email": "nell@kestrel.example", "email_verified": true,
            "name": "Nell"});
        for (name, value) in self.claims.as_object().into_iter().flatten() {
            claims[name] = value.clone();
        }
        let mut header = json!({"alg": "EdDSA", "kid": "k1", "typ": "JWT"});
        for (name, value) in self.header.as_object().into_iter().flatten() {
            header[name] = value.clone();
        }
        let message = format!("{}.{}", part(&header), part(&claims));
        if self.unsigned {
            return format!("{message}.");
        }
        let signature = URL_SAFE_NO_PAD.encode(key().sign(message.as_bytes()).to_bytes());
        format!("{message}.{signature}")
    }
}

impl World {
    async fn build() -> Self {
        let provider = Arc::new(Mutex::new(Provider::default()));
        let inside = Arc::clone(&provider);
        let outward: Outward = Arc::new(move |call| {
            let answer = inside.lock().unwrap().answer(call);
            Box::pin(async move { answer })
        });
        let site = Site::with_outward(Db::new().await, outward);
        let tenant = site.db.tenant("Kestrel Mail").await;
        for role in Role::ALL {
            site.person(tenant, &format!("{role}@kestrel.example"), role, "").await;
        }
        let world = Self { site, tenant, provider };
        world.provider.lock().unwrap().now = world.site.db.clock.now().timestamp();
        world
    }

    async fn set(&self) -> Reply {
        let owner = self.site.session(self.tenant, "owner@kestrel.example").await;
        let wish = json!({"issuer": ISSUER, "client_id": "mailvane", "client_secret": "hush",
            "domains": ["kestrel.example"]});
        self.site.ask(&owner, ("PUT", "/api/v1/sso"), Some(&wish), &[]).await
    }

    /// Sets it, with the proof where it belongs.
    async fn ready(&self) {
        let told = self.set().await;
        assert_eq!(told.status, 422, "{}", told.text);
        let fault = told.json()["fields"]["domains"].as_str().unwrap().to_owned();
        let proof =
            fault.split_whitespace().find(|word| word.starts_with("mailvane-domain=")).unwrap();
        let url = "https://kestrel.example/.well-known/mailvane-domain.txt".to_owned();
        self.provider.lock().unwrap().pages.insert(url, (200, proof.to_owned()));
        let set = self.set().await;
        assert_eq!(set.status, 200, "{}", set.text);
        assert!(!set.text.contains("hush"));
    }

    /// To the provider; where to, and the cookie that goes along.
    async fn start(&self, email: &str) -> (url::Url, String) {
        let path = format!("/api/v1/sso/start?email={email}");
        let reply = self.site.get(&Visitor::Nobody, &path).await;
        assert_eq!(reply.status, 303, "{}", reply.text);
        let to = url::Url::parse("https://mailvane.test").unwrap().join(&reply.location).unwrap();
        let cookie = reply.cookies.iter().find(|line| line.starts_with("__Host-sso="));
        let cookie = cookie.map(|line| line.split(';').next().unwrap().to_owned());
        (to, cookie.unwrap_or_default())
    }

    /// Back from the provider.
    async fn back(&self, to: &url::Url, cookies: &str) -> Reply {
        let asked: HashMap<String, String> = to.query_pairs().into_owned().collect();
        self.provider.lock().unwrap().nonce.clone_from(&asked["nonce"]);
        let path = format!("/api/v1/sso/callback?code=c-1&state={}", asked["state"]);
        self.site.ask(&Visitor::Nobody, ("GET", &path), None, &[("cookie", cookies)]).await
    }

    async fn round(&self, email: &str) -> Reply {
        let (to, cookie) = self.start(email).await;
        self.back(&to, &cookie).await
    }
}

fn signed_in(reply: &Reply) -> bool {
    reply.status == 303
        && reply.location == "/"
        && reply
            .cookies
            .iter()
            .any(|line| line.starts_with("__Host-at=") && !line.contains("Max-Age=0"))
}

#[tokio::test]
async fn somebody_new_of_a_proved_domain_comes_in_as_a_viewer_and_is_known_by_subject() {
    let world = World::build().await;
    world.ready().await;
    let (to, cookie) = world.start("nell@kestrel.example").await;
    let asked: HashMap<String, String> = to.query_pairs().into_owned().collect();
    assert_eq!(asked["code_challenge_method"], "S256");
    assert_eq!(asked["redirect_uri"], "https://mailvane.test/api/v1/sso/callback");
    assert!(cookie.starts_with("__Host-sso="));
    let reply = world.back(&to, &cookie).await;
    assert!(signed_in(&reply), "{reply:?}");
    let token = reply.cookies.iter().find(|line| line.starts_with("__Host-at=")).unwrap();
    let token = token.split(';').next().unwrap().split_once('=').unwrap().1.to_owned();
    let nell = Visitor::Session { token, proof: String::new() };
    let me = world.site.get(&nell, "/api/v1/session").await.json();
    assert_eq!(
        (&me["role"], &me["person"]["email"]),
        (&json!("viewer"), &json!("nell@kestrel.example"))
    );
    // The verifier went to the provider, and only there.
    let form =
        world.provider.lock().unwrap().asked.iter().find_map(|call| call.form.clone()).unwrap();
    assert!(form.iter().any(|(name, value)| name == "code_verifier" && value.len() == 43));
    // Another address, the same subject: the same person.
    world.provider.lock().unwrap().claims = json!({"email": "other@elsewhere.example"});
    assert!(signed_in(&world.round("nell@kestrel.example").await));
    // Removed here: no way in by there.
    world
        .site
        .behind("delete from member where person_id = (select max(id) from person)".to_owned())
        .await;
    assert!(!signed_in(&world.round("nell@kestrel.example").await));
}

#[tokio::test]
async fn a_hostile_provider_signs_nobody_on() {
    let world = World::build().await;
    world.ready().await;
    let now = world.provider.lock().unwrap().now;
    for (name, claims, header) in [
        ("another nonce", json!({"nonce": "x"}), json!({})),
        ("no nonce", json!({"nonce": null}), json!({})),
        ("another audience", json!({"aud": "other"}), json!({})),
        (
            "many audiences without us as the one who asked",
            json!({"aud": ["mailvane", "other"]}),
            json!({}),
        ),
        ("asked for by another", json!({"aud": ["mailvane"], "azp": "other"}), json!({})),
        ("another issuer", json!({"iss": "https://evil.example"}), json!({})),
        ("over", json!({"exp": now - 31}), json!({})),
        ("of tomorrow", json!({"iat": now + 86_400}), json!({})),
        ("of yesterday", json!({"iat": now - 86_400}), json!({})),
        ("nobody", json!({"sub": ""}), json!({})),
        ("an endless subject", json!({"sub": "s".repeat(10_000)}), json!({})),
        ("alg none", json!({}), json!({"alg": "none"})),
        ("HS256 with the public key", json!({}), json!({"alg": "HS256"})),
        ("an unknown key", json!({}), json!({"kid": "k2"})),
        ("no key named", json!({}), json!({"kid": null})),
        (
            "an address of another domain",
            json!({"sub": "s-9", "email": "boss@heron.example"}),
            json!({}),
        ),
        (
            "an address that nobody verified",
            json!({"sub": "s-9", "email_verified": false}),
            json!({}),
        ),
        ("no address", json!({"sub": "s-9", "email": null}), json!({})),
        (
            "the address of a member who is not here",
            json!({"sub": "s-9", "email": "owner@kestrel.example"}),
            json!({}),
        ),
    ] {
        {
            let mut provider = world.provider.lock().unwrap();
            provider.claims = claims;
            provider.header = header;
        }
        let reply = world.round("nell@kestrel.example").await;
        assert!(!signed_in(&reply), "{name} signed somebody on: {reply:?}");
        assert!(reply.location.starts_with("/signin#sso="), "{name}: {reply:?}");
    }
    {
        let mut provider = world.provider.lock().unwrap();
        (provider.claims, provider.header) = (json!({}), json!({}));
        provider.unsigned = true;
    }
    assert!(!signed_in(&world.round("nell@kestrel.example").await), "unsigned");
    world.provider.lock().unwrap().unsigned = false;
    for (url, answer) in [
        ("/token", (200, "{}".to_owned())),
        ("/token", (400, "{\"error\": \"<script>\"}".to_owned())),
        ("/token", (200, "x".repeat(70_000))),
        ("/keys", (200, "{\"keys\": []}".to_owned())),
        ("/keys", (500, String::new())),
    ] {
        let url = format!("{ISSUER}{url}");
        world.provider.lock().unwrap().pages.insert(url.clone(), answer);
        let reply = world.round("nell@kestrel.example").await;
        assert!(!signed_in(&reply) && !reply.text.contains("<script>"), "{url}: {reply:?}");
        world.provider.lock().unwrap().pages.remove(&url);
    }
    assert!(signed_in(&world.round("nell@kestrel.example").await), "the honest one was refused");
}

/// R41: a callback that this browser did not begin, or that comes twice or late, or with words in it.
#[tokio::test]
async fn a_callback_that_nobody_began_ends_at_the_page_of_signing_in() {
    let world = World::build().await;
    world.ready().await;
    let (to, cookie) = world.start("nell@kestrel.example").await;
    let state = to.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    for (query, cookies) in [
        (format!("code=c&state={state}"), ""),
        ("code=c&state=x".to_owned(), cookie.as_str()),
        ("code=c".to_owned(), cookie.as_str()),
        (format!("state={state}"), cookie.as_str()),
        (format!("error=<script>alert(1)</script>&state={state}"), cookie.as_str()),
        (format!("code=c&state={state}"), "__Host-sso=AAAA"),
    ] {
        let path =
            format!("/api/v1/sso/callback?{}", query.replace('<', "%3C").replace('>', "%3E"));
        let reply =
            world.site.ask(&Visitor::Nobody, ("GET", &path), None, &[("cookie", cookies)]).await;
        assert_eq!(reply.status, 303, "{query}");
        assert!(reply.location.starts_with("/signin#sso="), "{query}: {}", reply.location);
        assert!(!reply.text.contains("script"), "{query}: {}", reply.text);
    }
    world.site.db.clock.advance(chrono::TimeDelta::minutes(11));
    assert!(!signed_in(&world.back(&to, &cookie).await), "eleven minutes later");
    let (to, cookie) = world.start("somebody@heron.example").await;
    assert_eq!((to.path(), cookie.as_str()), ("/signin", ""), "a domain of nobody");
}

#[tokio::test]
async fn a_domain_counts_only_when_it_shows_what_only_its_tenant_was_told() {
    let world = World::build().await;
    let told = world.set().await;
    assert!(
        told.json()["fields"]["domains"].as_str().unwrap().contains("Show that"),
        "{}",
        told.text
    );
    let url = "https://kestrel.example/.well-known/mailvane-domain.txt".to_owned();
    world.provider.lock().unwrap().pages.insert(url, (200, "mailvane-domain=guess".to_owned()));
    assert_eq!(world.set().await.status, 422);
    let page = format!("{ISSUER}/.well-known/openid-configuration");
    let mixed = json!({"issuer": "https://evil.example", "authorization_endpoint": "https://a.example/",
        "token_endpoint": "https://a.example/", "jwks_uri": "https://a.example/"});
    world.provider.lock().unwrap().pages.insert(page, (200, mixed.to_string()));
    assert!(
        world.set().await.json()["fields"]["issuer"].is_string(),
        "a provider under another's name"
    );
}
