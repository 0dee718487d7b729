//! Servers that die while they take batches in, at each named place: what was acknowledged was judged, once, and the news
//! of it is owed once.

use std::{fs, path::PathBuf, process::Child, time::Duration};

use chrono::TimeDelta;
use mailvane_proto::catalogue::queue;

use super::{child, database_of_parent};
use crate::{
    alerts::deferred,
    harness::{
        Db,
        fleet::{Agent, Door},
        passable_dir,
    },
};

/// A server in a process of its own, to be killed: says in a file where it listens.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a process of the soak"]
#[expect(clippy::disallowed_methods, reason = "what a story tells its own child process")]
async fn server() {
    let Some(administrator) = database_of_parent() else { return };
    let db = Db::at(administrator).await;
    db.clock.advance(TimeDelta::minutes(2));
    let door = Door::open(&db).await;
    let file = PathBuf::from(std::env::var("SOAK_DOOR").unwrap());
    fs::write(file.with_extension("new"), door.address.to_string()).unwrap();
    fs::rename(file.with_extension("new"), file).unwrap();
    tokio::time::sleep(Duration::from_hours(2)).await;
}

/// A running server, and its door.
struct Replica {
    child: Child,
    door: Door,
}

impl Replica {
    async fn start(db: &Db, number: usize, failpoint: Option<&str>) -> Self {
        let database = db.administrator.get_database().unwrap();
        let file = passable_dir("doors").join(format!("{database}-{number}"));
        let mut command = child(db, "soak::intake::server", failpoint);
        let mut child = command.env("SOAK_DOOR", &file).spawn().unwrap();
        for _ in 0..300 {
            if let Ok(address) = fs::read_to_string(&file) {
                return Self { child, door: Door::elsewhere(address.parse().unwrap()) };
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        panic!("no server came up");
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// One batch after the other, each acknowledged before the next; an error if the server dies.
async fn tell(agent: &mut Agent, door: &Door, figures: &[u64]) -> Result<(), tonic::Status> {
    let mut line = agent.connect(door).await?;
    let first = usize::try_from(line.welcome.last_seq).unwrap();
    for (place, figure) in figures.iter().enumerate().skip(first) {
        let seq = u64::try_from(place + 1).unwrap();
        line.send(agent.batch(seq, &[(queue::DEFERRED_MESSAGES, *figure)])).await;
        line.acked(seq).await?;
    }
    Ok(())
}

/// Each named place of the way in × one and three servers.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
async fn whoever_dies_while_it_takes_batches_in_news_is_owed_once() {
    const FIGURES: [u64; 6] = [40, 60, 80, 40, 20, 70];
    for point in ["ingest.stored:2", "ingest.judged:2", "ingest.committed:2", "ingest.judged:5"] {
        for servers in [1, 3] {
            let db = Db::new().await;
            db.clock.advance(TimeDelta::minutes(2));
            let tenant = db.tenant("Kestrel Mail").await;
            db.trigger(tenant, "deferred", deferred(0, 0)).await;
            db.channel(tenant, "ops").await;
            let admits = Door::open(&db).await;
            let mut agent = Agent::new(&db, &admits, tenant, "mx1.example").await;
            admits.close().await;
            let mut doomed = Replica::start(&db, 0, Some(point)).await;
            let mut others = Vec::new();
            for number in 1..servers {
                others.push(Replica::start(&db, number, None).await);
            }
            let cut = tell(&mut agent, &doomed.door, &FIGURES).await;
            assert!(cut.is_err(), "{point}: nobody died");
            doomed.child.wait().unwrap();
            if others.is_empty() {
                others.push(Replica::start(&db, 1, None).await);
            }
            tell(&mut agent, &others[0].door, &FIGURES).await.unwrap();
            others.iter_mut().for_each(Replica::kill);
            let owed: Vec<String> = db.owed().await.into_iter().map(|(_, _, kind)| kind).collect();
            assert_eq!(owed, ["opened", "resolved", "opened"], "{point} x {servers}");
            let sums = sqlx::query!(
                r#"select count(*) as "n!", sum(queue_deferred_messages)::int8 as "sum!" from sample"#
            );
            let sums = sums.fetch_one(&mut db.behind().await).await.unwrap();
            assert_eq!((sums.n, sums.sum), (6, 310), "{point} x {servers}");
            println!("{point} x {servers}: {owed:?}, {} samples", sums.n);
        }
    }
}
