// Breakdowns as tables want them: "other" told once, keys in parts, the spread of a delay from its powers of two.
import type { Breakdown } from '$lib/api/types';

export interface TopRow {
  key: string;
  counts: number[];
}

/** The agent's own "other" and the rows beyond the limit are one thing to a reader: the rest. */
export function withoutOther(data: Breakdown): { rows: TopRow[]; rest: number[] | null } {
  const folded = data.rows.find((row) => row.key === 'other');
  const rows = data.rows.filter((row) => row !== folded && row.counts.some((count) => count > 0));
  const rest = data.other.map((count, at) => count + (folded?.counts[at] ?? 0));
  return { rows, rest: rest.some((count) => count > 0) ? rest : null };
}

/** The parts of a key that tabs divide; what is missing is empty, what is too much stays in the last. */
export function keyParts(key: string, count: number): string[] {
  const parts = key.split('\t');
  const head = parts.slice(0, count - 1);
  return [
    ...head,
    ...Array<string>(Math.max(0, count - 1 - head.length)).fill(''),
    parts.slice(count - 1).join(' '),
  ];
}

/** Below which each bucket of `delay_stage` lies, in milliseconds: powers of two from 16. */
export const bucketEnd = (at: number): number => 2 ** (at + 4);

/** The delay that so many percent stay below, told by the end of its bucket; null without any. */
export function percentile(counts: readonly number[], percent: number): number | null {
  const all = counts.reduce((sum, count) => sum + count, 0);
  if (all === 0) return null;
  let passed = 0;
  for (let at = 0; at < counts.length; at += 1) {
    passed += counts[at] ?? 0;
    if (passed >= (all * percent) / 100) return bucketEnd(at);
  }
  return bucketEnd(counts.length - 1);
}

/** The ends of heat steps for these counts: seven, each about thrice the last, none above the greatest. */
export function stepsFor(greatest: number): number[] {
  const base = Math.max(1, greatest) ** (1 / 7);
  return Array.from({ length: 7 }, (_, at) => Math.max(1, Math.round(base ** at)));
}
