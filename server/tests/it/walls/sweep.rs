//! What the database's own catalogue must say for the walls between tenants to hold. Each rule is one question; each
//! answer is an offence.

use sqlx::{Executor as _, PgConnection, Row as _};

/// A rule: its name, and a question whose every row is an offence.
pub(super) struct Rule {
    pub(super) name: &'static str,
    question: &'static str,
}

pub(super) const RULES: [Rule; 12] = [
    Rule {
        name: "a table of tenants has forced row security, or nobody who serves tenants may touch it",
        question: "
            select c.oid::regclass::text from pg_class c
            join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
            where c.relkind in ('r', 'p') and c.relnamespace in ('public'::regnamespace, 'part'::regnamespace)
            and not (c.relrowsecurity and c.relforcerowsecurity)
            and exists (select 1 from pg_roles r where r.rolname in ('svc_web', 'svc_loops') and (
                has_table_privilege(r.oid, c.oid, 'select, insert, update, delete, truncate, references, trigger')
                or has_any_column_privilege(r.oid, c.oid, 'select, insert, update, references')))",
    },
    Rule {
        name: "a table without row security belongs to svc_upkeep or is one that only ingest and upkeep move",
        question: "
            select c.oid::regclass::text from pg_class c
            join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
            where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace
            and not (c.relrowsecurity and c.relforcerowsecurity)
            and c.relowner <> 'svc_upkeep'::regrole
            and c.relname not in ('cursor', 'dictionary', 'quarantine', 'gap', 'event')",
    },
    Rule {
        name: "row security admits the tenant of the transaction, and no other way in but those of migrator and sweeper",
        question: "
            select p.schemaname || '.' || p.tablename || ' ' || p.policyname from pg_policies p where not (
                (p.permissive = 'PERMISSIVE' and p.roles = '{public}' and p.cmd = 'ALL'
                    and p.qual in ('(tenant_id = current_tenant())', '(id = current_tenant())')
                    and p.with_check = p.qual)
                or p.roles = '{migrator}' or (p.roles = '{sweeper}' and p.with_check is null and p.cmd in ('SELECT', 'ALL')))
            union all
            select c.oid::regclass::text || ' has no policy of its own' from pg_class c
            where c.relrowsecurity and not exists (
                select 1 from pg_policy p where p.polrelid = c.oid and p.polroles = '{0}')",
    },
    Rule {
        name: "the tenant of a transaction is what was set in it, and nothing when nothing was",
        question: "
            select 'current_tenant()' from pg_proc where oid = 'current_tenant()'::regprocedure
            and (prosecdef or pg_get_functiondef(oid) not like
                '%RETURN (NULLIF(current_setting(''app.tenant_id''::text, true), ''''::text))::integer%')",
    },
    Rule {
        name: "a view with its owner's rights is a barrier with the tenant's predicate; any other has the asker's rights",
        question: "
            select c.oid::regclass::text from pg_class c where c.relkind in ('v', 'm')
            and c.relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
            and not (coalesce(c.reloptions, '{}') @> '{security_invoker=true}'
                or (c.relkind = 'v' and c.relnamespace = 'scoped'::regnamespace
                    and coalesce(c.reloptions, '{}') && '{security_barrier=true,security_barrier=on}'
                    and pg_get_viewdef(c.oid) like '%WHERE (%tenant_id = current_tenant()%'
                    and pg_get_viewdef(c.oid) not like '% OR %'
                    and pg_get_viewdef(c.oid) not like '%UNION%'))",
    },
    Rule {
        name: "no service may look into a partition by its own name, but its owner",
        question: "
            select c.oid::regclass::text || ' ' || r.rolname from pg_class c, pg_roles r
            where c.relnamespace = 'part'::regnamespace and c.relkind in ('r', 'p')
            and r.rolname in ('svc_web', 'svc_ingest', 'svc_loops', 'sweeper')
            and has_table_privilege(r.oid, c.oid, 'select, insert, update, delete')",
    },
    Rule {
        name: "a service role has no power over the cluster and is a member of nothing",
        question: "
            select r.rolname::text from pg_roles r
            where r.rolname in ('svc_web', 'svc_ingest', 'svc_loops', 'svc_upkeep', 'sweeper')
            and (r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb or r.rolreplication
                or exists (select 1 from pg_auth_members m where m.member = r.oid)
                or has_schema_privilege(r.oid, 'public', 'create')
                or has_schema_privilege(r.oid, 'scoped', 'create')
                or has_database_privilege(r.oid, current_database(), 'create'))
            union all
            select r.rolname || ' may log in' from pg_roles r
            where r.rolname in ('migrator', 'sweeper') and (r.rolcanlogin or r.rolsuper or r.rolbypassrls)",
    },
    Rule {
        name: "a service role owns nothing, but svc_upkeep its tables without row security",
        question: "
            select c.oid::regclass::text || ' ' || r.rolname from pg_class c join pg_roles r on r.oid = c.relowner
            where r.rolname in ('svc_web', 'svc_ingest', 'svc_loops', 'svc_upkeep')
            and not (r.rolname = 'svc_upkeep' and (c.relkind not in ('r', 'p') or not c.relrowsecurity))
            union all
            select p.oid::regprocedure::text || ' ' || r.rolname from pg_proc p join pg_roles r on r.oid = p.proowner
            where r.rolname in ('svc_web', 'svc_ingest', 'svc_loops', 'svc_upkeep')",
    },
    Rule {
        name: "a function with its owner's rights has a fixed path, gives ids only and is not everybody's",
        question: "
            select p.oid::regprocedure::text from pg_proc p where p.prosecdef
            and p.pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
            and not (p.proowner = 'sweeper'::regrole
                and coalesce(p.proconfig, '{}') && '{\"search_path=public, pg_temp\"}'
                and not exists (select 1 from aclexplode(p.proacl) a where a.grantee = 0)
                and p.proacl is not null
                and not exists (select 1 from unnest(p.proargnames, p.proargmodes::text[]) n (name, mode)
                    where n.mode in ('o', 't') and n.name not in ('tenant_id', 'id')))",
    },
    Rule {
        name: "a reference between rows of tenants carries the tenant on both sides",
        question: "
            select f.conrelid::regclass::text || ' ' || f.conname from pg_constraint f
            join pg_attribute a on a.attrelid = f.confrelid and a.attname = 'tenant_id'
            where f.contype = 'f' and not exists (
                select 1 from unnest(f.conkey, f.confkey) k (here, there)
                join pg_attribute h on h.attrelid = f.conrelid and h.attnum = k.here and h.attname = 'tenant_id'
                join pg_attribute t on t.attrelid = f.confrelid and t.attnum = k.there and t.attname = 'tenant_id')",
    },
    Rule {
        name: "what is unique is unique within its tenant, but for what cannot be guessed",
        question: "
            select i.indexrelid::regclass::text from pg_index i
            join pg_class c on c.oid = i.indrelid and c.relnamespace = 'public'::regnamespace
            join pg_attribute t on t.attrelid = c.oid and t.attname = 'tenant_id'
            join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
            where i.indisunique and a.attname not in ('tenant_id', 'public_id', 'refresh_hash', 'key_id')",
    },
    Rule {
        name: "nobody but the named roles holds a grant",
        question: "
            select c.oid::regclass::text from pg_class c, aclexplode(c.relacl) a
            where c.relnamespace in ('public'::regnamespace, 'scoped'::regnamespace, 'part'::regnamespace)
            and (a.grantee = 0 or a.is_grantable and a.grantee <> c.relowner)",
    },
];

/// What breaks a rule.
#[derive(Debug)]
pub(super) struct Offence {
    pub(super) rule: &'static str,
    /// The table, view, function or role; read by people, when a test fails.
    #[expect(dead_code, reason = "printed by Debug")]
    culprit: String,
}

/// Every offence against every rule.
pub(super) async fn sweep(connection: &mut PgConnection) -> Vec<Offence> {
    let mut offences = Vec::new();
    for rule in &RULES {
        for row in connection.fetch_all(rule.question).await.unwrap() {
            offences.push(Offence { rule: rule.name, culprit: row.get(0) });
        }
    }
    offences
}
