// A trigger in a sentence, and what a person may not enter.
import { METRIC_MEANINGS, METRICS, type MetricName } from '$lib/catalogue';
import type { Trigger, TriggerSpec } from '$lib/api/types';
import { duration, foreign, number, withUnit } from '$lib/format';

export type ThresholdSpec = Extract<TriggerSpec, { kind: 'threshold' }>;

export const METRIC_NAMES = Object.keys(METRICS) as MetricName[];

export const isMetric = (name: string): name is MetricName => name in METRICS;

/** A counter is judged as growth a minute, a gauge as it stands. */
export function unitOf(metric: string): string {
  if (!isMetric(metric)) return '';
  const row = METRICS[metric];
  return row.kind === 'counter' ? `${row.unit} a minute` : row.unit;
}

export const meaningOf = (metric: string): string => (isMetric(metric) ? METRIC_MEANINGS[metric] : '');

const level = (metric: string, value: number): string =>
  unitOf(metric).includes('a minute')
    ? `${number(value)} ${unitOf(metric)}`
    : withUnit(value, unitOf(metric));

export function watches(spec: TriggerSpec): string {
  if (spec.kind === 'silent') return `nothing comes from a host for ${duration(spec.after_s)}`;
  const hold = spec.hold_s > 0 ? ` for ${duration(spec.hold_s)}` : '';
  return `${spec.metric} is ${spec.op === '>' ? 'over' : 'under'} ${level(spec.metric, spec.fire)}${hold}`;
}

export function clears(spec: TriggerSpec): string {
  if (spec.kind === 'silent') return 'as soon as it reports again';
  const hold = spec.clear_hold_s > 0 ? ` for ${duration(spec.clear_hold_s)}` : '';
  return `${spec.op === '>' ? 'under' : 'over'} ${level(spec.metric, spec.clear)}${hold}`;
}

export function scopeWords(spec: TriggerSpec): string {
  if (spec.kind === 'silent') return 'every host';
  const { tags = [], hosts = [], instances = [] } = spec.scope;
  if (tags.length) return tags.map((tag) => `tag ${foreign(tag)}`).join(', ');
  if (hosts.length) return `${number(hosts.length)} ${hosts.length === 1 ? 'host' : 'hosts'}`;
  if (instances.length)
    return `${number(instances.length)} ${instances.length === 1 ? 'instance' : 'instances'}`;
  return 'every instance';
}

export interface Draft {
  name: string;
  severity: Trigger['severity'];
  enabled: boolean;
  spec: TriggerSpec;
}

/** What stands in the way of saving, at the field it concerns; empty when nothing does. */
export function faults(draft: Draft): Record<string, string> {
  const found: Record<string, string> = {};
  if (!draft.name.trim()) found.name = 'Give it a name.';
  const spec = draft.spec;
  if (spec.kind === 'silent') {
    if (!(spec.after_s >= 60)) found.after_s = 'At least 60 s: a batch may be late by an interval.';
    return found;
  }
  if (!isMetric(spec.metric)) found.metric = 'No metric has this name. Choose one of the list.';
  if (!Number.isFinite(spec.fire) || spec.fire < 0) found.fire = 'A number from 0 up.';
  if (!Number.isFinite(spec.clear) || spec.clear < 0) found.clear = 'A number from 0 up.';
  else if (spec.op === '>' && spec.clear > spec.fire)
    found.clear = 'Clears at or under the level that fires, else it flaps.';
  else if (spec.op === '<' && spec.clear < spec.fire)
    found.clear = 'Clears at or over the level that fires, else it flaps.';
  if (!(spec.hold_s >= 0)) found.hold_s = 'From 0 s up.';
  if (!(spec.clear_hold_s >= 0)) found.clear_hold_s = 'From 0 s up.';
  return found;
}

export const fresh = (): Draft => ({
  name: '',
  severity: 'warning',
  enabled: true,
  spec: {
    kind: 'threshold',
    metric: 'queue.deferred.messages' satisfies MetricName,
    op: '>',
    fire: 1_000,
    clear: 700,
    hold_s: 300,
    clear_hold_s: 600,
    scope: {},
  },
});
