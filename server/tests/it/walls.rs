//! The walls between tenants, as the database itself has them: the catalogue is swept, each rule finds its mutant, and
//! one row of each of two tenants is put into every table to see who sees it.

mod sweep;

use std::collections::{BTreeMap, HashSet};

use mailvane_server::store::{Logins, roles};
#[expect(
    clippy::disallowed_types,
    reason = "statements here are formed from the database's catalogue"
)]
use sqlx::AssertSqlSafe;
use sqlx::{ConnectOptions as _, Executor as _, PgConnection, Row as _};

use crate::harness::Db;

/// Faults that somebody might commit; each must be an offence.
const MUTANTS: [&str; 23] = [
    "alter table host no force row level security",
    "alter table channel disable row level security",
    "create table leak (tenant_id int4, secret text); grant select on leak to svc_web",
    "grant select on sample to svc_web",
    "grant select (tenant_id, ts) on sample to svc_loops",
    "alter policy own on incident using (true)",
    "alter policy own on incident with check (true)",
    "create policy generous on trigger for select to svc_web using (true)",
    "drop policy own on delivery",
    "create or replace function current_tenant() returns int4 language sql stable \
     as $$ select 1 $$",
    "create view all_hosts as select * from host",
    "alter view scoped.sample reset (security_barrier)",
    "create or replace view scoped.cursor with (security_barrier) as \
     select tenant_id, agent_id, epoch, last_seq, received_at from cursor",
    "create or replace view scoped.cursor with (security_barrier) as \
     select tenant_id, agent_id, epoch, last_seq, received_at from cursor \
     where tenant_id = current_tenant() or last_seq = 0",
    "create table part.loose partition of sample for values from ('2001-01-01') to ('2001-01-02'); \
     grant select on part.loose to svc_web",
    "grant svc_upkeep to svc_web",
    "alter function find_session(bytea) reset search_path",
    "grant execute on function find_agent(uuid) to public",
    "alter table agent add column host_ref uuid references host (public_id)",
    "alter table member owner to svc_web",
    "create table loose (tenant_id int4, secret text)",
    "grant select on tenant to public",
    "create unique index told on host (name)",
];

#[tokio::test]
async fn the_database_has_the_walls_that_it_should() {
    let db = Db::new().await;
    let mut behind = db.behind().await;
    let offences = sweep::sweep(&mut behind).await;
    assert!(offences.is_empty(), "{offences:#?}");
}

#[tokio::test]
async fn the_sweep_finds_every_fault_that_is_put_in() {
    let db = Db::new().await;
    let mut behind = db.behind().await;
    let mut found = HashSet::new();
    for mutant in MUTANTS {
        run(&mut behind, "begin").await;
        run(&mut behind, mutant).await;
        let offences = sweep::sweep(&mut behind).await;
        assert!(!offences.is_empty(), "nobody minds `{mutant}`");
        found.extend(offences.into_iter().map(|offence| offence.rule));
        run(&mut behind, "rollback").await;
    }
    for rule in &sweep::RULES {
        assert!(found.contains(rule.name), "no mutant tries: {}", rule.name);
    }
}

/// Every table and every scoped view, by every role that may read it.
#[tokio::test]
async fn one_row_of_each_of_two_tenants_is_seen_by_its_own_and_by_nobody_else() {
    let db = Db::new().await;
    let mut behind = db.behind().await;
    let tables = tables_of_tenants(&mut behind).await;
    furnish(&mut behind, &tables).await;
    let mut looked = 0;
    for role in ["svc_web", "svc_ingest", "svc_loops"] {
        let mut reader = connect(&db, role).await;
        for relation in readable(&mut behind, role).await {
            let count = format!("select count(*) from {relation}");
            assert_eq!(number(&mut reader, &count).await, 0, "{role} without a tenant: {relation}");
            for tenant in [KESTREL, HERON] {
                run(&mut reader, &format!("begin; set local app.tenant_id = {tenant}")).await;
                let own =
                    format!("select count(*) filter (where tenant_id = {tenant}) from {relation}");
                assert!(number(&mut reader, &own).await > 0, "{role} of {tenant}: {relation}");
                let foreign =
                    format!("select count(*) from {relation} where tenant_id <> {tenant}");
                assert_eq!(
                    number(&mut reader, &foreign).await,
                    0,
                    "{role} of {tenant}: {relation}"
                );
                run(&mut reader, "rollback").await;
            }
            looked += 1;
        }
    }
    println!("{looked} pairs of role and relation, {} tables", tables.len());
    assert!(looked > 80, "{looked}");
}

#[tokio::test]
async fn a_tenant_can_neither_change_nor_make_a_row_of_another() {
    let db = Db::new().await;
    let mut behind = db.behind().await;
    let tables = tables_of_tenants(&mut behind).await;
    furnish(&mut behind, &tables).await;
    let mut tried = 0;
    for role in ["svc_web", "svc_ingest", "svc_loops"] {
        let mut writer = connect(&db, role).await;
        for (table, columns) in &tables {
            if !row_secured(&mut behind, table).await {
                continue;
            }
            for (right, statement) in [
                ("insert", insert(table, columns, HERON)),
                ("update", format!("update {table} set tenant_id = {HERON}")),
                ("delete", format!("delete from {table} where tenant_id = {HERON}")),
            ] {
                if !may(&mut behind, role, table, right).await {
                    continue;
                }
                run(&mut writer, &format!("begin; set local app.tenant_id = {KESTREL}")).await;
                let outcome = writer.execute(AssertSqlSafe(statement.clone())).await;
                match (right, outcome) {
                    ("delete", Ok(done)) => assert_eq!(done.rows_affected(), 0, "{role} {table}"),
                    (_, Err(error)) => {
                        let error = error.to_string();
                        assert!(
                            error.contains("row-level security"),
                            "{role} {statement}: {error}"
                        );
                    }
                    (_, Ok(_)) => panic!("{role} could: {statement}"),
                }
                run(&mut writer, "rollback").await;
                tried += 1;
            }
        }
    }
    println!("{tried} pairs of role and statement");
    assert!(tried > 40, "{tried}");
}

