//! What happened in a tenant between two looks, for pages that update by themselves.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Scoped, StoreError};
use crate::domain::ids::{self, PublicId};

impl Scoped {
    /// The database's clock, which stamps everything that a look compares.
    pub async fn database_time(&mut self) -> Result<DateTime<Utc>, StoreError> {
        let now = sqlx::query_scalar!(r#"select clock_timestamp() as "now!""#);
        Ok(now.fetch_one(self.connection()).await?)
    }

    /// Hosts whose agents delivered in (`since` - 2 s, `until`].
    pub async fn hosts_heard_of(
        &mut self,
        since: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Vec<PublicId<ids::Host>>, StoreError> {
        let rows = sqlx::query_scalar!(
            "select distinct h.public_id from scoped.cursor c
             join agent a on a.tenant_id = c.tenant_id and a.id = c.agent_id
             join host h on h.tenant_id = a.tenant_id and h.id = a.host_id
             where c.tenant_id = $1 and c.received_at > $2 and c.received_at <= $3",
            self.tenant().get(),
            since - OVERLAP,
            until
        );
        let rows = rows.fetch_all(self.connection()).await?;
        Ok(rows.into_iter().map(PublicId::from_row).collect())
    }

    /// Marks on timelines in (`since` - 2 s, `until`], oldest first.
    pub async fn incident_news(
        &mut self,
        since: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Vec<(PublicId<ids::Incident>, String)>, StoreError> {
        let rows = sqlx::query!(
            "select i.public_id, e.kind from incident_event e
             join incident i on i.tenant_id = e.tenant_id and i.id = e.incident_id
             where e.tenant_id = $1 and e.at > $2 and e.at <= $3 order by e.at, e.seq limit 100",
            self.tenant().get(),
            since - OVERLAP,
            until
        );
        let rows = rows.fetch_all(self.connection()).await?;
        Ok(rows.into_iter().map(|row| (PublicId::from_row(row.public_id), row.kind)).collect())
    }
}

/// A commit becomes visible a little after the stamps it carries.
const OVERLAP: TimeDelta = TimeDelta::seconds(2);
