//! What a tenant takes along: rows of each kind as JSON, without what is secret and without figures.

use serde_json::Value;

use super::{Scoped, StoreError};

/// Kinds, in the order of the export.
const KINDS: [&str; 11] = [
    "tenant",
    "member",
    "host",
    "instance",
    "trigger",
    "channel",
    "enrolment_key",
    "api_token",
    "incident",
    "incident_event",
    "audit",
];

/// One statement for each kind: the columns that are secret or mean nothing outside are taken out of the whole row, so
/// that a new column is exported without anybody remembering it.
macro_rules! rows {
    ($self:ident, $most:ident, $sql:literal) => {
        sqlx::query_scalar!($sql, $self.tenant().get(), $most).fetch_all($self.connection()).await?
    };
}

impl Scoped {
    /// What can be exported.
    pub const fn export_kinds(&self) -> [&'static str; 11] {
        KINDS
    }

    /// At most `most` rows of one kind, newest first.
    #[expect(clippy::too_many_lines, reason = "one statement a kind: a table is read as one piece")]
    pub async fn export(&mut self, kind: &str, most: i64) -> Result<Vec<Value>, StoreError> {
        Ok(match kind {
            "tenant" => rows!(
                self,
                most,
                r#"select to_jsonb(t) - 'id' as "row!" from tenant t where id = $1 limit $2"#
            ),
            "member" => rows!(
                self,
                most,
                r#"select jsonb_build_object('email', p.email, 'name', p.name, 'role', m.role,
                'created_at', m.created_at, 'until', m.until) as "row!" from member m join person p on p.id = m.person_id
                where m.tenant_id = $1 order by m.created_at desc limit $2"#
            ),
            "host" => rows!(
                self,
                most,
                r#"select to_jsonb(h) - 'machine_hash' - 'tenant_id' as "row!" from host h
                where tenant_id = $1 order by id desc limit $2"#
            ),
            "instance" => rows!(
                self,
                most,
                r#"select to_jsonb(i) - 'tenant_id' as "row!" from instance i
                where tenant_id = $1 order by id desc limit $2"#
            ),
            "trigger" => rows!(
                self,
                most,
                r#"select to_jsonb(t) - 'tenant_id' as "row!" from trigger t
                where tenant_id = $1 order by id desc limit $2"#
            ),
            "channel" => rows!(
                self,
                most,
                r#"select to_jsonb(c) - 'tenant_id' - 'secret' as "row!" from channel c
                where tenant_id = $1 order by id desc limit $2"#
            ),
            "enrolment_key" => rows!(
                self,
                most,
                r#"select to_jsonb(k) - 'tenant_id' - 'secret_hash' as "row!"
                from enrolment_key k where tenant_id = $1 order by id desc limit $2"#
            ),
            "api_token" => rows!(
                self,
                most,
                r#"select to_jsonb(k) - 'tenant_id' - 'secret_hash' as "row!"
                from api_token k where tenant_id = $1 order by id desc limit $2"#
            ),
            "incident" => rows!(
                self,
                most,
                r#"select to_jsonb(i) - 'tenant_id' as "row!" from incident i
                where tenant_id = $1 order by id desc limit $2"#
            ),
            "incident_event" => rows!(
                self,
                most,
                r#"select to_jsonb(e) - 'tenant_id' as "row!" from incident_event e
                where tenant_id = $1 order by incident_id desc, seq limit $2"#
            ),
            "audit" => rows!(
                self,
                most,
                r#"select to_jsonb(a) - 'tenant_id' as "row!" from audit a
                where tenant_id = $1 order by id desc limit $2"#
            ),
            _ => Vec::new(),
        })
    }
}
