//! The migration of the sample, breakdown, late, block and rollup tables.
//!
//! Once released it is never rewritten: a metric added later is a migration of its own, and the second test wants it.

use std::{fmt::Write as _, fs, path::Path};

use mailvane_proto::catalogue::{self, Group, Kind, Metric};

const MIGRATION: &str = "migrations/20261124000400_samples.sql";

/// Metrics that [`MIGRATION`] makes columns for; later ones come by `alter table`.
const METRICS_AT_FIRST: usize = 237;

/// Groups that [`MIGRATION`] makes rollup tables for.
const GROUPS_AT_FIRST: usize = 26;

/// Longest line of column definitions.
const LINE_MAX: usize = 116;

#[test]
fn the_first_migration_of_samples_is_fresh() {
    super::copy::compare(MIGRATION, &migration());
}

#[test]
fn each_later_metric_comes_with_its_columns() {
    let all = all_migrations();
    for metric in catalogue::metrics().iter().skip(METRICS_AT_FIRST) {
        let group = group_of(metric);
        let mut wanted = vec![format!("alter table sample add column {}", column(metric))];
        for table in rollup_tables(group) {
            let columns = rollup_columns(metric);
            wanted.extend(columns.iter().map(|c| format!("alter table {table} add column {c}")));
        }
        for statement in wanted {
            assert!(all.contains(&statement), "no migration says `{statement}`");
        }
    }
    if catalogue::metrics().len() > METRICS_AT_FIRST {
        assert!(all.contains("create or replace view scoped.sample"), "the view hides new metrics");
    }
    for group in catalogue::groups().iter().skip(GROUPS_AT_FIRST) {
        for table in rollup_tables(group) {
            assert!(all.contains(&format!("create table {table} ")), "no migration makes {table}");
        }
    }
}

fn migration() -> String {
    let mut out = String::from(HEAD);
    out.push_str(
        "create table sample (\n    tenant_id int4 not null,\n    instance_id int4 not null,\n",
    );
    out.push_str("    ts timestamptz not null,\n    span_ms int4 not null,\n    flags int2 not null default 0,\n");
    out.push_str("    visibility int8 not null,\n");
    let metrics = || catalogue::metrics().iter().take(METRICS_AT_FIRST);
    for group in catalogue::groups().iter().take(GROUPS_AT_FIRST) {
        let columns: Vec<_> = metrics().filter(|m| m.group == group.id).map(column).collect();
        writeln!(out, "    -- {}, bit {}", group.name, group.id.0).unwrap();
        wrap(&mut out, &columns);
    }
    out.push_str("    primary key (tenant_id, instance_id, ts)\n) partition by range (ts);\n");
    out.push_str("comment on table sample is 'partition: hour';\n");
    out.push_str(BESIDE_SAMPLE);

    for group in catalogue::groups().iter().take(GROUPS_AT_FIRST) {
        rollup(&mut out, group);
    }
    owners(&mut out);
    view_of_samples(&mut out, metrics());
    views(&mut out);
    out
}

/// `svc_upkeep` owns the tables; the migrator keeps the right to read, by which the views of schema scoped read.
fn owners(out: &mut String) {
    out.push_str(
        "\ngrant create on schema public to svc_upkeep;     -- a new owner needs it for the moment of the change\n\
         do $$\ndeclare t text;\nbegin\n    foreach t in array array[\n",
    );
    let names: Vec<_> = tables().iter().map(|t| format!("'{t}'")).collect();
    let mut list = String::new();
    wrap(&mut list, &names);
    out.push_str(list.trim_end().trim_end_matches(','));
    out.push_str(
        "]\n    loop\n        execute format('alter table %I owner to svc_upkeep', t);\n        \
         execute format('grant select on %I to migrator', t);\n    end loop;\nend $$;\n\
         revoke create on schema public from svc_upkeep;\n\
         grant select, insert on sample, breakdown, late to svc_ingest;\n",
    );
}

fn views(out: &mut String) {
    for table in tables().iter().filter(|t| *t != "sample") {
        writeln!(
            out,
            "create view scoped.{table} with (security_barrier) as\n    \
             select * from {table} where tenant_id = current_tenant();"
        )
        .unwrap();
    }
    out.push_str("grant select on all tables in schema scoped to svc_web, svc_loops;\n");
}

fn tables() -> Vec<String> {
    let rollups = catalogue::groups().iter().take(GROUPS_AT_FIRST).flat_map(rollup_tables);
    TABLES.iter().map(|t| (*t).to_owned()).chain(rollups).collect()
}

fn rollup(out: &mut String, group: &Group) {
    let [hour, day] = rollup_tables(group);
    writeln!(out, "\ncreate table {hour} (\n    {ROLLUP_KEY}").unwrap();
    let columns: Vec<_> = catalogue::metrics()
        .iter()
        .take(METRICS_AT_FIRST)
        .filter(|m| m.group == group.id)
        .flat_map(rollup_columns)
        .collect();
    wrap(out, &columns);
    out.push_str("    primary key (tenant_id, instance_id, ts)\n) partition by range (ts);\n");
    writeln!(out, "comment on table {hour} is 'partition: month';").unwrap();
    writeln!(out, "create table {day} (like {hour} including indexes);").unwrap();
}

