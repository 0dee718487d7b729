-- Samples, breakdowns and late rows as they come in; blocks and rollups as they are kept. Derived from the
-- catalogue in proto/src/catalogue; a test rewrites this file until it is released, then metrics are added by
-- migrations of their own.
--
-- None of these tables has row security, so that many tenants' rows can be COPYed in one transaction. svc_upkeep
-- owns them and makes their partitions in schema part; svc_ingest writes; svc_web and svc_loops have no grant and
-- read through the owner-rights views of schema scoped, each with the tenant predicate.
-- The comment on a partitioned table says how long a partition is.

create schema part;
grant usage, create on schema part to svc_upkeep;

-- One instance's metrics over one interval that ends at ts. Null stands for zero where the group's bit is set in
-- visibility, and for *not visible* elsewhere. flags: 1 partial, 2 backfill, 4 clock_step.
create table sample (
    tenant_id int4 not null,
    instance_id int4 not null,
    ts timestamptz not null,
    span_ms int4 not null,
    flags int2 not null default 0,
    visibility int8 not null,
    -- queue.scan, bit 0
    queue_maildrop_messages int4, queue_incoming_messages int4, queue_active_messages int4,
    queue_deferred_messages int4, queue_hold_messages int4,
    -- queue.side, bit 1
    queue_corrupt_messages int4, queue_saved_messages int4, queue_defer_messages int4, queue_bounce_messages int4,
    queue_trace_messages int4, queue_flush_messages int4,
    -- queue.bytes, bit 2
    queue_maildrop_bytes int8, queue_incoming_bytes int8, queue_active_bytes int8, queue_deferred_bytes int8,
    queue_hold_bytes int8,
    -- queue.age, bit 3
    queue_incoming_age_lt_5m int4, queue_incoming_age_lt_10m int4, queue_incoming_age_lt_20m int4,
    queue_incoming_age_lt_40m int4, queue_incoming_age_lt_80m int4, queue_incoming_age_lt_160m int4,
    queue_incoming_age_lt_320m int4, queue_incoming_age_lt_640m int4, queue_incoming_age_lt_1280m int4,
    queue_incoming_age_ge_1280m int4, queue_active_age_lt_5m int4, queue_active_age_lt_10m int4,
    queue_active_age_lt_20m int4, queue_active_age_lt_40m int4, queue_active_age_lt_80m int4,
    queue_active_age_lt_160m int4, queue_active_age_lt_320m int4, queue_active_age_lt_640m int4,
    queue_active_age_lt_1280m int4, queue_active_age_ge_1280m int4, queue_deferred_age_lt_5m int4,
    queue_deferred_age_lt_10m int4, queue_deferred_age_lt_20m int4, queue_deferred_age_lt_40m int4,
    queue_deferred_age_lt_80m int4, queue_deferred_age_lt_160m int4, queue_deferred_age_lt_320m int4,
    queue_deferred_age_lt_640m int4, queue_deferred_age_lt_1280m int4, queue_deferred_age_ge_1280m int4,
    queue_hold_age_lt_5m int4, queue_hold_age_lt_10m int4, queue_hold_age_lt_20m int4, queue_hold_age_lt_40m int4,
    queue_hold_age_lt_80m int4, queue_hold_age_lt_160m int4, queue_hold_age_lt_320m int4,
    queue_hold_age_lt_640m int4, queue_hold_age_lt_1280m int4, queue_hold_age_ge_1280m int4,
    queue_maildrop_oldest int4, queue_incoming_oldest int4, queue_active_oldest int4, queue_deferred_oldest int4,
    queue_hold_oldest int4, queue_deferred_over_24h int4,
    -- queue.retry, bit 4
    queue_deferred_due int4, queue_deferred_expiring_24h int4,
    -- queue.domains, bit 5
    queue_sampled_messages int4, queue_sampled_recipients int4,
    -- config, bit 6
    config_active_limit int4, config_queue_lifetime int4,
    -- message, bit 7
    message_received int4, message_received_smtp int4, message_received_local int4, message_received_signed_in int4,
    message_reinjected int4, message_generated int4, message_queued int4, message_queued_bytes int8,
    message_queued_recipients int4, message_retried int4, message_removed int4, message_expired int4,
    message_abandoned int4,
    -- delivery, bit 8
    delivery_attempts int4, delivery_sent int4, delivery_deferred int4, delivery_bounced int4,
    delivery_expired int4, delivery_delivered int4, delivery_forwarded int4, delivery_filtered int4,
    delivery_suspended int4, delivery_first_sent int4, delivery_first_deferred int4, delivery_first_bounced int4,
    delivery_retry_sent int4, delivery_retry_deferred int4, delivery_retry_bounced int4,
    delivery_messages_deferred int4, delivery_messages_bounced int4, delivery_probed int4,
    delivery_other_status int4, delivery_connect_failed int4,
    -- delay, bit 9
    delay_count int4, delay_total int8, delay_before_queue int8, delay_in_queue int8, delay_connect int8,
    delay_transmit int8,
    -- notice, bit 10
    notice_bounced int4, notice_delayed int4, notice_postmaster int4, notice_failed int4,
    -- smtpd, bit 11
    smtpd_connections int4, smtpd_disconnections int4, smtpd_connections_active int4, smtpd_session_time int8,
    smtpd_lost int4, smtpd_timed_out int4, smtpd_too_many_errors int4, smtpd_commands int4,
    smtpd_commands_refused int4, smtpd_recipients_accepted int4, smtpd_recipients_refused int4,
    smtpd_unknown_clients int4, smtpd_protocol_errors int4,
    -- reject, bit 12
    reject_total int4, reject_temporary int4, reject_permanent int4, reject_warned int4, reject_phase_connect int4,
    reject_phase_helo int4, reject_phase_mail int4, reject_phase_rcpt int4, reject_phase_data int4,
    reject_phase_end_of_message int4, reject_phase_other int4, reject_reason_client int4,
    reject_reason_reverse_name int4, reject_reason_helo int4, reject_reason_sender int4,
    reject_reason_recipient int4, reject_reason_unknown_user int4, reject_reason_relay int4,
    reject_reason_blocklist int4, reject_reason_greylist int4, reject_reason_content int4, reject_reason_size int4,
    reject_reason_policy int4, reject_reason_protocol int4, reject_reason_sign_in int4,
    reject_reason_local_error int4, reject_reason_other int4, reject_milter int4, action_held int4,
    action_discarded int4,
    -- limit, bit 13
    limit_exceeded int4, limit_peak_connections int4,
    -- sasl, bit 14
    sasl_succeeded int4, sasl_failed int4, sasl_aborted int4, sasl_refused int4, sasl_messages int4,
    -- tls.in, bit 15
    tls_in_connections int4, tls_in_failed int4, tls_in_messages int4, tls_in_messages_plain int4,
    -- tls.out, bit 16
    tls_out_connections int4, tls_out_failed int4, tls_out_unverified int4, tls_out_required int4,
    tls_out_sent int4, tls_out_sent_plain int4,
    -- postscreen, bit 17
    postscreen_connections int4, postscreen_passed_new int4, postscreen_passed_old int4,
    postscreen_allowlisted int4, postscreen_denylisted int4, postscreen_pregreeted int4,
    postscreen_blocklisted int4, postscreen_hung_up int4, postscreen_rejected int4, postscreen_postponed int4,
    postscreen_busy int4, postscreen_cache_entries int4, dnsbl_listed int4, dnsbl_failed int4,
    -- process, bit 18
    process_master_up int4, process_qmgr_up int4, process_pickup_up int4, process_count int4,
    process_smtpd_count int4, process_cpu_time int8, process_memory int8, process_uptime int4,
    -- log, bit 19
    log_lines int4, log_bytes int8, log_warnings int4, log_errors int4, log_fatals int4, log_panics int4,
    log_unrecognised int4, log_suppressed int4, log_late int4,
    -- health, bit 20
    health_crashed int4, health_throttled int4, health_process_limit_reached int4, health_reloaded int4,
    health_local_errors int4, health_lookup_failed int4, health_milter_failed int4, health_policy_failed int4,
    health_transport_failed int4, health_corrupted int4, health_no_space int4,
    -- spool, bit 21
    spool_bytes_total int8, spool_bytes_free int8, spool_files_total int4, spool_files_free int4,
    -- host, bit 22
    host_load_1m int4, host_cpu_time int8, host_memory_total int8, host_memory_available int8,
    -- certificate, bit 23
    certificate_expires int4, certificate_expired int4, certificate_mismatched int4,
    -- agent, bit 24
    agent_cpu_time int8, agent_memory int8, agent_uptime int4, agent_spool_batches int4, agent_spool_bytes int8,
    agent_reconnections int4, agent_log_behind int8, agent_tracked int4, agent_forgotten int4,
    agent_keys_folded int4, agent_scan_time int8,
    -- pressure, bit 25
    host_io_stalled int8, host_memory_stalled int8,
    primary key (tenant_id, instance_id, ts)
) partition by range (ts);
comment on table sample is 'partition: hour';

-- The breakdowns of one interval, or of one hour or day: entries is packed as domain::breakdown writes it. Version
-- byte 1; then for each dimension, ascending: varint dimension id, varint number of entries, and for each entry,
-- ascending by key: varint difference to the key before (the first: the key itself), varint number of counts,
-- varint counts. A key is the catalogue's key id in closed dimensions and dictionary.id in open ones.
create table breakdown (
    tenant_id int4 not null,
    instance_id int4 not null,
    ts timestamptz not null,
    entries bytea not null,
    primary key (tenant_id, instance_id, ts)
) partition by range (ts);
comment on table breakdown is 'partition: hour';
create table breakdown_hour (like breakdown including indexes) partition by range (ts);
comment on table breakdown_hour is 'partition: month';
create table breakdown_day (like breakdown including indexes);

