// The colours of the squares: fixed steps for each metric, so that a colour means the same tomorrow.
import type { FleetRow } from '$lib/api/types';
import type { Figure } from './order';

export const HEAT: Record<string, { figure: Figure; words: string; unit: string; steps: readonly number[] }> =
  {
    deferred: {
      figure: 'deferred',
      words: 'Deferred',
      unit: 'messages',
      steps: [1, 30, 80, 200, 400, 800, 1_200],
    },
    active: {
      figure: 'active',
      words: 'Active',
      unit: 'messages',
      steps: [1, 10, 40, 100, 300, 1_000, 5_000],
    },
    out: { figure: 'out_per_min', words: 'Out', unit: '/min', steps: [1, 60, 150, 300, 600, 1_200, 3_000] },
    rejected: {
      figure: 'rejected_per_min',
      words: 'Rejected',
      unit: '/min',
      steps: [1, 10, 50, 150, 400, 1_000, 3_000],
    },
    bounced: { figure: 'bounced_pct', words: 'Bounced', unit: '%', steps: [0.1, 0.5, 1, 2, 4, 8, 15] },
    oldest: {
      figure: 'oldest_s',
      words: 'Oldest message',
      unit: 's',
      steps: [60, 1_800, 7_200, 21_600, 86_400, 259_200, 345_600],
    },
  };
export const HEAT_NAMES = Object.keys(HEAT);

/** 0 for an honest zero, 1 to 7 by the steps, null for what cannot be seen. */
export function heatLevel(value: number | null, steps: readonly number[]): number | null {
  if (value === null) return null;
  let level = 0;
  for (const step of steps) if (value >= step) level += 1;
  return value > 0 ? Math.max(1, level) : 0;
}

/** One square per instance while fewer than this, then one per host with its worst inside. */
export const SQUARES_MAX = 600;

export interface Square {
  row: FleetRow;
  value: number | null;
  level: number | null;
}

export function groups(rows: readonly FleetRow[], metric: string): { tag: string; squares: Square[] }[] {
  const heat = HEAT[metric] ?? HEAT.deferred;
  if (!heat) return [];
  const drawn = rows.length < SQUARES_MAX ? rows : worstPerHost(rows, heat.figure);
  const byTag = new Map<string, Square[]>();
  for (const row of drawn) {
    const tag = row.host.tags[0] ?? 'no tag';
    const gone = row.state === 'silent' || row.state === 'waiting';
    const value = gone ? null : row[heat.figure];
    const list = byTag.get(tag) ?? [];
    list.push({ row, value, level: heatLevel(value, heat.steps) });
    byTag.set(tag, list);
  }
  return [...byTag]
    .map(([tag, squares]) => ({ tag, squares }))
    .sort((a, b) => b.squares.length - a.squares.length);
}

function worstPerHost(rows: readonly FleetRow[], figure: Figure): FleetRow[] {
  const worst = new Map<string, FleetRow>();
  for (const row of rows) {
    const known = worst.get(row.host.id);
    if (!known || (row[figure] ?? -1) > (known[figure] ?? -1)) worst.set(row.host.id, row);
  }
  return [...worst.values()];
}
