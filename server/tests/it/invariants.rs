//! What must hold of alerting whatever happens: each story breaks or tries to break one invariant of `docs/testing.md`.

use std::{collections::BTreeMap, time::Duration};

use chrono::TimeDelta;
use mailvane_server::{
    clock::Clock as _,
    domain::{
        ids::{ChannelId, IncidentId},
        severity::Severity,
    },
    lifecycle::Loop as _,
    store::lanes::{Claim, Outcome, Settle},
    timers::{Timers, audit::Audit},
};
use sqlx::Executor as _;

use crate::routing::Tenant;

const LEASE: (Duration, Duration) = (Duration::from_secs(45), Duration::ZERO);

impl Tenant {
    async fn channel(&self, name: &str) -> ChannelId {
        let id = sqlx::query_scalar!("select id from channel where name = $1", name);
        ChannelId::from_row(id.fetch_one(&mut self.db.behind().await).await.unwrap())
    }

    async fn claim(&self, channel: ChannelId, worker: u128) -> Option<Claim> {
        let mut scoped = self.db.store.loops(self.id).await.unwrap();
        let token = uuid::Uuid::from_u128(worker);
        let claim = scoped.claim_delivery(channel, token, LEASE).await.unwrap();
        scoped.commit().await.unwrap();
        claim
    }

    async fn settle(&self, channel: ChannelId, claim: &Claim, settle: Settle) -> bool {
        let outcome = Outcome {
            word: Some("delivered"),
            http_status: Some(200),
            retry_after: None,
            error: None,
            took: Duration::from_millis(5),
            reference: None,
            pinned: None,
            settle,
        };
        let mut scoped = self.db.store.loops(self.id).await.unwrap();
        let held = scoped.settle_delivery((channel, claim), &outcome).await.unwrap();
        scoped.commit().await.unwrap();
        held
    }

    async fn statuses(&self, incident: IncidentId) -> Vec<String> {
        let rows = sqlx::query_scalar!(
            "select status from delivery where incident_id = $1 order by id",
            incident.get()
        );
        rows.fetch_all(&mut self.db.behind().await).await.unwrap()
    }

    async fn refused_as_twice(&self, statement: &'static str) {
        let refused = self.db.behind().await.execute(statement).await.unwrap_err();
        assert!(refused.as_database_error().unwrap().is_unique_violation(), "{refused}");
    }

    async fn broken(&self) -> BTreeMap<String, i64> {
        let (_, found) = Audit::new(self.db.store.clone()).offences().await.unwrap();
        found.into_iter().filter(|(_, count)| *count > 0).collect()
    }
}

/// I-2 and I-3.
#[tokio::test]
async fn the_schema_refuses_a_second_delivery_of_an_event_and_a_second_open_incident() {
    let tenant = Tenant::new().await;
    tenant.open(Severity::Error).await;
    tenant
        .refused_as_twice(
            "insert into delivery (tenant_id, public_id, channel_id, incident_id, seq, kind)
             select tenant_id, gen_random_uuid(), channel_id, incident_id, seq, kind from delivery limit 1",
        )
        .await;
    tenant
        .refused_as_twice(
            "insert into incident (tenant_id, public_id, alert_key, trigger_name, host_id, severity, title, opened_at)
             select tenant_id, gen_random_uuid(), alert_key, trigger_name, host_id, severity, title, now() from incident",
        )
        .await;
}