-- Rows for hours that are sealed, or too far ahead: payload is the batch's InstanceSample as it came, without
-- events. The hour is sealed again with them.
create table late (
    tenant_id int4 not null,
    instance_id int4 not null,
    ts timestamptz not null,
    received_at timestamptz not null default clock_timestamp(),
    span_ms int4 not null,
    flags int2 not null default 0,
    payload bytea not null,
    primary key (tenant_id, instance_id, ts, received_at)
);
create index late_hour on late (ts);

-- Sealed hours: each metric a compressed stream of its own in data, found through offs. codec is the version of
-- the packing, catalogue the version of the vocabulary, n the number of samples, span_s 3600 or 86400.
create table block (
    tenant_id int4 not null,
    instance_id int4 not null,
    ts timestamptz not null,
    span_s int4 not null,
    n int4 not null,
    codec int2 not null,
    catalogue int4 not null,
    offs bytea not null,
    data bytea not null,
    primary key (tenant_id, instance_id, ts)
) partition by range (ts);
alter table block alter offs set storage external, alter data set storage external;
comment on table block is 'partition: day';

-- Rollups, one pair of tables for each metric group. n: samples in which the group was visible; span_ms: the time
-- they cover. Counters: sum and most; gauges: least, most and sum (mean = sum / n).

create table hour_queue_scan (
    tenant_id int4 not null, instance_id int4 not null, ts timestamptz not null, n int4 not null, span_ms int8 not null,
    queue_maildrop_messages_min int4, queue_maildrop_messages_max int4, queue_maildrop_messages_sum int8,
    queue_incoming_messages_min int4, queue_incoming_messages_max int4, queue_incoming_messages_sum int8,
    queue_active_messages_min int4, queue_active_messages_max int4, queue_active_messages_sum int8,
    queue_deferred_messages_min int4, queue_deferred_messages_max int4, queue_deferred_messages_sum int8,
    queue_hold_messages_min int4, queue_hold_messages_max int4, queue_hold_messages_sum int8,
    primary key (tenant_id, instance_id, ts)
) partition by range (ts);
comment on table hour_queue_scan is 'partition: month';
create table day_queue_scan (like hour_queue_scan including indexes);

create table hour_queue_side (
    tenant_id int4 not null, instance_id int4 not null, ts timestamptz not null, n int4 not null, span_ms int8 not null,
    queue_corrupt_messages_min int4, queue_corrupt_messages_max int4, queue_corrupt_messages_sum int8,
    queue_saved_messages_min int4, queue_saved_messages_max int4, queue_saved_messages_sum int8,
    queue_defer_messages_min int4, queue_defer_messages_max int4, queue_defer_messages_sum int8,
    queue_bounce_messages_min int4, queue_bounce_messages_max int4, queue_bounce_messages_sum int8,
    queue_trace_messages_min int4, queue_trace_messages_max int4, queue_trace_messages_sum int8,
    queue_flush_messages_min int4, queue_flush_messages_max int4, queue_flush_messages_sum int8,
    primary key (tenant_id, instance_id, ts)
) partition by range (ts);
comment on table hour_queue_side is 'partition: month';
create table day_queue_side (like hour_queue_side including indexes);

create table hour_queue_bytes (
    tenant_id int4 not null, instance_id int4 not null, ts timestamptz not null, n int4 not null, span_ms int8 not null,
    queue_maildrop_bytes_min int8, queue_maildrop_bytes_max int8, queue_maildrop_bytes_sum int8,
    queue_incoming_bytes_min int8, queue_incoming_bytes_max int8, queue_incoming_bytes_sum int8,
    queue_active_bytes_min int8, queue_active_bytes_max int8, queue_active_bytes_sum int8,
    queue_deferred_bytes_min int8, queue_deferred_bytes_max int8, queue_deferred_bytes_sum int8,
    queue_hold_bytes_min int8, queue_hold_bytes_max int8, queue_hold_bytes_sum int8,
    primary key (tenant_id, instance_id, ts)
) partition by range (ts);
comment on table hour_queue_bytes is 'partition: month';
create table day_queue_bytes (like hour_queue_bytes including indexes);

create table hour_queue_age (
    tenant_id int4 not null, instance_id int4 not null, ts timestamptz not null, n int4 not null, span_ms int8 not null,
    queue_incoming_age_lt_5m_min int4, queue_incoming_age_lt_5m_max int4, queue_incoming_age_lt_5m_sum int8,
    queue_incoming_age_lt_10m_min int4, queue_incoming_age_lt_10m_max int4, queue_incoming_age_lt_10m_sum int8,
    queue_incoming_age_lt_20m_min int4, queue_incoming_age_lt_20m_max int4, queue_incoming_age_lt_20m_sum int8,
    queue_incoming_age_lt_40m_min int4, queue_incoming_age_lt_40m_max int4, queue_incoming_age_lt_40m_sum int8,
    queue_incoming_age_lt_80m_min int4, queue_incoming_age_lt_80m_max int4, queue_incoming_age_lt_80m_sum int8,
    queue_incoming_age_lt_160m_min int4, queue_incoming_age_lt_160m_max int4, queue_incoming_age_lt_160m_sum int8,
    queue_incoming_age_lt_320m_min int4, queue_incoming_age_lt_320m_max int4, queue_incoming_age_lt_320m_sum int8,
    queue_incoming_age_lt_640m_min int4, queue_incoming_age_lt_640m_max int4, queue_incoming_age_lt_640m_sum int8,
    queue_incoming_age_lt_1280m_min int4, queue_incoming_age_lt_1280m_max int4,
    queue_incoming_age_lt_1280m_sum int8, queue_incoming_age_ge_1280m_min int4,
    queue_incoming_age_ge_1280m_max int4, queue_incoming_age_ge_1280m_sum int8, queue_active_age_lt_5m_min int4,
    queue_active_age_lt_5m_max int4, queue_active_age_lt_5m_sum int8, queue_active_age_lt_10m_min int4,
    queue_active_age_lt_10m_max int4, queue_active_age_lt_10m_sum int8, queue_active_age_lt_20m_min int4,
    queue_active_age_lt_20m_max int4, queue_active_age_lt_20m_sum int8, queue_active_age_lt_40m_min int4,
    queue_active_age_lt_40m_max int4, queue_active_age_lt_40m_sum int8, queue_active_age_lt_80m_min int4,
    queue_active_age_lt_80m_max int4, queue_active_age_lt_80m_sum int8, queue_active_age_lt_160m_min int4,
    queue_active_age_lt_160m_max int4, queue_active_age_lt_160m_sum int8, queue_active_age_lt_320m_min int4,
    queue_active_age_lt_320m_max int4, queue_active_age_lt_320m_sum int8, queue_active_age_lt_640m_min int4,
    queue_active_age_lt_640m_max int4, queue_active_age_lt_640m_sum int8, queue_active_age_lt_1280m_min int4,
    queue_active_age_lt_1280m_max int4, queue_active_age_lt_1280m_sum int8, queue_active_age_ge_1280m_min int4,
    queue_active_age_ge_1280m_max int4, queue_active_age_ge_1280m_sum int8, queue_deferred_age_lt_5m_min int4,
    queue_deferred_age_lt_5m_max int4, queue_deferred_age_lt_5m_sum int8, queue_deferred_age_lt_10m_min int4,
    queue_deferred_age_lt_10m_max int4, queue_deferred_age_lt_10m_sum int8, queue_deferred_age_lt_20m_min int4,
    queue_deferred_age_lt_20m_max int4, queue_deferred_age_lt_20m_sum int8, queue_deferred_age_lt_40m_min int4,
    queue_deferred_age_lt_40m_max int4, queue_deferred_age_lt_40m_sum int8, queue_deferred_age_lt_80m_min int4,
    queue_deferred_age_lt_80m_max int4, queue_deferred_age_lt_80m_sum int8, queue_deferred_age_lt_160m_min int4,
    queue_deferred_age_lt_160m_max int4, queue_deferred_age_lt_160m_sum int8, queue_deferred_age_lt_320m_min int4,
    queue_deferred_age_lt_320m_max int4, queue_deferred_age_lt_320m_sum int8, queue_deferred_age_lt_640m_min int4,
    queue_deferred_age_lt_640m_max int4, queue_deferred_age_lt_640m_sum int8, queue_deferred_age_lt_1280m_min int4,
    queue_deferred_age_lt_1280m_max int4, queue_deferred_age_lt_1280m_sum int8,
    queue_deferred_age_ge_1280m_min int4, queue_deferred_age_ge_1280m_max int4,
    queue_deferred_age_ge_1280m_sum int8, queue_hold_age_lt_5m_min int4, queue_hold_age_lt_5m_max int4,
    queue_hold_age_lt_5m_sum int8, queue_hold_age_lt_10m_min int4, queue_hold_age_lt_10m_max int4,
    queue_hold_age_lt_10m_sum int8, queue_hold_age_lt_20m_min int4, queue_hold_age_lt_20m_max int4,
    queue_hold_age_lt_20m_sum int8, queue_hold_age_lt_40m_min int4, queue_hold_age_lt_40m_max int4,
    queue_hold_age_lt_40m_sum int8, queue_hold_age_lt_80m_min int4, queue_hold_age_lt_80m_max int4,
    queue_hold_age_lt_80m_sum int8, queue_hold_age_lt_160m_min int4, queue_hold_age_lt_160m_max int4,
    queue_hold_age_lt_160m_sum int8, queue_hold_age_lt_320m_min int4, queue_hold_age_lt_320m_max int4,
    queue_hold_age_lt_320m_sum int8, queue_hold_age_lt_640m_min int4, queue_hold_age_lt_640m_max int4,
    queue_hold_age_lt_640m_sum int8, queue_hold_age_lt_1280m_min int4, queue_hold_age_lt_1280m_max int4,
    queue_hold_age_lt_1280m_sum int8, queue_hold_age_ge_1280m_min int4, queue_hold_age_ge_1280m_max int4,
    queue_hold_age_ge_1280m_sum int8, queue_maildrop_oldest_min int4, queue_maildrop_oldest_max int4,
    queue_maildrop_oldest_sum int8, queue_incoming_oldest_min int4, queue_incoming_oldest_max int4,
    queue_incoming_oldest_sum int8, queue_active_oldest_min int4, queue_active_oldest_max int4,
    queue_active_oldest_sum int8, queue_deferred_oldest_min int4, queue_deferred_oldest_max int4,
    queue_deferred_oldest_sum int8, queue_hold_oldest_min int4, queue_hold_oldest_max int4,
    queue_hold_oldest_sum int8, queue_deferred_over_24h_min int4, queue_deferred_over_24h_max int4,
    queue_deferred_over_24h_sum int8,
    primary key (tenant_id, instance_id, ts)
) partition by range (ts);
comment on table hour_queue_age is 'partition: month';
create table day_queue_age (like hour_queue_age including indexes);

