// The week in figures: sums by day of two weeks, shares, and what each is against the week before.

export interface DaySums {
  /** Midnight UTC, seconds. */
  day: number;
  sums: Record<string, number>;
}

const DAY_S = 86_400;

/** Adds buckets up by the day they begin in; days nobody told about are zero, because a report has seven of them. */
export function byDay(
  t: readonly number[],
  series: readonly { metric: string; values: readonly (number | null)[] }[],
  from: number,
  days: number,
): DaySums[] {
  const list = Array.from({ length: days }, (_, at): DaySums => ({ day: from + at * DAY_S, sums: {} }));
  for (const line of series)
    line.values.forEach((value, at) => {
      const day = list[Math.floor(((t[at] ?? 0) - from) / DAY_S)];
      if (day && value !== null) day.sums[line.metric] = (day.sums[line.metric] ?? 0) + value;
    });
  return list;
}

export const total = (days: readonly DaySums[], metric: string): number =>
  days.reduce((sum, day) => sum + (day.sums[metric] ?? 0), 0);

/** Percent of the whole; null without one. */
export const share = (part: number, whole: number): number | null =>
  whole > 0 ? (part / whole) * 100 : null;

/** "+3 %" against the week before; empty when there was nothing to compare with. */
export function change(now: number, before: number): string {
  if (before <= 0) return '';
  const part = ((now - before) / before) * 100;
  return `${part > 0 ? '+' : part < 0 ? '−' : '±'}${Math.abs(part).toFixed(Math.abs(part) < 10 ? 1 : 0)} %`;
}

/** ISO week of a time. */
export function isoWeek(at: Date): number {
  const day = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()));
  day.setUTCDate(day.getUTCDate() + 4 - (day.getUTCDay() || 7));
  return Math.ceil(((day.getTime() - Date.UTC(day.getUTCFullYear(), 0, 1)) / 86_400_000 + 1) / 7);
}
