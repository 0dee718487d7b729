//! News on its way to a strict fake of Slack: in order, never lost, said to be a repeat where it may be one.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use mailvane_lab::{
    journal::Journal,
    slack::{FakeSlack, Scripted},
};
use mailvane_server::{
    clock::Clock as _,
    domain::ids::{self, PublicId, TenantId},
    lifecycle::drive,
    notify::{
        self, Neighbours, Notifier,
        client::{Allowed, GuardedClient},
    },
    secrets::Place,
};
use tokio::sync::Notify;

use crate::harness::api::Site;

struct Street {
    site: Site,
    slack: FakeSlack,
    tenant: TenantId,
    owed: Arc<Notify>,
    _dir: tempfile::TempDir,
}

impl Street {
    /// A tenant with one channel and one open incident, and a loop that delivers.
    async fn build() -> Self {
        mailvane_server::edge::tls::install_crypto();
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::open(&dir.path().join("slack.jsonl")).unwrap();
        let slack = FakeSlack::start("127.0.0.1:0".parse().unwrap(), journal).await.unwrap();
        let site = Site::open().await;
        let tenant = site.db.tenant("Kestrel Mail").await;
        let street = Self { site, slack, tenant, owed: Arc::default(), _dir: dir };
        street.furnish().await;
        let (db, life) = (&street.site.db, street.site.life.clone());
        let notifier = Notifier::new(Neighbours {
            store: db.store.clone(),
            clock: db.clock.clone(),
            dice: db.dice.clone(),
            vault: Arc::clone(&street.site.api.vault),
            client: GuardedClient::new(Allowed::new([street.slack.address().to_string()])),
            mailer: None,
            life: life.clone(),
            public_url: "https://mailvane.test".parse().unwrap(),
            owed: Arc::clone(&street.owed),
        });
        drive(
            &life,
            (db.clock.clone(), db.dice.clone()),
            Arc::clone(&street.owed),
            notify::PACE,
            notifier,
        );
        street
    }

    async fn furnish(&self) {
        let (t, db) = (self.tenant.get(), &self.site.db);
        let row = PublicId::<ids::Channel>::make(db.clock.now(), &*db.dice).uuid();
        let place = Place { table: "channel", column: "secret", tenant: t, row };
        let url = self.slack.webhook_url();
        let sealed = self.site.api.vault.seal(place, url.as_bytes(), &*db.dice).unwrap();
        let sealed = STANDARD.encode(sealed);
        let id = uuid::Uuid::from_u128(7);
        self.site
            .behind(format!(
                "insert into host (tenant_id, public_id, name) values ({t}, '{id}', 'mx1.kestrel.example');
                 insert into channel (tenant_id, public_id, kind, name, secret)
                    values ({t}, '{row}', 'slack', 'ops', decode('{sealed}', 'base64'));
                 insert into incident (tenant_id, public_id, alert_key, trigger_name, host_id, severity, title,
                        opened_at, value, threshold)
                    select {t}, '{id}', 'k', 'deferred', id, 'critical', 'Mail piles up', '2026-11-02T11:59:00Z', 60, 50
                    from host;"
            ))
            .await;
    }

    /// Owes one message; `seq` orders the lane.
    async fn owe(&self, seq: i32, kind: &str) {
        let (t, id) =
            (self.tenant.get(), uuid::Uuid::from_u128(100 + u128::try_from(seq).unwrap()));
        self.site
            .behind(format!(
                "insert into delivery (tenant_id, public_id, channel_id, incident_id, seq, kind, priority, lane)
                 select {t}, '{id}', c.id, i.id, {seq}, '{kind}', 0, i.id from channel c, incident i"
            ))
            .await;
        self.owed.notify_one();
    }

    /// What the receiver took, once there are `count` calls.
    async fn calls(&self, count: usize) -> Vec<(u16, String)> {
        for _ in 0..300 {
            let arrivals = self.slack.arrivals().unwrap();
            if arrivals.len() >= count {
                return arrivals.into_iter().map(|a| (a.status, a.text())).collect();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("only {:?} of {count}", self.slack.arrivals().unwrap());
    }

    async fn statuses(&self) -> Vec<(String, String)> {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let mut scoped = self.site.db.store.web(self.tenant).await.unwrap();
        let rows = scoped.deliveries(None, None, (None, 100)).await.unwrap();
        rows.into_iter().rev().map(|row| (row.kind, row.status)).collect()
    }
}

fn scripted(status: u16, body: &str, delay_ms: u64) -> Scripted {
    Scripted { status, body: body.to_owned(), retry_after_s: None, delay_ms }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_never_overtakes_the_beginning_even_through_failures() {
    let street = Street::build().await;
    street.slack.script([scripted(500, "rollup_error", 0)]);
    street.owe(1, "opened").await;
    street.calls(1).await;
    street.owe(2, "resolved").await;
    let calls = street.calls(3).await;
    assert_eq!(calls[0].0, 500);
    assert!(calls[1].1.contains("Critical: Mail piles up"), "{calls:?}");
    assert!(calls[2].1.contains("Resolved: Mail piles up"), "{calls:?}");
    let delivered = |kind: &str| (kind.to_owned(), "delivered".to_owned());
    assert_eq!(street.statuses().await, [delivered("opened"), delivered("resolved")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_gone_stops_its_channel_and_says_why() {
    let street = Street::build().await;
    street.slack.script([scripted(404, "no_service", 0)]);
    street.owe(1, "opened").await;
    street.calls(1).await;
    assert_eq!(street.statuses().await, [("opened".to_owned(), "dead".to_owned())]);
    let mut scoped = street.site.db.store.web(street.tenant).await.unwrap();
    let channel = scoped.channels(None).await.unwrap().remove(0);
    assert!(!channel.enabled);
    assert_eq!(channel.disabled_reason.as_deref(), Some("Slack answered 404: no_service"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_have_arrived_is_sent_again_and_says_that_it_may_be_a_repeat() {
    let street = Street::build().await;
    // As if a server had died in the middle of a call: marked as sending, its lease long over.
    street.owe(1, "opened").await;
    street.calls(1).await;
    street
        .site
        .behind("update delivery set status = 'sending', lease_token = gen_random_uuid(), finished_at = null,
                    lease_until = now() - interval '1 minute', next_at = now() - interval '1 minute'".to_owned())
        .await;
    street.owed.notify_one();
    let calls = street.calls(2).await;
    assert!(calls[1].1.contains("(possible repeat)"), "{calls:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_began_and_ended_before_anybody_was_told_is_told_once() {
    let street = Street::build().await;
    street
        .site
        .behind("update channel set next_send_at = now() + interval '1 day'".to_owned())
        .await;
    street.owe(1, "opened").await;
    street.owe(2, "resolved").await;
    street
        .site
        .behind(
            "update incident set closed_at = '2026-11-02T12:00:00Z'; update channel set next_send_at = now()"
                .to_owned(),
        )
        .await;
    street.owed.notify_one();
    let calls = street.calls(1).await;
    assert!(calls[0].1.contains("Fired and recovered: Mail piles up"), "{calls:?}");
    let status = |kind: &str, status: &str| (kind.to_owned(), status.to_owned());
    assert_eq!(
        street.statuses().await,
        [status("opened", "delivered"), status("resolved", "collapsed")]
    );
    assert_eq!(street.slack.arrivals().unwrap().len(), 1);
}