create table hour_queue_retry (
    tenant_id int4 not null, instance_id int4 not null, ts timestamptz not null, n int4 not null, span_ms int8 not null,
    queue_deferred_due_min int4, queue_deferred_due_max int4, queue_deferred_due_sum int8,
    queue_deferred_expiring_24h_min int4, queue_deferred_expiring_24h_max int4,
    queue_deferred_expiring_24h_sum int8,
    primary key (tenant_id, instance_id, ts)
) partition by range (ts);
comment on table hour_queue_retry is 'partition: month';
create table day_queue_retry (like hour_queue_retry including indexes);

create table hour_queue_domains (
    tenant_id int4 not null, instance_id int4 not null, ts timestamptz not null, n int4 not null, span_ms int8 not null,
    queue_sampled_messages_min int4, queue_sampled_messages_max int4, queue_sampled_messages_sum int8,
    queue_sampled_recipients_min int4, queue_sampled_recipients_max int4, queue_sampled_recipients_sum int8,
    primary key (tenant_id, instance_id, ts)
) partition by range (ts);
comment on table hour_queue_domains is 'partition: month';
create table day_queue_domains (like hour_queue_domains including indexes);

create table hour_config (
    tenant_id int4 not null, instance_id int4 not null, ts timestamptz not null, n int4 not null, span_ms int8 not null,
    config_active_limit_min int4, config_active_limit_max int4, config_active_limit_sum int8,
    config_queue_lifetime_min int4, config_queue_lifetime_max int4, config_queue_lifetime_sum int8,
    primary key (tenant_id, instance_id, ts)
) partition by range (ts);
comment on table hour_config is 'partition: month';
create table day_config (like hour_config including indexes);

create table hour_message (
    tenant_id int4 not null, instance_id int4 not null, ts timestamptz not null, n int4 not null, span_ms int8 not null,
    message_received_sum int8, message_received_max int4, message_received_smtp_sum int8,
    message_received_smtp_max int4, message_received_local_sum int8, message_received_local_max int4,
    message_received_signed_in_sum int8, message_received_signed_in_max int4, message_reinjected_sum int8,
    message_reinjected_max int4, message_generated_sum int8, message_generated_max int4, message_queued_sum int8,
    message_queued_max int4, message_queued_bytes_sum int8, message_queued_bytes_max int8,
    message_queued_recipients_sum int8, message_queued_recipients_max int4, message_retried_sum int8,
    message_retried_max int4, message_removed_sum int8, message_removed_max int4, message_expired_sum int8,
    message_expired_max int4, message_abandoned_sum int8, message_abandoned_max int4,
    primary key (tenant_id, instance_id, ts)
) partition by range (ts);
comment on table hour_message is 'partition: month';
create table day_message (like hour_message including indexes);

create table hour_delivery (
    tenant_id int4 not null, instance_id int4 not null, ts timestamptz not null, n int4 not null, span_ms int8 not null,
    delivery_attempts_sum int8, delivery_attempts_max int4, delivery_sent_sum int8, delivery_sent_max int4,
    delivery_deferred_sum int8, delivery_deferred_max int4, delivery_bounced_sum int8, delivery_bounced_max int4,
    delivery_expired_sum int8, delivery_expired_max int4, delivery_delivered_sum int8, delivery_delivered_max int4,
    delivery_forwarded_sum int8, delivery_forwarded_max int4, delivery_filtered_sum int8,
    delivery_filtered_max int4, delivery_suspended_sum int8, delivery_suspended_max int4,
    delivery_first_sent_sum int8, delivery_first_sent_max int4, delivery_first_deferred_sum int8,
    delivery_first_deferred_max int4, delivery_first_bounced_sum int8, delivery_first_bounced_max int4,
    delivery_retry_sent_sum int8, delivery_retry_sent_max int4, delivery_retry_deferred_sum int8,
    delivery_retry_deferred_max int4, delivery_retry_bounced_sum int8, delivery_retry_bounced_max int4,
    delivery_messages_deferred_sum int8, delivery_messages_deferred_max int4, delivery_messages_bounced_sum int8,
    delivery_messages_bounced_max int4, delivery_probed_sum int8, delivery_probed_max int4,
    delivery_other_status_sum int8, delivery_other_status_max int4, delivery_connect_failed_sum int8,
    delivery_connect_failed_max int4,
    primary key (tenant_id, instance_id, ts)
) partition by range (ts);
comment on table hour_delivery is 'partition: month';
create table day_delivery (like hour_delivery including indexes);

create table hour_delay (
    tenant_id int4 not null, instance_id int4 not null, ts timestamptz not null, n int4 not null, span_ms int8 not null,
    delay_count_sum int8, delay_count_max int4, delay_total_sum int8, delay_total_max int8,
    delay_before_queue_sum int8, delay_before_queue_max int8, delay_in_queue_sum int8, delay_in_queue_max int8,
    delay_connect_sum int8, delay_connect_max int8, delay_transmit_sum int8, delay_transmit_max int8,
    primary key (tenant_id, instance_id, ts)
) partition by range (ts);
comment on table hour_delay is 'partition: month';
create table day_delay (like hour_delay including indexes);

create table hour_notice (
    tenant_id int4 not null, instance_id int4 not null, ts timestamptz not null, n int4 not null, span_ms int8 not null,
    notice_bounced_sum int8, notice_bounced_max int4, notice_delayed_sum int8, notice_delayed_max int4,
    notice_postmaster_sum int8, notice_postmaster_max int4, notice_failed_sum int8, notice_failed_max int4,
    primary key (tenant_id, instance_id, ts)
) partition by range (ts);
comment on table hour_notice is 'partition: month';
create table day_notice (like hour_notice including indexes);

create table hour_smtpd (
    tenant_id int4 not null, instance_id int4 not null, ts timestamptz not null, n int4 not null, span_ms int8 not null,
    smtpd_connections_sum int8, smtpd_connections_max int4, smtpd_disconnections_sum int8,
    smtpd_disconnections_max int4, smtpd_connections_active_min int4, smtpd_connections_active_max int4,
    smtpd_connections_active_sum int8, smtpd_session_time_sum int8, smtpd_session_time_max int8,
    smtpd_lost_sum int8, smtpd_lost_max int4, smtpd_timed_out_sum int8, smtpd_timed_out_max int4,
    smtpd_too_many_errors_sum int8, smtpd_too_many_errors_max int4, smtpd_commands_sum int8,
    smtpd_commands_max int4, smtpd_commands_refused_sum int8, smtpd_commands_refused_max int4,
    smtpd_recipients_accepted_sum int8, smtpd_recipients_accepted_max int4, smtpd_recipients_refused_sum int8,
    smtpd_recipients_refused_max int4, smtpd_unknown_clients_sum int8, smtpd_unknown_clients_max int4,
    smtpd_protocol_errors_sum int8, smtpd_protocol_errors_max int4,
    primary key (tenant_id, instance_id, ts)
) partition by range (ts);
comment on table hour_smtpd is 'partition: month';
create table day_smtpd (like hour_smtpd including indexes);

