//! The weekly report by mail: on Monday to each member who wants it, once, and never of nothing.

use std::sync::Arc;

use mailvane_server::{
    domain::member::Role,
    notify::weekly::{Neighbours, Weekly},
    secrets::Vault,
};
use serde_json::json;

use crate::harness::{api::Site, noon, post::Catcher};

fn weekly(site: &Site) -> Weekly {
    Weekly::new(Neighbours {
        store: site.db.store.clone(),
        vault: Arc::new(Vault::new([7; 32])),
        dice: site.db.dice.clone(),
        public_url: "https://mailvane.test".parse().unwrap(),
        post: Arc::default(),
    })
}

#[tokio::test]
async fn on_monday_each_member_hears_of_the_week_once_and_who_wants_none_gets_none() {
    let (site, post) = (Site::open().await, Catcher::open().await);
    let tenant = site.db.tenant("Kestrel Mail").await;
    let quiet = site.db.tenant("Quiet Mail").await;
    for email in ["paula@kestrel.example", "nils@kestrel.example"] {
        site.person(tenant, email, Role::Operator, "no").await;
    }
    site.person(quiet, "ada@quiet.example", Role::Owner, "no").await;
    let t = tenant.get();
    site.behind(format!(
        "insert into host (tenant_id, public_id, name) values ({t}, gen_random_uuid(), 'mx1.kestrel.example');
         insert into incident (tenant_id, public_id, alert_key, trigger_name, host_id, severity, title, opened_at,
                closed_at)
            select {t}, gen_random_uuid(), 'k', 'deferred', id, 'critical', 'Mail piles up',
                '2026-10-28T11:00:00Z', '2026-10-28T11:30:00Z' from host"
    ))
    .await;
    let nils = site.session(tenant, "nils@kestrel.example").await;
    let no = json!({"weekly_report": false});
    let me = site.ask(&nils, ("PATCH", "/api/v1/me"), Some(&no), &[]).await.json();
    assert_eq!(me["weekly_report"], false);

    let weekly = weekly(&site);
    assert_eq!(
        weekly.round(noon()).await.unwrap(),
        1,
        "one of two wants it, the quiet tenant has no news"
    );
    assert_eq!(weekly.round(noon()).await.unwrap(), 0, "a week is told of once");
    let mail = post.next_to(&site.db, "paula@kestrel.example").await;
    let words = mail.words();
    for wanted in [
        "Kestrel Mail, week 44",
        "1 incident",
        "30 min on average",
        "reports?week=2026-10-26",
        "/account",
    ] {
        assert!(words.contains(wanted), "{wanted}: {words}");
    }
    assert!(post.collect(&site.db).await.is_empty(), "nobody else is written to");
}
