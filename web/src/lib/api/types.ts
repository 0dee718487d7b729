// The words of the REST contract as the pages use them: the generated schema, with open strings narrowed to the
// few values that its descriptions name.
import type { components } from './schema';

type Schema = components['schemas'];
/** The schema's shape with some fields told more exactly. */
type With<Base, Exact> = Omit<Base, keyof Exact> & Exact;

export type Role = 'owner' | 'admin' | 'operator' | 'viewer';
export type Severity = 'info' | 'warning' | 'error' | 'critical';
export type RowState = 'ok' | Severity | 'waiting' | 'silent';

export interface Page<T> {
  items: T[];
  next?: string | null;
}

export type Session = With<Schema['Session'], { role: Role }>;

export type FleetRow = With<
  Schema['FleetRow'],
  { state: RowState; incident: With<Schema['FleetIncident'], { severity: Severity }> | null }
>;
export type FleetTotals = Schema['FleetTotals'];
export type Fleet = With<Schema['Fleet'], { rows: FleetRow[] }>;

export type BlindSpot = Schema['BlindSpot'];
export type Facts = Schema['Facts'];
export type Host = With<Schema['Host'], { state: 'active' | 'paused' | 'retired' }>;
export type Instance = Schema['Instance'];

export type SeriesLine = With<Schema['Series'], { kind: 'gauge' | 'counter' }> & {
  /** What was asked instead of a metric, and the key a line of a breakdown is of. */
  expr?: string | null;
  key?: string | null;
};
export type Gap = Schema['Gap'];
export type Series = With<Schema['SeriesAnswer'], { series: SeriesLine[] }>;
export type Latest = Schema['Latest'];
export type Breakdown = Schema['Breakdown'];
export type MailEvent = Schema['Event'];

export type Incident = With<Schema['Incident'], { severity: Severity }>;
export type Cause = Schema['Cause'];
export type Delivery = Schema['Delivery'];
export type TimelineEvent = With<Schema['TimelineEvent'], { body: Record<string, unknown> }>;
export type IncidentDetail = Incident & {
  cause: Cause | null;
  deliveries: Delivery[];
  events: TimelineEvent[];
};

export type TriggerKind =
  | 'threshold'
  | 'ratio'
  | 'rate'
  | 'count'
  | 'growth'
  | 'absence'
  | 'baseline'
  | 'event'
  | 'per_key'
  | 'silent';
export interface TriggerScope {
  tags?: string[];
  hosts?: string[];
  instances?: string[];
  services?: string[];
}
/** A rule as it is written; which parts a kind has is in `lib/trigger/words`. Levels of a ratio are fractions. */
export interface TriggerSpec {
  kind: TriggerKind;
  metric?: string;
  over?: string[];
  under?: string[];
  min_volume?: number;
  min?: number;
  events?: string[];
  fingerprint?: boolean;
  per_key?: string;
  cap?: number;
  window_s?: number;
  op?: '>' | '<';
  fire?: number;
  clear?: number;
  hold_s?: number;
  clear_hold_s?: number;
  keep_firing_s?: number;
  no_data?: 'keep' | 'ok' | 'fire';
  bands?: Record<string, number>;
  and?: unknown[];
  after_s?: number;
  never?: boolean;
  scope?: TriggerScope;
}
export interface TriggerPreview {
  from: string;
  to: string;
  tier: string;
  targets: { instance: string; firings: { from: string; to: string | null; peak: number | null }[] }[];
  firings_total: number;
  per_week: number;
  unit: string;
  series: { instance: string; t: number[]; values: (number | null)[] }[];
}
export type Trigger = With<Schema['Trigger'], { severity: Severity; spec: TriggerSpec }> & {
  description?: string;
  runbook?: string | null;
  template_newer?: boolean;
};

export type Channel = With<Schema['Channel'], { kind: string; severity_min: Severity }> & {
  /** Who is told when this one fails. */
  fallback_channel?: string | null;
  /** Messages given up and kept. */
  dead?: number;
};
export type TestAnswer = With<
  Schema['TestOutcome'],
  { outcome: 'delivered' | 'retry' | 'permanent' | 'ambiguous' }
>;

export type EnrolmentKey = Schema['EnrolmentKey'];
export type NewEnrolmentKey = Schema['CreatedEnrolmentKey'];
export type MemberRow = With<Schema['Member'], { role: Role }>;
export type AuditRow = With<Schema['AuditEntry'], { detail: unknown }>;