create table hour_reject (
    tenant_id int4 not null, instance_id int4 not null, ts timestamptz not null, n int4 not null, span_ms int8 not null,
    reject_total_sum int8, reject_total_max int4, reject_temporary_sum int8, reject_temporary_max int4,
    reject_permanent_sum int8, reject_permanent_max int4, reject_warned_sum int8, reject_warned_max int4,
    reject_phase_connect_sum int8, reject_phase_connect_max int4, reject_phase_helo_sum int8,
    reject_phase_helo_max int4, reject_phase_mail_sum int8, reject_phase_mail_max int4, reject_phase_rcpt_sum int8,
    reject_phase_rcpt_max int4, reject_phase_data_sum int8, reject_phase_data_max int4,
    reject_phase_end_of_message_sum int8, reject_phase_end_of_message_max int4, reject_phase_other_sum int8,
    reject_phase_other_max int4, reject_reason_client_sum int8, reject_reason_client_max int4,
    reject_reason_reverse_name_sum int8, reject_reason_reverse_name_max int4, reject_reason_helo_sum int8,
    reject_reason_helo_max int4, reject_reason_sender_sum int8, reject_reason_sender_max int4,
    reject_reason_recipient_sum int8, reject_reason_recipient_max int4, reject_reason_unknown_user_sum int8,
    reject_reason_unknown_user_max int4, reject_reason_relay_sum int8, reject_reason_relay_max int4,
    reject_reason_blocklist_sum int8, reject_reason_blocklist_max int4, reject_reason_greylist_sum int8,
    reject_reason_greylist_max int4, reject_reason_content_sum int8, reject_reason_content_max int4,
    reject_reason_size_sum int8, reject_reason_size_max int4, reject_reason_policy_sum int8,
    reject_reason_policy_max int4, reject_reason_protocol_sum int8, reject_reason_protocol_max int4,
    reject_reason_sign_in_sum int8, reject_reason_sign_in_max int4, reject_reason_local_error_sum int8,
    reject_reason_local_error_max int4, reject_reason_other_sum int8, reject_reason_other_max int4,
    reject_milter_sum int8, reject_milter_max int4, action_held_sum int8, action_held_max int4,
    action_discarded_sum int8, action_discarded_max int4,
    primary key (tenant_id, instance_id, ts)
) partition by range (ts);
comment on table hour_reject is 'partition: month';
create table day_reject (like hour_reject including indexes);

create table hour_limit (
    tenant_id int4 not null, instance_id int4 not null, ts timestamptz not null, n int4 not null, span_ms int8 not null,
    limit_exceeded_sum int8, limit_exceeded_max int4, limit_peak_connections_min int4,
    limit_peak_connections_max int4, limit_peak_connections_sum int8,
    primary key (tenant_id, instance_id, ts)
) partition by range (ts);
comment on table hour_limit is 'partition: month';
create table day_limit (like hour_limit including indexes);

create table hour_sasl (
    tenant_id int4 not null, instance_id int4 not null, ts timestamptz not null, n int4 not null, span_ms int8 not null,
    sasl_succeeded_sum int8, sasl_succeeded_max int4, sasl_failed_sum int8, sasl_failed_max int4,
    sasl_aborted_sum int8, sasl_aborted_max int4, sasl_refused_sum int8, sasl_refused_max int4,
    sasl_messages_sum int8, sasl_messages_max int4,
    primary key (tenant_id, instance_id, ts)
) partition by range (ts);
comment on table hour_sasl is 'partition: month';
create table day_sasl (like hour_sasl including indexes);

create table hour_tls_in (
    tenant_id int4 not null, instance_id int4 not null, ts timestamptz not null, n int4 not null, span_ms int8 not null,
    tls_in_connections_sum int8, tls_in_connections_max int4, tls_in_failed_sum int8, tls_in_failed_max int4,
    tls_in_messages_sum int8, tls_in_messages_max int4, tls_in_messages_plain_sum int8,
    tls_in_messages_plain_max int4,
    primary key (tenant_id, instance_id, ts)
) partition by range (ts);
comment on table hour_tls_in is 'partition: month';
create table day_tls_in (like hour_tls_in including indexes);

create table hour_tls_out (
    tenant_id int4 not null, instance_id int4 not null, ts timestamptz not null, n int4 not null, span_ms int8 not null,
    tls_out_connections_sum int8, tls_out_connections_max int4, tls_out_failed_sum int8, tls_out_failed_max int4,
    tls_out_unverified_sum int8, tls_out_unverified_max int4, tls_out_required_sum int8, tls_out_required_max int4,
    tls_out_sent_sum int8, tls_out_sent_max int4, tls_out_sent_plain_sum int8, tls_out_sent_plain_max int4,
    primary key (tenant_id, instance_id, ts)
) partition by range (ts);
comment on table hour_tls_out is 'partition: month';
create table day_tls_out (like hour_tls_out including indexes);

create table hour_postscreen (
    tenant_id int4 not null, instance_id int4 not null, ts timestamptz not null, n int4 not null, span_ms int8 not null,
    postscreen_connections_sum int8, postscreen_connections_max int4, postscreen_passed_new_sum int8,
    postscreen_passed_new_max int4, postscreen_passed_old_sum int8, postscreen_passed_old_max int4,
    postscreen_allowlisted_sum int8, postscreen_allowlisted_max int4, postscreen_denylisted_sum int8,
    postscreen_denylisted_max int4, postscreen_pregreeted_sum int8, postscreen_pregreeted_max int4,
    postscreen_blocklisted_sum int8, postscreen_blocklisted_max int4, postscreen_hung_up_sum int8,
    postscreen_hung_up_max int4, postscreen_rejected_sum int8, postscreen_rejected_max int4,
    postscreen_postponed_sum int8, postscreen_postponed_max int4, postscreen_busy_sum int8,
    postscreen_busy_max int4, postscreen_cache_entries_min int4, postscreen_cache_entries_max int4,
    postscreen_cache_entries_sum int8, dnsbl_listed_sum int8, dnsbl_listed_max int4, dnsbl_failed_sum int8,
    dnsbl_failed_max int4,
    primary key (tenant_id, instance_id, ts)
) partition by range (ts);
comment on table hour_postscreen is 'partition: month';
create table day_postscreen (like hour_postscreen including indexes);

create table hour_process (
    tenant_id int4 not null, instance_id int4 not null, ts timestamptz not null, n int4 not null, span_ms int8 not null,
    process_master_up_min int4, process_master_up_max int4, process_master_up_sum int8, process_qmgr_up_min int4,
    process_qmgr_up_max int4, process_qmgr_up_sum int8, process_pickup_up_min int4, process_pickup_up_max int4,
    process_pickup_up_sum int8, process_count_min int4, process_count_max int4, process_count_sum int8,
    process_smtpd_count_min int4, process_smtpd_count_max int4, process_smtpd_count_sum int8,
    process_cpu_time_sum int8, process_cpu_time_max int8, process_memory_min int8, process_memory_max int8,
    process_memory_sum int8, process_uptime_min int4, process_uptime_max int4, process_uptime_sum int8,
    primary key (tenant_id, instance_id, ts)
) partition by range (ts);
comment on table hour_process is 'partition: month';
create table day_process (like hour_process including indexes);

create table hour_log (
    tenant_id int4 not null, instance_id int4 not null, ts timestamptz not null, n int4 not null, span_ms int8 not null,
    log_lines_sum int8, log_lines_max int4, log_bytes_sum int8, log_bytes_max int8, log_warnings_sum int8,
    log_warnings_max int4, log_errors_sum int8, log_errors_max int4, log_fatals_sum int8, log_fatals_max int4,
    log_panics_sum int8, log_panics_max int4, log_unrecognised_sum int8, log_unrecognised_max int4,
    log_suppressed_sum int8, log_suppressed_max int4, log_late_sum int8, log_late_max int4,
    primary key (tenant_id, instance_id, ts)
) partition by range (ts);
comment on table hour_log is 'partition: month';
create table day_log (like hour_log including indexes);

create table hour_health (
    tenant_id int4 not null, instance_id int4 not null, ts timestamptz not null, n int4 not null, span_ms int8 not null,
    health_crashed_sum int8, health_crashed_max int4, health_throttled_sum int8, health_throttled_max int4,
    health_process_limit_reached_sum int8, health_process_limit_reached_max int4, health_reloaded_sum int8,
    health_reloaded_max int4, health_local_errors_sum int8, health_local_errors_max int4,
    health_lookup_failed_sum int8, health_lookup_failed_max int4, health_milter_failed_sum int8,
    health_milter_failed_max int4, health_policy_failed_sum int8, health_policy_failed_max int4,
    health_transport_failed_sum int8, health_transport_failed_max int4, health_corrupted_sum int8,
    health_corrupted_max int4, health_no_space_sum int8, health_no_space_max int4,
    primary key (tenant_id, instance_id, ts)
) partition by range (ts);
comment on table hour_health is 'partition: month';
create table day_health (like hour_health including indexes);

create table hour_spool (
    tenant_id int4 not null, instance_id int4 not null, ts timestamptz not null, n int4 not null, span_ms int8 not null,
    spool_bytes_total_min int8, spool_bytes_total_max int8, spool_bytes_total_sum int8, spool_bytes_free_min int8,
    spool_bytes_free_max int8, spool_bytes_free_sum int8, spool_files_total_min int4, spool_files_total_max int4,
    spool_files_total_sum int8, spool_files_free_min int4, spool_files_free_max int4, spool_files_free_sum int8,
    primary key (tenant_id, instance_id, ts)
) partition by range (ts);
comment on table hour_spool is 'partition: month';
create table day_spool (like hour_spool including indexes);

create table hour_host (
    tenant_id int4 not null, instance_id int4 not null, ts timestamptz not null, n int4 not null, span_ms int8 not null,
    host_load_1m_min int4, host_load_1m_max int4, host_load_1m_sum int8, host_cpu_time_sum int8,
    host_cpu_time_max int8, host_memory_total_min int8, host_memory_total_max int8, host_memory_total_sum int8,
    host_memory_available_min int8, host_memory_available_max int8, host_memory_available_sum int8,
    primary key (tenant_id, instance_id, ts)
) partition by range (ts);
comment on table hour_host is 'partition: month';
create table day_host (like hour_host including indexes);

