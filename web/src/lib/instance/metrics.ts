// Which metrics the instance page asks for, and under which words it shows them. Names are the catalogue's, by type.
import type { SeriesLine } from '$lib/api/types';
import type { Line } from '$lib/chart/align';
import type { MetricName } from '$lib/catalogue';

type Shown = readonly (readonly [MetricName, string])[];

export const DEPTH = [
  ['queue.deferred.messages', 'deferred'],
  ['queue.active.messages', 'active'],
  ['queue.incoming.messages', 'incoming'],
  ['queue.hold.messages', 'hold'],
] as const satisfies Shown;

/** For incidents that are not about a queue's depth. */
export const DELIVERY = [
  ['delivery.sent', 'sent'],
  ['delivery.deferred', 'deferred'],
  ['delivery.bounced', 'bounced'],
  ['delivery.expired', 'expired'],
] as const satisfies Shown;

/** Oldest at the top, as the picture has it. The words are minutes and hours since arrival. */
export const AGES = [
  ['queue.deferred.age.ge_1280m', '> 21 h'],
  ['queue.deferred.age.lt_1280m', '11–21 h'],
  ['queue.deferred.age.lt_640m', '5–11 h'],
  ['queue.deferred.age.lt_320m', '2.7–5 h'],
  ['queue.deferred.age.lt_160m', '80–160'],
  ['queue.deferred.age.lt_80m', '40–80'],
  ['queue.deferred.age.lt_40m', '20–40'],
  ['queue.deferred.age.lt_20m', '10–20'],
  ['queue.deferred.age.lt_10m', '5–10'],
  ['queue.deferred.age.lt_5m', '0–5'],
] as const satisfies Shown;

const TOTAL_REJECTS: MetricName = 'reject.total';

export const SERIES = {
  received: 'message.received',
  sent: 'delivery.sent',
  deferred: 'delivery.deferred',
  bounced: 'delivery.bounced',
  rejected: TOTAL_REJECTS,
} as const satisfies Record<string, MetricName>;

/** One question for the head of the page: at most 30 metrics. */
export const ASKED: readonly MetricName[] = [
  ...[...DEPTH, ...AGES].map(([name]) => name),
  ...Object.values(SERIES),
];

export const LATEST = {
  deferred: 'queue.deferred.messages',
  active: 'queue.active.messages',
  oldest: 'queue.deferred.oldest',
  limit: 'config.active_limit',
  bytes: 'queue.deferred.bytes',
} as const satisfies Record<string, MetricName>;

/** The lines of one chart, in the order of its list; lines that are nothing but zero go, unless all do. */
export function linesOf(series: readonly SeriesLine[], shown: Shown, unit: string, keep = 1): Line[] {
  const lines = shown.flatMap(([metric, name], at) => {
    const found = series.find((line) => line.metric === metric);
    if (!found) return [];
    const empty = found.values.every((value) => value === null || value === 0);
    return empty && at >= keep ? [] : [{ name, unit, values: found.values }];
  });
  return lines;
}

/** Mean of the newest known values of a rate: what "now" means for a flow. */
export function recent(
  series: readonly SeriesLine[],
  metric: MetricName,
  t: readonly number[],
  span_s: number,
): number | null {
  const line = series.find((candidate) => candidate.metric === metric);
  const end = t.at(-1);
  if (!line || end === undefined) return null;
  const known = line.values.filter(
    (value, at): value is number => value !== null && (t[at] ?? 0) >= end - span_s,
  );
  return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
}
