// Puts the answers of the API into the columns a chart wants, and says where a line must break.
import type { Gap } from '$lib/api/types';

export interface Line {
  name: string;
  unit: string;
  values: (number | null)[];
  /** The same line a week before: drawn faintly, never counted as a line of its own. */
  ghost?: boolean;
}

/** A level that a trigger watches; `quiet` is the one at which it clears. */
export interface Threshold {
  value: number;
  words: string;
  quiet?: boolean;
}

export interface Band {
  from: number;
  to: number;
  kind: 'not_visible' | 'log_lost' | 'firing';
  words: string;
}

/** The last value that is there, with its place; null when the whole line is empty. */
export function lastValue(values: readonly (number | null)[]): { at: number; value: number } | null {
  for (let at = values.length - 1; at >= 0; at -= 1) {
    const value = values[at];
    if (value !== null && value !== undefined) return { at, value };
  }
  return null;
}

/** The newest bucket is only begun: a counter in it is low without meaning it, so it is not drawn. */
export function withoutOpenBucket(
  t: readonly number[],
  step_s: number,
  now_s: number,
  values: (number | null)[],
): (number | null)[] {
  const last = t.at(-1);
  if (last === undefined || last + step_s <= now_s) return values;
  return values.map((value, at) => (at === t.length - 1 ? null : value));
}

/** Hatched bands for one group of metrics. Time without any data is left white: nothing is claimed about it. */
export function bands(gaps: readonly Gap[], groups: readonly string[]): Band[] {
  return gaps
    .filter((gap) => gap.kind === 'not_visible' || gap.kind === 'log_lost')
    .filter((gap) => !gap.group || groups.length === 0 || groups.includes(gap.group))
    .map((gap) => ({
      from: Date.parse(gap.from) / 1_000,
      to: Date.parse(gap.to) / 1_000,
      kind: gap.kind === 'log_lost' ? 'log_lost' : 'not_visible',
      words: gap.kind === 'log_lost' ? 'log lines lost' : 'not visible',
    }));
}

/** Where labels at the right edge go so that none covers another: moved apart, in the same order. */
export function spread(wanted: readonly number[], height: number, top: number, bottom: number): number[] {
  const order = wanted.map((y, at) => ({ y, at })).sort((a, b) => a.y - b.y);
  let floor = top;
  for (const label of order) {
    label.y = Math.max(label.y, floor);
    floor = label.y + height;
  }
  let ceiling = bottom;
  for (const label of [...order].reverse()) {
    label.y = Math.min(label.y, ceiling);
    ceiling = label.y - height;
  }
  const placed = new Array<number>(wanted.length).fill(0);
  for (const label of order) placed[label.at] = label.y;
  return placed;
}

/** What lies on what: each line on the sum of those before it. A line that is not drawn adds nothing. */
export function stacked(lines: readonly Line[], hidden: ReadonlySet<string>): (number | null)[][] {
  const sum: number[] = [];
  return lines.map((line) =>
    line.values.map((value, at) => {
      if (value === null || value === undefined) return null;
      if (hidden.has(line.name)) return sum[at] ?? 0;
      return (sum[at] = (sum[at] ?? 0) + value);
    }),
  );
}

/** Each line's share of all lines, in percent; nothing where there is nothing to share. */
export function shares(lines: readonly Line[]): Line[] {
  const length = lines[0]?.values.length ?? 0;
  const total = Array.from({ length }, (_, at) =>
    lines.reduce((all, line) => all + (line.values[at] ?? 0), 0),
  );
  return lines.map((line) => ({
    ...line,
    unit: 'percent',
    values: line.values.map((value, at) => {
      const all = total[at] ?? 0;
      return value === null || all <= 0 ? null : (value / all) * 100;
    }),
  }));
}
