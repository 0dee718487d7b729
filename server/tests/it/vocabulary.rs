//! The tables of samples hold what the catalogue says, at its largest, and show it to its own tenant only.

use std::collections::BTreeMap;

use mailvane_proto::catalogue::{self, Kind, Metric, queue};
use mailvane_server::store::{Logins, roles};
#[expect(clippy::disallowed_types, reason = "statements here are formed from the catalogue")]
use sqlx::AssertSqlSafe;
use sqlx::{ConnectOptions as _, Executor as _, PgConnection, Row as _, postgres::PgRow};

use crate::harness::Db;

#[tokio::test]
async fn the_sample_has_one_column_for_each_metric_of_the_right_width() {
    let db = Db::new().await;
    let mut behind = db.behind().await;
    let mut columns = columns_of(&mut behind, "sample").await;
    for key in ["tenant_id", "instance_id", "ts", "span_ms", "flags", "visibility"] {
        assert!(columns.remove(key).is_some(), "{key}");
    }
    let wanted: BTreeMap<_, _> =
        catalogue::metrics().iter().map(|m| (m.column(), m.width().sql().to_owned())).collect();
    assert_eq!(columns, wanted);
}

#[tokio::test]
async fn each_group_has_its_rollups_by_hour_and_by_day() {
    let db = Db::new().await;
    let mut behind = db.behind().await;
    for group in catalogue::groups() {
        let mut wanted: BTreeMap<String, String> = BTreeMap::new();
        for metric in catalogue::metrics().iter().filter(|m| m.group == group.id) {
            wanted.extend(rollup_columns(metric));
        }
        for span in ["hour", "day"] {
            let mut columns =
                columns_of(&mut behind, &format!("{span}_{}", group.table_suffix())).await;
            for key in ["tenant_id", "instance_id", "ts", "n", "span_ms"] {
                assert!(columns.remove(key).is_some(), "{} {key}", group.name);
            }
            assert_eq!(columns, wanted, "{span} {}", group.name);
        }
    }
}

#[tokio::test]
async fn a_row_at_every_maximum_fits_the_sample_and_every_rollup() {
    let db = Db::new().await;
    let mut upkeep = connect(&db, |logins| logins.upkeep).await;
    let mut ingest = connect(&db, |logins| logins.ingest).await;
    let mut behind = db.behind().await;
    make_partitions(&mut upkeep).await;

    let columns: Vec<_> = catalogue::metrics().iter().map(Metric::column).collect();
    let values: Vec<_> = catalogue::metrics().iter().map(|m| m.value_max().to_string()).collect();
    run(
        &mut ingest,
        &format!(
            "insert into sample (tenant_id, instance_id, ts, span_ms, visibility, {}) \
             values (1, 1, '2026-11-02 12:00:10+00', 60000, 9223372036854775807, {})",
            columns.join(", "),
            values.join(", ")
        ),
    )
    .await;

    let mut rollups = 0;
    for table in tables_like(&mut behind, "(hour|day)\\_.*").await {
        if table == "hour_state" {
            continue;
        }
        let columns = columns_of(&mut behind, &table).await;
        let values: Vec<_> = columns.iter().map(|(name, kind)| largest(name, kind)).collect();
        let names: Vec<_> = columns.keys().cloned().collect();
        let row =
            format!("insert into {table} ({}) values ({})", names.join(", "), values.join(", "));
        run(&mut upkeep, &row).await;
        rollups += 1;
    }
    assert_eq!(rollups, 2 * catalogue::groups().len());
}

#[tokio::test]
async fn not_visible_reads_as_null_and_a_zero_that_was_left_out_as_zero() {
    let db = Db::new().await;
    let tenant = db.tenant("Kestrel Mail").await.get();
    let mut upkeep = connect(&db, |logins| logins.upkeep).await;
    let mut ingest = connect(&db, |logins| logins.ingest).await;
    let mut web = connect(&db, |logins| logins.web).await;
    make_partitions(&mut upkeep).await;
    let scan = catalogue::metric(queue::DEFERRED_MESSAGES).unwrap().group.bit();
    run(
        &mut ingest,
        &format!(
            "insert into sample (tenant_id, instance_id, ts, span_ms, visibility, \
             queue_deferred_messages, queue_corrupt_messages) \
             values ({tenant}, 1, '2026-11-02 12:00:10+00', 10000, {scan}, 7, 3)"
        ),
    )
    .await;
    run(&mut web, &format!("begin; set local app.tenant_id = {tenant}")).await;
    let row = web.fetch_one("select * from scoped.sample").await.unwrap();
    assert_eq!(value(&row, "queue_deferred_messages"), Some(7));
    assert_eq!(value(&row, "queue_hold_messages"), Some(0), "visible and left out");
    assert_eq!(value(&row, "queue_corrupt_messages"), None, "not visible, whatever was stored");
}

