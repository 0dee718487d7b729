// The words of the REST contract as the pages use them. Names and shapes are the served OpenAPI document's.

export type Role = 'owner' | 'admin' | 'operator' | 'viewer';
export type Severity = 'info' | 'warning' | 'error' | 'critical';
export type RowState = 'ok' | Severity | 'waiting' | 'silent';

export interface Page<T> {
  items: T[];
  next?: string | null;
}

export interface Session {
  person: { id: string; email: string; name: string };
  tenant: { id: string; name: string; interval_s: number };
  role: Role;
  csrf: string;
  expires_at: string;
}

export interface FleetRow {
  host: { id: string; name: string; tags: string[] };
  instance: { id: string; name: string } | null;
  state: RowState;
  last_sample_at: string | null;
  deferred: number | null;
  active: number | null;
  incoming: number | null;
  hold: number | null;
  in_per_min: number | null;
  out_per_min: number | null;
  bounced_pct: number | null;
  deferred_pct: number | null;
  rejected_per_min: number | null;
  tls_pct: number | null;
  oldest_s: number | null;
  spark_deferred: (number | null)[];
  spark_out: (number | null)[];
  incident: { id: string; title: string; severity: Severity; acknowledged: boolean } | null;
  incidents_open: number;
}

export interface FleetTotals {
  deferred: number;
  active: number;
  in_per_min: number;
  out_per_min: number;
  bounced_pct: number | null;
  rejected_per_min: number;
  tls_pct: number | null;
  reporting: number;
  hosts: number;
  incidents_open: number;
  spark: { deferred: number[]; active: number[]; in: number[]; out: number[] };
}

export interface Fleet {
  at: string;
  interval_s: number;
  rows: FleetRow[];
  totals: FleetTotals;
}

export interface BlindSpot {
  config_directory?: string | null;
  group: string;
  why: string;
  cure: string;
}

export interface Facts {
  at: string;
  os: string;
  agent_version: string;
  instances: {
    config_directory: string;
    name: string;
    postfix_version: string;
    queue_directory: string;
    my_hostname: string;
    active_limit: number;
    sources: string[];
    running: boolean;
  }[];
  blind_spots: BlindSpot[];
}

export interface Host {
  id: string;
  name: string;
  state: 'active' | 'paused' | 'retired';
  tags: string[];
  created_at: string;
  agent: {
    id: string;
    version: string;
    last_batch_at: string | null;
    first_batch_at: string | null;
    created_at: string;
    revoked: boolean;
  } | null;
  facts: Facts | null;
  instances: {
    id: string;
    name: string;
    config_directory: string;
    container: string;
    first_seen_at: string;
  }[];
}

export interface Instance {
  id: string;
  name: string;
  config_directory: string;
  container: string;
  host: { id: string; name: string };
  first_seen_at: string;
  last_sample_at: string | null;
  visible: string[];
  not_visible: { group: string; why: string; cure: string }[];
}

export interface SeriesLine {
  instance: string;
  metric: string;
  unit: string;
  kind: 'gauge' | 'counter';
  values: (number | null)[];
  min?: (number | null)[];
  max?: (number | null)[];
}

export interface Gap {
  instance: string;
  from: string;
  to: string;
  kind: string;
  group?: string | null;
}

export interface Series {
  from: string;
  to: string;
  step_s: number;
  tier: string;
  t: number[];
  series: SeriesLine[];
  gaps: Gap[];
}

export interface Latest {
  at: string;
  span_s: number;
  values: Record<string, number | null>;
  visible: string[];
}

export interface Breakdown {
  dimension: string;
  measures: string[];
  rows: { key: string; counts: number[] }[];
  other: number[];
  total: number[];
}

export interface MailEvent {
  at: string;
  instance: string | null;
  kind: string;
  subject: string;
  text: string;
  count: number;
}

export interface Incident {
  id: string;
  title: string;
  severity: Severity;
  trigger: { id: string | null; name: string };
  host: { id: string; name: string };
  instance: { id: string; name: string } | null;
  opened_at: string;
  closed_at: string | null;
  close_reason: string | null;
  acknowledged: { at: string; by: string | null; until: string | null } | null;
  value: number | null;
  peak: number | null;
  threshold: number | null;
  unit: string;
  summary: string;
}

export interface Cause {
  headline: string;
  of: number;
  since: string;
  rows: { share: number; count: number; domain: string; class: string; example: string | null }[];
  changed: { at: string; text: string }[];
  first_step: string | null;
}

export interface Delivery {
  id: string;
  channel: { id: string; name: string; kind: string };
  kind: string;
  status: string;
  attempts: number;
  created_at: string;
  finished_at: string | null;
  last_error: string | null;
}

export interface IncidentDetail extends Incident {
  cause: Cause | null;
  events: { seq: number; at: string; kind: string; body: Record<string, unknown> }[];
  deliveries: Delivery[];
}

export type TriggerSpec =
  | {
      kind: 'threshold';
      metric: string;
      op: '>' | '<';
      fire: number;
      clear: number;
      hold_s: number;
      clear_hold_s: number;
      scope: { tags?: string[]; hosts?: string[]; instances?: string[] };
    }
  | { kind: 'silent'; after_s: number };

export interface Trigger {
  id: string;
  name: string;
  template: string | null;
  enabled: boolean;
  severity: Severity;
  spec: TriggerSpec;
  version: number;
  firing: number;
}

export interface Channel {
  id: string;
  kind: 'slack';
  name: string;
  hint: string;
  severity_min: Severity;
  enabled: boolean;
  disabled_reason: string | null;
  version: number;
  last_delivery: { at: string; status: string } | null;
}

export interface TestAnswer {
  outcome: 'delivered' | 'retry' | 'permanent' | 'ambiguous';
  http_status: number | null;
  detail: string;
  duration_ms: number;
}

export interface EnrolmentKey {
  id: string;
  key_id: string;
  comment: string;
  created_by: string | null;
  created_at: string;
  expires_at: string;
  uses_left: number;
  last_used_at: string | null;
  revoked: boolean;
  hosts: { id: string; name: string; first_batch_at: string | null }[];
}

export interface NewEnrolmentKey extends EnrolmentKey {
  key: string;
  install: {
    server: string;
    ca_sha256: string | null;
    ca_pem: string | null;
    commands: { name: string; text: string }[];
  };
}

export interface MemberRow {
  person: { id: string; email: string; name: string };
  role: Role;
  created_at: string;
}

export interface AuditRow {
  at: string;
  actor: string;
  action: string;
  object: string;
  detail: unknown;
}
