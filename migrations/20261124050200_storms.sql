-- When an incident was opened by the clock of the database: opened_at is when its condition began, which may be long
-- before. Many within a minute are a storm.
alter table incident add fired_at timestamptz not null default clock_timestamp();
create index incident_fired on incident (tenant_id, fired_at desc);
