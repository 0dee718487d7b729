-- Routes, maintenance windows, and what delivering in lanes, groups and by fallback needs.

alter table channel drop constraint channel_kind_check;
alter table channel add check (kind in ('slack', 'slack_bot', 'pagerduty', 'telegram', 'email', 'webhook'));
alter table channel add fallback_id int8;                -- told when this one fails for long
alter table channel add failing_since timestamptz;       -- when the present row of failures began
-- For each priority: no delivery of a lower id is owed any more. A claim begins there, so that rows that are dead but
-- held back from vacuum by somebody's old snapshot are not looked at again and again.
alter table channel add settled_below int8[] not null default '{0,0,0,0}';
alter table channel add foreign key (tenant_id, fallback_id) references channel on delete set null (fallback_id);

-- Muted ones may be released, those of a group are told by its first, those of a storm by a digest.
alter table delivery add lane int8 not null default 0;   -- the incident, or the first of its group; 0: no order
alter table delivery add group_id int8;                  -- the delivery that tells this one
alter table delivery add body jsonb not null default '{}';
alter table delivery add pinned bytea;                   -- sealed: the key that the rest of the lane must use
update delivery set lane = coalesce(incident_id, 0);
drop index delivery_lane;
create index delivery_lane on delivery (tenant_id, channel_id, lane, id) where status in ('ready', 'leased', 'sending');
create index delivery_head on delivery (tenant_id, channel_id, priority, id)
    where status in ('ready', 'leased', 'sending');
create index delivery_of_incident on delivery (tenant_id, incident_id, channel_id) where incident_id is not null;
create index delivery_of_group on delivery (tenant_id, group_id) where group_id is not null;
create index delivery_dead on delivery (tenant_id, channel_id, id) where status = 'dead';
create index delivery_newest on delivery (tenant_id, channel_id, id desc);

-- What may stand on a timeline is the server's to say.
alter table incident_event drop constraint incident_event_kind_check;
alter table incident_event add check (kind ~ '^[a-z_]{1,24}$');

create table route (
    tenant_id int4 not null references tenant on delete cascade,
    id int8 generated always as identity,
    public_id uuid not null unique,
    name text not null check (length(name) between 1 and 80),
    position int4 not null,
    enabled boolean not null default true,
    go_on boolean not null default false,    -- look at the routes behind it, too
    matcher jsonb not null default '{}',
    steps jsonb not null,
    repeat_s int4 check (repeat_s >= 60),
    group_by text not null default 'none' check (group_by in ('none', 'host', 'trigger', 'tenant')),
    version int4 not null default 1,
    created_at timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (tenant_id, name)
);
grant select, insert, update, delete on route to svc_web;
grant select on route to svc_ingest, svc_loops;

create table maintenance (
    tenant_id int4 not null references tenant on delete cascade,
    id int8 generated always as identity,
    public_id uuid not null unique,
    name text not null check (length(name) between 1 and 80),
    zone text not null,
    matcher jsonb not null default '{}',
    starts_at timestamptz,                   -- once
    ends_at timestamptz,
    weekly jsonb,                            -- or every week: days, from, to, in zone
    enabled boolean not null default true,
    version int4 not null default 1,
    created_at timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (tenant_id, name),
    check ((weekly is null) = (starts_at is not null) and (starts_at is null) = (ends_at is null)
        and ends_at > starts_at)
);
grant select, insert, update, delete on maintenance to svc_web;
grant select on maintenance to svc_ingest, svc_loops;

alter table silence add incident_id int8;    -- only this one
alter table silence add created_at timestamptz not null default now();
alter table silence add foreign key (tenant_id, incident_id) references incident on delete cascade;
create index silence_present on silence (tenant_id, ends_at);

do $$
declare t text;
begin
    foreach t in array array['route', 'maintenance']
    loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format('create policy own on %I using (tenant_id = current_tenant()) '
            'with check (tenant_id = current_tenant())', t);
        execute format('create policy maintain on %I to migrator using (true) with check (true)', t);
    end loop;
end $$;

grant delete on timer to svc_web;
grant insert on delivery_attempt to svc_web;

-- Owners are told when a channel had to be stopped.
create or replace view scoped.colleague with (security_barrier) as
    select m.tenant_id, p.id as person_id, p.email, m.role
    from member m join person p on p.id = m.person_id
    where m.tenant_id = current_tenant();

-- Channels that something is owed to: due since a moment and not in the hands of the asker, tenants in turn, within a
-- tenant the worst news first.
create function owed_channels(since timestamptz, busy int8[], most int4) returns table (tenant_id int4, id int8)
    language sql stable security definer set search_path = public, pg_temp
    as 'select w.tenant_id, w.id from (
            select c.tenant_id, c.id, d.worst,
                row_number() over (partition by c.tenant_id order by d.worst, d.oldest) as turn
            from (select tenant_id, channel_id, min(priority) as worst, min(next_at) as oldest from delivery
                  where status in (''ready'', ''leased'', ''sending'') and next_at > since
                    and next_at <= clock_timestamp() and (status = ''ready'' or lease_until < clock_timestamp())
                  group by tenant_id, channel_id) d
            join channel c on c.tenant_id = d.tenant_id and c.id = d.channel_id
            where c.enabled and c.next_send_at <= clock_timestamp() and c.id <> all(busy)) w
        order by w.turn, w.worst limit most';
-- Whose channel an inbound call speaks of.
create function find_channel(wanted uuid) returns table (tenant_id int4, id int8)
    language sql stable security definer set search_path = public, pg_temp
    as 'select tenant_id, id from channel where public_id = wanted';
grant select (public_id) on channel to sweeper;
grant create on schema public to sweeper;    -- a new owner needs it for the moment of the change
do $$
declare f text;
begin
    foreach f in array array['owed_channels(timestamptz, int8[], int4)', 'find_channel(uuid)']
    loop
        execute format('alter function %s owner to sweeper', f);
        execute format('revoke all on function %s from public', f);
    end loop;
end $$;
revoke create on schema public from sweeper;
grant execute on function owed_channels(timestamptz, int8[], int4) to svc_loops;
grant execute on function find_channel(uuid) to svc_web;