create table hour_certificate (
    tenant_id int4 not null, instance_id int4 not null, ts timestamptz not null, n int4 not null, span_ms int8 not null,
    certificate_expires_min int4, certificate_expires_max int4, certificate_expires_sum int8,
    certificate_expired_min int4, certificate_expired_max int4, certificate_expired_sum int8,
    certificate_mismatched_min int4, certificate_mismatched_max int4, certificate_mismatched_sum int8,
    primary key (tenant_id, instance_id, ts)
) partition by range (ts);
comment on table hour_certificate is 'partition: month';
create table day_certificate (like hour_certificate including indexes);

create table hour_agent (
    tenant_id int4 not null, instance_id int4 not null, ts timestamptz not null, n int4 not null, span_ms int8 not null,
    agent_cpu_time_sum int8, agent_cpu_time_max int8, agent_memory_min int8, agent_memory_max int8,
    agent_memory_sum int8, agent_uptime_min int4, agent_uptime_max int4, agent_uptime_sum int8,
    agent_spool_batches_min int4, agent_spool_batches_max int4, agent_spool_batches_sum int8,
    agent_spool_bytes_min int8, agent_spool_bytes_max int8, agent_spool_bytes_sum int8,
    agent_reconnections_sum int8, agent_reconnections_max int4, agent_log_behind_min int8,
    agent_log_behind_max int8, agent_log_behind_sum int8, agent_tracked_min int4, agent_tracked_max int4,
    agent_tracked_sum int8, agent_forgotten_sum int8, agent_forgotten_max int4, agent_keys_folded_sum int8,
    agent_keys_folded_max int4, agent_scan_time_sum int8, agent_scan_time_max int8,
    primary key (tenant_id, instance_id, ts)
) partition by range (ts);
comment on table hour_agent is 'partition: month';
create table day_agent (like hour_agent including indexes);

create table hour_pressure (
    tenant_id int4 not null, instance_id int4 not null, ts timestamptz not null, n int4 not null, span_ms int8 not null,
    host_io_stalled_sum int8, host_io_stalled_max int8, host_memory_stalled_sum int8, host_memory_stalled_max int8,
    primary key (tenant_id, instance_id, ts)
) partition by range (ts);
comment on table hour_pressure is 'partition: month';
create table day_pressure (like hour_pressure including indexes);

grant create on schema public to svc_upkeep;     -- a new owner needs it for the moment of the change
do $$
declare t text;
begin
    foreach t in array array[
    'sample', 'breakdown', 'breakdown_hour', 'breakdown_day', 'late', 'block', 'hour_queue_scan', 'day_queue_scan',
    'hour_queue_side', 'day_queue_side', 'hour_queue_bytes', 'day_queue_bytes', 'hour_queue_age', 'day_queue_age',
    'hour_queue_retry', 'day_queue_retry', 'hour_queue_domains', 'day_queue_domains', 'hour_config', 'day_config',
    'hour_message', 'day_message', 'hour_delivery', 'day_delivery', 'hour_delay', 'day_delay', 'hour_notice',
    'day_notice', 'hour_smtpd', 'day_smtpd', 'hour_reject', 'day_reject', 'hour_limit', 'day_limit', 'hour_sasl',
    'day_sasl', 'hour_tls_in', 'day_tls_in', 'hour_tls_out', 'day_tls_out', 'hour_postscreen', 'day_postscreen',
    'hour_process', 'day_process', 'hour_log', 'day_log', 'hour_health', 'day_health', 'hour_spool', 'day_spool',
    'hour_host', 'day_host', 'hour_certificate', 'day_certificate', 'hour_agent', 'day_agent', 'hour_pressure',
    'day_pressure']
    loop
        execute format('alter table %I owner to svc_upkeep', t);
        execute format('grant select on %I to migrator', t);
    end loop;
end $$;
revoke create on schema public from svc_upkeep;
grant select, insert on sample, breakdown, late to svc_ingest;

