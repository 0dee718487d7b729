//! What a report says of a week: figures, worst domains, incidents and changes; and which week was mailed to whom.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use mailvane_proto::catalogue::{
    self, EventKindId,
    delivery::{self, recipient},
    event, message, reject,
};

use super::{Scoped, StoreError, history::Window};
use crate::domain::{
    ids::{InstanceId, PersonId, PublicId},
    member::Email,
    weekly::{Change, IncidentCounts, Volume, Week, Worst},
};

/// Changes that a report lists at most.
const CHANGES_MAX: i64 = 50;

const WEEK: TimeDelta = TimeDelta::days(7);
/// Domains in a report.
const DOMAINS: usize = 10;
/// Wide enough that a domain with few deferrals and many bounces is among them.
const DOMAINS_READ: usize = 1_000;
/// What counts as a change.
const CHANGES: [EventKindId; 4] = [
    event::VERSION_CHANGED,
    event::CONFIG_CHANGED,
    event::CERTIFICATE_CHANGED,
    event::INSTANCE_RENAMED,
];

impl Scoped {
    /// The seven days before `to`, with the seven before them, as of one moment: what was written is durable after it.
    pub async fn week(&mut self, to: DateTime<Utc>) -> Result<Week, StoreError> {
        let from = to - WEEK;
        self.freeze().await?;
        let instances: Vec<InstanceId> =
            self.all_instances().await?.into_iter().map(|instance| instance.id).collect();
        let kinds: Vec<i16> =
            CHANGES.iter().filter_map(|kind| i16::try_from(kind.0).ok()).collect();
        Ok(Week {
            volume: self.volume(&instances, (from, to)).await?,
            before: self.volume(&instances, (from - WEEK, from)).await?,
            worst: self.worst_domains(&instances, (from, to)).await?,
            incidents: self.incident_counts((from, to)).await?,
            incidents_before: self.incident_counts((from - WEEK, from)).await?.opened(),
            changes: self.changes((from, to), &kinds).await?,
        })
    }

    async fn volume(
        &mut self,
        instances: &[InstanceId],
        week: Window,
    ) -> Result<Volume, StoreError> {
        let wanted = [
            message::RECEIVED,
            delivery::SENT,
            delivery::DEFERRED,
            delivery::BOUNCED,
            reject::TOTAL,
        ];
        let metrics: Vec<_> = wanted.into_iter().filter_map(catalogue::metric).collect();
        let mut sums = [0_i64; 5];
        for of_one in self.totals(instances, &metrics, week).await?.into_values() {
            for (sum, one) in sums.iter_mut().zip(of_one) {
                *sum = sum.saturating_add(one);
            }
        }
        let [received, sent, deferred, bounced, rejected] = sums;
        Ok(Volume { received, sent, deferred, bounced, rejected })
    }

    async fn worst_domains(
        &mut self,
        instances: &[InstanceId],
        week: Window,
    ) -> Result<Vec<Worst>, StoreError> {
        let Some(dimension) = catalogue::dimension(delivery::RECIPIENT_DOMAIN) else {
            return Ok(Vec::new());
        };
        let rank = (recipient::DEFERRED, DOMAINS_READ);
        let found = self.breakdown(instances, dimension, week, rank).await?;
        let row = |(domain, counts): (String, Vec<u64>)| {
            let count = |place: usize| counts.get(place).copied().unwrap_or(0);
            Worst {
                sent: count(recipient::SENT),
                deferred: count(recipient::DEFERRED),
                bounced: count(recipient::BOUNCED),
                domain,
            }
        };
        let mut rows: Vec<Worst> = found.rows.into_iter().map(row).collect();
        rows.retain(|row| row.domain != catalogue::OTHER && row.deferred + row.bounced > 0);
        rows.sort_by_key(|row| std::cmp::Reverse(row.deferred + row.bounced));
        rows.truncate(DOMAINS);
        Ok(rows)
    }