/// I-5.
#[tokio::test]
async fn of_a_lane_one_is_on_its_way_and_the_end_waits_for_the_beginning() {
    let tenant = Tenant::new().await;
    let incident = tenant.open(Severity::Error).await;
    let pager = tenant.channel("pager").await;
    let opened = tenant.claim(pager, 1).await.unwrap();
    tenant.end(incident).await;
    assert!(tenant.claim(pager, 2).await.is_none(), "the end went out beside the beginning");
    let later =
        Settle::Retry { after: Duration::from_secs(30), ambiguous: false, channel_too: false };
    assert!(tenant.settle(pager, &opened, later).await);
    assert!(
        tenant.claim(pager, 3).await.is_none(),
        "the end overtook a beginning that is tried again"
    );
    tenant.run("update delivery set next_at = now() where status = 'ready'").await;
    let again = tenant.claim(pager, 4).await.unwrap();
    assert_eq!((again.kind.as_str(), again.id), ("opened", opened.id));
    assert!(tenant.settle(pager, &again, Settle::Delivered).await);
    assert_eq!(tenant.claim(pager, 5).await.unwrap().kind, "resolved");
}

/// I-7.
#[tokio::test]
async fn who_has_lost_the_lease_changes_nothing() {
    let tenant = Tenant::new().await;
    let incident = tenant.open(Severity::Error).await;
    let pager = tenant.channel("pager").await;
    let slow = tenant.claim(pager, 1).await.unwrap();
    tenant.run("update delivery set lease_until = now() where status = 'leased'").await;
    let quick = tenant.claim(pager, 2).await.unwrap();
    assert_eq!(quick.id, slow.id);
    let mut scoped = tenant.db.store.loops(tenant.id).await.unwrap();
    assert!(!scoped.mark_sending(&slow).await.unwrap(), "sent without a lease");
    drop(scoped);
    assert!(!tenant.settle(pager, &slow, Settle::Dead).await);
    assert_eq!(tenant.statuses(incident).await, ["ready", "leased"]);
    assert!(tenant.settle(pager, &quick, Settle::Delivered).await);
    assert!(!tenant.settle(pager, &slow, Settle::Dead).await);
    assert_eq!(tenant.statuses(incident).await, ["ready", "delivered"]);
}

/// I-4, I-5 and I-6: what cannot come about is found all the same if it does.
#[tokio::test]
async fn the_auditor_finds_limbo_two_of_a_lane_and_an_end_that_nobody_was_told() {
    let tenant = Tenant::new().await;
    let incident = tenant.open(Severity::Error).await;
    let watched = "insert into alert_state (tenant_id, key, trigger_id, host_id, state, since, incident_id)
        select i.tenant_id, i.alert_key, t.id, i.host_id, 'firing', now(), i.id from incident i, trigger t";
    let trigger = "insert into trigger (tenant_id, public_id, name, severity, spec)
        select id, gen_random_uuid(), 'deferred', 'error', '{}' from tenant";
    tenant.run(&format!("{trigger}; {watched}")).await;
    tenant
        .run(
            "insert into incident_event (tenant_id, incident_id, seq, at, kind)
             select tenant_id, id, 1, now(), 'opened' from incident",
        )
        .await;
    assert_eq!(tenant.broken().await, BTreeMap::new());
    tenant
        .run(
            "update delivery set next_at = now() - interval '1 hour';
             update channel set next_send_at = now() - interval '1 hour'",
        )
        .await;
    assert_eq!(tenant.broken().await, BTreeMap::from([("I-4 delivery beyond its time".into(), 2)]));
    tenant.run("update delivery set next_at = now()").await;
    tenant.end(incident).await;
    tenant
        .run(
            "update delivery set status = 'leased', lease_until = now() + interval '1 minute'
             where channel_id = (select id from channel where name = 'pager');
             update alert_state set state = 'ok', incident_id = null",
        )
        .await;
    assert_eq!(
        tenant.broken().await,
        BTreeMap::from([("I-5 two of a lane on their way".into(), 1)])
    );
    tenant
        .run(
            "update delivery set status = 'delivered', lease_until = null;
             delete from delivery where kind = 'resolved';
             update incident set closed_at = now() - interval '5 minutes'",
        )
        .await;
    assert_eq!(tenant.broken().await, BTreeMap::from([("I-6 end never told".into(), 2)]));
}

