-- Tenants, people, machines: who may see what, and which hosts speak for whom.
--
-- Every table with a tenant_id has forced row security on app.tenant_id, or no grant to a service role but
-- through the views of schema scoped (samples, breakdowns, late rows, blocks and rollups). A test reads the
-- catalogue and fails on any other table. Roles exist before this runs: `mailvane-server migrate` makes them.

create schema scoped;
grant usage on schema public, scoped to svc_web, svc_ingest, svc_loops, svc_upkeep, sweeper;

-- The tenant of this transaction, or null: after a first use the setting reads back as '', not as null.
create function current_tenant() returns int4
    language sql stable parallel safe
    return nullif(current_setting('app.tenant_id', true), '')::int4;

create table tenant (
    id int4 generated always as identity primary key,
    public_id uuid not null unique,
    name text not null check (length(name) between 1 and 120),
    interval_ms int4 not null default 10000 check (60000 % interval_ms = 0 and interval_ms >= 1000),
    created_at timestamptz not null default now()
);
alter table tenant enable row level security;
alter table tenant force row level security;
create policy own on tenant using (id = current_tenant()) with check (id = current_tenant());
create policy all_tenants on tenant to sweeper using (true);
create policy maintain on tenant to migrator using (true) with check (true);
grant select, update on tenant to svc_web;
grant select on tenant to svc_ingest, svc_loops, sweeper;

-- People belong to no tenant: one person may be a member of several.
create table person (
    id int8 generated always as identity primary key,
    public_id uuid not null unique,
    email text not null check (email = lower(email) and length(email) <= 254),
    name text not null default '',
    password_hash text,
    created_at timestamptz not null default now(),
    unique (email)
);
grant select, insert, update on person to svc_web;

create table member (
    tenant_id int4 not null references tenant on delete cascade,
    person_id int8 not null references person on delete cascade,
    role text not null check (role in ('owner', 'admin', 'operator', 'viewer')),
    created_at timestamptz not null default now(),
    primary key (tenant_id, person_id)
);
create index member_of_person on member (person_id);
grant select, insert, update, delete on member to svc_web;
grant select on member to sweeper;

create table session (
    tenant_id int4 not null,
    id int8 generated always as identity,
    public_id uuid not null unique,
    person_id int8 not null,
    refresh_hash bytea not null unique check (length(refresh_hash) = 32),
    spent_hash bytea,                        -- the secret before this one: presenting it again ends the session
    spent_at timestamptz,
    user_agent text not null default '',
    created_at timestamptz not null default now(),
    last_used_at timestamptz not null default now(),
    expires_at timestamptz not null,
    revoked_at timestamptz,
    primary key (tenant_id, id),
    foreign key (tenant_id, person_id) references member on delete cascade
);
create index session_spent on session (spent_hash) where spent_hash is not null;
grant select, insert, update, delete on session to svc_web;
grant select on session to sweeper;

create table enrolment_key (
    tenant_id int4 not null references tenant on delete cascade,
    id int8 generated always as identity,
    public_id uuid not null unique,
    key_id text not null unique check (key_id ~ '^[0-9A-Za-z]{10}$'),
    secret_hash bytea not null check (length(secret_hash) = 32),
    comment text not null default '',
    created_by int8,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    uses_left int4 not null check (uses_left >= 0),
    last_used_at timestamptz,
    revoked_at timestamptz,
    primary key (tenant_id, id)
);
grant select, insert, update, delete on enrolment_key to svc_web;
grant select on enrolment_key to sweeper;

create table api_token (
    tenant_id int4 not null references tenant on delete cascade,
    id int8 generated always as identity,
    public_id uuid not null unique,
    key_id text not null unique check (key_id ~ '^[0-9A-Za-z]{10}$'),
    secret_hash bytea not null check (length(secret_hash) = 32),
    comment text not null default '',
    role text not null check (role in ('admin', 'operator', 'viewer')),
    created_by int8,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    last_used_at timestamptz,
    revoked_at timestamptz,
    primary key (tenant_id, id)
);
grant select, insert, update, delete on api_token to svc_web;
grant select on api_token to sweeper;

create table host (
    tenant_id int4 not null references tenant on delete cascade,
    id int8 generated always as identity,
    public_id uuid not null unique,
    name text not null check (length(name) between 1 and 253),
    machine_hash bytea,
    state text not null default 'active' check (state in ('active', 'paused', 'retired')),
    tags text[] not null default '{}',
    created_at timestamptz not null default now(),
    primary key (tenant_id, id)
);
grant select, insert, update, delete on host to svc_web;
grant select, update on host to svc_ingest;
grant select on host to svc_loops;

create table agent (
    tenant_id int4 not null,
    id int8 generated always as identity,
    public_id uuid not null unique,
    host_id int8 not null,
    public_key bytea not null check (length(public_key) = 32),
    enrolment_key_id int8,
    version text not null default '',
    created_at timestamptz not null default now(),
    first_batch_at timestamptz,
    planned_back_at timestamptz,             -- said goodbye with a time to be back
    revoked_at timestamptz,
    primary key (tenant_id, id),
    foreign key (tenant_id, host_id) references host on delete cascade
);
create index agent_of_host on agent (tenant_id, host_id);
grant select, insert, update, delete on agent to svc_web;
grant select, update on agent to svc_ingest;
grant select on agent to svc_loops, sweeper;

create table instance (
    tenant_id int4 not null,
    id int4 generated always as identity,
    public_id uuid not null unique,
    host_id int8 not null,
    config_directory text not null,
    container text not null default '',
    name text not null,
    first_seen_at timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (tenant_id, host_id, config_directory, container),
    foreign key (tenant_id, host_id) references host on delete cascade
);
grant select, insert, update on instance to svc_ingest;
grant select on instance to svc_web, svc_loops;

-- What a host said of itself, kept as history: the newest row of a host is its present.
create table host_facts (
    tenant_id int4 not null,
    id int8 generated always as identity,
    host_id int8 not null,
    at timestamptz not null default now(),
    facts jsonb not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, host_id) references host on delete cascade
);
create index host_facts_newest on host_facts (tenant_id, host_id, at desc);
grant select, insert on host_facts to svc_ingest;
grant select on host_facts to svc_web, svc_loops;

-- Append-only: no service role may change or remove a row.
create table audit (
    tenant_id int4 not null references tenant on delete cascade,
    id int8 generated always as identity,
    at timestamptz not null default now(),
    actor text not null,                     -- user_…, token_…, agent_…, system
    action text not null,                    -- channel.create, session.sign_in …
    object text not null default '',
    detail jsonb not null default '{}',
    primary key (tenant_id, id)
);
grant select, insert on audit to svc_web;
grant insert on audit to svc_ingest, svc_loops;
