-- Creates that may be sent twice: the digest of who sent what under which key, and what the first was answered.
create table idempotency (
    slot bytea primary key check (length(slot) = 32),
    body bytea not null check (length(body) = 32),
    status int2,                             -- none: still being served
    sealed bytea,
    at timestamptz not null
);
create index idempotency_old on idempotency (at);
grant select, insert, update, delete on idempotency to svc_web;
