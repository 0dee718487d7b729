//! What history costs and how fast it answers: samples written through the sealer, questions asked of the store, and
//! the same samples and questions given to `VictoriaMetrics` and Prometheus in the same run.
//!
//! It ends with one line of JSON. The answers are the store's own, in the process that asks; a peer answers by HTTP, as
//! it is used. Peers that are not installed are left out and named.

#[path = "history/mail.rs"]
mod mail;
#[path = "history/peers.rs"]
mod peers;

use std::{path::Path, time::Duration};

use chrono::{DateTime, DurationRound as _, TimeDelta, TimeZone as _, Utc};
use clap::Parser;
use mailvane_proto::catalogue::{self, MetricId, delivery, message, queue};
use mailvane_server::{
    clock::SystemDice,
    domain::{
        grid::Grid,
        ids::{InstanceId, PublicId, TenantId},
    },
    postgres::{DATABASE, Embedded},
    store::{Admin, Store, migrate, roles, samples::SampleRow},
    upkeep::{Sealer, Upkeep},
};
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, Executor as _, PgConnection, Row as _};
use tokio::time::Instant;

type Fault = Box<dyn std::error::Error>;

#[derive(Parser)]
struct Arguments {
    /// Instances with samples every ten seconds.
    #[arg(long, default_value_t = 20)]
    instances: i32,
    /// Days of such samples.
    #[arg(long, default_value_t = 30)]
    days: i64,
    /// Instances with one sample an hour, of which only the sums matter.
    #[arg(long, default_value_t = 200)]
    wide_instances: i32,
    /// Days of such samples.
    #[arg(long, default_value_t = 395)]
    wide_days: i64,
    /// Hours of the samples that are given to the peers as well.
    #[arg(long, default_value_t = 24)]
    peer_hours: i64,
    /// Questions of each kind.
    #[arg(long, default_value_t = 60)]
    rounds: usize,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

/// The figures are of made-up days before this one.
fn end() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 6, 1, 0, 0, 0).single().unwrap_or_default()
}

const INTERVAL_S: i64 = 10;
/// The wide instances' numbers begin here.
const WIDE_FROM: i32 = 10_000;

fn main() -> Result<(), Fault> {
    let arguments = Arguments::parse();
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(run(&arguments))
}

async fn run(arguments: &Arguments) -> Result<(), Fault> {
    let scratch = tempfile::Builder::new().prefix("mailvane-history-").tempdir_in("/var/tmp")?;
    open_to_all(scratch.path())?;
    let embedded = Embedded::start(&scratch.path().join("db"), None).await?;
    let place = embedded.place().clone();
    roles::make_database(&place.administrator("postgres")).await?;
    let administrator = place.administrator(DATABASE);
    roles::make_roles(&administrator, &roles::Proof::Peer).await?;
    migrate::migrate(&administrator).await?;
    let store = Store::connect(roles::logins(&administrator, &roles::Proof::Peer)).await?;
    let mut behind = administrator.connect().await?;
    let mut admin = Admin::begin(&administrator).await?;
    let tenant = admin.create_tenant(PublicId::make(end(), &SystemDice), "Bench").await?;
    admin.commit().await?;
    behind.execute("update tenant set raw_days = 400, hourly_months = 120").await?;

    let bench = Bench { store, tenant, arguments };
    let written = bench.write().await?;
    behind.execute("vacuum analyze").await?;
    let ours = bench.sizes(&mut behind, &written).await?;
    let asked = bench.ask().await?;
    let peers =
        peers::run(scratch.path(), bench.peer_window(), arguments.instances, arguments.rounds)
            .await;
    let answer = json!({
        "bench": "query",
        "set": {"instances": arguments.instances, "days": arguments.days,
            "wide_instances": arguments.wide_instances, "wide_days": arguments.wide_days,
            "metrics": mail::metrics().len(), "interval_s": INTERVAL_S},
        "written": written.json(),
        "bytes": ours,
        "ask_ms": asked,
        "peers": peers,
    });
    bench.store.close().await;
    embedded.stop().await;
    say(&answer.to_string());
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a benchmark speaks to whoever started it")]
fn say(text: &str) {
    println!("{text}");
}

fn open_to_all(dir: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o755))
}

struct Bench<'a> {
    store: Store,
    tenant: TenantId,
    arguments: &'a Arguments,
}

