-- What moves with every batch. These tables have no row security, so that many tenants' rows can be COPYed in
-- one transaction; no service role but svc_ingest and svc_upkeep holds a grant on them. Partitioned tables
-- (sample, breakdown, late) and their scoped views follow in the next migration, derived from the catalogue.

create table cursor (
    tenant_id int4 not null,
    agent_id int8 not null,
    epoch int8 not null,
    last_seq int8 not null,
    generation int8 not null default 0,
    received_at timestamptz not null,
    primary key (tenant_id, agent_id)
) with (fillfactor = 50);                    -- no other index: an index on a moving column ends HOT updates
grant select, insert, update on cursor to svc_ingest;
grant select on cursor to svc_upkeep;

create view scoped.cursor with (security_barrier) as
    select tenant_id, agent_id, epoch, last_seq, received_at from cursor where tenant_id = current_tenant();
grant select on scoped.cursor to svc_web, svc_loops;

-- The key texts of open breakdown dimensions, written before the hot transaction.
create table dictionary (
    tenant_id int4 not null,
    dimension int2 not null,
    key text not null check (length(key) <= 255),
    id int4 generated always as identity,
    primary key (tenant_id, dimension, key)
);
create unique index dictionary_by_id on dictionary (tenant_id, id) include (dimension, key);
grant select, insert on dictionary to svc_ingest;
grant select on dictionary to svc_upkeep;
create view scoped.dictionary with (security_barrier) as
    select tenant_id, dimension, key, id from dictionary where tenant_id = current_tenant();
grant select on scoped.dictionary to svc_web, svc_loops;

-- Batches that could not be stored, kept for inspection and shown as gaps.
create table quarantine (
    tenant_id int4 not null,
    agent_id int8 not null,
    epoch int8 not null,
    seq int8 not null,
    received_at timestamptz not null default now(),
    start_at timestamptz,
    end_at timestamptz,
    reason text not null,
    detail text not null,
    payload bytea not null,
    primary key (tenant_id, agent_id, epoch, seq)
);
grant select, insert on quarantine to svc_ingest;
grant select, delete on quarantine to svc_upkeep;
create view scoped.quarantine with (security_barrier) as
    select tenant_id, agent_id, epoch, seq, received_at, start_at, end_at, reason, detail
    from quarantine where tenant_id = current_tenant();
grant select on scoped.quarantine to svc_web, svc_loops;

-- Declared losses.
create table gap (
    tenant_id int4 not null,
    id int8 generated always as identity,
    host_id int8 not null,
    instance_id int4,
    from_at timestamptz not null,
    to_at timestamptz not null,
    kind text not null,
    lines int8 not null default 0,
    bytes int8 not null default 0,
    batches int8 not null default 0,
    primary key (tenant_id, id)
);
create index gap_time on gap (tenant_id, host_id, from_at);
grant select, insert on gap to svc_ingest;
grant select, delete on gap to svc_upkeep;
create view scoped.gap with (security_barrier) as select * from gap where tenant_id = current_tenant();
grant select on scoped.gap to svc_web, svc_loops;

-- Things worth a mark on the time line.
create table event (
    tenant_id int4 not null,
    id int8 generated always as identity,
    instance_id int4 not null,
    at timestamptz not null,
    kind int2 not null,
    subject text not null default '',
    text text not null default '',
    count int8 not null default 1,
    primary key (tenant_id, id)
);
create index event_time on event (tenant_id, instance_id, at);
grant select, insert on event to svc_ingest;
grant select, delete on event to svc_upkeep;
create view scoped.event with (security_barrier) as select * from event where tenant_id = current_tenant();
grant select on scoped.event to svc_web, svc_loops;

-- Which hours are open, being sealed, or sealed: no row may land in a dropped partition.
create table hour_state (
    hour timestamptz primary key,
    state text not null default 'open' check (state in ('open', 'sealing', 'sealed'))
);
grant select, insert, update on hour_state to svc_ingest, svc_upkeep;

-- Row security for every tenant-owned table so far that is not in the list above.
do $$
declare t text;
begin
    foreach t in array array['member', 'session', 'enrolment_key', 'api_token', 'host', 'agent', 'instance',
        'host_facts', 'audit', 'trigger', 'channel', 'silence', 'alert_state', 'incident', 'incident_event',
        'delivery', 'delivery_attempt', 'timer']
    loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format('create policy own on %I using (tenant_id = current_tenant()) '
            'with check (tenant_id = current_tenant())', t);
        execute format('create policy maintain on %I to migrator using (true) with check (true)', t);
    end loop;
    foreach t in array array['member', 'session', 'enrolment_key', 'api_token', 'agent', 'channel', 'delivery', 'timer']
    loop
        execute format('create policy all_tenants on %I for select to sweeper using (true)', t);
    end loop;
end $$;

-- The few questions that look across tenants. Each answers with ids only; the asker then opens that tenant's door.
create function find_memberships(of_person int8) returns table (tenant_id int4)
    language sql stable security definer set search_path = public, pg_temp
    as 'select tenant_id from member where person_id = of_person';
create function find_session(hash bytea) returns table (tenant_id int4, id int8)
    language sql stable security definer set search_path = public, pg_temp
    as 'select tenant_id, id from session where refresh_hash = hash or spent_hash = hash';
create function find_enrolment_key(wanted text) returns table (tenant_id int4, id int8)
    language sql stable security definer set search_path = public, pg_temp
    as 'select tenant_id, id from enrolment_key where key_id = wanted';
create function find_api_token(wanted text) returns table (tenant_id int4, id int8)
    language sql stable security definer set search_path = public, pg_temp
    as 'select tenant_id, id from api_token where key_id = wanted';
create function find_agent(wanted uuid) returns table (tenant_id int4, id int8)
    language sql stable security definer set search_path = public, pg_temp
    as 'select tenant_id, id from agent where public_id = wanted';
create function due_timers(most int4) returns table (tenant_id int4, id int8)
    language sql stable security definer set search_path = public, pg_temp
    as 'select tenant_id, id from timer where due_at <= clock_timestamp() order by due_at limit most';
create function due_channels(most int4) returns table (tenant_id int4, id int8)
    language sql stable security definer set search_path = public, pg_temp
    as 'select distinct c.tenant_id, c.id from delivery d
        join channel c on c.tenant_id = d.tenant_id and c.id = d.channel_id
        where d.status in (''ready'', ''leased'', ''sending'') and d.next_at <= clock_timestamp()
          and c.enabled and c.next_send_at <= clock_timestamp() limit most';

grant create on schema public to sweeper;    -- a new owner needs it for the moment of the change
do $$
declare f text;
begin
    foreach f in array array['find_memberships(int8)', 'find_session(bytea)', 'find_enrolment_key(text)',
        'find_api_token(text)', 'find_agent(uuid)', 'due_timers(int4)', 'due_channels(int4)']
    loop
        execute format('alter function %s owner to sweeper', f);
        execute format('revoke all on function %s from public', f);
    end loop;
end $$;
revoke create on schema public from sweeper;
grant execute on function find_memberships(int8), find_session(bytea), find_enrolment_key(text),
    find_api_token(text), find_agent(uuid) to svc_web;
grant execute on function find_agent(uuid) to svc_ingest;
grant execute on function due_timers(int4), due_channels(int4) to svc_loops;
