// One sentence about a chart, made from its data: what a glance would tell, for those who do not see it.
import { timeOfDay, when, withUnit } from '$lib/format';
import type { Line } from './align';

/** Below this change, relative to the greater end, a line is called steady. */
const STEADY = 0.1;

export function summary(t: readonly number[], line: Line | undefined, zone: string, now: Date): string {
  if (!line) return 'No figures in this time.';
  const known = line.values
    .map((value, at) => ({ value, at: t[at] ?? 0 }))
    .filter((point): point is { value: number; at: number } => point.value !== null);
  const first = known[0];
  const last = known.at(-1);
  if (!first || !last) return `${capital(line.name)}: no figures in this time.`;
  const clock = (at: number): string => {
    const date = new Date(at * 1_000);
    const day = when(date, now, zone);
    return day.includes(':') ? day : `${day} ${timeOfDay(date, zone)}`;
  };
  const top = known.reduce((a, b) => (b.value > a.value ? b : a));
  const say = (value: number): string => withUnit(value, line.unit);
  const range = Math.max(first.value, last.value, top.value);
  if (range === 0) return `${capital(line.name)} stayed at 0 from ${clock(first.at)} to ${clock(last.at)}.`;
  const change = (last.value - first.value) / Math.max(first.value, last.value, 1e-9);
  const peak =
    top.value > Math.max(first.value, last.value) * (1 + STEADY)
      ? `, with a peak of ${say(top.value)} at ${clock(top.at)}`
      : '';
  if (Math.abs(change) <= STEADY)
    return `${capital(line.name)} stayed near ${say(last.value)} since ${clock(first.at)}${peak}.`;
  // Where the change began: the last point that was still near the first.
  const near = first.value + (last.value - first.value) * STEADY;
  const from = known.findLast((point) => (change > 0 ? point.value <= near : point.value >= near)) ?? first;
  return `${capital(line.name)} ${change > 0 ? 'rose' : 'fell'} from ${say(from.value)} at ${clock(from.at)} to ${say(last.value)} at ${clock(last.at)}${peak}.`;
}

const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
