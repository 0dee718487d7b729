-- What people need beyond a password: second factor, links by mail, invitations, and letters on their way.

alter table person
    add column verified_at timestamptz,      -- the address was proved by a link that was mailed to it
    add column sessions_since timestamptz not null default '-infinity',  -- older sessions are over
    add column totp_secret bytea,            -- sealed; none: no second factor
    add column totp_draft bytea,             -- sealed; shown to the person, not yet confirmed
    add column totp_step int8 not null default 0,  -- last accepted step: a code works once
    add column staff boolean not null default false;  -- runs this installation; set at its console only
grant delete on person to svc_web;

create table recovery_code (
    person_id int8 not null references person on delete cascade,
    hash bytea not null check (length(hash) = 32),
    used_at timestamptz,
    primary key (person_id, hash)
);
grant select, insert, update, delete on recovery_code to svc_web;

-- A link that proves an address. It works once, for one purpose.
create table mail_link (
    id int8 generated always as identity primary key,
    key_id text not null unique check (key_id ~ '^[0-9A-Za-z]{10}$'),
    secret_hash bytea not null check (length(secret_hash) = 32),
    purpose text not null check (purpose in ('sign_up', 'reset')),
    email text not null,
    person_id int8 references person on delete cascade,
    detail jsonb not null default '{}',
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz
);
create index mail_link_expires on mail_link (expires_at);
grant select, insert, update, delete on mail_link to svc_web;

-- Mail to people that waits for the mail server. Its words carry links that let somebody in: they rest sealed.
create table letter (
    id int8 generated always as identity primary key,
    public_id uuid not null unique,
    recipient text not null,
    sealed bytea not null,
    attempts int4 not null default 0,
    created_at timestamptz not null default now(),
    next_at timestamptz not null default now(),
    last_error text not null default ''
);
create index letter_due on letter (next_at);
grant insert on letter to svc_web;
grant select, update, delete on letter to svc_loops;

create table invitation (
    tenant_id int4 not null references tenant on delete cascade,
    id int8 generated always as identity,
    public_id uuid not null unique,
    key_id text not null unique check (key_id ~ '^[0-9A-Za-z]{10}$'),
    secret_hash bytea not null check (length(secret_hash) = 32),
    email text not null,
    role text not null check (role in ('owner', 'admin', 'operator', 'viewer')),
    invited_by int8 not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    accepted_at timestamptz,
    revoked_at timestamptz,
    primary key (tenant_id, id)
);
grant select, insert, update, delete on invitation to svc_web;
grant select on invitation to sweeper;

-- A member with an end is somebody of the installation whom the tenant can see: access for support, granted at its
-- console, audited, and over by itself.
alter table member
    add column grant_ref uuid,
    add column until timestamptz,
    add column reason text not null default '',
    add constraint grant_ends check ((grant_ref is null) = (until is null)),
    add constraint grant_only_looks check (grant_ref is null or role in ('viewer', 'operator'));

alter table session
    add column ip text not null default '',
    add column trusted_at timestamptz;       -- when it last survived a change of password
update session set trusted_at = created_at;
alter table session alter column trusted_at set not null, alter column trusted_at set default now();

do $$
declare t text;
begin
    foreach t in array array['invitation']
    loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format('create policy own on %I using (tenant_id = current_tenant()) '
            'with check (tenant_id = current_tenant())', t);
        execute format('create policy maintain on %I to migrator using (true) with check (true)', t);
        execute format('create policy all_tenants on %I for select to sweeper using (true)', t);
    end loop;
end $$;

create function find_invitation(wanted text) returns table (tenant_id int4, id int8)
    language sql stable security definer set search_path = public, pg_temp
    as 'select tenant_id, id from invitation where key_id = wanted';

grant create on schema public to sweeper;
alter function find_invitation(text) owner to sweeper;
revoke all on function find_invitation(text) from public;
revoke create on schema public from sweeper;
grant execute on function find_invitation(text) to svc_web;
