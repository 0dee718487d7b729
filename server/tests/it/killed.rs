//! PostgreSQL is killed while batches come in: nothing that was acknowledged is lost, nothing counts twice.

use std::{fs, time::Duration};

use mailvane_proto::{catalogue::delivery, v1::server_message};
use mailvane_server::postgres::Embedded;

use crate::harness::{
    Db,
    fleet::{Agent, Door},
    passable_dir,
};

const BATCHES: u64 = 300;

fn kill(embedded: &Embedded) {
    let pid = embedded.pid().and_then(rustix::process::Pid::from_raw).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_killed_twice_has_each_batch_once() {
    let dir = passable_dir("killed-ingest");
    let embedded = Embedded::start(&dir, None).await.unwrap();
    let db = Db::on(embedded.place()).await;
    db.clock.advance(chrono::TimeDelta::hours(1));
    let door = Door::open(&db).await;
    let tenant = db.tenant("Kestrel Mail").await;
    let mut agent = Agent::new(&db, &door, tenant, "mx1.kestrel.example").await;
    let mut acked = 0;
    let mut kills = [60, 180].into_iter().peekable();
    'streams: while acked < BATCHES {
        let Ok(mut line) = agent.connect(&door).await else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        assert!(line.welcome.last_seq >= acked, "what was acknowledged is gone");
        acked = line.welcome.last_seq;
        let mut next = acked + 1;
        while acked < BATCHES {
            while next <= BATCHES && next <= acked + 20 {
                line.send(agent.batch(next, &[(delivery::SENT, 10)])).await;
                next += 1;
            }
            match line.answer().await.map(|answer| answer.kind) {
                Ok(Some(server_message::Kind::Ack(ack))) => acked = acked.max(ack.seq),
                Ok(Some(server_message::Kind::Rewind(rewind))) => next = rewind.next_seq,
                Ok(_) => {}
                Err(_) => continue 'streams,
            }
            if kills.next_if(|at| acked >= *at).is_some() {
                kill(&embedded);
            }
        }
    }
    assert!(kills.next().is_none(), "nothing was killed");
    let sent = sqlx::query_scalar!(r#"select sum(delivery_sent)::int8 as "sum!" from sample"#);
    let sent = sent.fetch_one(&mut db.behind().await).await.unwrap();
    assert_eq!(sent, i64::try_from(BATCHES * 10).unwrap());
    embedded.stop().await;
    fs::remove_dir_all(dir).unwrap();
}
