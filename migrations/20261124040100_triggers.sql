-- Triggers of more kinds: alerts by key and event, severity that grows, flapping, incidents held behind another, and what is
-- usual at an hour of the day.

alter table trigger add description text not null default '';
alter table trigger add runbook text not null default '';
alter table trigger add changed boolean not null default false;  -- by the tenant: an improved template leaves it alone
update trigger set changed = true where version > 1;
alter table tenant add template_edition int4 not null default 1; -- of the set of templates that was offered

alter table alert_state add severity text check (severity in ('info', 'warning', 'error', 'critical'));
alter table alert_state add openings int2 not null default 0;    -- since openings_from: too many are flapping
alter table alert_state add openings_from timestamptz not null default now();
alter table alert_state add flapping boolean not null default false;
alter table alert_state add judged_at timestamptz not null default now(); -- by the last figure that was known
create index alert_of_instance on alert_state (tenant_id, instance_id);

alter table incident add part text not null default '';          -- the key or event that it is about, redacted
alter table incident add held_by int8;                           -- behind this incident: told when that one is over
alter table incident add hosts int4;                             -- a whole site: so many hosts
create index incident_held on incident (tenant_id, held_by) where held_by is not null and closed_at is null;
create index incident_of_host on incident (tenant_id, host_id) where closed_at is null;

-- The median of the same hour over the last days, from rollups; written by upkeep, read by ingest. No row security, as with
-- all tables that are filled for many tenants at once.
create table baseline (
    tenant_id int4 not null,
    instance_id int4 not null,
    metric_id int2 not null,
    hour int2 not null,                                          -- 0 to 23, UTC
    usual float8 not null,                                       -- gauges: mean; counters: a minute
    days int2 not null,
    primary key (tenant_id, instance_id, metric_id, hour)
);
grant create on schema public to svc_upkeep;                     -- a new owner needs it for the moment of the change
alter table baseline owner to svc_upkeep;
revoke create on schema public from svc_upkeep;
grant select on baseline to migrator;
grant select on baseline to svc_ingest;
create view scoped.baseline with (security_barrier) as select * from baseline where tenant_id = current_tenant();
grant select on scoped.baseline to svc_web, svc_loops;
