//! Sessions against a model: whatever people, tabs, thieves and admins do in whatever order, each answer is the one that
//! the model gives.

use chrono::{DateTime, TimeDelta, Utc};
use mailvane_server::{
    clock::{Clock as _, SystemDice},
    domain::{ids::TenantId, member::Role},
    secrets::{Secret, password},
};
use serde_json::json;

use crate::harness::api::{Reply, Site, Visitor};

const PASSWORD: &str = "three blue kettles";
const SEEDS: u64 = 6;
const STEPS: u32 = 60;

/// A small generator: the story is the seed's, on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % u64::try_from(n).unwrap()).unwrap()
    }
}

/// What the model knows of a session.
#[derive(Debug, Clone)]
struct Known {
    id: String,
    alive: bool,
    access: String,
    proof: String,
    access_at: DateTime<Utc>,
    current: String,
    /// The secret before, and when it was replaced.
    spent: Option<(String, DateTime<Utc>)>,
    /// Secrets older than that.
    old: Vec<String>,
    used_at: DateTime<Utc>,
}

struct World {
    site: Site,
    tenant: TenantId,
    role: Role,
    sessions: Vec<Known>,
}

impl World {
    async fn build() -> Self {
        let site = Site::open().await;
        let tenant = site.db.tenant("Kestrel Mail").await;
        let hash = password::hash(&Secret::new(PASSWORD.to_owned()), &SystemDice).unwrap();
        site.person(tenant, "post@kestrel.example", Role::Admin, &hash).await;
        site.person(tenant, "owner@kestrel.example", Role::Owner, "").await;
        Self { site, tenant, role: Role::Admin, sessions: Vec::new() }
    }

    fn now(&self) -> DateTime<Utc> {
        self.site.db.clock.now()
    }

    async fn sign_in(&mut self) {
        let body = json!({"email": "post@kestrel.example", "password": PASSWORD});
        let what = ("POST", "/api/v1/session");
        let reply = self.site.ask(&Visitor::Nobody, what, Some(&body), &[]).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let access = cookie(&reply, "__Host-at");
        let bearer = self.site.api.tokens.read(&access, self.now()).unwrap();
        self.sessions.push(Known {
            id: bearer.session.to_string(),
            alive: true,
            proof: reply.json()["csrf"].as_str().unwrap().to_owned(),
            access,
            access_at: self.now(),
            current: cookie(&reply, "__Secure-rt"),
            spent: None,
            old: Vec::new(),
            used_at: self.now(),
        });
    }

    async fn present(&self, secret: &str) -> Reply {
        let header = format!("__Secure-rt={secret}");
        let what = ("POST", "/api/v1/session/refresh");
        self.site.ask(&Visitor::Nobody, what, Some(&json!({})), &[("cookie", &header)]).await
    }

    fn usable(&self, at: usize) -> bool {
        let known = &self.sessions[at];
        known.alive && self.now() - known.used_at < TimeDelta::days(7)
    }

    /// The present secret, or the one before it, or an older one.
    async fn refresh(&mut self, at: usize, which: usize) {
        let (now, usable) = (self.now(), self.usable(at));
        let known = self.sessions[at].clone();
        let (secret, right) = match (which, &known.spent) {
            (0, _) => (known.current.clone(), usable),
            (1, Some((secret, since))) => {
                (secret.clone(), usable && now - *since <= TimeDelta::seconds(10))
            }
            _ => match known.old.last() {
                Some(secret) => (secret.clone(), false),
                None => return,
            },
        };
        let reply = self.present(&secret).await;
        assert_eq!(
            reply.status.is_success(),
            right,
            "{which} of {known:?} at {now}: {}",
            reply.text
        );
        let known = &mut self.sessions[at];
        if right {
            let fresh = cookie(&reply, "__Secure-rt");
            known.access = cookie(&reply, "__Host-at");
            known.access_at = now;
            known.used_at = if which == 0 { now } else { known.used_at };
            if which == 0 {
                let before = std::mem::replace(&mut known.current, fresh);
                if let Some((older, _)) = known.spent.replace((before, now)) {
                    known.old.push(older);
                }
            } else {
                assert_eq!(fresh, known.current, "two tabs went different ways");
            }
        } else if which == 1 && usable {
            // A spent secret that comes late is a thief's, or the owner's after a thief: nobody goes on.
            known.alive = false;
        }
    }

