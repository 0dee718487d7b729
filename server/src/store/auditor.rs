//! Looks for what must not be: alerts without incident, incidents that nobody watches, news that is owed and not moved, ends
//! that were never told. One question for each tenant; the answer should be empty.

use super::{Scoped, StoreError, system::SystemLoops};
use crate::domain::ids::TenantId;

/// What must not be, and how often it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offence {
    /// The invariant that is broken, as in `docs/testing.md`.
    pub rule: String,
    /// How many rows break it.
    pub count: i64,
}

/// Every invariant that the auditor looks at.
pub const RULES: [&str; 6] = [
    "I-1 alert without incident",
    "I-3 incident that no alert watches",
    "I-4 delivery beyond its time",
    "I-5 two of a lane on their way",
    "I-6 end never told",
    "timer long overdue",
];

impl SystemLoops {
    /// Tenants behind `after`, in order.
    pub async fn tenants_after(
        &mut self,
        after: i32,
        most: i32,
    ) -> Result<Vec<TenantId>, StoreError> {
        let ids = sqlx::query_scalar!(
            r#"select tenant_id as "tenant_id!" from tenants_after($1, $2)"#,
            after,
            most
        );
        let ids = ids.fetch_all(self.connection()).await?;
        Ok(ids.into_iter().map(TenantId::from_row).collect())
    }
}

impl Scoped {
    /// What of this tenant must not be. What is under way right now gets a minute; what waits for a receiver, its schedule.
    pub async fn audit_alerts(&mut self) -> Result<Vec<Offence>, StoreError> {
        let rows = sqlx::query_as!(
            Offence,
            r#"with broken as (
                select 'I-1 alert without incident' as rule from alert_state a
                where a.tenant_id = $1 and a.state in ('firing', 'recovering')
                  and a.judged_at < clock_timestamp() - interval '1 minute'
                  and not exists (select 1 from incident i
                      join incident_event e on e.tenant_id = i.tenant_id and e.incident_id = i.id and e.seq = 1
                      where i.tenant_id = a.tenant_id and i.id = a.incident_id)
                union all
                select 'I-3 incident that no alert watches' from incident i
                where i.tenant_id = $1 and i.closed_at is null
                  and not exists (select 1 from alert_state a where a.tenant_id = i.tenant_id
                      and a.incident_id = i.id and a.state in ('firing', 'recovering'))
                  and not exists (select 1 from timer t where t.tenant_id = i.tenant_id
                      and t.kind in ('withdraw', 'resolve'))
                union all
                select 'I-4 delivery beyond its time' from delivery d
                join channel c on c.tenant_id = d.tenant_id and c.id = d.channel_id and c.enabled
                where d.tenant_id = $1 and d.status in ('ready', 'leased', 'sending')
                  and d.next_at < clock_timestamp() - interval '15 minutes'
                  and c.next_send_at < clock_timestamp() - interval '15 minutes'
                  and coalesce(d.lease_until, '-infinity') < clock_timestamp() - interval '15 minutes'
                  and not exists (select 1 from delivery e where e.tenant_id = d.tenant_id
                      and e.channel_id = d.channel_id and e.lane = d.lane and e.id < d.id
                      and e.status in ('ready', 'leased', 'sending'))
                union all
                select 'I-5 two of a lane on their way' from delivery d
                where d.tenant_id = $1 and d.status in ('leased', 'sending') and d.lane <> 0
                  and d.lease_until > clock_timestamp()
                group by d.channel_id, d.lane having count(*) > 1
                union all
                select 'I-6 end never told' from incident i
                join delivery d on d.tenant_id = i.tenant_id and d.incident_id = i.id and d.kind = 'opened'
                  and (d.status = 'delivered' or d.possible_repeat)
                where i.tenant_id = $1 and i.closed_at between clock_timestamp() - interval '1 day'
                      and clock_timestamp() - interval '1 minute'
                  and not exists (select 1 from delivery e where e.tenant_id = i.tenant_id
                      and e.incident_id = i.id and e.channel_id = d.channel_id
                      and e.kind in ('resolved', 'closed'))
                union all
                select 'timer long overdue' from timer t
                where t.tenant_id = $1 and t.due_at < clock_timestamp() - interval '5 minutes')
               select rule as "rule!", count(*) as "count!" from broken group by rule order by rule"#,
            self.tenant().get()
        );
        Ok(rows.fetch_all(self.connection()).await?)
    }
}
