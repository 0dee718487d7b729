//! The master key is renewed while people go on working: nothing is lost, nothing stays under the old key.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use mailvane_server::{
    app::admin::rotate,
    clock::{SeededDice, SystemDice},
    domain::member::Role,
    secrets::{Place, Secret, Vault, password},
    store::{Admin, seals::Column},
};
use serde_json::json;
use uuid::Uuid;

use crate::harness::{
    Db,
    api::{Site, Visitor},
};

const PASSWORD: &str = "three blue kettles";

async fn channel(site: &Site, owner: &Visitor, n: u32) {
    let wish = json!({"kind": "slack", "name": format!("ops {n}"),
        "slack": {"webhook_url": format!("https://hooks.slack.com/services/T/B/{n}")}});
    let made = site.ask(owner, ("POST", "/api/v1/channels"), Some(&wish), &[]).await;
    assert_eq!(made.status, 201, "{}", made.text);
}

/// Rows whose value was sealed by another key than `vault`'s newest; with `all`, every one.
async fn sealed(db: &Db, column: Column, mark: &[u8]) -> Vec<(i32, Uuid, Vec<u8>)> {
    let mut admin = Admin::begin(&db.administrator).await.unwrap();
    let rows = admin.sealed_otherwise(column, mark, Uuid::nil()).await.unwrap();
    rows.into_iter().map(|row| (row.tenant, row.row, row.sealed)).collect()
}

#[tokio::test]
async fn secrets_are_sealed_anew_while_people_go_on_working() {
    let dir = tempfile::tempdir().unwrap();
    let vault = Arc::new(Vault::open_or_create(dir.path(), &SystemDice).unwrap());
    let site = Site::with_vault(Db::new().await, Arc::clone(&vault));
    let tenant = site.db.tenant("Kestrel Mail").await;
    let hash = password::hash(&Secret::new(PASSWORD.to_owned()), &SystemDice).unwrap();
    site.person(tenant, "owner@kestrel.example", Role::Owner, &hash).await;
    let owner = site.session(tenant, "owner@kestrel.example").await;
    for n in 0..8 {
        channel(&site, &owner, n).await;
    }
    let draft = json!({"password": PASSWORD});
    let begun = site.ask(&owner, ("POST", "/api/v1/me/totp"), Some(&draft), &[]).await;
    assert!(begun.status.is_success(), "{}", begun.text);
    let forgot = json!({"email": "owner@kestrel.example"});
    let path = "/api/v1/password/forgot";
    site.ask(&Visitor::Nobody, ("POST", path), Some(&forgot), &[]).await;
    let old_mark = vault.newest_mark();

    // Somebody makes channels all the while; the server that takes them was not told of the renewal.
    let over = AtomicBool::new(false);
    let traffic = async {
        let mut n = 8;
        while !over.load(Ordering::SeqCst) && n < 40 {
            channel(&site, &owner, n).await;
            n += 1;
        }
        n
    };
    let dice = SeededDice::new(9);
    let renewal = async {
        let said = rotate::run(&site.db.administrator, dir.path(), true, &dice).await.unwrap();
        over.store(true, Ordering::SeqCst);
        said
    };
    let (said, made) = tokio::join!(renewal, traffic);
    println!("{made} channels; {said}");
    assert!(said.contains("forgotten"), "{said}");

    // What a server that starts now finds: one key, and everything opens with it.
    let fresh = Vault::open_or_create(dir.path(), &SystemDice).unwrap();
    assert_eq!(fresh.keys().0, 1);
    assert_ne!(fresh.newest_mark(), old_mark);
    for (column, table, name, least) in [
        (Column::Channel, "channel", "secret", usize::try_from(made).unwrap()),
        (Column::SecondFactorDraft, "person", "totp_secret", 1),
        (Column::Letter, "letter", "sealed", 1),
    ] {
        assert!(sealed(&site.db, column, &fresh.newest_mark()).await.is_empty(), "{column:?}");
        let all = sealed(&site.db, column, b"none").await;
        assert_eq!(all.len(), least, "{column:?}");
        for (tenant, row, value) in all {
            let place = Place { table, column: name, tenant, row };
            assert!(fresh.open(place, &value).is_ok(), "{column:?} {row}");
        }
    }
    // And the one that ran all the while goes on, with the sessions it had.
    channel(&site, &owner, 99).await;
    assert_eq!(site.get(&owner, "/api/v1/channels").await.status, 200);
}

/// The file of keys that a value was sealed with is lost: nothing else is harmed, and no key is thrown away.
#[tokio::test]
async fn what_no_key_opens_is_left_alone_and_told() {
    let dir = tempfile::tempdir().unwrap();
    let vault = Arc::new(Vault::open_or_create(dir.path(), &SystemDice).unwrap());
    let site = Site::with_vault(Db::new().await, Arc::clone(&vault));
    let tenant = site.db.tenant("Kestrel Mail").await;
    site.person(tenant, "owner@kestrel.example", Role::Owner, "").await;
    let owner = site.session(tenant, "owner@kestrel.example").await;
    channel(&site, &owner, 1).await;
    site.behind("update channel set secret = decode(repeat('02', 80), 'hex')".to_owned()).await;
    channel(&site, &owner, 2).await;
    let said = rotate::run(&site.db.administrator, dir.path(), true, &SystemDice).await.unwrap();
    assert!(said.starts_with("1 secrets") && said.contains("1 secrets open with no key"), "{said}");
    assert_eq!(vault.keys().0, 2, "a key that may still be needed was forgotten");
}
