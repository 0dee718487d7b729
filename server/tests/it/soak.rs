//! Replicas that are killed while receivers misbehave: nothing is lost, nothing overtakes, repeats say that they may be
//! some. Long by nature: `./dev bench alerts` runs it; the crash matrix and the kill soak are skipped otherwise.

mod bulk;
mod intake;
mod receivers;

use std::{
    collections::BTreeMap,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use mailvane_server::{
    clock::{Clock as _, SharedClock, SharedDice, SystemClock, SystemDice},
    domain::{
        channel::Address,
        ids::{self, PublicId, TenantId},
    },
    lifecycle::{Lifecycle, arm, drive},
    notify::{
        self, Neighbours, Notifier,
        client::{Allowed, GuardedClient},
    },
    secrets::{Place, Vault},
    store::{Store, roles},
};
use serde_json::json;
#[expect(clippy::disallowed_types, reason = "a story's own rows, formed from its own texts")]
use sqlx::AssertSqlSafe;
use sqlx::{Executor as _, Row as _, postgres::PgConnectOptions};
use tokio::sync::Notify;

use self::receivers::{Manner, Receiver};
use crate::harness::Db;

const MASTER: [u8; 32] = [7; 32];

/// The loop that delivers, against this database.
async fn notifier(administrator: &PgConnectOptions, allow: &str) -> Lifecycle {
    mailvane_server::edge::tls::install_crypto();
    let logins = roles::logins(administrator, &roles::Proof::Peer);
    let store = Store::connect(logins).await.unwrap();
    let life = Lifecycle::new();
    let owed: Arc<Notify> = Arc::default();
    let notifier = Notifier::new(Neighbours {
        store,
        clock: Arc::new(SystemClock),
        dice: Arc::new(SystemDice),
        vault: Arc::new(Vault::new(MASTER)),
        client: GuardedClient::new(Allowed::new(allow.split(',').map(str::to_owned))),
        mailer: None,
        life: life.clone(),
        public_url: "https://mailvane.test".parse().unwrap(),
        owed: Arc::clone(&owed),
    });
    let outside: (SharedClock, SharedDice) = (Arc::new(SystemClock), Arc::new(SystemDice));
    drive(&life, outside, owed, notify::PACE, notifier);
    life
}

/// A replica in a process of its own, to be killed. Started by the stories below, by nobody else.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a process of the soak"]
#[expect(clippy::disallowed_methods, reason = "what a story tells its own child process")]
async fn replica() {
    let Some(administrator) = database_of_parent() else { return };
    let _life = notifier(&administrator, &std::env::var("SOAK_ALLOW").unwrap()).await;
    tokio::time::sleep(Duration::from_hours(2)).await;
}

/// What a parent told its child: the database, and where to die.
#[expect(clippy::disallowed_methods, reason = "what a story tells its own child process")]
fn database_of_parent() -> Option<PgConnectOptions> {
    let place = std::env::var("SOAK_DATABASE").ok()?;
    let parts: Vec<&str> = place.split('|').collect();
    if let Ok(point) = std::env::var("SOAK_FAILPOINT") {
        arm(&point);
    }
    let options = PgConnectOptions::new_without_pgpass().socket(parts[0]);
    let options = options.port(parts[1].parse().unwrap()).username(parts[2]).database(parts[3]);
    Some(options)
}

/// This program again, as `story`, to be killed.
fn child(db: &Db, story: &str, failpoint: Option<&str>) -> Command {
    let at = &db.administrator;
    let socket = at.get_socket().unwrap().display().to_string();
    let database = at.get_database().unwrap();
    let place = format!("{socket}|{}|{}|{database}", at.get_port(), at.get_username());
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([story, "--exact", "--ignored"])
        .env("SOAK_DATABASE", place)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Some(point) = failpoint {
        command.env("SOAK_FAILPOINT", point);
    }
    command
}

struct Stage {
    db: Db,
    tenant: TenantId,
    receivers: Vec<Receiver>,
}

impl Stage {
    async fn build(manners: &[Manner]) -> Self {
        let db = Db::new().await;
        let tenant = db.tenant("Kestrel Mail").await;
        let mut receivers = Vec::new();
        for manner in manners {
            receivers.push(Receiver::start(*manner).await);
        }
        let stage = Self { db, tenant, receivers };
        let t = tenant.get();
        stage
            .run(&format!(
                "insert into host (tenant_id, public_id, name) values ({t}, gen_random_uuid(), 'mx1.kestrel.example')"
            ))
            .await;
        for (place, receiver) in stage.receivers.iter().enumerate() {
            stage.channel(stage.tenant, place, receiver).await;
        }
        stage
    }

    async fn channel(&self, tenant: TenantId, place: usize, receiver: &Receiver) {
        let t = tenant.get();
        let row = PublicId::<ids::Channel>::make(self.db.clock.now(), &*self.db.dice).uuid();
        let address = if receiver.manner.takes_key() {
            let secret = format!("whsec_{}", STANDARD.encode([9; 32]));
            Address::Webhook { url: receiver.url(), secret, former_secret: None }
        } else {
            Address::Slack { webhook_url: receiver.url() }
        };
        let sealing = Place { table: "channel", column: "secret", tenant: t, row };
        let text = serde_json::to_vec(&address).unwrap();
        let sealed = Vault::new(MASTER).seal(sealing, &text, &SystemDice).unwrap();
        self.run(&format!(
            "insert into channel (tenant_id, public_id, kind, name, secret)
             values ({t}, '{row}', '{}', 'c{place}', decode('{}', 'base64'))",
            address.kind().name(),
            STANDARD.encode(sealed)
        ))
        .await;
    }

    async fn run(&self, statements: &str) {
        self.db.behind().await.execute(AssertSqlSafe(statements.to_owned())).await.unwrap();
    }

    async fn number(&self, question: &str) -> i64 {
        let row = self.db.behind().await.fetch_one(AssertSqlSafe(question.to_owned())).await;
        row.unwrap().get(0)
    }

    /// Opens incident `n` and owes its beginning to every channel.
    async fn open(&self, n: usize) {
        let t = self.tenant.get();
        self.run(&format!(
            "with i as (insert into incident (tenant_id, public_id, alert_key, trigger_name, host_id, severity, title,
                    opened_at) select {t}, gen_random_uuid(), 'k{n}', 'deferred', id, 'critical', 'Incident {n}', now()
                from host returning id)
             insert into delivery (tenant_id, public_id, channel_id, incident_id, seq, kind, priority, lane)
             select {t}, gen_random_uuid(), c.id, i.id, 1, 'opened', 0, i.id from channel c, i"
        ))
        .await;
    }

    /// Ends incident `n` and owes its end to every channel.
    async fn end(&self, n: usize) {
        let t = self.tenant.get();
        self.run(&format!(
            "with i as (update incident set closed_at = now() where alert_key = 'k{n}' returning id)
             insert into delivery (tenant_id, public_id, channel_id, incident_id, seq, kind, priority, lane)
             select {t}, gen_random_uuid(), c.id, i.id, 2, 'resolved', 0, i.id from channel c, i"
        ))
        .await;
    }

    fn allow(&self) -> String {
        self.receivers.iter().map(Receiver::address).collect::<Vec<_>>().join(",")
    }

    fn replica(&self, failpoint: Option<&str>) -> Child {
        let mut command = child(&self.db, "soak::replica", failpoint);
        command.env("SOAK_ALLOW", self.allow());
        command.spawn().unwrap()
    }

    /// Lets everything that is due go out at once; true when nothing is owed any more but to receivers without TLS.
    async fn drained(&self, most: Duration) -> bool {
        let deadline = Instant::now() + most;
        while Instant::now() < deadline {
            self.run("update delivery set next_at = now() where status = 'ready'; update channel set next_send_at = now()
                where next_send_at > now() + interval '2 seconds'").await;
            if self.number(&self.waiting()).await == 0 {
                return true;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        false
    }

    fn waiting(&self) -> String {
        let deaf = self.receivers.iter().enumerate().filter(|(_, one)| one.manner == Manner::NoTls);
        let deaf: Vec<String> = deaf.map(|(place, _)| format!("'c{place}'")).collect();
        let but = if deaf.is_empty() { "''".to_owned() } else { deaf.join(", ") };
        format!(
            "select count(*) from delivery d join channel c on c.id = d.channel_id
             where d.status in ('ready', 'leased', 'sending') and c.name not in ({but})"
        )
    }

    /// What receivers took, against what was owed.
    fn verdict(&self, incidents: usize) -> Verdict {
        let mut verdict = Verdict::default();
        for receiver in self.receivers.iter().filter(|one| one.manner != Manner::NoTls) {
            let mut taken: BTreeMap<(usize, bool), Vec<receivers::Taken>> = BTreeMap::new();
            for one in receiver.taken() {
                let ends = if one.both { vec![false, true] } else { vec![one.over] };
                for over in ends {
                    taken.entry((one.incident, over)).or_default().push(one.clone());
                }
            }
            for n in 0..incidents {
                let first = |over| taken.get(&(n, over)).and_then(|all| all.first()).cloned();
                match (first(false), first(true)) {
                    (Some(open), Some(end)) if end.number < open.number => {
                        verdict.order_violations += 1;
                    }
                    (Some(_), Some(_)) => {}
                    _ => verdict.lost += 1,
                }
            }
            verdict.taken += taken.values().map(Vec::len).sum::<usize>();
            for all in taken.values().filter(|all| all.len() > 1) {
                if receiver.manner.takes_key() {
                    let mut keys: Vec<&str> = all.iter().map(|one| one.key.as_str()).collect();
                    keys.sort_unstable();
                    keys.dedup();
                    verdict.duplicates += keys.len() - 1;
                } else {
                    verdict.repeats += all.len() - 1;
                    verdict.unmarked += all.iter().skip(1).filter(|one| !one.marked).count();
                }
            }
            verdict.lost_answers += receiver.lost_answers();
        }
        verdict
    }
}

#[derive(Debug, Default)]
struct Verdict {
    taken: usize,
    lost: usize,
    order_violations: usize,
    /// By receivers that take a key: the same news under two keys.
    duplicates: usize,
    /// By receivers that take none.
    repeats: usize,
    unmarked: usize,
    lost_answers: usize,
}

/// Each named point × one and three replicas.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
async fn whoever_dies_wherever_nothing_is_lost_and_only_lost_answers_repeat() {
    for point in ["notify.claimed", "notify.sending", "notify.answered", "notify.recorded"] {
        for replicas in [1, 3] {
            let stage = Stage::build(&[Manner::Keyed, Manner::Keyless]).await;
            let mut doomed = stage.replica(Some(point));
            let mut others: Vec<Child> = (1..replicas).map(|_| stage.replica(None)).collect();
            tokio::time::sleep(Duration::from_millis(500)).await;
            for n in 0..3 {
                stage.open(n).await;
            }
            for _ in 0..100 {
                if doomed.try_wait().unwrap().is_some() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            // With others at work the doomed one may never get its turn; then it dies like anybody.
            let died_there = doomed.try_wait().unwrap().is_some();
            assert!(died_there || replicas > 1, "{point}: nobody died");
            doomed.kill().ok();
            doomed.wait().unwrap();
            // Its leases run out: here at once, for their holder is gone.
            stage
                .run(
                    "update delivery set lease_until = now() where status in ('leased', 'sending')
                and attempts > 0 and lease_until > now() + interval '20 seconds'",
                )
                .await;
            others.push(stage.replica(None));
            for n in 0..3 {
                stage.end(n).await;
            }
            let drained = stage.drained(Duration::from_secs(90)).await;
            for child in &mut others {
                child.kill().unwrap();
                child.wait().unwrap();
            }
            let verdict = stage.verdict(3);
            println!("{point} x {replicas}, died there: {died_there}: {verdict:?}");
            assert!(drained, "{point} x {replicas}: something is still owed");
            assert_eq!((verdict.lost, verdict.order_violations, verdict.duplicates), (0, 0, 0));
            assert_eq!(verdict.unmarked, 0, "{point} x {replicas}: {verdict:?}");
            if matches!(point, "notify.claimed" | "notify.recorded") && replicas == 1 {
                assert_eq!(verdict.repeats, 0, "{point}: nothing was under way when it died");
            }
        }
    }
}

/// Three replicas, one of them killed again and again, receivers of every manner; then the pace of one replica.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
#[expect(clippy::disallowed_methods, reason = "how long a soak lasts is said by who starts it")]
async fn the_kill_soak() {
    let seconds: u64 =
        std::env::var("SOAK_S").ok().and_then(|text| text.parse().ok()).unwrap_or(600);
    let stage = Stage::build(&Manner::ALL).await;
    let mut replicas: Vec<Child> = (0..3).map(|_| stage.replica(None)).collect();
    let (begun, mut kills, mut opened, mut ended) = (Instant::now(), 0_usize, 0_usize, 0_usize);
    let mut next_kill = 2.0_f64;
    while begun.elapsed() < Duration::from_secs(seconds) {
        stage.open(opened).await;
        opened += 1;
        // An incident lasts some eight seconds.
        if opened > 8 {
            stage.end(ended).await;
            ended += 1;
        }
        if begun.elapsed().as_secs_f64() > next_kill {
            let place = kills % 3;
            replicas[place].kill().unwrap();
            replicas[place].wait().unwrap();
            replicas[place] = stage.replica(None);
            kills += 1;
            next_kill = begun.elapsed().as_secs_f64() + [0.5, 1.2, 2.0, 3.0][kills % 4];
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    while ended < opened {
        stage.end(ended).await;
        ended += 1;
    }
    stage.receivers.iter().for_each(Receiver::behave);
    let drained = stage.drained(Duration::from_mins(10)).await;
    for replica in &mut replicas {
        replica.kill().unwrap();
        replica.wait().unwrap();
    }
    let verdict = stage.verdict(opened);
    let dead = stage.number("select count(*) from delivery where status = 'dead'").await;
    let owed = stage.number("select count(*) from delivery").await;
    let mut line = json!({"bench": "alerts", "soak_s": seconds, "replicas": 3, "kills": kills, "incidents": opened,
        "owed": owed, "taken": verdict.taken, "dead": dead, "drained": drained, "lost": verdict.lost,
        "order_violations": verdict.order_violations, "duplicates": verdict.duplicates,
        "repeats_keyless": verdict.repeats, "repeats_unmarked": verdict.unmarked,
        "lost_answers_injected": verdict.lost_answers});
    for figures in [bulk::pace().await, bulk::storm().await, bulk::timers().await] {
        line.as_object_mut().unwrap().extend(figures);
    }
    println!("{line}");
    assert!(drained && verdict.lost == 0 && verdict.order_violations == 0, "{verdict:?}");
    assert_eq!((verdict.duplicates, verdict.unmarked), (0, 0), "{verdict:?}");
}