-- A value that is stored only when it is not zero reads as zero where its group was visible, else as null.
create view scoped.sample with (security_barrier) as select
    tenant_id, instance_id, ts, span_ms, flags, visibility,
    case when visibility & 1 <> 0 then coalesce(queue_maildrop_messages, 0) end as queue_maildrop_messages,
    case when visibility & 1 <> 0 then coalesce(queue_incoming_messages, 0) end as queue_incoming_messages,
    case when visibility & 1 <> 0 then coalesce(queue_active_messages, 0) end as queue_active_messages,
    case when visibility & 1 <> 0 then coalesce(queue_deferred_messages, 0) end as queue_deferred_messages,
    case when visibility & 1 <> 0 then coalesce(queue_hold_messages, 0) end as queue_hold_messages,
    case when visibility & 2 <> 0 then coalesce(queue_corrupt_messages, 0) end as queue_corrupt_messages,
    case when visibility & 2 <> 0 then coalesce(queue_saved_messages, 0) end as queue_saved_messages,
    case when visibility & 2 <> 0 then coalesce(queue_defer_messages, 0) end as queue_defer_messages,
    case when visibility & 2 <> 0 then coalesce(queue_bounce_messages, 0) end as queue_bounce_messages,
    case when visibility & 2 <> 0 then coalesce(queue_trace_messages, 0) end as queue_trace_messages,
    case when visibility & 2 <> 0 then coalesce(queue_flush_messages, 0) end as queue_flush_messages,
    case when visibility & 4 <> 0 then coalesce(queue_maildrop_bytes, 0) end as queue_maildrop_bytes,
    case when visibility & 4 <> 0 then coalesce(queue_incoming_bytes, 0) end as queue_incoming_bytes,
    case when visibility & 4 <> 0 then coalesce(queue_active_bytes, 0) end as queue_active_bytes,
    case when visibility & 4 <> 0 then coalesce(queue_deferred_bytes, 0) end as queue_deferred_bytes,
    case when visibility & 4 <> 0 then coalesce(queue_hold_bytes, 0) end as queue_hold_bytes,
    case when visibility & 8 <> 0 then coalesce(queue_incoming_age_lt_5m, 0) end as queue_incoming_age_lt_5m,
    case when visibility & 8 <> 0 then coalesce(queue_incoming_age_lt_10m, 0) end as queue_incoming_age_lt_10m,
    case when visibility & 8 <> 0 then coalesce(queue_incoming_age_lt_20m, 0) end as queue_incoming_age_lt_20m,
    case when visibility & 8 <> 0 then coalesce(queue_incoming_age_lt_40m, 0) end as queue_incoming_age_lt_40m,
    case when visibility & 8 <> 0 then coalesce(queue_incoming_age_lt_80m, 0) end as queue_incoming_age_lt_80m,
    case when visibility & 8 <> 0 then coalesce(queue_incoming_age_lt_160m, 0) end as queue_incoming_age_lt_160m,
    case when visibility & 8 <> 0 then coalesce(queue_incoming_age_lt_320m, 0) end as queue_incoming_age_lt_320m,
    case when visibility & 8 <> 0 then coalesce(queue_incoming_age_lt_640m, 0) end as queue_incoming_age_lt_640m,
    case when visibility & 8 <> 0 then coalesce(queue_incoming_age_lt_1280m, 0) end as queue_incoming_age_lt_1280m,
    case when visibility & 8 <> 0 then coalesce(queue_incoming_age_ge_1280m, 0) end as queue_incoming_age_ge_1280m,
    case when visibility & 8 <> 0 then coalesce(queue_active_age_lt_5m, 0) end as queue_active_age_lt_5m,
    case when visibility & 8 <> 0 then coalesce(queue_active_age_lt_10m, 0) end as queue_active_age_lt_10m,
    case when visibility & 8 <> 0 then coalesce(queue_active_age_lt_20m, 0) end as queue_active_age_lt_20m,
    case when visibility & 8 <> 0 then coalesce(queue_active_age_lt_40m, 0) end as queue_active_age_lt_40m,
    case when visibility & 8 <> 0 then coalesce(queue_active_age_lt_80m, 0) end as queue_active_age_lt_80m,
    case when visibility & 8 <> 0 then coalesce(queue_active_age_lt_160m, 0) end as queue_active_age_lt_160m,
    case when visibility & 8 <> 0 then coalesce(queue_active_age_lt_320m, 0) end as queue_active_age_lt_320m,
    case when visibility & 8 <> 0 then coalesce(queue_active_age_lt_640m, 0) end as queue_active_age_lt_640m,
    case when visibility & 8 <> 0 then coalesce(queue_active_age_lt_1280m, 0) end as queue_active_age_lt_1280m,
    case when visibility & 8 <> 0 then coalesce(queue_active_age_ge_1280m, 0) end as queue_active_age_ge_1280m,
    case when visibility & 8 <> 0 then coalesce(queue_deferred_age_lt_5m, 0) end as queue_deferred_age_lt_5m,
    case when visibility & 8 <> 0 then coalesce(queue_deferred_age_lt_10m, 0) end as queue_deferred_age_lt_10m,
    case when visibility & 8 <> 0 then coalesce(queue_deferred_age_lt_20m, 0) end as queue_deferred_age_lt_20m,
    case when visibility & 8 <> 0 then coalesce(queue_deferred_age_lt_40m, 0) end as queue_deferred_age_lt_40m,
    case when visibility & 8 <> 0 then coalesce(queue_deferred_age_lt_80m, 0) end as queue_deferred_age_lt_80m,
    case when visibility & 8 <> 0 then coalesce(queue_deferred_age_lt_160m, 0) end as queue_deferred_age_lt_160m,
    case when visibility & 8 <> 0 then coalesce(queue_deferred_age_lt_320m, 0) end as queue_deferred_age_lt_320m,
    case when visibility & 8 <> 0 then coalesce(queue_deferred_age_lt_640m, 0) end as queue_deferred_age_lt_640m,
    case when visibility & 8 <> 0 then coalesce(queue_deferred_age_lt_1280m, 0) end as queue_deferred_age_lt_1280m,
    case when visibility & 8 <> 0 then coalesce(queue_deferred_age_ge_1280m, 0) end as queue_deferred_age_ge_1280m,
    case when visibility & 8 <> 0 then coalesce(queue_hold_age_lt_5m, 0) end as queue_hold_age_lt_5m,
    case when visibility & 8 <> 0 then coalesce(queue_hold_age_lt_10m, 0) end as queue_hold_age_lt_10m,
    case when visibility & 8 <> 0 then coalesce(queue_hold_age_lt_20m, 0) end as queue_hold_age_lt_20m,
    case when visibility & 8 <> 0 then coalesce(queue_hold_age_lt_40m, 0) end as queue_hold_age_lt_40m,
    case when visibility & 8 <> 0 then coalesce(queue_hold_age_lt_80m, 0) end as queue_hold_age_lt_80m,
    case when visibility & 8 <> 0 then coalesce(queue_hold_age_lt_160m, 0) end as queue_hold_age_lt_160m,
    case when visibility & 8 <> 0 then coalesce(queue_hold_age_lt_320m, 0) end as queue_hold_age_lt_320m,
    case when visibility & 8 <> 0 then coalesce(queue_hold_age_lt_640m, 0) end as queue_hold_age_lt_640m,
    case when visibility & 8 <> 0 then coalesce(queue_hold_age_lt_1280m, 0) end as queue_hold_age_lt_1280m,
    case when visibility & 8 <> 0 then coalesce(queue_hold_age_ge_1280m, 0) end as queue_hold_age_ge_1280m,
    case when visibility & 8 <> 0 then coalesce(queue_maildrop_oldest, 0) end as queue_maildrop_oldest,
    case when visibility & 8 <> 0 then coalesce(queue_incoming_oldest, 0) end as queue_incoming_oldest,
    case when visibility & 8 <> 0 then coalesce(queue_active_oldest, 0) end as queue_active_oldest,
    case when visibility & 8 <> 0 then coalesce(queue_deferred_oldest, 0) end as queue_deferred_oldest,
    case when visibility & 8 <> 0 then coalesce(queue_hold_oldest, 0) end as queue_hold_oldest,
    case when visibility & 8 <> 0 then coalesce(queue_deferred_over_24h, 0) end as queue_deferred_over_24h,
    case when visibility & 16 <> 0 then coalesce(queue_deferred_due, 0) end as queue_deferred_due,
    case when visibility & 16 <> 0 then coalesce(queue_deferred_expiring_24h, 0) end as queue_deferred_expiring_24h,
    case when visibility & 32 <> 0 then coalesce(queue_sampled_messages, 0) end as queue_sampled_messages,
    case when visibility & 32 <> 0 then coalesce(queue_sampled_recipients, 0) end as queue_sampled_recipients,
    case when visibility & 64 <> 0 then coalesce(config_active_limit, 0) end as config_active_limit,
    case when visibility & 64 <> 0 then coalesce(config_queue_lifetime, 0) end as config_queue_lifetime,
    case when visibility & 128 <> 0 then coalesce(message_received, 0) end as message_received,
    case when visibility & 128 <> 0 then coalesce(message_received_smtp, 0) end as message_received_smtp,
    case when visibility & 128 <> 0 then coalesce(message_received_local, 0) end as message_received_local,
    case when visibility & 128 <> 0 then coalesce(message_received_signed_in, 0) end as message_received_signed_in,
    case when visibility & 128 <> 0 then coalesce(message_reinjected, 0) end as message_reinjected,
    case when visibility & 128 <> 0 then coalesce(message_generated, 0) end as message_generated,
    case when visibility & 128 <> 0 then coalesce(message_queued, 0) end as message_queued,
    case when visibility & 128 <> 0 then coalesce(message_queued_bytes, 0) end as message_queued_bytes,
    case when visibility & 128 <> 0 then coalesce(message_queued_recipients, 0) end as message_queued_recipients,
    case when visibility & 128 <> 0 then coalesce(message_retried, 0) end as message_retried,
    case when visibility & 128 <> 0 then coalesce(message_removed, 0) end as message_removed,
    case when visibility & 128 <> 0 then coalesce(message_expired, 0) end as message_expired,
    case when visibility & 128 <> 0 then coalesce(message_abandoned, 0) end as message_abandoned,
    case when visibility & 256 <> 0 then coalesce(delivery_attempts, 0) end as delivery_attempts,
    case when visibility & 256 <> 0 then coalesce(delivery_sent, 0) end as delivery_sent,
    case when visibility & 256 <> 0 then coalesce(delivery_deferred, 0) end as delivery_deferred,
    case when visibility & 256 <> 0 then coalesce(delivery_bounced, 0) end as delivery_bounced,
    case when visibility & 256 <> 0 then coalesce(delivery_expired, 0) end as delivery_expired,
    case when visibility & 256 <> 0 then coalesce(delivery_delivered, 0) end as delivery_delivered,
    case when visibility & 256 <> 0 then coalesce(delivery_forwarded, 0) end as delivery_forwarded,
    case when visibility & 256 <> 0 then coalesce(delivery_filtered, 0) end as delivery_filtered,
    case when visibility & 256 <> 0 then coalesce(delivery_suspended, 0) end as delivery_suspended,
    case when visibility & 256 <> 0 then coalesce(delivery_first_sent, 0) end as delivery_first_sent,
    case when visibility & 256 <> 0 then coalesce(delivery_first_deferred, 0) end as delivery_first_deferred,
    case when visibility & 256 <> 0 then coalesce(delivery_first_bounced, 0) end as delivery_first_bounced,
    case when visibility & 256 <> 0 then coalesce(delivery_retry_sent, 0) end as delivery_retry_sent,
    case when visibility & 256 <> 0 then coalesce(delivery_retry_deferred, 0) end as delivery_retry_deferred,
    case when visibility & 256 <> 0 then coalesce(delivery_retry_bounced, 0) end as delivery_retry_bounced,
    case when visibility & 256 <> 0 then coalesce(delivery_messages_deferred, 0) end as delivery_messages_deferred,
    case when visibility & 256 <> 0 then coalesce(delivery_messages_bounced, 0) end as delivery_messages_bounced,
    case when visibility & 256 <> 0 then coalesce(delivery_probed, 0) end as delivery_probed,
    case when visibility & 256 <> 0 then coalesce(delivery_other_status, 0) end as delivery_other_status,
    case when visibility & 256 <> 0 then coalesce(delivery_connect_failed, 0) end as delivery_connect_failed,
    case when visibility & 512 <> 0 then coalesce(delay_count, 0) end as delay_count,
    case when visibility & 512 <> 0 then coalesce(delay_total, 0) end as delay_total,
    case when visibility & 512 <> 0 then coalesce(delay_before_queue, 0) end as delay_before_queue,
    case when visibility & 512 <> 0 then coalesce(delay_in_queue, 0) end as delay_in_queue,
    case when visibility & 512 <> 0 then coalesce(delay_connect, 0) end as delay_connect,
    case when visibility & 512 <> 0 then coalesce(delay_transmit, 0) end as delay_transmit,
    case when visibility & 1024 <> 0 then coalesce(notice_bounced, 0) end as notice_bounced,
    case when visibility & 1024 <> 0 then coalesce(notice_delayed, 0) end as notice_delayed,
    case when visibility & 1024 <> 0 then coalesce(notice_postmaster, 0) end as notice_postmaster,
    case when visibility & 1024 <> 0 then coalesce(notice_failed, 0) end as notice_failed,
    case when visibility & 2048 <> 0 then coalesce(smtpd_connections, 0) end as smtpd_connections,
    case when visibility & 2048 <> 0 then coalesce(smtpd_disconnections, 0) end as smtpd_disconnections,
    case when visibility & 2048 <> 0 then coalesce(smtpd_connections_active, 0) end as smtpd_connections_active,
    case when visibility & 2048 <> 0 then coalesce(smtpd_session_time, 0) end as smtpd_session_time,
    case when visibility & 2048 <> 0 then coalesce(smtpd_lost, 0) end as smtpd_lost,
    case when visibility & 2048 <> 0 then coalesce(smtpd_timed_out, 0) end as smtpd_timed_out,
    case when visibility & 2048 <> 0 then coalesce(smtpd_too_many_errors, 0) end as smtpd_too_many_errors,
    case when visibility & 2048 <> 0 then coalesce(smtpd_commands, 0) end as smtpd_commands,
    case when visibility & 2048 <> 0 then coalesce(smtpd_commands_refused, 0) end as smtpd_commands_refused,
    case when visibility & 2048 <> 0 then coalesce(smtpd_recipients_accepted, 0) end as smtpd_recipients_accepted,
    case when visibility & 2048 <> 0 then coalesce(smtpd_recipients_refused, 0) end as smtpd_recipients_refused,
    case when visibility & 2048 <> 0 then coalesce(smtpd_unknown_clients, 0) end as smtpd_unknown_clients,
    case when visibility & 2048 <> 0 then coalesce(smtpd_protocol_errors, 0) end as smtpd_protocol_errors,
    case when visibility & 8192 <> 0 then coalesce(limit_exceeded, 0) end as limit_exceeded,
    case when visibility & 8192 <> 0 then coalesce(limit_peak_connections, 0) end as limit_peak_connections,
    case when visibility & 4096 <> 0 then coalesce(reject_total, 0) end as reject_total,
    case when visibility & 4096 <> 0 then coalesce(reject_temporary, 0) end as reject_temporary,
    case when visibility & 4096 <> 0 then coalesce(reject_permanent, 0) end as reject_permanent,
    case when visibility & 4096 <> 0 then coalesce(reject_warned, 0) end as reject_warned,
    case when visibility & 4096 <> 0 then coalesce(reject_phase_connect, 0) end as reject_phase_connect,
    case when visibility & 4096 <> 0 then coalesce(reject_phase_helo, 0) end as reject_phase_helo,
    case when visibility & 4096 <> 0 then coalesce(reject_phase_mail, 0) end as reject_phase_mail,
    case when visibility & 4096 <> 0 then coalesce(reject_phase_rcpt, 0) end as reject_phase_rcpt,
    case when visibility & 4096 <> 0 then coalesce(reject_phase_data, 0) end as reject_phase_data,
    case when visibility & 4096 <> 0 then coalesce(reject_phase_end_of_message, 0) end as reject_phase_end_of_message,
    case when visibility & 4096 <> 0 then coalesce(reject_phase_other, 0) end as reject_phase_other,
    case when visibility & 4096 <> 0 then coalesce(reject_reason_client, 0) end as reject_reason_client,
    case when visibility & 4096 <> 0 then coalesce(reject_reason_reverse_name, 0) end as reject_reason_reverse_name,
    case when visibility & 4096 <> 0 then coalesce(reject_reason_helo, 0) end as reject_reason_helo,
    case when visibility & 4096 <> 0 then coalesce(reject_reason_sender, 0) end as reject_reason_sender,
    case when visibility & 4096 <> 0 then coalesce(reject_reason_recipient, 0) end as reject_reason_recipient,
    case when visibility & 4096 <> 0 then coalesce(reject_reason_unknown_user, 0) end as reject_reason_unknown_user,
    case when visibility & 4096 <> 0 then coalesce(reject_reason_relay, 0) end as reject_reason_relay,
    case when visibility & 4096 <> 0 then coalesce(reject_reason_blocklist, 0) end as reject_reason_blocklist,
    case when visibility & 4096 <> 0 then coalesce(reject_reason_greylist, 0) end as reject_reason_greylist,
    case when visibility & 4096 <> 0 then coalesce(reject_reason_content, 0) end as reject_reason_content,
    case when visibility & 4096 <> 0 then coalesce(reject_reason_size, 0) end as reject_reason_size,
    case when visibility & 4096 <> 0 then coalesce(reject_reason_policy, 0) end as reject_reason_policy,
    case when visibility & 4096 <> 0 then coalesce(reject_reason_protocol, 0) end as reject_reason_protocol,
    case when visibility & 4096 <> 0 then coalesce(reject_reason_sign_in, 0) end as reject_reason_sign_in,
    case when visibility & 4096 <> 0 then coalesce(reject_reason_local_error, 0) end as reject_reason_local_error,
    case when visibility & 4096 <> 0 then coalesce(reject_reason_other, 0) end as reject_reason_other,
    case when visibility & 4096 <> 0 then coalesce(reject_milter, 0) end as reject_milter,
    case when visibility & 4096 <> 0 then coalesce(action_held, 0) end as action_held,
    case when visibility & 4096 <> 0 then coalesce(action_discarded, 0) end as action_discarded,
    case when visibility & 16384 <> 0 then coalesce(sasl_succeeded, 0) end as sasl_succeeded,
    case when visibility & 16384 <> 0 then coalesce(sasl_failed, 0) end as sasl_failed,
    case when visibility & 16384 <> 0 then coalesce(sasl_aborted, 0) end as sasl_aborted,
    case when visibility & 16384 <> 0 then coalesce(sasl_refused, 0) end as sasl_refused,
    case when visibility & 16384 <> 0 then coalesce(sasl_messages, 0) end as sasl_messages,
    case when visibility & 32768 <> 0 then coalesce(tls_in_connections, 0) end as tls_in_connections,
    case when visibility & 32768 <> 0 then coalesce(tls_in_failed, 0) end as tls_in_failed,
    case when visibility & 32768 <> 0 then coalesce(tls_in_messages, 0) end as tls_in_messages,
    case when visibility & 32768 <> 0 then coalesce(tls_in_messages_plain, 0) end as tls_in_messages_plain,
    case when visibility & 65536 <> 0 then coalesce(tls_out_connections, 0) end as tls_out_connections,
    case when visibility & 65536 <> 0 then coalesce(tls_out_failed, 0) end as tls_out_failed,
    case when visibility & 65536 <> 0 then coalesce(tls_out_unverified, 0) end as tls_out_unverified,
    case when visibility & 65536 <> 0 then coalesce(tls_out_required, 0) end as tls_out_required,
    case when visibility & 65536 <> 0 then coalesce(tls_out_sent, 0) end as tls_out_sent,
    case when visibility & 65536 <> 0 then coalesce(tls_out_sent_plain, 0) end as tls_out_sent_plain,
    case when visibility & 131072 <> 0 then coalesce(postscreen_connections, 0) end as postscreen_connections,
    case when visibility & 131072 <> 0 then coalesce(postscreen_passed_new, 0) end as postscreen_passed_new,
    case when visibility & 131072 <> 0 then coalesce(postscreen_passed_old, 0) end as postscreen_passed_old,
    case when visibility & 131072 <> 0 then coalesce(postscreen_allowlisted, 0) end as postscreen_allowlisted,
    case when visibility & 131072 <> 0 then coalesce(postscreen_denylisted, 0) end as postscreen_denylisted,
    case when visibility & 131072 <> 0 then coalesce(postscreen_pregreeted, 0) end as postscreen_pregreeted,
    case when visibility & 131072 <> 0 then coalesce(postscreen_blocklisted, 0) end as postscreen_blocklisted,
    case when visibility & 131072 <> 0 then coalesce(postscreen_hung_up, 0) end as postscreen_hung_up,
    case when visibility & 131072 <> 0 then coalesce(postscreen_rejected, 0) end as postscreen_rejected,
    case when visibility & 131072 <> 0 then coalesce(postscreen_postponed, 0) end as postscreen_postponed,
    case when visibility & 131072 <> 0 then coalesce(postscreen_busy, 0) end as postscreen_busy,
    case when visibility & 131072 <> 0 then coalesce(postscreen_cache_entries, 0) end as postscreen_cache_entries,
    case when visibility & 131072 <> 0 then coalesce(dnsbl_listed, 0) end as dnsbl_listed,
    case when visibility & 131072 <> 0 then coalesce(dnsbl_failed, 0) end as dnsbl_failed,
    case when visibility & 262144 <> 0 then coalesce(process_master_up, 0) end as process_master_up,
    case when visibility & 262144 <> 0 then coalesce(process_qmgr_up, 0) end as process_qmgr_up,
    case when visibility & 262144 <> 0 then coalesce(process_pickup_up, 0) end as process_pickup_up,
    case when visibility & 262144 <> 0 then coalesce(process_count, 0) end as process_count,
    case when visibility & 262144 <> 0 then coalesce(process_smtpd_count, 0) end as process_smtpd_count,
    case when visibility & 262144 <> 0 then coalesce(process_cpu_time, 0) end as process_cpu_time,
    case when visibility & 262144 <> 0 then coalesce(process_memory, 0) end as process_memory,
    case when visibility & 262144 <> 0 then coalesce(process_uptime, 0) end as process_uptime,
    case when visibility & 1048576 <> 0 then coalesce(health_crashed, 0) end as health_crashed,
    case when visibility & 1048576 <> 0 then coalesce(health_throttled, 0) end as health_throttled,
    case when visibility & 1048576 <> 0 then coalesce(health_process_limit_reached, 0) end as health_process_limit_reached,
    case when visibility & 1048576 <> 0 then coalesce(health_reloaded, 0) end as health_reloaded,
    case when visibility & 1048576 <> 0 then coalesce(health_local_errors, 0) end as health_local_errors,
    case when visibility & 1048576 <> 0 then coalesce(health_lookup_failed, 0) end as health_lookup_failed,
    case when visibility & 1048576 <> 0 then coalesce(health_milter_failed, 0) end as health_milter_failed,
    case when visibility & 1048576 <> 0 then coalesce(health_policy_failed, 0) end as health_policy_failed,
    case when visibility & 1048576 <> 0 then coalesce(health_transport_failed, 0) end as health_transport_failed,
    case when visibility & 1048576 <> 0 then coalesce(health_corrupted, 0) end as health_corrupted,
    case when visibility & 1048576 <> 0 then coalesce(health_no_space, 0) end as health_no_space,
    case when visibility & 524288 <> 0 then coalesce(log_lines, 0) end as log_lines,
    case when visibility & 524288 <> 0 then coalesce(log_bytes, 0) end as log_bytes,
    case when visibility & 524288 <> 0 then coalesce(log_warnings, 0) end as log_warnings,
    case when visibility & 524288 <> 0 then coalesce(log_errors, 0) end as log_errors,
    case when visibility & 524288 <> 0 then coalesce(log_fatals, 0) end as log_fatals,
    case when visibility & 524288 <> 0 then coalesce(log_panics, 0) end as log_panics,
    case when visibility & 524288 <> 0 then coalesce(log_unrecognised, 0) end as log_unrecognised,
    case when visibility & 524288 <> 0 then coalesce(log_suppressed, 0) end as log_suppressed,
    case when visibility & 524288 <> 0 then coalesce(log_late, 0) end as log_late,
    case when visibility & 2097152 <> 0 then coalesce(spool_bytes_total, 0) end as spool_bytes_total,
    case when visibility & 2097152 <> 0 then coalesce(spool_bytes_free, 0) end as spool_bytes_free,
    case when visibility & 2097152 <> 0 then coalesce(spool_files_total, 0) end as spool_files_total,
    case when visibility & 2097152 <> 0 then coalesce(spool_files_free, 0) end as spool_files_free,
    case when visibility & 4194304 <> 0 then coalesce(host_load_1m, 0) end as host_load_1m,
    case when visibility & 4194304 <> 0 then coalesce(host_cpu_time, 0) end as host_cpu_time,
    case when visibility & 4194304 <> 0 then coalesce(host_memory_total, 0) end as host_memory_total,
    case when visibility & 4194304 <> 0 then coalesce(host_memory_available, 0) end as host_memory_available,
    case when visibility & 33554432 <> 0 then coalesce(host_io_stalled, 0) end as host_io_stalled,
    case when visibility & 33554432 <> 0 then coalesce(host_memory_stalled, 0) end as host_memory_stalled,
    case when visibility & 8388608 <> 0 then coalesce(certificate_expires, 0) end as certificate_expires,
    case when visibility & 8388608 <> 0 then coalesce(certificate_expired, 0) end as certificate_expired,
    case when visibility & 8388608 <> 0 then coalesce(certificate_mismatched, 0) end as certificate_mismatched,
    case when visibility & 16777216 <> 0 then coalesce(agent_cpu_time, 0) end as agent_cpu_time,
    case when visibility & 16777216 <> 0 then coalesce(agent_memory, 0) end as agent_memory,
    case when visibility & 16777216 <> 0 then coalesce(agent_uptime, 0) end as agent_uptime,
    case when visibility & 16777216 <> 0 then coalesce(agent_spool_batches, 0) end as agent_spool_batches,
    case when visibility & 16777216 <> 0 then coalesce(agent_spool_bytes, 0) end as agent_spool_bytes,
    case when visibility & 16777216 <> 0 then coalesce(agent_reconnections, 0) end as agent_reconnections,
    case when visibility & 16777216 <> 0 then coalesce(agent_log_behind, 0) end as agent_log_behind,
    case when visibility & 16777216 <> 0 then coalesce(agent_tracked, 0) end as agent_tracked,
    case when visibility & 16777216 <> 0 then coalesce(agent_forgotten, 0) end as agent_forgotten,
    case when visibility & 16777216 <> 0 then coalesce(agent_keys_folded, 0) end as agent_keys_folded,
    case when visibility & 16777216 <> 0 then coalesce(agent_scan_time, 0) end as agent_scan_time
    from sample where tenant_id = current_tenant();