    async fn look(&self, at: usize) {
        let known = &self.sessions[at];
        let fresh = self.now() - known.access_at < TimeDelta::minutes(5) + TimeDelta::seconds(30);
        let right = self.usable(at) && fresh;
        let reply = self.site.get(&self.visitor(at), "/api/v1/session").await;
        assert_eq!(reply.status.is_success(), right, "{known:?} at {}: {}", self.now(), reply.text);
        if right {
            assert_eq!(reply.json()["role"], self.role.word());
        }
    }

    fn visitor(&self, at: usize) -> Visitor {
        let known = &self.sessions[at];
        Visitor::Session { token: known.access.clone(), proof: known.proof.clone() }
    }

    async fn sign_out(&mut self, at: usize) {
        let fresh = self.now() - self.sessions[at].access_at < TimeDelta::minutes(5);
        if !self.usable(at) || !fresh {
            return;
        }
        let what = ("DELETE", "/api/v1/session");
        let reply = self.site.ask(&self.visitor(at), what, Some(&json!({})), &[]).await;
        assert_eq!(reply.status, 204, "{}", reply.text);
        self.sessions[at].alive = false;
    }

    /// One session ends another.
    async fn end(&mut self, by: usize, other: usize) {
        let fresh = self.now() - self.sessions[by].access_at < TimeDelta::minutes(5);
        if !self.usable(by) || !fresh {
            return;
        }
        let path = format!("/api/v1/me/sessions/{}", self.sessions[other].id);
        let reply =
            self.site.ask(&self.visitor(by), ("DELETE", &path), Some(&json!({})), &[]).await;
        let right = self.sessions[other].alive;
        assert_eq!(reply.status.is_success(), right, "{}", reply.text);
        self.sessions[other].alive = false;
    }

    async fn change_role(&mut self, role: Role) {
        let owner = self.site.session(self.tenant, "owner@kestrel.example").await;
        let members = self.site.get(&owner, "/api/v1/members").await.json();
        let mut members = members["items"].as_array().unwrap().iter();
        let person = members.find(|m| m["person"]["email"] == "post@kestrel.example").unwrap();
        let path = format!("/api/v1/members/{}", person["person"]["id"].as_str().unwrap());
        let body = json!({"role": role.word()});
        let reply = self.site.ask(&owner, ("PATCH", &path), Some(&body), &[]).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        self.role = role;
    }

    async fn step(&mut self, dice: &mut Dice) {
        let at = dice.below(self.sessions.len().max(1));
        if self.sessions.is_empty() {
            return self.sign_in().await;
        }
        match dice.below(16) {
            0 => self.sign_in().await,
            1..=4 => self.refresh(at, 0).await,
            5 | 6 => self.refresh(at, 1).await,
            7 => self.refresh(at, 2).await,
            8 => {
                // Two tabs that wake at once.
                let secret = self.sessions[at].current.clone();
                let usable = self.usable(at);
                self.refresh(at, 0).await;
                let twin = self.present(&secret).await;
                assert_eq!(twin.status.is_success(), usable, "the second tab: {}", twin.text);
            }
            9 => self.sign_out(at).await,
            10 => {
                let other = dice.below(self.sessions.len());
                self.end(at, other).await;
            }
            11 => self.change_role(Role::ALL[dice.below(3)]).await,
            12 => self.site.db.clock.advance(TimeDelta::seconds(11)),
            13 => self.site.db.clock.advance(TimeDelta::minutes(6)),
            _ => self.site.db.clock.advance(TimeDelta::seconds(2)),
        }
        for at in 0..self.sessions.len() {
            self.look(at).await;
        }
    }
}

#[tokio::test]
async fn sessions_do_what_the_model_says_in_whatever_order() {
    for seed in 1..=SEEDS {
        let mut world = World::build().await;
        let mut dice = Dice(seed);
        println!("seed {seed}");
        for _ in 0..STEPS {
            world.step(&mut dice).await;
        }
    }
}

fn cookie(reply: &Reply, name: &str) -> String {
    let line = reply.cookies.iter().find(|line| line.starts_with(&format!("{name}=")));
    let line = line.unwrap_or_else(|| panic!("no {name} in {reply:?}"));
    line.split(';').next().unwrap().split_once('=').unwrap().1.to_owned()
}
