//! Canaries: one tenant's agent and people put a word that is nowhere else into every string they may write. It must not
//! turn up in a log line, a metric, or what another tenant hears live.

use std::{
    io,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use mailvane_proto::{
    catalogue::{delivery, event},
    v1::{BlindSpot, BreakdownEntry, Event, Facts, Gap, InstanceFacts, InstanceKey, agent_message},
};
use mailvane_server::{domain::member::Role, http::gate::Strict};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use crate::harness::{
    Db,
    api::{Site, Visitor},
    fleet::{Agent, Door, Line},
};

/// Never part of a statement or of the code: only of what the second tenant says.
fn canary() -> String {
    ["canary", "5d1c", "8844"].join("-")
}

/// All log lines of this process: how many, and those with the canary in them.
#[derive(Debug, Clone, Default)]
struct Ear(Arc<Mutex<(usize, Vec<String>)>>);

impl io::Write for Ear {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        heard.0 += 1;
        let text = String::from_utf8_lossy(line);
        if text.contains(&canary()) {
            heard.1.push(text.into_owned());
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Ear {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// Hears what this process logs, however much of it, and collects its metrics.
fn listen() -> (Ear, PrometheusHandle) {
    static HEARD: OnceLock<(Ear, PrometheusHandle)> = OnceLock::new();
    let start = || {
        let ear = Ear::default();
        let filter =
            "mailvane_server=trace,sqlx=debug,tonic=debug,tower_http=trace,hyper=debug,info";
        tracing_subscriber::fmt()
            .json()
            .with_env_filter(filter)
            .with_writer(ear.clone())
            .try_init()
            .unwrap();
        (ear, PrometheusBuilder::new().install_recorder().unwrap())
    };
    HEARD.get_or_init(start).clone()
}

/// The canary in every string of a batch.
fn sing(agent: &Agent, seq: u64, canary: &str) -> mailvane_proto::v1::Batch {
    let mut batch = agent.batch(seq, &[(delivery::SENT, 3)]);
    let key = InstanceKey {
        config_directory: format!("/etc/{canary}"),
        container: canary.to_owned(),
        name: canary.to_owned(),
    };
    let end_ms = batch.end_ms;
    for sample in &mut batch.instances {
        sample.instance = Some(key.clone());
        sample.breakdowns = vec![BreakdownEntry {
            dimension: u32::from(delivery::RECIPIENT_DOMAIN.0),
            key: format!("{canary}.example"),
            count: vec![3],
            ..BreakdownEntry::default()
        }];
        sample.events = vec![Event {
            at_ms: end_ms - 1,
            kind: u32::from(event::CLOCK_STEPPED.0),
            subject: canary.to_owned(),
            text: canary.to_owned(),
            count: 1,
        }];
    }
    batch.gaps =
        vec![Gap { from_ms: end_ms - 9, to_ms: end_ms, instance: Some(key), ..Gap::default() }];
    batch
}

fn facts(canary: &str) -> Facts {
    let key = InstanceKey {
        config_directory: canary.into(),
        container: canary.into(),
        name: canary.into(),
    };
    Facts {
        host_name: canary.into(),
        agent_version: canary.into(),
        os: canary.into(),
        instances: vec![InstanceFacts {
            instance: Some(key.clone()),
            postfix_version: canary.into(),
            queue_directory: canary.into(),
            my_hostname: canary.into(),
            sources: vec![canary.into()],
            ..InstanceFacts::default()
        }],
        blind_spots: vec![BlindSpot {
            instance: Some(key),
            why: canary.into(),
            cure: canary.into(),
            ..BlindSpot::default()
        }],
    }
}

/// What the second tenant's agent says, well formed and not.
async fn agent_sings(agent: &mut Agent, door: &Door, canary: &str) {
    let mut line = agent.connect(door).await.unwrap();
    line.say(agent_message::Kind::Facts(facts(canary))).await;
    line.send(sing(agent, 1, canary)).await;
    line.acked(1).await.unwrap();
    // Malformed, a hole, the same stamp under a new spool: each is refused in its own way.
    let mut malformed = sing(agent, 2, canary);
    malformed.instances[0].events[0].subject = canary.repeat(40);
    line.send(malformed).await;
    line.acked(2).await.unwrap();
    line.send(sing(agent, 9, canary)).await;
    line.answer().await.unwrap();
    agent.epoch += 1;
    let mut line: Line = agent.connect(door).await.unwrap();
    line.send(sing(agent, 1, canary)).await;
    line.acked(1).await.unwrap();
    let junk = Agent { id: format!("agent_{canary}"), ..agent.clone() };
    junk.call(door, |_| ()).await.unwrap().answer().await.unwrap_err();
}

/// What the second tenant's people say, well formed and not.
async fn people_sing(site: &Site, owner: &Visitor, canary: &str) {
    let trigger =
        json!({"name": canary, "severity": "info", "spec": {"kind": "silent", "after_s": 300}});
    let channel = json!({"kind": "slack", "name": canary,
        "slack": {"webhook_url": format!("https://hooks.slack.com/services/T/B/{canary}")}});
    let sign_in = json!({"email": format!("{canary}@heron.example"), "password": canary});
    let questions = [
        ("POST", "/api/v1/triggers".to_owned(), Some(trigger)),
        ("POST", "/api/v1/channels".to_owned(), Some(channel)),
        ("POST", "/api/v1/channels".to_owned(), Some(json!({"kind": canary, "name": canary}))),
        ("POST", "/api/v1/enrolment-keys".to_owned(), Some(json!({"comment": canary}))),
        ("POST", "/api/v1/session".to_owned(), Some(sign_in)),
        ("GET", format!("/api/v1/hosts/{canary}"), None),
        ("GET", format!("/api/v1/{canary}"), None),
        ("GET", format!("/api/v1/series?instance={canary}&metric={canary}"), None),
        ("PATCH", "/api/v1/hosts/host_x".to_owned(), Some(json!({canary: canary}))),
    ];
    for (method, path, body) in questions {
        let reply =
            site.ask(owner, (method, &path), body.as_ref(), &[("user-agent", canary)]).await;
        assert!(reply.status.as_u16() < 500, "{method} {path}: {}", reply.text);
    }
    for token in [canary.to_owned(), format!("mv_api_{canary}")] {
        site.get(&Visitor::Token(token), "/api/v1/hosts").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_tenant_writes_is_in_no_log_no_metric_and_nobody_elses_stream() {
    let (ear, figures) = listen();
    let canary = canary();
    let site = Site::guarded(Db::new().await, Arc::new(Strict));
    let door = Door::open(&site.db).await;
    let ours = site.db.tenant("Kestrel Mail").await;
    let theirs = site.db.tenant(&format!("Heron {canary}")).await;
    site.person(ours, "owner@kestrel.example", Role::Owner, "").await;
    site.person(theirs, &format!("{canary}@heron.example"), Role::Owner, "").await;
    let mut our_agent = Agent::new(&site.db, &door, ours, "mx1.kestrel.example").await;
    let mut their_agent = Agent::new(&site.db, &door, theirs, &format!("{canary}.example")).await;
    let our_owner = site.session(ours, "owner@kestrel.example").await;
    let their_owner = site.session(theirs, &format!("{canary}@heron.example")).await;

    let (our_ear, their_ear) = (our_owner.clone(), their_owner.clone());
    let listening = async {
        let while_it_happens = Duration::from_secs(5);
        tokio::join!(
            site.hear(&our_ear, "/api/v1/live", while_it_happens),
            site.hear(&their_ear, "/api/v1/live", while_it_happens)
        )
    };
    let happenings = async {
        // The first look of a stream only finds out what time it is.
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        let mut line = our_agent.connect(&door).await.unwrap();
        line.send(our_agent.batch(1, &[(delivery::SENT, 1)])).await;
        line.acked(1).await.unwrap();
        agent_sings(&mut their_agent, &door, &canary).await;
        people_sing(&site, &their_owner, &canary).await;
    };
    let ((heard, their_heard), ()) = tokio::join!(listening, happenings);

    assert!(heard.contains(&our_agent.host_id), "our own host was not announced: {heard}");
    assert!(their_heard.contains(&their_agent.host_id), "{their_heard}");
    assert!(!heard.contains(&canary) && !heard.contains(&their_agent.host_id), "{heard}");
    let figures = figures.render();
    assert!(figures.contains("mailvane_batches_committed_total"), "{figures}");
    assert!(!figures.contains(&canary), "{figures}");
    let (lines, leaked) = ear.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert!(lines > 100, "only {lines} lines were logged: nobody listened");
    assert_eq!(leaked, Vec::<String>::new());
    println!("{lines} log lines, {} bytes of metrics, no canary", figures.len());
}
