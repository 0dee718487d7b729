-- Plans, the chain of the audit log, sign-on by another provider, and slowing down of guesses.

alter table tenant
    add column plan text not null default 'own',
    add column trial_ends_at timestamptz,
    add column zone text not null default 'UTC' check (length(zone) between 1 and 64);
alter table tenant
    add column if not exists raw_days int2 not null default 30,
    add column if not exists hourly_months int2 not null default 13,
    add column if not exists daily_years int2 not null default 5,
    add column if not exists deleted_at timestamptz;
-- A person who proved an address may make a tenant: the number is drawn first, and the new row is that tenant's own.
grant insert on tenant to svc_web;
grant usage on sequence tenant_id_seq to svc_web;

alter table audit
    add column ip text not null default '',
    add column hash bytea;                   -- over the row and the hash before it; none: older than the chain

create function audit_hash(before bytea, tenant int4, id int8, at timestamptz, ip text, actor text, action text,
        object text, detail jsonb) returns bytea
    language sql stable parallel safe
    return sha256(coalesce(before, ''::bytea) || convert_to(jsonb_build_array(tenant, id,
        (extract(epoch from at) * 1000000)::int8, ip, actor, action, object, detail)::text, 'UTF8'));

-- One row after the other: who writes waits for the row before, so that each hash stands on exactly one other.
create function audit_chain() returns trigger language plpgsql security definer
    set search_path = public, pg_temp as $$
declare before bytea;
begin
    perform pg_advisory_xact_lock(7236, new.tenant_id);
    new.id := nextval('audit_id_seq');
    select a.hash into before from audit a where a.tenant_id = new.tenant_id order by a.id desc limit 1;
    new.hash := audit_hash(before, new.tenant_id, new.id, new.at, new.ip, new.actor, new.action, new.object,
        new.detail);
    return new;
end $$;
create trigger chain before insert on audit for each row execute function audit_chain();

create policy all_tenants on audit for select to sweeper using (true);
grant select on audit to sweeper;
grant usage on sequence audit_id_seq to sweeper;
create index audit_actor on audit (tenant_id, actor, id desc);

create table sso (
    tenant_id int4 not null references tenant on delete cascade,
    public_id uuid not null unique,
    issuer text not null,
    client_id text not null,
    client_secret bytea not null,            -- sealed
    domains text[] not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id)
);
grant select, insert, update, delete on sso to svc_web;
grant select on sso to sweeper;
alter table sso enable row level security;
alter table sso force row level security;
create policy own on sso using (tenant_id = current_tenant()) with check (tenant_id = current_tenant());
create policy maintain on sso to migrator using (true) with check (true);
create policy all_tenants on sso for select to sweeper using (true);

-- Who a person is at another provider: issuer and subject, never the address.
create table identity (
    issuer text not null,
    subject text not null,
    person_id int8 not null references person on delete cascade,
    created_at timestamptz not null default now(),
    primary key (issuer, subject)
);
create index identity_of_person on identity (person_id);
grant select, insert, delete on identity to svc_web;

-- How often something was tried, by a digest of what it was tried on. Restarts and replicas share it.
create table throttle (
    slot bytea primary key check (length(slot) = 16),
    failures int4 not null,
    last_at timestamptz not null
);
create index throttle_old on throttle (last_at);
grant select, insert, update, delete on throttle to svc_web;

-- Who belongs to a tenant that has ended belongs to nothing; access that is over is no membership.
create or replace function find_memberships(of_person int8) returns table (tenant_id int4)
    language sql stable security definer set search_path = public, pg_temp
    as 'select m.tenant_id from member m join tenant t on t.id = m.tenant_id and t.deleted_at is null
        where m.person_id = of_person and (m.until is null or m.until > now())';
create function find_sso(domain text) returns table (tenant_id int4)
    language sql stable security definer set search_path = public, pg_temp
    as 'select s.tenant_id from sso s join tenant t on t.id = s.tenant_id and t.deleted_at is null
        where domain = any(s.domains) order by s.tenant_id limit 8';
create function list_tenants(behind int4, most int4) returns table (tenant_id int4)
    language sql stable security definer set search_path = public, pg_temp
    as 'select id from tenant where id > behind order by id limit most';

grant create on schema public to sweeper;
do $$
declare f text;
begin
    foreach f in array array['find_sso(text)', 'list_tenants(int4, int4)', 'audit_chain()']
    loop
        execute format('alter function %s owner to sweeper', f);
        execute format('revoke all on function %s from public', f);
    end loop;
end $$;
revoke create on schema public from sweeper;
grant execute on function find_sso(text), list_tenants(int4, int4) to svc_web;
