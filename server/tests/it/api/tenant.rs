//! The tenant's own affairs: plan, settings, data to take along, who looked in, and a log that nobody can touch.

use chrono::TimeDelta;
use mailvane_server::domain::{ids::TenantId, member::Role};
use serde_json::{Value, json};

use crate::harness::api::{Reply, Site, Visitor};

struct House {
    site: Site,
    tenant: TenantId,
    owner: Visitor,
}

impl House {
    async fn build() -> Self {
        let site = Site::open().await;
        let tenant = site.db.tenant("Kestrel Mail").await;
        for role in Role::ALL {
            site.person(tenant, &format!("{role}@kestrel.example"), role, "").await;
        }
        let owner = site.session(tenant, "owner@kestrel.example").await;
        Self { site, tenant, owner }
    }

    async fn ask(&self, what: (&str, &str), body: &Value) -> Reply {
        let path = format!("/api/v1{}", what.1);
        self.site.ask(&self.owner, (what.0, &path), Some(body), &[]).await
    }

    async fn get(&self, path: &str) -> Reply {
        self.site.get(&self.owner, &format!("/api/v1{path}")).await
    }
}

#[tokio::test]
async fn settings_stay_within_the_plan_and_wrong_ones_are_told_field_by_field() {
    let house = House::build().await;
    house.site.behind("update tenant set plan = 'team'".to_owned()).await;
    let good = json!({"name": "Kestrel & Sons", "interval_s": 30, "zone": "Europe/Vienna",
        "retention": {"raw_days": 14}});
    let changed = house.ask(("PATCH", "/tenant"), &good).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    let seen = house.get("/tenant").await.json();
    assert_eq!(seen["name"], "Kestrel & Sons");
    assert_eq!((&seen["interval_s"], &seen["zone"]), (&json!(30), &json!("Europe/Vienna")));
    assert_eq!(seen["retention"]["raw_days"], 14);
    assert_eq!(seen["plan"]["hosts_max"], 50);
    for (wish, field) in [
        (json!({"interval_s": 5}), "interval_s"),
        (json!({"interval_s": 7}), "interval_s"),
        (json!({"interval_s": 0}), "interval_s"),
        (json!({"zone": "Mars/Olympus"}), "zone"),
        (json!({"zone": "'; drop table tenant; --"}), "zone"),
        (json!({"name": " "}), "name"),
        (json!({"retention": {"raw_days": 0}}), "retention.raw_days"),
        (json!({"retention": {"daily_days": 3_650}}), "retention.daily_days"),
    ] {
        let reply = house.ask(("PATCH", "/tenant"), &wish).await;
        assert_eq!(reply.status, 422, "{wish}: {}", reply.text);
        assert!(reply.json()["fields"][field].is_string(), "{wish}: {}", reply.text);
    }
}

#[tokio::test]
async fn the_audit_log_is_a_chain_and_a_touched_row_breaks_it() {
    let house = House::build().await;
    for n in 0..5 {
        house.ask(("PATCH", "/tenant"), &json!({"name": format!("Kestrel {n}")})).await;
    }
    let chain = house.get("/audit/chain").await.json();
    assert_eq!((&chain["intact"], &chain["rows"]), (&json!(true), &json!(5)));
    // Many at once still stand in one row.
    let wishes: Vec<Value> = (0..10).map(|n| json!({"name": format!("K{n}")})).collect();
    let many = wishes.iter().map(|wish| house.ask(("PATCH", "/tenant"), wish));
    futures_util::future::join_all(many).await;
    let chain = house.get("/audit/chain").await.json();
    assert_eq!((&chain["intact"], &chain["rows"]), (&json!(true), &json!(15)));
    for touch in [
        "update audit set detail = '{\"name\": \"other\"}' where id = (select min(id) + 2 from audit)",
        "delete from audit where id = (select min(id) + 1 from audit)",
    ] {
        house.site.behind(format!("begin; {touch}; commit")).await;
        let chain = house.get("/audit/chain").await.json();
        assert_eq!(chain["intact"], false, "nobody noticed: {touch}");
    }
}

#[tokio::test]
async fn the_audit_log_is_found_by_who_what_and_when_and_leaves_as_a_table_without_formulas() {
    let house = House::build().await;
    house.ask(("PATCH", "/tenant"), &json!({"name": "=cmd|'/c calc'!A1"})).await;
    let invite = json!({"email": "guest@osprey.example", "role": "viewer"});
    house.ask(("POST", "/invitations"), &invite).await;
    let found = |query: &str| {
        let (house, path) = (&house, format!("/audit?{query}"));
        async move { house.get(&path).await.json()["items"].as_array().unwrap().len() }
    };
    assert_eq!(found("action=tenant").await, 1);
    assert_eq!(found("action=invitation.create").await, 1);
    assert_eq!(found("action=invitation.crea").await, 0);
    assert_eq!(found("actor=owner%40kestrel.example").await, 2);
    assert_eq!(found("actor=viewer%40kestrel.example").await, 0);
    assert_eq!(found("actor=%25").await, 0, "a wildcard is no wildcard");
    let real = "from=2026-01-01T00:00:00Z&to=2100-01-01T00:00:00Z";
    assert_eq!(found(real).await, 2);
    assert_eq!(found("to=2020-01-01T00:00:00Z").await, 0);
    let table = house.get("/audit.csv").await;
    assert_eq!(table.status, 200);
    assert!(
        table.text.starts_with("time,actor,action,object,address,detail\r\n"),
        "{}",
        table.text
    );
    assert!(table.text.lines().skip(1).all(|line| line.starts_with('"')), "{}", table.text);
    assert!(
        !table.text.contains(",\"=") && !table.text.contains("\n\"="),
        "a cell begins a formula: {}",
        table.text
    );
    let viewer = house.site.session(house.tenant, "viewer@kestrel.example").await;
    assert_eq!(house.site.get(&viewer, "/api/v1/audit.csv").await.status, 403);
}

