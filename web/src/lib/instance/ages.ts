// The age series as a grid: the mean of each age over each column of time.
import type { SeriesLine } from '$lib/api/types';
import { AGES } from './metrics';

export const AGE_STEPS = [1, 5, 15, 40, 100, 250, 500] as const;

export interface AgeRow {
  words: string;
  cells: { at: number; value: number | null }[];
}

export function ageGrid(t: readonly number[], series: readonly SeriesLine[], columns: number): AgeRow[] {
  const each = Math.max(1, Math.ceil(t.length / columns));
  return AGES.map(([metric, words]) => {
    const values = series.find((line) => line.metric === metric)?.values ?? [];
    const cells = [];
    for (let start = 0; start < t.length; start += each) {
      const known = values.slice(start, start + each).filter((value): value is number => value !== null);
      cells.push({
        at: t[start] ?? 0,
        value: known.length ? Math.round(known.reduce((sum, value) => sum + value, 0) / known.length) : null,
      });
    }
    return { words, cells };
  });
}
