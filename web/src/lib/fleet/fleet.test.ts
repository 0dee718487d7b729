import { describe, expect, it } from 'vitest';

import { fleet } from '../../../mock/figures.mjs';
import type { FleetRow } from '../api/types';
import { groups, heatLevel, HEAT } from './heat';
import { fullName, keepOrder, keyOf, matches, partlyVisible, sorted } from './order';
import { visibleRows } from './window';

const told = Date.parse('2026-11-23T09:41:00Z') / 1000;
const rows = fleet(told, 10_800, []).rows as unknown as FleetRow[];
const named = (name: string): FleetRow => rows.find((row) => fullName(row) === name)!;

describe('the order of the fleet', () => {
  it('has the worst first and what is acknowledged behind what waits', () => {
    const names = sorted(rows, 'worst').slice(0, 4).map(fullName);
    expect(names).toEqual([
      'mx1.example.net / postfix-out',
      'gw9.example.net / postfix',
      'mx4.example.net / postfix',
      'sub12.example.net / postfix',
    ]);
  });
  it('puts what cannot be seen last, whichever figure is sorted by', () => {
    expect(sorted(rows, 'deferred').at(-1)).toBe(named('gw3.example.net / postfix'));
    expect(sorted(rows, 'rejected_per_min').at(-1)).toBe(named('mx4.example.net / postfix'));
    expect(sorted(rows, 'tls_pct')[0]).toBe(named('sub12.example.net / postfix'));
  });
  it('counts in names as people count', () => {
    const names = sorted(rows, 'name').map((row) => row.host.name);
    expect(names.indexOf('mx2.example.net')).toBeLessThan(names.indexOf('mx10.example.net'));
  });
  it('keeps a row where it was under the pointer, and new ones at the end', () => {
    const seen = sorted(rows, 'worst').map(keyOf);
    const kept = keepOrder([...rows].reverse(), seen.slice(1)).map(keyOf);
    expect(kept.slice(0, -1)).toEqual(seen.slice(1));
    expect(kept.at(-1)).toBe(seen[0]);
  });
});

describe('filters', () => {
  const all = { words: '', state: '', tag: '' } as const;
  it('finds by any part of host, instance, tag and incident', () => {
    expect(rows.filter((row) => matches(row, { ...all, words: 'mx1. out' })).map(fullName)).toContain(
      'mx1.example.net / postfix-out',
    );
    expect(rows.filter((row) => matches(row, { ...all, words: 'gmail' })).map(fullName)).toEqual([
      'mx1.example.net / postfix-out',
    ]);
    expect(rows.filter((row) => matches(row, { ...all, tag: 'gateway' }))).toHaveLength(24);
  });
  it('knows who is alive but not fully visible', () => {
    expect(
      rows
        .filter(partlyVisible)
        .map((row) => row.host.name)
        .sort(),
    ).toEqual(['gw3.example.net', 'mx4.example.net']);
  });
});

describe('the squares', () => {
  it('have fixed colours: an honest zero, steps, and nothing for what is not visible', () => {
    const steps = HEAT.deferred!.steps;
    expect([null, 0, 1, 29, 30, 1199, 1200, 90_000].map((value) => heatLevel(value, steps))).toEqual([
      null,
      0,
      1,
      1,
      2,
      6,
      7,
      7,
    ]);
    expect(heatLevel(0.05, HEAT.bounced!.steps)).toBe(1);
  });
  it('are one per instance while they fit, then one per host with the worst inside', () => {
    expect(groups(rows, 'deferred').reduce((sum, group) => sum + group.squares.length, 0)).toBe(rows.length);
    const many = Array.from({ length: 3 }, () => rows).flat();
    const hosts = new Set(rows.map((row) => row.host.id)).size;
    const squares = groups(many, 'deferred').flatMap((group) => group.squares);
    expect(squares).toHaveLength(hosts);
    expect(squares.find((square) => square.row.host.name === 'mx1.example.net')?.row.instance?.name).toBe(
      'postfix-out',
    );
  });
});

describe('a list of a thousand rows', () => {
  it('draws only what is in view and a little around it', () => {
    expect(visibleRows(1000, 30, 500, 900)).toEqual({ first: 0, last: 26 });
    const middle = visibleRows(1000, 30, -6000, 900);
    expect(middle.first).toBe(188);
    expect(middle.last).toBe(242);
    expect(visibleRows(1000, 30, -29_900, 900).last).toBe(1000);
    expect(visibleRows(0, 30, 0, 900)).toEqual({ first: 0, last: 0 });
  });
});
