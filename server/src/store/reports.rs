//! What a report says of a week beside figures: incidents and changes.

use chrono::{DateTime, Utc};

use super::{Scoped, StoreError, history::Window};
use crate::domain::ids::{self, PublicId};

/// Incidents of a time, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IncidentCounts {
    /// How many began, by severity.
    pub by_severity: Vec<(String, i64)>,
    /// Of these, still open.
    pub open: i64,
    /// How long those that ended were open, on average, seconds.
    pub mean_open_s: Option<i64>,
}

/// Something that was changed on a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub at: DateTime<Utc>,
    /// Where.
    pub instance: PublicId<ids::Instance>,
    /// Kind of event.
    pub kind: i16,
    /// What.
    pub subject: String,
    /// In words.
    pub text: String,
}

/// Changes that a report lists at most.
const CHANGES_MAX: i64 = 50;

impl Scoped {
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
