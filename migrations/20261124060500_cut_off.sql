-- A revoked agent commits nothing after the revocation: the cursor is taken from its streams in the same transaction,
-- as a newer stream would take it. A batch that waits for the row meanwhile moves nothing.
create function cut_off() returns trigger
    language plpgsql security definer set search_path = public, pg_temp
as $$
begin
    update cursor set offered = offered + 1 where tenant_id = new.tenant_id and agent_id = new.id;
    return null;
end $$;
grant create on schema public to sweeper;    -- a new owner needs it for the moment of the change
alter function cut_off() owner to sweeper;
revoke create on schema public from sweeper;
revoke all on function cut_off() from public;
grant select (tenant_id, agent_id, offered), update (offered) on cursor to sweeper;
create trigger cut_off after update of revoked_at on agent
    for each row when (old.revoked_at is null and new.revoked_at is not null) execute function cut_off();
