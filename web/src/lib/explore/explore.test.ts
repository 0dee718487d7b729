import { describe, expect, it } from 'vitest';

import type { FleetRow, SeriesLine } from '$lib/api/types';
import { figures, linesOf, together } from './lines';
import { parseWhat, readAs, readQuestion, writeQuestion } from './question';

const row = (host: string, tags: string[], id: string): FleetRow =>
  ({
    host: { id: `host_${host}`, name: host, tags },
    instance: { id, name: 'postfix' },
  }) as unknown as FleetRow;
const series = (instance: string, metric: string, values: (number | null)[]): SeriesLine =>
  ({ instance, metric, unit: '', kind: 'counter', values }) as unknown as SeriesLine;

describe('a question in a link', () => {
  it('comes back as it was written', () => {
    const link =
      '?range=24h&what=delivery.deferred%2Fdelivery.attempts&what=recipient_domain%3Adeferred&tag=outbound&split=host&top=5&draw=stacked';
    expect(writeQuestion(new URLSearchParams(link), readQuestion(new URLSearchParams(link)))).toBe(link);
  });
  it('asks for deferred mail when the link asks nonsense', () => {
    expect(readQuestion(new URLSearchParams('what=<script>&split=x&top=9')).what).toEqual([
      { kind: 'metric', metric: 'queue.deferred.messages' },
    ]);
    expect(parseWhat('recipient_domain:nothing')).toBeNull();
  });
  it('is read aloud', () => {
    const question = readQuestion(
      new URLSearchParams('what=queue.deferred.messages&tag=outbound&split=host'),
    );
    expect(readAs(question, () => '')).toBe('queue deferred messages on tag outbound, by host');
  });
});

describe('lines', () => {
  const rows = [row('mx1', ['in'], 'a'), row('mx2', ['in'], 'b'), row('out1', ['out'], 'c')];
  it('add up by tag, and what is not known is not zero', () => {
    const answer = [
      series('a', 'delivery.sent', [1, null]),
      series('b', 'delivery.sent', [2, null]),
      series('c', 'delivery.sent', [5, 6]),
    ];
    const what = { kind: 'metric', metric: 'delivery.sent' } as const;
    const lines = linesOf(what, rows, answer, { split: 'tag', top: 8 }, true);
    expect(lines.map((line) => [line.name, line.values])).toEqual([
      ['out', [5, 6]],
      ['in', [3, null]],
    ]);
    expect(linesOf(what, rows, answer, { split: 'host', top: 1 }, true).at(-1)?.name).toBe('2 others');
  });
  it('a ratio is of the sums, not the mean of ratios', () => {
    const answer = [
      series('a', 'delivery.deferred', [1]),
      series('a', 'delivery.attempts', [2]),
      series('b', 'delivery.deferred', [0]),
      series('b', 'delivery.attempts', [98]),
    ];
    const what = { kind: 'ratio', over: 'delivery.deferred', under: 'delivery.attempts' } as const;
    expect(linesOf(what, rows.slice(0, 2), answer, { split: 'none', top: 8 }, true)[0]?.values).toEqual([1]);
  });
  it('the oldest of several hosts is the oldest, not their sum', () => {
    expect(together([[10], [40]], true)).toEqual([40]);
    expect(figures([null, 2, 4]).mean).toBe(3);
  });
});
