-- The weekly report by mail: the week that a tenant was told of last, and who of its members wants none.
alter table member add column weekly_report boolean not null default true;
alter table tenant add column reported_week date;    -- Monday of the newest week that was mailed; none: not yet
grant update (reported_week) on tenant to svc_loops;
grant insert on letter to svc_loops;

-- Who is only granted a look for support gets no mail of it.
create or replace view scoped.colleague with (security_barrier) as
    select m.tenant_id, p.id as person_id, p.email, m.role, m.weekly_report and m.until is null as weekly_report
    from member m join person p on p.id = m.person_id
    where m.tenant_id = current_tenant();
