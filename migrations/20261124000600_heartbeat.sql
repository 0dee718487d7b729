-- Heartbeats older than anybody asks for are removed by upkeep.
grant select, delete on ingest_heartbeat to svc_upkeep;