/// What the web role may read: not visible is null, visible and not stored is zero.
fn view_of_samples<'a>(out: &mut String, metrics: impl Iterator<Item = &'a Metric>) {
    out.push_str(
        "\n-- A value that is stored only when it is not zero reads as zero where its group was visible, else as null.\n\
         create view scoped.sample with (security_barrier) as select\n    \
         tenant_id, instance_id, ts, span_ms, flags, visibility,\n",
    );
    let columns: Vec<_> = metrics
        .map(|m| {
            let (column, bit) = (m.column(), m.group.bit());
            format!(
                "    case when visibility & {bit} <> 0 then coalesce({column}, 0) end as {column}"
            )
        })
        .collect();
    out.push_str(&columns.join(",\n"));
    out.push_str("\n    from sample where tenant_id = current_tenant();\n");
}

fn column(metric: &Metric) -> String {
    format!("{} {}", metric.column(), metric.width().sql())
}

fn rollup_columns(metric: &Metric) -> Vec<String> {
    let (column, value) = (metric.column(), metric.width().sql());
    match metric.kind {
        Kind::Counter => vec![format!("{column}_sum int8"), format!("{column}_max {value}")],
        Kind::Gauge => vec![
            format!("{column}_min {value}"),
            format!("{column}_max {value}"),
            format!("{column}_sum int8"),
        ],
    }
}

fn rollup_tables(group: &Group) -> [String; 2] {
    let suffix = group.table_suffix();
    [format!("hour_{suffix}"), format!("day_{suffix}")]
}

fn group_of(metric: &Metric) -> &'static Group {
    catalogue::groups().get(usize::from(metric.group.0)).unwrap()
}

fn wrap(out: &mut String, columns: &[String]) {
    let mut line = String::from("   ");
    for column in columns {
        if line.len() + column.len() + 2 > LINE_MAX {
            writeln!(out, "{line}").unwrap();
            line = String::from("   ");
        }
        write!(line, " {column},").unwrap();
    }
    writeln!(out, "{line}").unwrap();
}

fn all_migrations() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

const HEAD: &str = "\
-- Samples, breakdowns and late rows as they come in; blocks and rollups as they are kept. Derived from the
-- catalogue in proto/src/catalogue; a test rewrites this file until it is released, then metrics are added by
-- migrations of their own.
--
-- None of these tables has row security, so that many tenants' rows can be COPYed in one transaction. svc_upkeep
-- owns them and makes their partitions in schema part; svc_ingest writes; svc_web and svc_loops have no grant and
-- read through the owner-rights views of schema scoped, each with the tenant predicate.
-- The comment on a partitioned table says how long a partition is.

create schema part;
grant usage, create on schema part to svc_upkeep;

-- One instance's metrics over one interval that ends at ts. Null stands for zero where the group's bit is set in
-- visibility, and for *not visible* elsewhere. flags: 1 partial, 2 backfill, 4 clock_step.
";

const BESIDE_SAMPLE: &str = "
-- The breakdowns of one interval, or of one hour or day: entries is packed as domain::breakdown writes it. Version
-- byte 1; then for each dimension, ascending: varint dimension id, varint number of entries, and for each entry,
-- ascending by key: varint difference to the key before (the first: the key itself), varint number of counts,
-- varint counts. A key is the catalogue's key id in closed dimensions and dictionary.id in open ones.
create table breakdown (
    tenant_id int4 not null,
    instance_id int4 not null,
    ts timestamptz not null,
    entries bytea not null,
    primary key (tenant_id, instance_id, ts)
) partition by range (ts);
comment on table breakdown is 'partition: hour';
create table breakdown_hour (like breakdown including indexes) partition by range (ts);
comment on table breakdown_hour is 'partition: month';
create table breakdown_day (like breakdown including indexes);

-- Rows for hours that are sealed, or too far ahead: payload is the batch's InstanceSample as it came, without
-- events. The hour is sealed again with them.
create table late (
    tenant_id int4 not null,
    instance_id int4 not null,
    ts timestamptz not null,
    received_at timestamptz not null default clock_timestamp(),
    span_ms int4 not null,
    flags int2 not null default 0,
    payload bytea not null,
    primary key (tenant_id, instance_id, ts, received_at)
);
create index late_hour on late (ts);

-- Sealed hours: each metric a compressed stream of its own in data, found through offs. codec is the version of
-- the packing, catalogue the version of the vocabulary, n the number of samples, span_s 3600 or 86400.
create table block (
    tenant_id int4 not null,
    instance_id int4 not null,
    ts timestamptz not null,
    span_s int4 not null,
    n int4 not null,
    codec int2 not null,
    catalogue int4 not null,
    offs bytea not null,
    data bytea not null,
    primary key (tenant_id, instance_id, ts)
) partition by range (ts);
alter table block alter offs set storage external, alter data set storage external;
comment on table block is 'partition: day';

-- Rollups, one pair of tables for each metric group. n: samples in which the group was visible; span_ms: the time
-- they cover. Counters: sum and most; gauges: least, most and sum (mean = sum / n).
";

const ROLLUP_KEY: &str = "tenant_id int4 not null, instance_id int4 not null, ts timestamptz not null, \
                          n int4 not null, span_ms int8 not null,";

/// Tables beside the rollups that this migration hands to `svc_upkeep`.
const TABLES: [&str; 6] =
    ["sample", "breakdown", "breakdown_hour", "breakdown_day", "late", "block"];
