// A trigger in a sentence, and what a person may not enter.
import {
  DIMENSIONS,
  EVENTS,
  METRIC_MEANINGS,
  METRICS,
  type DimensionName,
  type MetricName,
} from '$lib/catalogue';
import type { Severity, Trigger, TriggerKind, TriggerScope, TriggerSpec } from '$lib/api/types';
import { duration, foreign, number, percent, withUnit } from '$lib/format';

export const METRIC_NAMES = Object.keys(METRICS) as MetricName[];
export const EVENT_NAMES = Object.keys(EVENTS);
export const KEYED = (Object.keys(DIMENSIONS) as DimensionName[]).flatMap((name) =>
  DIMENSIONS[name].measures.map((measure: string) => `${name}.${measure}`),
);

export const KIND_WORDS: Record<TriggerKind, string> = {
  threshold: 'a figure is over or under a level',
  ratio: 'a share is over or under a level',
  rate: 'a counter grows faster than a level, over a while',
  count: 'a counter adds up to more than a level, over a while',
  growth: 'a gauge rises faster than a level',
  absence: 'something usual does not happen',
  baseline: 'a figure is many times its usual',
  event: 'something happens',
  per_key: 'one key of a breakdown is over a level',
  silent: 'nothing comes from a host',
};
export const KINDS = Object.keys(KIND_WORDS) as TriggerKind[];

export const isMetric = (name: string): name is MetricName => name in METRICS;
/** A metric, several added up, or chosen keys of a breakdown. */
export const isSource = (text: string): boolean =>
  text
    .split('+')
    .map((part) => part.trim())
    .every((part) => isMetric(part) || /^[a-z_]+\.[a-z_0-9]+\[.+\]$/.test(part));

/** A counter is judged as growth a minute, a gauge as it stands. */
export function unitOf(metric: string): string {
  if (!isMetric(metric)) return '';
  const row = METRICS[metric];
  return row.kind === 'counter' ? `${row.unit} a minute` : row.unit;
}

/** The unit of the level, by the kind of the rule. */
export function levelUnit(spec: TriggerSpec): string {
  const metric = spec.metric ?? '';
  switch (spec.kind) {
    case 'ratio':
      return 'percent';
    case 'baseline':
      return 'times the usual';
    case 'count':
    case 'absence':
      return isMetric(metric) ? METRICS[metric].unit : '';
    case 'growth':
      return isMetric(metric) ? `${METRICS[metric].unit} a minute` : '';
    case 'event':
      return 'events';
    case 'per_key':
      return '';
    default:
      return unitOf(metric);
  }
}

export const meaningOf = (metric: string): string => (isMetric(metric) ? METRIC_MEANINGS[metric] : '');

function level(spec: TriggerSpec, value: number): string {
  const unit = levelUnit(spec);
  if (unit === 'percent') return percent(value * 100);
  if (unit.includes('a minute') || unit === 'times the usual') return `${number(value)} ${unit}`;
  return withUnit(value, unit);
}

const list = (names: string[] | undefined): string => (names?.length ? names.join(' + ') : '…');

export function subject(spec: TriggerSpec): string {
  switch (spec.kind) {
    case 'ratio':
      return `${list(spec.over)} as share of ${list(spec.under)}`;
    case 'per_key':
      return `${spec.per_key ?? '…'} of any one key`;
    case 'event':
      return list(spec.events);
    case 'growth':
      return `the growth of ${spec.metric ?? '…'}`;
    default:
      return spec.metric ?? '…';
  }
}

export function watches(spec: TriggerSpec): string {
  if (spec.kind === 'silent')
    return spec.never
      ? `a host has never sent anything, ${duration(spec.after_s ?? 0)} after it was added`
      : `nothing comes from a host for ${duration(spec.after_s ?? 0)}`;
  const hold = spec.hold_s ? ` for ${duration(spec.hold_s)}` : '';
  const window = spec.window_s ? ` in ${duration(spec.window_s)}` : '';
  const side = spec.op === '<' ? 'under' : 'over';
  if (spec.kind === 'event')
    return `${list(spec.events)} ${spec.fire ? `happens more than ${number(spec.fire)} times` : 'happens'}${window}`;
  if (spec.kind === 'absence')
    return `${spec.metric ?? '…'} adds up to less than ${level(spec, spec.fire ?? 1)}${window}${hold}`;
  const also = spec.and?.length
    ? `, and ${spec.and.length === 1 ? 'a further condition holds' : `${spec.and.length} further conditions hold`}`
    : '';
  return `${subject(spec)} is ${side} ${level(spec, spec.fire ?? 0)}${window}${hold}${also}`;
}

export function clears(spec: TriggerSpec): string {
  if (spec.kind === 'silent') return 'as soon as it reports again';
  const hold = spec.clear_hold_s ? ` for ${duration(spec.clear_hold_s)}` : '';
  if (spec.kind === 'event') return `when it no longer happens${hold}`;
  if (spec.kind === 'absence') return `when it happens again${hold}`;
  return `${spec.op === '<' ? 'over' : 'under'} ${level(spec, spec.clear ?? spec.fire ?? 0)}${hold}`;
}

export function scopeWords(spec: TriggerSpec): string {
  const { tags = [], hosts = [], instances = [], services = [] } = spec.scope ?? {};
  const at = services.length ? `, service ${services.map(foreign).join(' or ')}` : '';
  const where = tags.length
    ? tags.map((tag) => `tag ${foreign(tag)}`).join(', ')
    : hosts.length
      ? `${number(hosts.length)} ${hosts.length === 1 ? 'host' : 'hosts'}`
      : instances.length
        ? `${number(instances.length)} ${instances.length === 1 ? 'instance' : 'instances'}`
        : spec.kind === 'silent'
          ? 'every host'
          : 'every instance';
  return `${where}${at}`;
}

