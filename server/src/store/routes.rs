//! Routes as people write them.

use serde_json::Value;

use super::{Scoped, StoreError, channels::Changed};
use crate::domain::ids::{self, PublicId};

/// A route as a person sees it.
#[derive(Debug)]
pub struct RouteRow {
    /// Public id.
    pub public_id: PublicId<ids::Route>,
    /// Name.
    pub name: String,
    /// Place in the order.
    pub position: i32,
    /// Whether it is looked at.
    pub enabled: bool,
    /// Whether the routes behind it are looked at, too.
    pub go_on: bool,
    /// See [`super::matcher::StoredMatcher`].
    pub matcher: Value,
    /// See [`super::matcher::StoredStep`].
    pub steps: Value,
    /// Seconds between repeats.
    pub repeat_s: Option<i32>,
    /// `none`, `host`, `trigger` or `tenant`.
    pub group_by: String,
    /// Grows with every change.
    pub version: i32,
}

/// A route's parts, to be stored.
#[derive(Debug)]
pub struct RouteDraft<'a> {
    /// Name.
    pub name: &'a str,
    /// Whether it is looked at.
    pub enabled: bool,
    /// Whether the routes behind it are looked at, too.
    pub go_on: bool,
    /// Checked.
    pub matcher: &'a Value,
    /// Checked.
    pub steps: &'a Value,
    /// Seconds between repeats.
    pub repeat_s: Option<i32>,
    /// Checked.
    pub group_by: &'a str,
}

impl Scoped {
    /// All routes in their order, or the one named.
    pub async fn route_rows(
        &mut self,
        only: Option<PublicId<ids::Route>>,
    ) -> Result<Vec<RouteRow>, StoreError> {
        let rows = sqlx::query!(
            "select public_id, name, position, enabled, go_on, matcher, steps, repeat_s, group_by, version from route
             where tenant_id = $1 and ($2::uuid is null or public_id = $2) order by position, id limit 200",
            self.tenant().get(),
            only.map(PublicId::uuid)
        );
        let rows = rows.fetch_all(self.connection()).await?;
        Ok(rows
            .into_iter()
            .map(|row| RouteRow {
                public_id: PublicId::from_row(row.public_id),
                name: row.name,
                position: row.position,
                enabled: row.enabled,
                go_on: row.go_on,
                matcher: row.matcher,
                steps: row.steps,
                repeat_s: row.repeat_s,
                group_by: row.group_by,
                version: row.version,
            })
            .collect())
    }

    /// Stores a route behind all others. A duplicate name is [`StoreError::is_duplicate`].
    pub async fn add_route(
        &mut self,
        public_id: PublicId<ids::Route>,
        draft: &RouteDraft<'_>,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into route (tenant_id, public_id, name, position, enabled, go_on, matcher, steps, repeat_s, group_by)
             select $1, $2, $3, coalesce(max(position), 0) + 1, $4, $5, $6, $7, $8, $9 from route where tenant_id = $1",
            self.tenant().get(),
            public_id.uuid(),
            draft.name,
            draft.enabled,
            draft.go_on,
            draft.matcher,
            draft.steps,
            draft.repeat_s,
            draft.group_by
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Rewrites a route, if it still has `version`.
    pub async fn change_route(
        &mut self,
        (route, version): (PublicId<ids::Route>, i32),
        draft: &RouteDraft<'_>,
    ) -> Result<Changed, StoreError> {
        let updated = sqlx::query!(
            "update route set name = $4, enabled = $5, go_on = $6, matcher = $7, steps = $8, repeat_s = $9, group_by = $10,
                version = version + 1
             where tenant_id = $1 and public_id = $2 and version = $3",
            self.tenant().get(),
            route.uuid(),
            version,
            draft.name,
            draft.enabled,
            draft.go_on,
            draft.matcher,
            draft.steps,
            draft.repeat_s,
            draft.group_by
        );
        if updated.execute(self.connection()).await?.rows_affected() == 1 {
            return Ok(Changed::Yes);
        }
        self.route_version(route).await
    }

    /// Removes a route, if it still has `version`.
    pub async fn remove_route(
        &mut self,
        route: PublicId<ids::Route>,
        version: i32,
    ) -> Result<Changed, StoreError> {
        let removed = sqlx::query!(
            "delete from route where tenant_id = $1 and public_id = $2 and version = $3",
            self.tenant().get(),
            route.uuid(),
            version
        );
        if removed.execute(self.connection()).await?.rows_affected() == 1 {
            return Ok(Changed::Yes);
        }
        self.route_version(route).await
    }

    async fn route_version(&mut self, route: PublicId<ids::Route>) -> Result<Changed, StoreError> {
        let version = sqlx::query_scalar!(
            "select version from route where tenant_id = $1 and public_id = $2",
            self.tenant().get(),
            route.uuid()
        );
        let version = version.fetch_optional(self.connection()).await?;
        Ok(version.map_or(Changed::Missing, Changed::Stale))
    }

    /// Puts routes into this order; those that are not named follow behind.
    pub async fn order_routes(&mut self, order: &[PublicId<ids::Route>]) -> Result<(), StoreError> {
        let ids: Vec<uuid::Uuid> = order.iter().map(|id| id.uuid()).collect();
        sqlx::query!(
            "update route r set position = n.place from (
                select id, row_number() over (
                    order by coalesce(array_position($2::uuid[], public_id), 1000), position, id)::int4 as place
                from route where tenant_id = $1) n
             where r.tenant_id = $1 and r.id = n.id and r.position <> n.place",
            self.tenant().get(),
            &ids
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }
}
