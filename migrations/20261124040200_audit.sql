-- The auditor looks at one tenant after the other: which ones there are.
create function tenants_after(after int4, most int4) returns table (tenant_id int4, id int8)
    language sql stable security definer set search_path = public, pg_temp
    as 'select t.id, t.id::int8 from tenant t where t.id > after order by t.id limit most';
grant create on schema public to sweeper;    -- a new owner needs it for the moment of the change
alter function tenants_after(int4, int4) owner to sweeper;
revoke create on schema public from sweeper;
revoke all on function tenants_after(int4, int4) from public;
grant execute on function tenants_after(int4, int4) to svc_loops;

-- When the usual figures of each hour of the day were computed last.
create table baseline_hour (
    hour int2 primary key,
    computed_at timestamptz not null
);
grant create on schema public to svc_upkeep;
alter table baseline_hour owner to svc_upkeep;
revoke create on schema public from svc_upkeep;