/// I-8.
#[tokio::test]
async fn whatever_is_not_sent_says_why() {
    let tenant = Tenant::new().await;
    let t = tenant.id.get();
    for _ in 0..25 {
        tenant.open(Severity::Warning).await;
    }
    tenant
        .run(&format!(
            "insert into silence (tenant_id, public_id, matcher, starts_at, ends_at)
             values ({t}, gen_random_uuid(), '{{}}', now() - interval '1 minute', now() + interval '1 hour')"
        ))
        .await;
    tenant.open(Severity::Critical).await;
    let silent = sqlx::query!(
        "select status, count(*) as n, count(*) filter (where last_error is null and group_id is null) as mute
         from delivery where status in ('collapsed', 'suppressed', 'dead') group by status order by status"
    );
    let silent = silent.fetch_all(&mut tenant.db.behind().await).await.unwrap();
    let silent: Vec<_> =
        silent.into_iter().map(|row| (row.status, row.n > Some(0), row.mute)).collect();
    assert_eq!(
        silent,
        [("collapsed".to_owned(), true, Some(0)), ("suppressed".to_owned(), true, Some(0))]
    );
}

/// I-9: a replica whose clock runs a day ahead or behind does what all others do.
#[tokio::test]
async fn the_clock_of_a_replica_decides_nothing() {
    let tenant = Tenant::new().await;
    let t = tenant.id.get();
    tenant
        .run(&format!(
            "insert into timer (tenant_id, due_at, kind, ref) values
                ({t}, now() + interval '1 hour', 'hold', 'later'), ({t}, now() - interval '1 second', 'hold', 'now')"
        ))
        .await;
    for days in [1, -1] {
        let timers =
            Timers::new(tenant.db.store.clone(), tenant.db.dice.clone(), std::sync::Arc::default());
        timers.tick(tenant.db.clock.now() + TimeDelta::days(days)).await.unwrap();
        let left = sqlx::query_scalar!("select ref from timer where kind = 'hold'");
        let left = left.fetch_all(&mut tenant.db.behind().await).await.unwrap();
        assert_eq!(left, ["later"], "{days} days off");
    }
}

/// I-10: among five hundred channels of one tenant that of another has its turn at once.
#[tokio::test]
async fn a_tenant_with_much_to_say_does_not_stand_before_one_with_little() {
    let tenant = Tenant::new().await;
    let t = tenant.id.get();
    let quiet = tenant.db.tenant("Heron Post").await;
    let q = quiet.get();
    tenant
        .run(&format!(
            "insert into channel (tenant_id, public_id, kind, name, secret)
                 select {t}, gen_random_uuid(), 'slack', 'c' || n, '' from generate_series(1, 500) n;
             insert into channel (tenant_id, public_id, kind, name, secret)
                 values ({q}, gen_random_uuid(), 'slack', 'only', '');
             insert into delivery (tenant_id, public_id, channel_id, kind, priority, next_at)
                 select {t}, gen_random_uuid(), id, 'test', 0, now() - interval '1 hour' from channel
                 where tenant_id = {t};
             insert into delivery (tenant_id, public_id, channel_id, kind, priority)
                 select {q}, gen_random_uuid(), id, 'test', 3 from channel where tenant_id = {q}"
        ))
        .await;
    let mut system = tenant.db.store.system_loops().await.unwrap();
    let due = system.owed_channels(None, &[], 10).await.unwrap();
    assert_eq!(due.len(), 10);
    assert!(due.iter().take(2).any(|(tenant, _)| *tenant == quiet), "{due:?}");
}

/// I-12.
#[tokio::test]
async fn sweeping_again_tells_nothing_again() {
    let tenant = Tenant::new().await;
    let incident = tenant.open(Severity::Critical).await;
    for _ in 0..5 {
        tenant.tick().await;
    }
    assert_eq!(tenant.statuses(incident).await, ["ready", "ready"]);
    tenant.end(incident).await;
    for _ in 0..5 {
        tenant.tick().await;
    }
    assert_eq!(tenant.statuses(incident).await.len(), 4);
}