create view scoped.breakdown with (security_barrier) as
    select * from breakdown where tenant_id = current_tenant();
create view scoped.breakdown_hour with (security_barrier) as
    select * from breakdown_hour where tenant_id = current_tenant();
create view scoped.breakdown_day with (security_barrier) as
    select * from breakdown_day where tenant_id = current_tenant();
create view scoped.late with (security_barrier) as
    select * from late where tenant_id = current_tenant();
create view scoped.block with (security_barrier) as
    select * from block where tenant_id = current_tenant();
create view scoped.hour_queue_scan with (security_barrier) as
    select * from hour_queue_scan where tenant_id = current_tenant();
create view scoped.day_queue_scan with (security_barrier) as
    select * from day_queue_scan where tenant_id = current_tenant();
create view scoped.hour_queue_side with (security_barrier) as
    select * from hour_queue_side where tenant_id = current_tenant();
create view scoped.day_queue_side with (security_barrier) as
    select * from day_queue_side where tenant_id = current_tenant();
create view scoped.hour_queue_bytes with (security_barrier) as
    select * from hour_queue_bytes where tenant_id = current_tenant();
create view scoped.day_queue_bytes with (security_barrier) as
    select * from day_queue_bytes where tenant_id = current_tenant();
create view scoped.hour_queue_age with (security_barrier) as
    select * from hour_queue_age where tenant_id = current_tenant();
