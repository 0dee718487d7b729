-- After an outage many timers are due at once: the worst news first. 0 critical … 3 info, as with deliveries.
alter table timer add priority int2 not null default 0 check (priority between 0 and 3);
create index timer_urgent on timer (priority, due_at, tenant_id, id);
drop index timer_due;

create or replace function due_timers(most int4) returns table (tenant_id int4, id int8)
    language sql stable security definer set search_path = public, pg_temp
    as 'select t.tenant_id, t.id from generate_series(0, 3) p cross join lateral (
            select tenant_id, id, due_at from timer
            where priority = p and due_at <= clock_timestamp() order by due_at limit most) t
        order by p, t.due_at limit most';

-- Whether anything is told of a host as a whole.
create index alert_of_host on alert_state (tenant_id, host_id) where instance_id is null and state <> 'ok';
