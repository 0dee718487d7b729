//! The doors to the database: one tenant each, nothing left behind by a caller who went away.

use std::time::Duration;

use futures_util::FutureExt as _;
use mailvane_server::store::Store;

use crate::harness::Db;

#[tokio::test]
async fn a_fresh_database_admits_the_service_roles_and_refuses_the_administrator() {
    let db = Db::new().await;
    db.store.ping().await.unwrap();
    let mut logins = mailvane_server::store::roles::logins(
        &db.administrator,
        &mailvane_server::store::roles::Proof::Peer,
    );
    logins.web = db.administrator.clone();
    let refused = Store::connect(logins).await.unwrap_err().to_string();
    assert!(refused.contains("superuser"), "{refused}");
}

/// sqlx 0.9.0 forgets a transaction whose begin was cancelled; the next borrower's writes would vanish with it.
#[tokio::test]
async fn callers_who_go_away_while_a_door_opens_leave_no_transaction_open() {
    let db = Db::new().await;
    let tenant = db.tenant("Kestrel Mail").await;
    for polls in 1..=8 {
        for _ in 0..25 {
            let mut opening = Box::pin(db.store.web(tenant));
            for _ in 0..polls {
                if (&mut opening).now_or_never().is_some() {
                    break;
                }
                tokio::task::yield_now().await;
            }
            drop(opening);
        }
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut behind = db.behind().await;
    let open = sqlx::query_scalar!(
        r#"select count(*) as "open!" from pg_stat_activity
           where datname = current_database() and usename = 'svc_web' and state like 'idle in%'"#
    );
    assert_eq!(open.fetch_one(&mut behind).await.unwrap(), 0);
    for _ in 0..50 {
        db.store.web(tenant).await.unwrap().commit().await.unwrap();
    }
}