/// What was written, and what it took.
#[derive(Default)]
struct Written {
    samples: u64,
    wide_hours: u64,
    copy: Duration,
    seal: Duration,
    wide: Duration,
}

impl Written {
    fn json(&self) -> Value {
        json!({"values": self.samples, "copy_s": self.copy.as_secs_f64(), "seal_s": self.seal.as_secs_f64(),
            "sealed_values_per_s": self.samples as f64 / self.seal.as_secs_f64().max(0.001),
            "wide_instance_hours": self.wide_hours, "wide_s": self.wide.as_secs_f64()})
    }
}

impl Bench<'_> {
    fn peer_window(&self) -> (DateTime<Utc>, DateTime<Utc>) {
        (end() - TimeDelta::hours(self.arguments.peer_hours), end())
    }

    /// Writes hour after hour, and seals each as the loop would.
    async fn write(&self) -> Result<Written, Fault> {
        let mut written = Written::default();
        let dense_from = end() - TimeDelta::days(self.arguments.days);
        let mut hour = end() - TimeDelta::days(self.arguments.days.max(self.arguments.wide_days));
        let (mut batch, mut begun) = (0, Instant::now());
        while hour < end() {
            let mut tx = self.store.upkeep_tx().await?;
            tx.open_hour(hour).await?;
            tx.commit().await?;
            let dense = hour >= dense_from;
            if dense {
                let at = Instant::now();
                written.samples += self.copy_dense(hour).await?;
                written.copy += at.elapsed();
            }
            written.wide_hours += self.copy_wide(hour).await?;
            batch += 1;
            hour += TimeDelta::hours(1);
            // Two hours behind, as in life; what has few rows is sealed day by day.
            if dense || batch == 24 || hour == end() {
                let at = Instant::now();
                Sealer::new(&self.store, hour + TimeDelta::hours(1)).run().await?;
                if dense {
                    written.seal += at.elapsed();
                } else {
                    written.wide += begun.elapsed();
                }
                (batch, begun) = (0, Instant::now());
            }
        }
        Sealer::new(&self.store, end() + TimeDelta::hours(3)).run().await?;
        Upkeep::new(self.store.clone()).prepare(end()).await?;
        Ok(written)
    }

    async fn copy_dense(&self, hour: DateTime<Utc>) -> Result<u64, Fault> {
        let mut values = 0;
        for instance in 1..=self.arguments.instances {
            let rows: Vec<SampleRow> = (0..3_600 / INTERVAL_S)
                .map(|n| self.row(instance, hour + TimeDelta::seconds(n * INTERVAL_S), INTERVAL_S))
                .collect();
            values += rows.len() as u64 * mail::metrics().len() as u64;
            self.copy(&rows).await?;
        }
        Ok(values)
    }

    async fn copy_wide(&self, hour: DateTime<Utc>) -> Result<u64, Fault> {
        if hour < end() - TimeDelta::days(self.arguments.wide_days) {
            return Ok(0);
        }
        let rows: Vec<SampleRow> = (0..self.arguments.wide_instances)
            .map(|n| self.row(WIDE_FROM + n, hour, 3_600))
            .collect();
        self.copy(&rows).await?;
        Ok(rows.len() as u64)
    }

    async fn copy(&self, rows: &[SampleRow]) -> Result<(), Fault> {
        let mut tx = self.store.ingest_tx().await?;
        tx.store_samples(&rows.iter().collect::<Vec<_>>()).await?;
        Ok(tx.commit().await?)
    }

    fn row(&self, instance: i32, ts: DateTime<Utc>, span_s: i64) -> SampleRow {
        SampleRow {
            tenant: self.tenant,
            instance: InstanceId::from_row(instance),
            ts,
            span_ms: i32::try_from(span_s * 1_000).unwrap_or(i32::MAX),
            flags: 0,
            visibility: mail::visibility(),
            values: mail::values(instance, ts.timestamp() / span_s),
            breakdowns: Vec::new(),
            events: Vec::new(),
        }
    }

    /// Bytes on the disk, indexes and all, by what they are.
    async fn sizes(&self, behind: &mut PgConnection, written: &Written) -> Result<Value, Fault> {
        let row = behind
            .fetch_one(
                "select coalesce(sum(pg_total_relation_size(c.oid)) filter (where c.relname ~ '^block_'), 0)::int8,
                    coalesce(sum(pg_total_relation_size(c.oid)) filter (where c.relname ~ '^(hour_|seen_hour)'), 0)::int8,
                    (select coalesce(sum(length(offs) + length(data)), 0)::int8 from block where instance_id < 10000),
                    (select coalesce(sum(length(offs) + length(data)), 0)::int8 from block),
                    (select count(*) from seen_hour)
                 from pg_class c where c.relkind = 'r' and c.relnamespace = 'part'::regnamespace",
            )
            .await?;
        let (disk, sums, dense, all, hours): (i64, i64, i64, i64, i64) =
            (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4));
        // The wide instances' blocks lie in the same tables: the disk is shared out by what is in them.
        let dense_disk = disk as f64 * dense as f64 / all.max(1) as f64;
        let values = written.samples.max(1) as f64;
        Ok(json!({
            "blocks": dense_disk, "per_value": dense_disk / values, "packed_per_value": dense as f64 / values,
            "hourly_sums_per_instance_hour": sums as f64 / hours.max(1) as f64,
        }))
    }

    /// Each question several times, of one instance after the other; the first round warms up and is not counted.
    async fn ask(&self) -> Result<Value, Fault> {
        let days = self.arguments.days;
        let wide = self.arguments.wide_days;
        let dense: Vec<i32> = (1..=self.arguments.instances).collect();
        let all_wide: Vec<i32> =
            (0..self.arguments.wide_instances).map(|n| WIDE_FROM + n).collect();
        let mut answers = serde_json::Map::new();
        for (name, hours, points, of_all) in [
            ("1h", 1, 360, None),
            ("24h", 24, 480, None),
            ("7d", 7 * 24, 500, None),
            ("30d", 30 * 24, 500, None),
            ("13mo", 395 * 24, 500, Some(false)),
            ("sum200_24h", 24, 24, Some(true)),
            ("sum200_30d", 30 * 24, 360, Some(true)),
        ] {
            let have = if of_all.is_some() { wide } else { days };
            if hours > have * 24 {
                continue;
            }
            let mut times = Vec::new();
            for round in 0..=self.arguments.rounds {
                let from = if of_all.is_some() { &all_wide } else { &dense };
                let some: Vec<InstanceId> = match of_all {
                    Some(true) => from.iter().copied().map(InstanceId::from_row).collect(),
                    _ => from
                        .get(round % from.len())
                        .copied()
                        .map(InstanceId::from_row)
                        .into_iter()
                        .collect(),
                };
                let at = Instant::now();
                self.question(&some, hours, points).await?;
                if round > 0 {
                    times.push(at.elapsed().as_secs_f64() * 1_000.0);
                }
            }
            answers.insert(name.to_owned(), quantiles(times));
        }
        Ok(Value::Object(answers))
    }

    async fn question(
        &self,
        instances: &[InstanceId],
        hours: i64,
        points: u32,
    ) -> Result<(), Fault> {
        let ids: &[MetricId] = if instances.len() > 1 {
            &[queue::DEFERRED_MESSAGES]
        } else {
            &[queue::DEFERRED_MESSAGES, message::RECEIVED, delivery::SENT]
        };
        let metrics: Vec<_> = ids.iter().filter_map(|id| catalogue::metric(*id)).collect();
        let to = end().duration_trunc(TimeDelta::hours(1))?;
        let grid =
            Grid::cover((to - TimeDelta::hours(hours), to), 10_000, points).ok_or("no grid")?;
        let mut scoped = self.store.web(self.tenant).await?;
        scoped.freeze().await?;
        let answer = scoped.series(instances, &metrics, grid, to).await?;
        let told = answer
            .series
            .iter()
            .all(|series| series.values.iter().flatten().count() * 2 > grid.count);
        if told {
            Ok(())
        } else {
            Err(format!("{hours} h of {} instances came back empty", instances.len()).into())
        }
    }
}

/// Median and 95th percentile, milliseconds.
fn quantiles(mut times: Vec<f64>) -> Value {
    times.sort_by(f64::total_cmp);
    let at = |share: usize| {
        times.get((times.len() * share / 100).min(times.len().saturating_sub(1))).copied()
    };
    json!({"p50": at(50), "p95": at(95)})
}
