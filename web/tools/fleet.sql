-- A tenant with 1,000 hosts: samples of this hour and the last, every ten seconds, and hourly sums of thirty days. Run as the
-- superuser of a server's own PostgreSQL, by `npm run fleet`; the server must be running, so that its hours exist.
\set ON_ERROR_STOP on
set session_replication_role = replica;
set synchronous_commit = off;
select id as tenant from tenant where name = :'name' \gset
insert into host (tenant_id, public_id, name, tags)
select :tenant, gen_random_uuid(), format('mx%s.example.net', n),
    array[(array['outbound', 'inbound', 'lists', 'submission'])[1 + n % 4], format('pop: %s', (array['fra', 'ams', 'cdg'])[1 + n % 3])]
from generate_series(1, :hosts) n;
insert into agent (tenant_id, public_id, host_id, public_key, version, first_batch_at)
select :tenant, gen_random_uuid(), id, sha256(id::text::bytea), '0.1.0', now() - interval '30 days'
from host where tenant_id = :tenant;
insert into instance (tenant_id, public_id, host_id, config_directory, name, first_seen_at)
select :tenant, gen_random_uuid(), id, '/etc/postfix', 'postfix', now() - interval '30 days'
from host where tenant_id = :tenant;
insert into cursor (tenant_id, agent_id, epoch, last_seq, received_at)
select :tenant, id, 1, 720, now() from agent where tenant_id = :tenant;

select make_partition('sample', h, h + interval '1 hour')
from generate_series(date_trunc('hour', now()) - interval '1 hour', date_trunc('hour', now()), interval '1 hour') h;
insert into hour_state (hour)
select h from generate_series(date_trunc('hour', now()) - interval '1 hour', date_trunc('hour', now()), interval '1 hour') h
on conflict do nothing;
insert into sample (tenant_id, instance_id, ts, span_ms, visibility, queue_deferred_messages, queue_active_messages,
    queue_incoming_messages, queue_hold_messages, message_received, delivery_sent, delivery_deferred, delivery_bounced,
    delivery_attempts, reject_total)
select :tenant, i.id, t, 10000, -1, 20 + (i.id * 7919 % 400) + (30 * sin(extract(epoch from t) / 900 + i.id))::int4,
    3 + i.id % 20, i.id % 4, 0, m, m - m / 20, m / 25, m / 100, m, i.id % 6
from instance i, generate_series(date_trunc('hour', now()) - interval '1 hour' + interval '10 seconds',
    date_trunc('minute', now()) + interval '10 minutes', interval '10 seconds') t,
    lateral (select 80 + (i.id * 31 % 200) + (20 * cos(extract(epoch from t) / 1200))::int4 as m) f
where i.tenant_id = :tenant;

select make_partition(p, m, m + interval '1 month')
from unnest(array['hour_queue_scan', 'hour_message', 'hour_delivery', 'seen_hour']) p,
    generate_series(date_trunc('month', now() at time zone 'UTC' - interval '30 days') at time zone 'UTC',
        date_trunc('month', now() at time zone 'UTC') at time zone 'UTC', interval '1 month') m;
create temporary table hours as
select h from generate_series(date_trunc('hour', now()) - interval '30 days',
    date_trunc('hour', now()) - interval '2 hours', interval '1 hour') h;
insert into hour_state (hour, state) select h, 'sealed' from hours on conflict (hour) do nothing;
insert into seen_hour select :tenant, i.id, h, 360, 3600000 from instance i, hours where i.tenant_id = :tenant;
insert into hour_queue_scan (tenant_id, instance_id, ts, n, span_ms, queue_deferred_messages_min,
    queue_deferred_messages_max, queue_deferred_messages_sum, queue_active_messages_min, queue_active_messages_max,
    queue_active_messages_sum)
select :tenant, i.id, h, 360, 3600000, 10, 500, 72000, 2, 30, 3600 from instance i, hours where i.tenant_id = :tenant;
insert into hour_message (tenant_id, instance_id, ts, n, span_ms, message_received_sum, message_received_max)
select :tenant, i.id, h, 360, 3600000, 36000, 200 from instance i, hours where i.tenant_id = :tenant;
insert into hour_delivery (tenant_id, instance_id, ts, n, span_ms, delivery_attempts_sum, delivery_sent_sum,
    delivery_deferred_sum, delivery_bounced_sum)
select :tenant, i.id, h, 360, 3600000, 36000, 34200, 1440, 360 from instance i, hours where i.tenant_id = :tenant;
analyze;
