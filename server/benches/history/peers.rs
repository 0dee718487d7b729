//! The same samples in `VictoriaMetrics` and Prometheus, if they are installed: bytes of each value on the disk, and how
//! fast `VictoriaMetrics` answers.

use std::{fmt::Write as _, fs, io::Write as _, path::Path, process::Stdio, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use mailvane_proto::catalogue::Metric;
use serde_json::{Map, Value, json};
use tokio::{
    process::{Child, Command},
    time::{Instant, sleep},
};

use super::{Fault, INTERVAL_S, mail, quantiles};

const VICTORIA_PORT: u16 = 18_428;
const START_MAX: Duration = Duration::from_secs(20);
/// `VictoriaMetrics` writes what it holds in memory to its parts within this time.
const FLUSH_WAIT: Duration = Duration::from_secs(8);

/// What each peer needed; what is not here, in words.
pub(crate) async fn run(
    scratch: &Path,
    window: (DateTime<Utc>, DateTime<Utc>),
    instances: i32,
    rounds: usize,
) -> Value {
    let mut peers = Map::new();
    let told = |outcome: Result<Value, Fault>| {
        outcome.unwrap_or_else(|why| json!({"left_out": why.to_string()}))
    };
    peers.insert(
        "victoria_metrics".to_owned(),
        told(victoria(scratch, window, instances, rounds).await),
    );
    peers.insert("prometheus".to_owned(), told(prometheus(scratch, window, instances).await));
    Value::Object(peers)
}

async fn victoria(
    scratch: &Path,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    instances: i32,
    rounds: usize,
) -> Result<Value, Fault> {
    let data = scratch.join("victoria");
    let mut child = Command::new("victoria-metrics")
        .arg(format!("-storageDataPath={}", data.display()))
        .arg(format!("-httpListenAddr=127.0.0.1:{VICTORIA_PORT}"))
        .arg("-retentionPeriod=100y")
        .arg("-search.disableCache")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let client = client()?;
    let base = format!("http://127.0.0.1:{VICTORIA_PORT}");
    let begun = Instant::now();
    while client.get(format!("{base}/health")).send().await.is_err() {
        if begun.elapsed() > START_MAX {
            return Err("victoria-metrics does not answer".into());
        }
        sleep(Duration::from_millis(100)).await;
    }
    let mut values: u64 = 0;
    let mut hour = from;
    while hour < to {
        for instance in 1..=instances {
            let text = influx(instance, hour);
            values += (3_600 / INTERVAL_S).unsigned_abs() * mail::metrics().len() as u64;
            client.post(format!("{base}/write")).body(text).send().await?.error_for_status()?;
        }
        hour += TimeDelta::hours(1);
    }
    sleep(FLUSH_WAIT).await;
    client.get(format!("{base}/internal/force_merge")).send().await?;
    sleep(FLUSH_WAIT).await;
    let mut asked = Map::new();
    for (name, hours, step_s) in [("1h", 1_i64, 10_i64), ("24h", 24, 180)] {
        if to - TimeDelta::hours(hours) < from {
            continue;
        }
        let mut times = Vec::new();
        for round in 0..=rounds {
            let instance = 1 + i32::try_from(round).unwrap_or(0) % instances;
            let at = Instant::now();
            for metric in ["queue_deferred_messages", "message_received", "delivery_sent"] {
                let ask = [
                    ("query", format!("mail_{metric}{{host=\"h{instance}\"}}")),
                    ("start", (to - TimeDelta::hours(hours)).timestamp().to_string()),
                    ("end", to.timestamp().to_string()),
                    ("step", format!("{step_s}s")),
                ];
                let url =
                    reqwest::Url::parse_with_params(&format!("{base}/api/v1/query_range"), &ask)?;
                client.get(url).send().await?.error_for_status()?.bytes().await?;
            }
            if round > 0 {
                times.push(at.elapsed().as_secs_f64() * 1_000.0);
            }
        }
        asked.insert(name.to_owned(), quantiles(times));
    }
    stop(&mut child).await?;
    let bytes = size(&data.join("data"))? + size(&data.join("indexdb"))?;
    Ok(
        json!({"values": values, "bytes": bytes, "per_value": bytes as f64 / values as f64, "ask_ms": asked}),
    )
}

/// Lets a program end by itself, so that all is on the disk.
async fn stop(child: &mut Child) -> Result<(), Fault> {
    if let Some(pid) = child.id() {
        Command::new("kill").arg("-INT").arg(pid.to_string()).status().await?;
    }
    child.wait().await?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "it speaks to a program that it started itself")]
fn client() -> Result<reqwest::Client, Fault> {
    mailvane_server::edge::tls::install_crypto();
    Ok(reqwest::Client::builder().no_proxy().build()?)
}

/// An hour of one host as Influx lines.
fn influx(instance: i32, hour: DateTime<Utc>) -> String {
    let mut text = String::new();
    for n in 0..3_600 / INTERVAL_S {
        let ts = hour + TimeDelta::seconds(n * INTERVAL_S);
        let fields: Vec<String> = all(instance, ts)
            .map(|(metric, value)| format!("{}={value}", metric.column()))
            .collect();
        let _written = writeln!(
            text,
            "mail,host=h{instance} {} {}000000",
            fields.join(","),
            ts.timestamp_millis()
        );
    }
    text
}

/// All figures of one interval, zeros as well: the peers know no other way.
fn all(instance: i32, ts: DateTime<Utc>) -> impl Iterator<Item = (&'static Metric, i64)> {
    let known = mail::values(instance, ts.timestamp() / INTERVAL_S);
    mail::metrics().iter().map(move |metric| {
        let value = known
            .binary_search_by_key(&metric.id, |(id, _)| *id)
            .ok()
            .and_then(|place| known.get(place));
        (*metric, value.map_or(0, |(_, value)| *value))
    })
}

async fn prometheus(
    scratch: &Path,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    instances: i32,
) -> Result<Value, Fault> {
    let text = scratch.join("openmetrics.txt");
    let blocks = scratch.join("prometheus");
    let mut file = std::io::BufWriter::new(fs::File::create(&text)?);
    let mut values: u64 = 0;
    for (place, metric) in mail::metrics().iter().enumerate() {
        let name = format!("mail_{}", metric.column());
        writeln!(file, "# TYPE {name} gauge")?;
        for instance in 1..=instances {
            let mut ts = from;
            while ts < to {
                let value = mail::figure(instance, place, metric.kind, ts.timestamp() / INTERVAL_S);
                writeln!(file, "{name}{{host=\"h{instance}\"}} {value} {}", ts.timestamp())?;
                values += 1;
                ts += TimeDelta::seconds(INTERVAL_S);
            }
        }
    }
    writeln!(file, "# EOF")?;
    file.flush()?;
    drop(file);
    let status = Command::new("promtool")
        .args(["tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=48h"])
        .arg(&text)
        .arg(&blocks)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .await?;
    fs::remove_file(&text)?;
    if !status.success() {
        return Err("promtool could not write its blocks".into());
    }
    let bytes = size(&blocks)?;
    Ok(json!({"values": values, "bytes": bytes, "per_value": bytes as f64 / values as f64}))
}

/// Bytes of all files below a directory.
fn size(dir: &Path) -> std::io::Result<u64> {
    let mut sum = 0;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let about = entry.metadata()?;
        sum += if about.is_dir() { size(&entry.path())? } else { about.len() };
    }
    Ok(sum)
}