#[tokio::test]
async fn what_a_tenant_takes_along_holds_everything_of_its_own_and_no_secret() {
    let house = House::build().await;
    let other = house.site.db.tenant("Heron Post").await;
    house.site.person(other, "boss@heron.example", Role::Owner, "").await;
    house.ask(("POST", "/enrolment-keys"), &json!({"comment": "rack 7"})).await;
    let wish = json!({"name": "backup", "scopes": ["read"]});
    house.ask(("POST", "/api-tokens"), &wish).await;
    let export = house.get("/tenant/export").await;
    assert_eq!(export.status, 200, "{}", export.text);
    let lines: Vec<Value> =
        export.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: std::collections::BTreeSet<&str> =
        lines.iter().map(|line| line["kind"].as_str().unwrap()).collect();
    for kind in ["tenant", "member", "enrolment_key", "api_token", "audit"] {
        assert!(kinds.contains(kind), "{kind} is missing in {kinds:?}");
    }
    assert!(export.text.contains("rack 7"));
    for secret in ["secret_hash", "password", "heron.example", "tenant_id"] {
        assert!(!export.text.contains(secret), "{secret} went along: {}", export.text);
    }
    let admin = house.site.session(house.tenant, "admin@kestrel.example").await;
    assert_eq!(house.site.get(&admin, "/api/v1/tenant/export").await.status, 403);
}

#[tokio::test]
async fn support_looks_in_only_by_a_grant_that_is_seen_ends_and_can_be_taken_back() {
    use mailvane_server::{
        clock::Clock as _,
        domain::{ids::PublicId, member::Email},
        store::{Admin, grants::NewGrant},
    };
    let house = House::build().await;
    let home = house.site.db.tenant("Mailvane Operators").await;
    house.site.person(home, "ops@mailvane.example", Role::Owner, "").await;
    let staff = "update person set staff = true where email = 'ops@mailvane.example'";
    house.site.behind(staff.to_owned()).await;
    let ops = house.site.session(home, "ops@mailvane.example").await;
    // In numbers, everything; in substance, nothing.
    let tenants = house.site.get(&ops, "/api/v1/staff/tenants").await;
    assert_eq!(tenants.json()["items"].as_array().unwrap().len(), 2);
    assert!(!tenants.text.contains("kestrel.example"), "{}", tenants.text);
    assert_eq!(house.get("/staff/tenants").await.status, 404);
    let kestrel = house.get("/tenant").await.json()["id"].clone();
    let go = json!({"tenant": kestrel});
    let tried = house.site.ask(&ops, ("POST", "/api/v1/session/tenant"), Some(&go), &[]).await;
    assert_eq!(tried.status, 404);
    // Real time: the door of memberships asks the database's clock.
    let now = mailvane_server::clock::SystemClock.now();
    house.site.db.clock.set(now);
    let owner = house.site.session(house.tenant, "owner@kestrel.example").await;
    let mut admin = Admin::begin(&house.site.db.administrator).await.unwrap();
    let new = NewGrant {
        public_id: PublicId::make(now, &*house.site.db.dice),
        email: &Email::parse("ops@mailvane.example").unwrap(),
        role: Role::Viewer,
        reason: "ticket 4711",
        until: now + TimeDelta::hours(4),
    };
    assert!(admin.grant(house.tenant, &new).await.unwrap());
    admin.commit().await.unwrap();
    let ops = house.site.session(home, "ops@mailvane.example").await;
    let inside = house.site.ask(&ops, ("POST", "/api/v1/session/tenant"), Some(&go), &[]).await;
    let inside = super::people::visitor(&inside);
    assert_eq!(house.site.get(&inside, "/api/v1/hosts").await.status, 200);
    let seen = house.site.get(&owner, "/api/v1/grants").await.json();
    assert_eq!(seen["items"][0]["reason"], "ticket 4711");
    let members = house.site.get(&owner, "/api/v1/members").await.text;
    assert!(!members.contains("ops@mailvane"), "a grant is no membership: {members}");
    let audit = house.site.get(&owner, "/api/v1/audit?action=grant").await.json();
    assert_eq!(audit["items"][0]["actor"], "console");
    let path = format!("/api/v1/grants/{}", seen["items"][0]["id"].as_str().unwrap());
    let ended = house.site.ask(&owner, ("DELETE", &path), Some(&json!({})), &[]).await;
    assert_eq!(ended.status, 204);
    assert_eq!(house.site.get(&inside, "/api/v1/hosts").await.status, 401);
}