    /// Whether the week that begins with `monday` is still to be mailed.
    pub async fn owes_week(&mut self, monday: NaiveDate) -> Result<bool, StoreError> {
        let owes = sqlx::query_scalar!(
            r#"select (reported_week is null or reported_week < $2) as "owes!" from tenant where id = $1"#,
            self.tenant().get(),
            monday
        );
        Ok(owes.fetch_optional(self.connection()).await?.unwrap_or(false))
    }

    /// Takes the week that begins with `monday`: true for one taker only, and only if it commits.
    pub async fn take_week(&mut self, monday: NaiveDate) -> Result<bool, StoreError> {
        let taken = sqlx::query!(
            "update tenant set reported_week = $2
             where id = $1 and (reported_week is null or reported_week < $2)",
            self.tenant().get(),
            monday
        );
        Ok(taken.execute(self.connection()).await?.rows_affected() == 1)
    }

    /// Members who want the weekly report, at most a thousand.
    pub async fn report_readers(&mut self) -> Result<Vec<Email>, StoreError> {
        let emails = sqlx::query_scalar!(
            r#"select email as "email!" from scoped.colleague where tenant_id = $1 and weekly_report
               order by person_id limit 1000"#,
            self.tenant().get()
        );
        let emails = emails.fetch_all(self.connection()).await?;
        Ok(emails.iter().filter_map(|email| Email::parse(email)).collect())
    }

    /// Whether a member wants the weekly report.
    pub async fn reads_report(&mut self, person: PersonId) -> Result<bool, StoreError> {
        let wants = sqlx::query_scalar!(
            "select weekly_report from member where tenant_id = $1 and person_id = $2",
            self.tenant().get(),
            person.get()
        );
        Ok(wants.fetch_optional(self.connection()).await?.unwrap_or(false))
    }

    /// A member wants the weekly report, or no more.
    pub async fn set_reads_report(
        &mut self,
        person: PersonId,
        wants: bool,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "update member set weekly_report = $3 where tenant_id = $1 and person_id = $2",
            self.tenant().get(),
            person.get(),
            wants
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Counts the incidents that began in a window.
    pub async fn incident_counts(
        &mut self,
        (from, to): Window,
    ) -> Result<IncidentCounts, StoreError> {
        let rows = sqlx::query!(
            r#"select severity, count(*) as "count!", count(*) filter (where closed_at is null) as "open!",
                   sum(extract(epoch from closed_at - opened_at))::int8 as open_s,
                   count(closed_at) as "ended!"
               from incident where tenant_id = $1 and opened_at >= $2 and opened_at < $3 group by severity
               order by severity"#,
            self.tenant().get(),
            from,
            to
        );
        let rows = rows.fetch_all(self.connection()).await?;
        let ended: i64 = rows.iter().map(|row| row.ended).sum();
        let open_s: i64 = rows.iter().filter_map(|row| row.open_s).sum();
        Ok(IncidentCounts {
            open: rows.iter().map(|row| row.open).sum(),
            mean_open_s: open_s.checked_div(ended),
            by_severity: rows.into_iter().map(|row| (row.severity, row.count)).collect(),
        })
    }

    /// Events of these kinds in a window, newest first.
    pub async fn changes(
        &mut self,
        (from, to): Window,
        kinds: &[i16],
    ) -> Result<Vec<Change>, StoreError> {
        let rows = sqlx::query!(
            r#"select e.at as "at!", i.public_id, e.kind as "kind!", e.subject as "subject!", e.text as "text!"
               from scoped.event e join instance i on i.tenant_id = e.tenant_id and i.id = e.instance_id
               where e.tenant_id = $1 and e.at >= $2 and e.at < $3 and e.kind = any($4)
               order by e.at desc limit $5"#,
            self.tenant().get(),
            from,
            to,
            kinds,
            CHANGES_MAX
        );
        let rows = rows.fetch_all(self.connection()).await?;
        Ok(rows
            .into_iter()
            .map(|row| Change {
                at: row.at,
                instance: PublicId::from_row(row.public_id),
                kind: row.kind,
                subject: row.subject,
                text: row.text,
            })
            .collect())
    }
}