const KESTREL: i32 = 101;
const HERON: i32 = 102;

/// Columns of a table with their types, but those that fill themselves.
type Columns = Vec<(String, String)>;

async fn tables_of_tenants(connection: &mut PgConnection) -> BTreeMap<String, Columns> {
    let find = "
        select c.relname::text, a.attname::text, format_type(a.atttypid, null) from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            and a.attidentity = '' and a.attgenerated = ''
        where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace
        and exists (select 1 from pg_attribute t where t.attrelid = c.oid and t.attname = 'tenant_id')
        order by c.relname, a.attnum";
    let mut tables: BTreeMap<String, Columns> = BTreeMap::new();
    for row in connection.fetch_all(find).await.unwrap() {
        tables.entry(row.get(0)).or_default().push((row.get(1), row.get(2)));
    }
    tables
}

/// Puts one row of each tenant into every table, past references and checks, which are not what is tried here.
async fn furnish(behind: &mut PgConnection, tables: &BTreeMap<String, Columns>) {
    run(behind, "set session_replication_role = replica").await;
    let drop_checks = "do $$ declare c record; begin
        for c in select conrelid::regclass as t, conname from pg_constraint
            where contype = 'c' and connamespace = 'public'::regnamespace and conparentid = 0 loop
            execute format('alter table %s drop constraint %I', c.t, c.conname);
        end loop; end $$";
    run(behind, drop_checks).await;
    for (table, columns) in tables {
        let partition = format!(
            "do $$ begin if (select relkind = 'p' from pg_class where oid = '{table}'::regclass)
             then create table part.{table}_walls partition of {table}
                for values from ('2026-11-02') to ('2026-11-03'); end if; end $$"
        );
        run(behind, &partition).await;
        for tenant in [KESTREL, HERON] {
            run(behind, &insert(table, columns, tenant)).await;
        }
    }
    // People belong to no tenant, but the view of a tenant's colleagues looks them up.
    for tenant in [KESTREL, HERON] {
        let person = format!(
            "insert into person (id, public_id, email) overriding system value
             values ({tenant}, '00000000-0000-7000-8000-000000000{tenant}', '{tenant}@mail.example')"
        );
        run(behind, &person).await;
    }
    run(behind, "set session_replication_role = origin").await;
}

fn insert(table: &str, columns: &Columns, tenant: i32) -> String {
    let names: Vec<_> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let values: Vec<_> = columns.iter().map(|(name, kind)| value(name, kind, tenant)).collect();
    format!("insert into {table} ({}) values ({})", names.join(", "), values.join(", "))
}

/// Any value of a type; different in the two tenants, as some things are unique across all.
fn value(name: &str, kind: &str, tenant: i32) -> String {
    match (name, kind) {
        ("tenant_id", _) | (_, "integer" | "bigint" | "smallint" | "double precision") => {
            tenant.to_string()
        }
        (_, "timestamp with time zone") => "'2026-11-02 12:00+00'".to_owned(),
        (_, "text") => format!("'{tenant}'"),
        (_, "uuid") => format!("'00000000-0000-7000-8000-000000000{tenant}'"),
        (_, "bytea") => format!("decode(repeat('{}', 32), 'hex')", tenant % 100 + 10),
        (_, "boolean") => "true".to_owned(),
        (_, "jsonb" | "text[]" | "bigint[]") => "'{}'".to_owned(),
        (name, kind) => panic!("a {kind} ({name}): say here which value it may have"),
    }
}

/// Tables with row security and scoped views that a role may read the tenant of.
async fn readable(behind: &mut PgConnection, role: &str) -> Vec<String> {
    let find = format!(
        "select c.oid::regclass::text from pg_class c
         join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
         where (c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace and c.relrowsecurity
            or c.relkind = 'v' and c.relnamespace = 'scoped'::regnamespace)
         and has_table_privilege('{role}', c.oid, 'select') order by 1"
    );
    let rows = behind.fetch_all(AssertSqlSafe(find)).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

async fn row_secured(behind: &mut PgConnection, table: &str) -> bool {
    let ask =
        format!("select count(*) from pg_class where oid = '{table}'::regclass and relrowsecurity");
    number(behind, &ask).await == 1
}

async fn may(behind: &mut PgConnection, role: &str, table: &str, right: &str) -> bool {
    let ask = format!("select has_table_privilege('{role}', '{table}', '{right}')::int4::int8");
    number(behind, &ask).await == 1
}

async fn number(connection: &mut PgConnection, question: &str) -> i64 {
    connection.fetch_one(AssertSqlSafe(question.to_owned())).await.unwrap().get(0)
}

async fn run(connection: &mut PgConnection, statement: &str) {
    let done = connection.execute(AssertSqlSafe(statement.to_owned())).await;
    done.unwrap_or_else(|error| panic!("{statement}: {error}"));
}

async fn connect(db: &Db, role: &str) -> PgConnection {
    let Logins { web, ingest, loops, .. } = roles::logins(&db.administrator, &roles::Proof::Peer);
    let login = match role {
        "svc_web" => web,
        "svc_ingest" => ingest,
        _ => loops,
    };
    login.connect().await.unwrap()
}
