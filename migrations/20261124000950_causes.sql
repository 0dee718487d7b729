-- The cause of an alert is read by ingest and timers alike, through the views, turned to one tenant.
grant select on scoped.breakdown, scoped.dictionary, scoped.event to svc_ingest;
