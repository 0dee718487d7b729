-- Triggers, the state of their alerts, incidents with their timeline, and what is owed to whom.

create table trigger (
    tenant_id int4 not null references tenant on delete cascade,
    id int8 generated always as identity,
    public_id uuid not null unique,
    name text not null check (length(name) between 1 and 80),
    template text,                           -- the default it was made from, e.g. queue.deferred.high
    template_version int4,
    enabled boolean not null default true,
    severity text not null check (severity in ('info', 'warning', 'error', 'critical')),
    spec jsonb not null,                     -- domain::trigger parses it; see docs
    version int4 not null default 1,         -- grows with every change; If-Match
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (tenant_id, name)
);
grant select, insert, update, delete on trigger to svc_web;
grant select on trigger to svc_ingest, svc_loops;

create table channel (
    tenant_id int4 not null references tenant on delete cascade,
    id int8 generated always as identity,
    public_id uuid not null unique,
    kind text not null check (kind in ('slack', 'pagerduty', 'telegram', 'email', 'webhook')),
    name text not null check (length(name) between 1 and 80),
    hint text not null default '',           -- what may be shown of the address: a host, the last characters
    secret bytea not null,                   -- sealed; opened only by notify
    severity_min text not null default 'info' check (severity_min in ('info', 'warning', 'error', 'critical')),
    enabled boolean not null default true,
    disabled_reason text,
    next_send_at timestamptz not null default now(),
    failures int4 not null default 0,
    version int4 not null default 1,
    created_at timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (tenant_id, name)
);
grant select, insert, update, delete on channel to svc_web;
grant select (tenant_id, id, public_id, kind, name, severity_min, enabled, disabled_reason) on channel to svc_ingest;
grant select, update on channel to svc_loops;
grant select (tenant_id, id, enabled, disabled_reason, next_send_at) on channel to sweeper;

create table silence (
    tenant_id int4 not null references tenant on delete cascade,
    id int8 generated always as identity,
    public_id uuid not null unique,
    matcher jsonb not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null check (ends_at > starts_at),
    comment text not null default '',
    created_by int8,
    primary key (tenant_id, id)
);
grant select, insert, update, delete on silence to svc_web;
grant select on silence to svc_ingest, svc_loops;

-- One row for each target that a trigger has judged. key: trigger/instance_id or trigger/host_id.
create table alert_state (
    tenant_id int4 not null references tenant on delete cascade,
    key text not null,
    trigger_id int8 not null,
    host_id int8 not null,
    instance_id int4,
    state text not null check (state in ('ok', 'pending', 'firing', 'recovering')),
    since timestamptz not null,
    generation int8 not null default 0,      -- a timer with another generation is stale
    incident_id int8,
    value float8,
    peak float8,
    missing boolean not null default false,
    primary key (tenant_id, key),
    foreign key (tenant_id, trigger_id) references trigger on delete cascade,
    foreign key (tenant_id, host_id) references host on delete cascade
) with (fillfactor = 70);
grant select on alert_state to svc_web;
grant select, insert, update on alert_state to svc_ingest, svc_loops;

create table incident (
    tenant_id int4 not null references tenant on delete cascade,
    id int8 generated always as identity,
    public_id uuid not null unique,
    alert_key text not null,
    trigger_id int8,                         -- null once the trigger was deleted
    trigger_name text not null,
    host_id int8 not null,
    instance_id int4,
    severity text not null check (severity in ('info', 'warning', 'error', 'critical')),
    title text not null,
    opened_at timestamptz not null,          -- when the condition began, by the samples
    closed_at timestamptz,
    close_reason text,
    acked_at timestamptz,
    acked_by int8,
    acked_until timestamptz,
    value float8,
    peak float8,
    threshold float8,
    cause jsonb not null default '{}',       -- breakdowns and changes behind it, redacted
    next_seq int4 not null default 1,
    primary key (tenant_id, id),
    foreign key (tenant_id, host_id) references host on delete cascade,
    foreign key (tenant_id, trigger_id) references trigger on delete set null (trigger_id)
);
create unique index incident_open on incident (tenant_id, alert_key) where closed_at is null;
create index incident_newest on incident (tenant_id, opened_at desc);
grant select, update on incident to svc_web;
grant select, insert, update on incident to svc_ingest, svc_loops;

create table incident_event (
    tenant_id int4 not null,
    incident_id int8 not null,
    seq int4 not null,
    at timestamptz not null,
    kind text not null check (kind in ('opened', 'updated', 'acknowledged', 'note', 'resolved', 'closed')),
    body jsonb not null default '{}',
    primary key (tenant_id, incident_id, seq),
    foreign key (tenant_id, incident_id) references incident on delete cascade
);
grant select, insert on incident_event to svc_web, svc_ingest, svc_loops;

-- One message to one channel. At most one of a lane (incident, channel) is on its way, in order of seq.
create table delivery (
    tenant_id int4 not null,
    id int8 generated always as identity,
    public_id uuid not null unique,
    channel_id int8 not null,
    incident_id int8,                        -- null: a test message
    seq int4 not null default 0,             -- incident_event.seq
    kind text not null,                      -- opened, updated, resolved, closed, acknowledged, test
    priority int2 not null default 3,        -- 0 critical … 3 info
    status text not null default 'ready'
        check (status in ('ready', 'leased', 'sending', 'delivered', 'collapsed', 'suppressed', 'dead')),
    next_at timestamptz not null default now(),
    attempts int4 not null default 0,
    lease_token uuid,
    lease_until timestamptz,
    possible_repeat boolean not null default false,
    external_ref jsonb,
    last_error text,
    created_at timestamptz not null default now(),
    finished_at timestamptz,
    primary key (tenant_id, id),
    foreign key (tenant_id, channel_id) references channel on delete cascade,
    foreign key (tenant_id, incident_id) references incident on delete cascade,
    unique (tenant_id, channel_id, incident_id, seq)
) with (fillfactor = 70);
create index delivery_lane on delivery (tenant_id, channel_id, incident_id, seq)
    where status in ('ready', 'leased', 'sending');
create index delivery_due on delivery (next_at) where status in ('ready', 'leased', 'sending');
grant select, insert, update on delivery to svc_web, svc_ingest, svc_loops;
grant select (tenant_id, id, channel_id, incident_id, seq, status, next_at, lease_until, priority) on delivery to sweeper;

create table delivery_attempt (
    tenant_id int4 not null,
    delivery_id int8 not null,
    n int4 not null,
    started_at timestamptz not null,
    ended_at timestamptz,
    outcome text,                            -- delivered, retry, permanent, ambiguous
    http_status int4,
    retry_after_s int4,
    error text,
    primary key (tenant_id, delivery_id, n),
    foreign key (tenant_id, delivery_id) references delivery on delete cascade
);
grant select on delivery_attempt to svc_web;
grant select, insert, update on delivery_attempt to svc_loops;

-- All that no sample causes: hold expiry, host silent, repeats, the end of a silence.
create table timer (
    tenant_id int4 not null references tenant on delete cascade,
    id int8 generated always as identity,
    due_at timestamptz not null,
    kind text not null,                      -- pending, recovering, host_silent, silence_end, ack_end
    ref text not null,                       -- alert key or host id, by kind
    generation int8 not null default 0,
    primary key (tenant_id, id),
    unique (tenant_id, kind, ref)
);
create index timer_due on timer (due_at);
grant select, insert, update, delete on timer to svc_ingest, svc_loops;
grant select on timer to svc_web, sweeper;