export interface Draft {
  name: string;
  severity: Trigger['severity'];
  enabled: boolean;
  runbook: string;
  spec: TriggerSpec;
}

/** A usable beginning for each kind; what the kinds share is kept. */
export function begin(kind: TriggerKind, scope: TriggerScope = {}): TriggerSpec {
  const common = { hold_s: 300, clear_hold_s: 600, scope };
  switch (kind) {
    case 'silent':
      return { kind, after_s: 180, scope };
    case 'ratio':
      return {
        ...common,
        kind,
        over: ['delivery.deferred'],
        under: ['delivery.attempts'],
        min_volume: 50,
        window_s: 900,
        op: '>',
        fire: 0.2,
        clear: 0.1,
        hold_s: 0,
      };
    case 'rate':
      return { ...common, kind, metric: 'reject.total', window_s: 300, op: '>', fire: 500, clear: 300 };
    case 'count':
      return {
        ...common,
        kind,
        metric: 'health.crashed',
        window_s: 600,
        op: '>',
        fire: 2,
        clear: 0,
        hold_s: 0,
      };
    case 'growth':
      return {
        ...common,
        kind,
        metric: 'queue.deferred.messages',
        window_s: 600,
        op: '>',
        fire: 20,
        clear: 5,
        hold_s: 0,
      };
    case 'absence':
      return {
        ...common,
        kind,
        metric: 'delivery.sent',
        window_s: 1_800,
        fire: 1,
        clear: 1,
        hold_s: 0,
        clear_hold_s: 0,
      };
    case 'baseline':
      return { ...common, kind, metric: 'queue.deferred.messages', min: 50, op: '>', fire: 3, clear: 2 };
    case 'event':
      return { kind, events: ['daemon.crashed'], window_s: 600, fire: 0, clear: 0, clear_hold_s: 600, scope };
    case 'per_key':
      return {
        ...common,
        kind,
        per_key: 'recipient_domain.deferred',
        window_s: 900,
        op: '>',
        fire: 200,
        clear: 100,
        hold_s: 0,
        cap: 10,
      };
    default:
      return { ...common, kind, metric: 'queue.deferred.messages', op: '>', fire: 1_000, clear: 700 };
  }
}

/** What stands in the way of saving, at the field it concerns; empty when nothing does. */
export function faults(draft: Draft): Record<string, string> {
  const found: Record<string, string> = {};
  if (!draft.name.trim()) found.name = 'Give it a name.';
  const { spec } = draft;
  if (spec.kind === 'silent') {
    if (!((spec.after_s ?? 0) >= 60)) found.after_s = 'At least 60 s: a batch may be late by an interval.';
    return found;
  }
  const named = (names: string[] | undefined): boolean => Boolean(names?.length && names.every(isSource));
  if (spec.kind === 'ratio') {
    if (!named(spec.over)) found.over = 'No metric has this name. Choose from the list.';
    if (!named(spec.under)) found.under = 'No metric has this name. Choose from the list.';
  } else if (spec.kind === 'event') {
    if (!spec.events?.length) found.events = 'Choose at least one event.';
  } else if (spec.kind === 'per_key') {
    if (!KEYED.includes(spec.per_key ?? ''))
      found.per_key = 'No breakdown has this measure. Choose from the list.';
  } else if (!isSource(spec.metric ?? '')) found.metric = 'No metric has this name. Choose one of the list.';
  const least = WINDOW_S_MIN[spec.kind];
  if (least !== undefined && !((spec.window_s ?? 0) >= least && (spec.window_s ?? 0) <= 3_600))
    found.window_s = `Between ${duration(least)} and 1 h.`;
  const { fire, clear } = spec;
  if (!Number.isFinite(fire) || (fire ?? -1) < 0) found.fire = 'A number from 0 up.';
  if (!Number.isFinite(clear) || (clear ?? -1) < 0) found.clear = 'A number from 0 up.';
  else if (spec.kind !== 'absence' && spec.op === '>' && (clear ?? 0) > (fire ?? 0))
    found.clear = 'Clears at or under the level that fires, else it flaps.';
  else if (spec.op === '<' && (clear ?? 0) < (fire ?? 0))
    found.clear = 'Clears at or over the level that fires, else it flaps.';
  if ((spec.hold_s ?? 0) < 0) found.hold_s = 'From 0 s up.';
  if ((spec.clear_hold_s ?? 0) < 0) found.clear_hold_s = 'From 0 s up.';
  return found;
}

/** Kinds that look over a while, and how short that may be, in seconds. */
export const WINDOW_S_MIN: Partial<Record<TriggerKind, number>> = {
  ratio: 1,
  rate: 1,
  count: 1,
  growth: 60,
  absence: 1,
  event: 60,
  per_key: 60,
};
/** Kinds whose level has a side. */
export const SIDED: readonly TriggerKind[] = [
  'threshold',
  'ratio',
  'rate',
  'count',
  'growth',
  'baseline',
  'per_key',
];

export const fresh = (metric?: string, tags: string[] = []): Draft => ({
  name: '',
  severity: 'warning' satisfies Severity,
  enabled: true,
  runbook: '',
  spec: {
    ...begin('threshold', tags.length ? { tags } : {}),
    ...(metric && isMetric(metric) ? { metric } : {}),
  },
});
