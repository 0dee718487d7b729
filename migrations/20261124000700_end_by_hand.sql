-- A person may end an incident: the alert behind it goes back to ok in the same transaction.
grant update (state, since, generation, incident_id) on alert_state to svc_web;
