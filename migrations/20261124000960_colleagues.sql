-- Who acknowledged an incident stands in the page and in the message. The loops may not read people, for people belong
-- to no tenant: they see the members of their tenant, and of those no more than the name one signs with.
create view scoped.colleague with (security_barrier) as
    select m.tenant_id, p.id as person_id, p.email
    from member m join person p on p.id = m.person_id
    where m.tenant_id = current_tenant();
grant select on scoped.colleague to svc_web, svc_loops;
