// The order of the fleet's rows and which of them a filter keeps. Pure: rows in, rows out.
import type { FleetRow, RowState } from '$lib/api/types';
import { RANK } from '$lib/ui/state';

export const COLUMNS = {
  worst: 'Worst first',
  name: 'Host and instance',
  deferred: 'Deferred',
  active: 'Active',
  in_per_min: 'In /min',
  out_per_min: 'Out /min',
  bounced_pct: 'Bounce %',
  deferred_pct: 'Defer %',
  rejected_per_min: 'Reject /min',
  tls_pct: 'TLS %',
  oldest_s: 'Oldest',
} as const;
export type Column = keyof typeof COLUMNS;
/** The columns that hold one figure of a row. */
export type Figure = Exclude<Column, 'worst' | 'name'>;

export const isColumn = (name: string | null): name is Column => name !== null && name in COLUMNS;

export const keyOf = (row: FleetRow): string => row.instance?.id ?? row.host.id;

export const fullName = (row: FleetRow): string =>
  row.instance ? `${row.host.name} / ${row.instance.name}` : row.host.name;

/** A figure that cannot be seen is last in any order: it is neither much nor little. */
const most = (a: number | null, b: number | null): number =>
  a === b ? 0 : a === null ? 1 : b === null ? -1 : b - a;

/** The share of clear text, so that most is worst for TLS too. */
const clear = (tls: number | null): number | null => (tls === null ? null : 100 - tls);

const byName = (a: FleetRow, b: FleetRow): number =>
  fullName(a).localeCompare(fullName(b), 'en', { numeric: true });

/** Acknowledged incidents step back behind those that wait for somebody, within their severity. */
const waits = (row: FleetRow): number => (row.incident?.acknowledged ? 1 : 0);

export function sorted(rows: readonly FleetRow[], by: Column): FleetRow[] {
  const compare = (a: FleetRow, b: FleetRow): number => {
    if (by === 'name') return byName(a, b);
    if (by === 'worst')
      return (
        RANK[a.state] - RANK[b.state] || waits(a) - waits(b) || most(a.deferred, b.deferred) || byName(a, b)
      );
    // For TLS little is bad, so the lowest share comes first.
    if (by === 'tls_pct') return most(clear(a.tls_pct), clear(b.tls_pct)) || byName(a, b);
    return most(a[by], b[by]) || byName(a, b);
  };
  return [...rows].sort(compare);
}

export interface Filter {
  words: string;
  state: RowState | 'partly' | '';
  tag: string;
}

/** Alive, but at least one of the usual figures is hidden from the agent. */
export function partlyVisible(row: FleetRow): boolean {
  if (row.state === 'silent' || row.state === 'waiting' || !row.last_sample_at) return false;
  return [row.deferred, row.active, row.in_per_min, row.out_per_min, row.rejected_per_min].includes(null);
}

export function matches(row: FleetRow, filter: Filter): boolean {
  const words = filter.words.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const text = `${fullName(row)} ${row.host.tags.join(' ')} ${row.incident?.title ?? ''}`.toLowerCase();
  if (!words.every((word) => text.includes(word))) return false;
  if (filter.tag && !row.host.tags.includes(filter.tag)) return false;
  if (filter.state === 'partly') return partlyVisible(row);
  return !filter.state || row.state === filter.state;
}

/** Keeps the rows in the order the person last saw; new rows come at the end. */
export function keepOrder(rows: readonly FleetRow[], seen: readonly string[]): FleetRow[] {
  const place = new Map(seen.map((key, at) => [key, at]));
  return [...rows].sort(
    (a, b) => (place.get(keyOf(a)) ?? seen.length) - (place.get(keyOf(b)) ?? seen.length),
  );
}
