//! Batches through the door: exactly once, in order, each for itself.

use mailvane_proto::{
    catalogue::{delivery, queue},
    v1::{refusal, server_message},
};
use mailvane_server::domain::ids::TenantId;
use sqlx::{PgConnection, postgres::types::PgInterval};
use tonic::Code;

use crate::harness::{
    Db,
    fleet::{Agent, Door},
};

type Change = Box<dyn FnOnce(&mut mailvane_proto::v1::Hello)>;

async fn sent(behind: &mut PgConnection) -> i64 {
    sqlx::query_scalar!(r#"select coalesce(sum(delivery_sent), 0)::int8 as "sum!" from sample"#)
        .fetch_one(behind)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_batch_is_acknowledged_once_it_can_be_read() {
    let db = Db::new().await;
    let door = Door::open(&db).await;
    let tenant = db.tenant("Kestrel Mail").await;
    let mut agent = Agent::new(&db, &door, tenant, "mx1.kestrel.example").await;
    let mut line = agent.connect(&door).await.unwrap();
    assert_eq!(line.welcome.last_seq, 0);
    line.send(agent.batch(1, &[(delivery::SENT, 12), (queue::DEFERRED_MESSAGES, 3)])).await;
    line.acked(1).await.unwrap();
    let mut behind = db.behind().await;
    assert_eq!(sent(&mut behind).await, 12);
}

#[tokio::test]
async fn repeated_batches_count_once_and_a_hole_is_asked_for() {
    let db = Db::new().await;
    let door = Door::open(&db).await;
    let tenant = db.tenant("Kestrel Mail").await;
    let mut agent = Agent::new(&db, &door, tenant, "mx1.kestrel.example").await;
    let mut line = agent.connect(&door).await.unwrap();
    for seq in [1, 2, 2, 1, 3] {
        line.send(agent.batch(seq, &[(delivery::SENT, 10)])).await;
    }
    line.acked(3).await.unwrap();
    line.send(agent.batch(5, &[(delivery::SENT, 10)])).await;
    let Some(server_message::Kind::Rewind(rewind)) = line.answer().await.unwrap().kind else {
        panic!("a rewind was expected");
    };
    assert_eq!(rewind.next_seq, 4);
    for seq in [4, 5] {
        line.send(agent.batch(seq, &[(delivery::SENT, 10)])).await;
    }
    line.acked(5).await.unwrap();
    let mut line = agent.connect(&door).await.unwrap();
    assert_eq!(line.welcome.last_seq, 5);
    line.send(agent.batch(5, &[(delivery::SENT, 10)])).await;
    line.acked(5).await.unwrap();
    assert_eq!(sent(&mut db.behind().await).await, 50);
}

#[tokio::test]
async fn a_key_for_one_host_admits_one_of_twenty_who_come_at_once() {
    let db = Db::new().await;
    let door = Door::open(&db).await;
    let tenant = db.tenant("Kestrel Mail").await;
    let key = db.enrolment_key(tenant, 1).await;
    let all = (0..20).map(|n| {
        let (db, door, key) = (&db, &door, &key);
        async move { Agent::enrol(db, door, key, &format!("mx{n}.kestrel.example")).await }
    });
    let outcomes = futures_util::future::join_all(all).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    for refused in outcomes.into_iter().filter_map(Result::err) {
        assert_eq!(refused.code(), Code::FailedPrecondition);
        assert!(refused.message().contains("used already"), "{refused}");
    }
}

#[tokio::test]
async fn who_cannot_sign_does_not_speak() {
    let db = Db::new().await;
    let door = Door::open(&db).await;
    let tenant = db.tenant("Kestrel Mail").await;
    let agent = Agent::new(&db, &door, tenant, "mx1.kestrel.example").await;
    let other = Agent::new(&db, &door, tenant, "mx2.kestrel.example").await;
    let cases: [(&str, Change); 4] = [
        ("tampered epoch", Box::new(|hello| hello.epoch += 1)),
        ("tampered generation", Box::new(|hello| hello.generation += 1)),
        ("another's name", Box::new(move |hello| hello.agent_id = other.id)),
        ("no signature", Box::new(|hello| hello.signature.clear())),
    ];
    for (case, change) in cases {
        let mut line = agent.call(&door, change).await.unwrap();
        let refused = line.answer().await.unwrap_err();
        assert_eq!(refused.code(), Code::Unauthenticated, "{case}");
    }
}

#[tokio::test]
async fn a_copy_of_the_state_directory_is_refused_and_noted() {
    let db = Db::new().await;
    let door = Door::open(&db).await;
    let tenant = db.tenant("Kestrel Mail").await;
    let mut agent = Agent::new(&db, &door, tenant, "mx1.kestrel.example").await;
    let mut line = agent.connect(&door).await.unwrap();
    line.send(agent.batch(1, &[])).await;
    line.acked(1).await.unwrap();
    let copy = agent.clone();
    let mut line = agent.connect(&door).await.unwrap();
    line.send(agent.batch(2, &[])).await;
    line.acked(2).await.unwrap();
    let refused = copy.call(&door, |_| ()).await.unwrap().answer().await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert!(refused.message().contains("copy"), "{refused}");
}

#[tokio::test]
async fn a_revoked_agent_is_cut_off_within_ten_seconds() {
    let db = Db::new().await;
    let door = Door::open(&db).await;
    let tenant = db.tenant("Kestrel Mail").await;
    let mut agent = Agent::new(&db, &door, tenant, "mx1.kestrel.example").await;
    let mut line = agent.connect(&door).await.unwrap();
    retire(&db, tenant, &agent).await;
    let begun = std::time::Instant::now();
    let ended = line.answer().await.unwrap_err();
    assert_eq!(ended.code(), Code::Unauthenticated);
    println!(
        "the stream of a revoked agent that says nothing was closed after {:?}",
        begun.elapsed()
    );
    assert!(begun.elapsed() < std::time::Duration::from_secs(10));
    let refused = agent.call(&door, |_| ()).await.unwrap().answer().await.unwrap_err();
    assert!(refused.message().contains("revoked"), "{refused}");
}

/// It goes on sending as fast as it can: what was committed when the revocation was is all that there ever is.
#[tokio::test]
async fn a_revoked_agent_commits_nothing_after_the_revocation() {
    let db = Db::new().await;
    let door = Door::open(&db).await;
    let tenant = db.tenant("Kestrel Mail").await;
    let mut agent = Agent::new(&db, &door, tenant, "mx1.kestrel.example").await;
    let mut line = agent.connect(&door).await.unwrap();
    for seq in 1..=3 {
        line.send(agent.batch(seq, &[(delivery::SENT, 1)])).await;
    }
    line.acked(3).await.unwrap();
    retire(&db, tenant, &agent).await;
    let committed = sent(&mut db.behind().await).await;
    let begun = std::time::Instant::now();
    for seq in 4..=12 {
        line.send(agent.batch(seq, &[(delivery::SENT, 1)])).await;
    }
    let over = line.acked(12).await.unwrap_err();
    assert!(matches!(over.code(), Code::Unauthenticated | Code::Aborted), "{over}");
    assert!(begun.elapsed() < std::time::Duration::from_secs(10), "{:?}", begun.elapsed());
    println!("the stream of a revoked agent that sends was closed after {:?}", begun.elapsed());
    assert_eq!(agent.connect(&door).await.err().unwrap().code(), Code::Unauthenticated);
    assert_eq!(sent(&mut db.behind().await).await, committed);
}

async fn retire(db: &Db, tenant: TenantId, agent: &Agent) {
    let mut scoped = db.store.web(tenant).await.unwrap();
    scoped.retire_host(agent.host_id.parse().unwrap(), crate::harness::noon()).await.unwrap();
    scoped.commit().await.unwrap();
}

/// A stamp outside every partition, a value that overflows, a stamp that a spool before this one has used already.
#[tokio::test]
async fn one_bad_batch_harms_nobody() {
    let db = Db::new().await;
    let door = Door::open(&db).await;
    let (kestrel, heron) = (db.tenant("Kestrel Mail").await, db.tenant("Heron Post").await);
    db.clock.advance(chrono::TimeDelta::minutes(4));
    let mut good = Agent::new(&db, &door, heron, "mx1.heron.example").await;
    let mut bad = Agent::new(&db, &door, kestrel, "mx1.kestrel.example").await;
    let mut good_line = good.connect(&door).await.unwrap();
    let mut bad_line = bad.connect(&door).await.unwrap();
    bad_line.send(bad.batch(1, &[(delivery::SENT, 1)])).await;
    bad_line.acked(1).await.unwrap();

    let mut outside = bad.batch(2, &[(delivery::SENT, 100)]);
    (outside.start_ms, outside.end_ms) = (1_000_000_000_000, 1_000_000_010_000);
    let overflow = bad.batch(3, &[(queue::DEFERRED_MESSAGES, u64::from(u32::MAX))]);
    for seq in 1..=20 {
        good_line.send(good.batch(seq, &[(delivery::SENT, 10)])).await;
        if seq == 5 {
            bad_line.send(outside.clone()).await;
            bad_line.send(overflow.clone()).await;
        }
    }
    good_line.acked(20).await.unwrap();
    let acks = bad_line.acked(3).await.unwrap();
    let refused: Vec<_> = acks.iter().flat_map(|ack| &ack.refused).collect();
    assert_eq!(refused.len(), 1);
    assert_eq!((refused[0].seq, refused[0].reason()), (3, refusal::Reason::Malformed));

    // The same stamps again, under a new spool: the database refuses the first batch only.
    bad.epoch += 1;
    let mut line = bad.connect(&door).await.unwrap();
    assert_eq!(line.welcome.last_seq, 0);
    line.send(bad.batch(1, &[(delivery::SENT, 1)])).await;
    let mut fresh = bad.batch(2, &[(delivery::SENT, 7)]);
    (fresh.start_ms, fresh.end_ms) = (fresh.start_ms + 60_000, fresh.end_ms + 60_000);
    line.send(fresh).await;
    let acks = line.acked(2).await.unwrap();
    let refused: Vec<_> = acks.iter().flat_map(|ack| &ack.refused).collect();
    assert_eq!((refused[0].seq, refused[0].reason()), (1, refusal::Reason::Quarantined));

    let mut behind = db.behind().await;
    assert_eq!(sent(&mut behind).await, 200 + 1 + 7);
    let apart = sqlx::query_scalar!(
        r#"select array_agg(reason order by reason) as "all!" from quarantine"#
    );
    assert_eq!(apart.fetch_one(&mut behind).await.unwrap(), ["malformed", "quarantined"]);
    // Nothing is silent: what was refused is a gap in the figures of its time, and of its tenant.
    let gaps = sqlx::query!(
        r#"select tenant_id, kind, to_at - from_at as "span!: PgInterval" from gap order by kind"#
    );
    for (gap, kind) in
        gaps.fetch_all(&mut behind).await.unwrap().iter().zip(["malformed", "quarantined"])
    {
        assert_eq!((gap.tenant_id, gap.kind.as_str()), (kestrel.get(), kind));
        assert_eq!(gap.span.microseconds, 10_000_000);
    }
    let late = sqlx::query_scalar!(r#"select count(*) as "late!" from late"#);
    assert_eq!(late.fetch_one(&mut behind).await.unwrap(), 1);
}

/// A channel is removed while the news for it is being written: the sample stays, the neighbour's too, and the channel
/// that is left hears of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_deleted_in_the_middle_of_a_commit_costs_nobody_a_sample() {
    let db = Db::new().await;
    let door = Door::open(&db).await;
    let (kestrel, heron) = (db.tenant("Kestrel Mail").await, db.tenant("Heron Post").await);
    for tenant in [kestrel, heron] {
        db.trigger(tenant, "deferred", crate::alerts::deferred(0, 0)).await;
        db.channel(tenant, "left").await;
    }
    db.channel(kestrel, "removed").await;
    db.clock.advance(chrono::TimeDelta::minutes(1));
    let mut agents = Vec::new();
    for tenant in [kestrel, heron] {
        let mut agent = Agent::new(&db, &door, tenant, "mx1.example").await;
        let line = agent.connect(&door).await.unwrap();
        agents.push((agent, line));
    }
    let mut remover = db.behind().await;
    sqlx::query!("begin").execute(&mut remover).await.unwrap();
    sqlx::query!("delete from channel where name = 'removed'").execute(&mut remover).await.unwrap();
    for (agent, line) in &agents {
        for seq in 1..=3 {
            line.send(agent.batch(seq, &[(queue::DEFERRED_MESSAGES, 90), (delivery::SENT, 1)]))
                .await;
        }
    }
    waits_for_a_lock(&db).await;
    sqlx::query!("commit").execute(&mut remover).await.unwrap();
    for (_, line) in &mut agents {
        let acks = line.acked(3).await.unwrap();
        assert!(acks.iter().all(|ack| ack.refused.is_empty()), "{acks:?}");
    }
    let mut behind = db.behind().await;
    assert_eq!(sent(&mut behind).await, 6);
    let told = |tenant: TenantId| (tenant.get(), "left".to_owned(), "opened".to_owned());
    assert_eq!(db.owed().await, [told(kestrel), told(heron)]);
    let apart = sqlx::query_scalar!(r#"select count(*) as "apart!" from quarantine"#);
    assert_eq!(apart.fetch_one(&mut behind).await.unwrap(), 0);
}

/// Until a commit of batches stands before what somebody else holds.
async fn waits_for_a_lock(db: &Db) {
    let mut behind = db.behind().await;
    for _ in 0..100 {
        let waiting = sqlx::query_scalar!(
            r#"select count(*) as "waiting!" from pg_stat_activity
               where datname = current_database() and usename = 'svc_ingest' and wait_event_type = 'Lock'"#
        );
        if waiting.fetch_one(&mut behind).await.unwrap() > 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("no commit of batches came to the channel that is being removed");
}

#[tokio::test]
async fn a_server_that_stops_commits_what_it_took_and_the_next_one_goes_on() {
    let db = Db::new().await;
    let tenant = db.tenant("Kestrel Mail").await;
    let door = Door::open(&db).await;
    let mut agent = Agent::new(&db, &door, tenant, "mx1.kestrel.example").await;
    let mut line = agent.connect(&door).await.unwrap();
    for seq in 1..=4 {
        line.send(agent.batch(seq, &[(delivery::SENT, 10)])).await;
    }
    line.acked(1).await.unwrap();
    door.close().await;
    let door = Door::open(&db).await;
    let mut line = agent.connect(&door).await.unwrap();
    let committed = line.welcome.last_seq;
    for seq in committed + 1..=5 {
        line.send(agent.batch(seq, &[(delivery::SENT, 10)])).await;
    }
    line.acked(5).await.unwrap();
    assert_eq!(sent(&mut db.behind().await).await, 50);
}
