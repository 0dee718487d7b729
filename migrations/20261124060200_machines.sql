-- Keys with more to say, hosts that wait for approval, agents that were copied.

alter table api_token
    add column scopes text[] not null default '{read}'
        check (scopes <@ array['read', 'write', 'scrape', 'ingest-admin'] and cardinality(scopes) > 0),
    add column last_used_ip text not null default '';

alter table enrolment_key
    add column uses int4 not null default 1,
    add column tags text[] not null default '{}',
    add column networks text[] not null default '{}',   -- none: from anywhere
    add column approve boolean not null default false,  -- hosts wait until a person says yes
    add column last_used_ip text not null default '';
update enrolment_key set uses = uses_left;

alter table host drop constraint host_state_check;
alter table host add constraint host_state_check
    check (state in ('pending', 'active', 'paused', 'retired'));

alter table agent
    add column cloned_at timestamptz,        -- a copy of its state was last refused
    add column kicked_at timestamptz,        -- its streams from before this moment are closed
    add column key_since timestamptz not null default now();

-- The generation that was last offered: only the stream that was offered it may move the cursor. Each hello offers a
-- later one, so of two streams of one agent the newer writes and the older finds out.
alter table cursor add column offered int8 not null default 0;
update cursor set offered = generation + 1;
-- A host that was enrolled again may take over its own past.
grant update (host_id) on instance to svc_web;