#[tokio::test]
async fn samples_are_seen_by_their_own_tenant_and_by_nobody_without_one() {
    let db = Db::new().await;
    let kestrel = db.tenant("Kestrel Mail").await.get();
    let heron = db.tenant("Heron Post").await.get();
    let mut upkeep = connect(&db, |logins| logins.upkeep).await;
    let mut ingest = connect(&db, |logins| logins.ingest).await;
    make_partitions(&mut upkeep).await;
    for tenant in [kestrel, heron] {
        run(
            &mut ingest,
            &format!(
                "insert into sample (tenant_id, instance_id, ts, span_ms, visibility) \
                 values ({tenant}, 1, '2026-11-02 12:00:10+00', 10000, 1)"
            ),
        )
        .await;
    }
    for role in [|l: Logins| l.web, |l: Logins| l.loops] {
        let mut reader = connect(&db, role).await;
        let unscoped = "select count(*) from scoped.sample";
        assert_eq!(reader.fetch_one(unscoped).await.unwrap().get::<i64, _>(0), 0);
        run(&mut reader, &format!("begin; set local app.tenant_id = {heron}")).await;
        let own = "select tenant_id from scoped.sample";
        let seen: Vec<i32> =
            reader.fetch_all(own).await.unwrap().iter().map(|row| row.get(0)).collect();
        assert_eq!(seen, [heron]);
        run(&mut reader, "rollback").await;
        let after = reader.fetch_one(unscoped).await.unwrap().get::<i64, _>(0);
        assert_eq!(after, 0, "the setting ends with its transaction");
        for table in ["sample", "breakdown", "late", "block", "hour_delivery", "day_delivery"] {
            let around = AssertSqlSafe(format!("select * from {table}"));
            let refused = reader.execute(around).await.unwrap_err().to_string();
            assert!(refused.contains("permission denied"), "{refused}");
        }
    }
}

fn rollup_columns(metric: &Metric) -> Vec<(String, String)> {
    let (column, value) = (metric.column(), metric.width().sql().to_owned());
    let mut columns = vec![
        (format!("{column}_sum"), "int8".to_owned()),
        (format!("{column}_max"), value.clone()),
    ];
    if metric.kind == Kind::Gauge {
        columns.push((format!("{column}_min"), value));
    }
    columns
}

fn largest(column: &str, kind: &str) -> String {
    match (column, kind) {
        ("ts", _) => "'2026-11-02 12:00+00'".to_owned(),
        (_, "int4") => i32::MAX.to_string(),
        (_, "int8") => i64::MAX.to_string(),
        _ => panic!("{column} {kind}"),
    }
}

fn value(row: &PgRow, column: &str) -> Option<i32> {
    row.get(column)
}

/// One partition each, around the day of the stories.
async fn make_partitions(upkeep: &mut PgConnection) {
    for table in tables_like(upkeep, ".*").await {
        let make = format!(
            "do $$ begin if (select relkind = 'p' from pg_class where oid = '{table}'::regclass) then \
             create table part.{table}_story partition of {table} \
             for values from ('2026-11-02') to ('2026-11-03'); end if; end $$"
        );
        run(upkeep, &make).await;
    }
}

/// Names of the tables of `svc_upkeep` in schema public.
async fn tables_like(connection: &mut PgConnection, pattern: &str) -> Vec<String> {
    let find = format!(
        "select relname::text from pg_class where relkind in ('r', 'p') \
         and relnamespace = 'public'::regnamespace \
         and relowner = 'svc_upkeep'::regrole and relname ~ '^{pattern}$' order by 1"
    );
    let rows = connection.fetch_all(AssertSqlSafe(find)).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

async fn columns_of(connection: &mut PgConnection, table: &str) -> BTreeMap<String, String> {
    let find = format!(
        "select column_name::text, udt_name::text from information_schema.columns \
         where table_schema = 'public' and table_name = '{table}'"
    );
    let rows = connection.fetch_all(AssertSqlSafe(find)).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

async fn run(connection: &mut PgConnection, statement: &str) {
    connection.execute(AssertSqlSafe(statement.to_owned())).await.unwrap();
}

async fn connect(
    db: &Db,
    role: impl Fn(Logins) -> sqlx::postgres::PgConnectOptions,
) -> PgConnection {
    role(roles::logins(&db.administrator, &roles::Proof::Peer)).connect().await.unwrap()
}
