//! Each tenant keeps what it chose to keep, tier by tier; a tenant that goes leaves nothing, and harms nobody who stays.

use chrono::{DateTime, TimeDelta, Utc};
use mailvane_proto::catalogue::{self, delivery};
use mailvane_server::{
    domain::{
        grid::Grid,
        ids::{InstanceId, TenantId},
    },
    lifecycle::Loop as _,
    upkeep::Upkeep,
};
#[expect(
    clippy::disallowed_types,
    reason = "a tenant's number is put into a look behind the walls"
)]
use sqlx::AssertSqlSafe;
use sqlx::{Executor as _, Row as _};

use crate::harness::{
    Db,
    fleet::{Agent, Door},
    noon,
};

/// Delivers `sent` in the first minute after noon.
async fn host(db: &Db, door: &Door, tenant: TenantId, name: &str, sent: u64) -> InstanceId {
    let mut agent = Agent::new(db, door, tenant, name).await;
    let mut line = agent.connect(door).await.unwrap();
    line.send(agent.batch(1, &[(delivery::SENT, sent)])).await;
    line.acked(1).await.unwrap();
    let mut scoped = db.store.web(tenant).await.unwrap();
    scoped.all_instances().await.unwrap()[0].id
}

/// What is told of the whole hour, and of its first minute alone.
async fn told(db: &Db, tenant: TenantId, instance: InstanceId) -> (i64, i64) {
    let mut scoped = db.store.web(tenant).await.unwrap();
    scoped.freeze().await.unwrap();
    let wanted = [catalogue::metric(delivery::SENT).unwrap()];
    let mut sums = Vec::new();
    for minutes in [60, 1] {
        let window = (noon(), noon() + TimeDelta::minutes(minutes));
        sums.push(scoped.totals(&[instance], &wanted, window).await.unwrap()[&instance][0]);
    }
    (sums[0], sums[1])
}

async fn tick(db: &Db, now: DateTime<Utc>) {
    db.clock.set(now);
    Upkeep::new(db.store.clone()).tick(now).await.unwrap();
}

/// Rows of a tenant in all tables that have no row security.
async fn left(db: &Db, tenant: TenantId) -> i64 {
    let mut behind = db.behind().await;
    let tables = "select c.relname::text from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
        where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace and not c.relrowsecurity";
    let mut sum = 0;
    for table in behind.fetch_all(tables).await.unwrap() {
        let table: String = table.get(0);
        let count = format!("select count(*) from {table} where tenant_id = {}", tenant.get());
        sum += behind.fetch_one(AssertSqlSafe(count)).await.unwrap().get::<i64, _>(0);
    }
    sum
}

#[tokio::test]
async fn a_tenant_keeps_what_it_chose_to_keep_and_takes_all_with_it() {
    let db = Db::new().await;
    let door = Door::open(&db).await;
    let (kestrel, heron) = (db.tenant("Kestrel Mail").await, db.tenant("Heron Post").await);
    db.clock.set(noon() + TimeDelta::minutes(1));
    let of_kestrel = host(&db, &door, kestrel, "mx1.kestrel.example", 7).await;
    let of_heron = host(&db, &door, heron, "mx1.heron.example", 5).await;
    let choose = format!(
        "update tenant set raw_days = 1, hourly_months = 1, daily_years = 1 where id = {}",
        kestrel.get()
    );
    db.behind().await.execute(AssertSqlSafe(choose)).await.unwrap();

    tick(&db, noon() + TimeDelta::days(1)).await;
    assert_eq!(told(&db, kestrel, of_kestrel).await, (7, 7));
    tick(&db, noon() + TimeDelta::days(3)).await;
    assert_eq!(
        told(&db, kestrel, of_kestrel).await,
        (7, 0),
        "its samples are gone, their sum is not"
    );
    assert_eq!(told(&db, heron, of_heron).await, (5, 5));
    tick(&db, noon() + TimeDelta::days(40)).await;
    assert_eq!(told(&db, kestrel, of_kestrel).await, (0, 0));
    assert_eq!(told(&db, heron, of_heron).await, (5, 0), "thirty days unless they choose");

    let days = Grid::cover((noon(), noon() + TimeDelta::days(1)), 86_400_000, 10).unwrap();
    let mut scoped = db.store.web(kestrel).await.unwrap();
    let wanted = [catalogue::metric(delivery::SENT).unwrap()];
    let answer = scoped.series(&[of_kestrel], &wanted, days, noon()).await.unwrap();
    assert_eq!(answer.series[0].values[0], Some(7.0), "the day's sum is kept for a year");
    drop(scoped);

    let before = left(&db, heron).await;
    assert!(left(&db, kestrel).await > 0);
    let go = format!("update tenant set deleted_at = now() where id = {}", kestrel.get());
    db.behind().await.execute(AssertSqlSafe(go)).await.unwrap();
    tick(&db, noon() + TimeDelta::days(40) + TimeDelta::hours(1)).await;
    assert_eq!((left(&db, kestrel).await, left(&db, heron).await), (0, before));
}
