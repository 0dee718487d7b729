-- Sealing: how far each hour is, which instances reported in it, and how long each tenant keeps what.

-- How long samples, hourly and daily figures are kept. deleted_at: everything of the tenant is on its way out.
alter table tenant
    add column raw_days int2 not null default 30 check (raw_days between 1 and 400),
    add column hourly_months int2 not null default 13 check (hourly_months between 1 and 120),
    add column daily_years int2 not null default 5 check (daily_years between 1 and 30),
    add column deleted_at timestamptz;
grant select on tenant to svc_upkeep;
grant delete on cursor, dictionary to svc_upkeep;    -- of tenants that are gone

-- Upkeep goes from tenant to tenant, each with its own door.
create function all_tenants() returns table (tenant_id int4)
    language sql stable security definer set search_path = public, pg_temp
    as 'select id from tenant';
grant create on schema public to sweeper;
alter function all_tenants() owner to sweeper;
revoke create on schema public from sweeper;
revoke all on function all_tenants() from public;
grant execute on function all_tenants() to svc_upkeep;

-- done_*: the last instance of an hour that is packed already, while its state is 'sealing'. dropped_at: its partitions
-- are gone. Readers look into partitions of hours that are not sealed and into blocks of those that are.
alter table hour_state
    add column done_tenant int4,
    add column done_instance int4,
    add column sealed_at timestamptz,
    add column dropped_at timestamptz;
create index hour_state_unsealed on hour_state (hour) where state <> 'sealed';
create index hour_state_undropped on hour_state (hour) where state = 'sealed' and dropped_at is null;
grant select on hour_state to svc_web, svc_loops;

-- Days of which every hour was sealed, and the daily figures made of them.
create table day_state (
    day timestamptz primary key,
    rolled_at timestamptz not null
);
grant select, insert, update on day_state to svc_upkeep;
grant select on day_state to svc_web, svc_loops;

-- A late row is our own packing of a sample, with numbered breakdown keys: domain::sample writes it.
delete from late;
alter table late alter payload set storage main;

-- When an hour was sealed last: it is sealed again at most every ten minutes.
alter table block add column sealed_at timestamptz not null default clock_timestamp();

-- Hours and days in which an instance reported at all: rollups have no row where their group was not visible.
create table seen_hour (
    tenant_id int4 not null,
    instance_id int4 not null,
    ts timestamptz not null,
    n int4 not null,
    span_ms int8 not null,
    primary key (tenant_id, instance_id, ts)
) partition by range (ts);
comment on table seen_hour is 'partition: month';
create table seen_day (like seen_hour including indexes);
grant create on schema public to svc_upkeep;
alter table seen_hour owner to svc_upkeep;
alter table seen_day owner to svc_upkeep;
grant select on seen_hour, seen_day to migrator;
revoke create on schema public from svc_upkeep;
create view scoped.seen_hour with (security_barrier) as
    select * from seen_hour where tenant_id = current_tenant();
create view scoped.seen_day with (security_barrier) as
    select * from seen_day where tenant_id = current_tenant();
grant select on scoped.seen_hour, scoped.seen_day to svc_web, svc_loops;