create view scoped.day_queue_age with (security_barrier) as
    select * from day_queue_age where tenant_id = current_tenant();
create view scoped.hour_queue_retry with (security_barrier) as
    select * from hour_queue_retry where tenant_id = current_tenant();
create view scoped.day_queue_retry with (security_barrier) as
    select * from day_queue_retry where tenant_id = current_tenant();
create view scoped.hour_queue_domains with (security_barrier) as
    select * from hour_queue_domains where tenant_id = current_tenant();
create view scoped.day_queue_domains with (security_barrier) as
    select * from day_queue_domains where tenant_id = current_tenant();
create view scoped.hour_config with (security_barrier) as
    select * from hour_config where tenant_id = current_tenant();
create view scoped.day_config with (security_barrier) as
    select * from day_config where tenant_id = current_tenant();
create view scoped.hour_message with (security_barrier) as
    select * from hour_message where tenant_id = current_tenant();
create view scoped.day_message with (security_barrier) as
    select * from day_message where tenant_id = current_tenant();
create view scoped.hour_delivery with (security_barrier) as
    select * from hour_delivery where tenant_id = current_tenant();
create view scoped.day_delivery with (security_barrier) as
    select * from day_delivery where tenant_id = current_tenant();
create view scoped.hour_delay with (security_barrier) as
    select * from hour_delay where tenant_id = current_tenant();
create view scoped.day_delay with (security_barrier) as
    select * from day_delay where tenant_id = current_tenant();
create view scoped.hour_notice with (security_barrier) as
    select * from hour_notice where tenant_id = current_tenant();
create view scoped.day_notice with (security_barrier) as
    select * from day_notice where tenant_id = current_tenant();
create view scoped.hour_smtpd with (security_barrier) as
    select * from hour_smtpd where tenant_id = current_tenant();
create view scoped.day_smtpd with (security_barrier) as
    select * from day_smtpd where tenant_id = current_tenant();
create view scoped.hour_reject with (security_barrier) as
    select * from hour_reject where tenant_id = current_tenant();
create view scoped.day_reject with (security_barrier) as
    select * from day_reject where tenant_id = current_tenant();
create view scoped.hour_limit with (security_barrier) as
    select * from hour_limit where tenant_id = current_tenant();
create view scoped.day_limit with (security_barrier) as
    select * from day_limit where tenant_id = current_tenant();
create view scoped.hour_sasl with (security_barrier) as
    select * from hour_sasl where tenant_id = current_tenant();
create view scoped.day_sasl with (security_barrier) as
    select * from day_sasl where tenant_id = current_tenant();
create view scoped.hour_tls_in with (security_barrier) as
    select * from hour_tls_in where tenant_id = current_tenant();
create view scoped.day_tls_in with (security_barrier) as
    select * from day_tls_in where tenant_id = current_tenant();
create view scoped.hour_tls_out with (security_barrier) as
    select * from hour_tls_out where tenant_id = current_tenant();
create view scoped.day_tls_out with (security_barrier) as
    select * from day_tls_out where tenant_id = current_tenant();
create view scoped.hour_postscreen with (security_barrier) as
    select * from hour_postscreen where tenant_id = current_tenant();
create view scoped.day_postscreen with (security_barrier) as
    select * from day_postscreen where tenant_id = current_tenant();
create view scoped.hour_process with (security_barrier) as
    select * from hour_process where tenant_id = current_tenant();
create view scoped.day_process with (security_barrier) as
    select * from day_process where tenant_id = current_tenant();
create view scoped.hour_log with (security_barrier) as
    select * from hour_log where tenant_id = current_tenant();
create view scoped.day_log with (security_barrier) as
    select * from day_log where tenant_id = current_tenant();
create view scoped.hour_health with (security_barrier) as
    select * from hour_health where tenant_id = current_tenant();
create view scoped.day_health with (security_barrier) as
    select * from day_health where tenant_id = current_tenant();
create view scoped.hour_spool with (security_barrier) as
    select * from hour_spool where tenant_id = current_tenant();
create view scoped.day_spool with (security_barrier) as
    select * from day_spool where tenant_id = current_tenant();
create view scoped.hour_host with (security_barrier) as
    select * from hour_host where tenant_id = current_tenant();
create view scoped.day_host with (security_barrier) as
    select * from day_host where tenant_id = current_tenant();
create view scoped.hour_certificate with (security_barrier) as
    select * from hour_certificate where tenant_id = current_tenant();
create view scoped.day_certificate with (security_barrier) as
    select * from day_certificate where tenant_id = current_tenant();
create view scoped.hour_agent with (security_barrier) as
    select * from hour_agent where tenant_id = current_tenant();
create view scoped.day_agent with (security_barrier) as
    select * from day_agent where tenant_id = current_tenant();
create view scoped.hour_pressure with (security_barrier) as
    select * from hour_pressure where tenant_id = current_tenant();
create view scoped.day_pressure with (security_barrier) as
    select * from day_pressure where tenant_id = current_tenant();
grant select on all tables in schema scoped to svc_web, svc_loops;
