-- Partitions, made ahead by svc_upkeep. Invoker's rights: the function can do nothing that its caller could not.

-- Makes the partition of parent for [from_at, to_at) as a plain table and attaches it: a CREATE … PARTITION OF would
-- lock the parent against every reader and writer.
create function make_partition(parent text, from_at timestamptz, to_at timestamptz) returns boolean
    language plpgsql set search_path = public, pg_temp as $$
declare
    name text := parent || '_' || to_char(from_at at time zone 'UTC', 'YYYYMMDDHH24');
begin
    if to_regclass(format('part.%I', name)) is not null then
        return false;
    end if;
    execute format('create table part.%I (like %I including defaults including constraints)', name, parent);
    execute format('alter table %I attach partition part.%I for values from (%L) to (%L)', parent, name, from_at, to_at);
    return true;
end $$;
revoke all on function make_partition(text, timestamptz, timestamptz) from public;
grant execute on function make_partition(text, timestamptz, timestamptz) to svc_upkeep;

-- People change triggers and hosts; timers then end what is open, by a timer of kind 'withdraw' that is due at once.
grant insert, update on timer to svc_web;

-- Whether this deployment took batches in, ten seconds at a time: before a host is called silent, our own intake must
-- have been well. No row belongs to a tenant.
create table ingest_heartbeat (
    bucket timestamptz primary key,
    accepted int8 not null
);
grant select, insert, update, delete on ingest_heartbeat to svc_loops;
grant select, insert, update on ingest_heartbeat to svc_ingest;
