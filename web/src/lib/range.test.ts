import { describe, expect, it } from 'vitest';

import { readRange, withEnds, withPreset } from './range';

const now = new Date('2026-11-23T09:41:00Z');
const query = (text: string): URLSearchParams => new URLSearchParams(text);

describe('the range in the URL', () => {
  it('is three hours that move with the clock when nothing is said', () => {
    const range = readRange(query(''), now);
    expect(range.preset).toBe('3h');
    expect(range.from.toISOString()).toBe('2026-11-23T06:41:00.000Z');
    expect(range.to).toBe(now);
  });
  it('stands still with two dates, so that a pasted link shows the same picture', () => {
    const range = readRange(query('from=2026-11-23T09:00:00Z&to=2026-11-23T09:20:00Z'), now);
    expect(range.preset).toBeNull();
    expect((range.to.getTime() - range.from.getTime()) / 1000).toBe(1200);
  });
  it('falls back when the dates make no sense', () => {
    for (const wrong of [
      'from=tomorrow&to=yesterday',
      'from=2026-11-23T09:00:00Z',
      'from=2026-11-23T09:00:00Z&to=2026-11-23T08:00:00Z',
      'range=9y',
    ]) {
      expect(readRange(query(wrong), now).preset).toBe('3h');
    }
  });
  it('keeps the rest of the query when it changes', () => {
    expect(withPreset(query('q=mx&from=a&to=b'), '24h')).toBe('?q=mx&range=24h');
    expect(withPreset(query('q=mx&range=24h'), '3h')).toBe('?q=mx');
    const zoomed = withEnds(query('range=24h&q=mx'), new Date('2026-11-23T09:00:00.123Z'), now);
    expect(zoomed).toBe('?q=mx&from=2026-11-23T09%3A00%3A00Z&to=2026-11-23T09%3A41%3A00Z');
    expect(readRange(query(zoomed.slice(1)), now).preset).toBeNull();
  });
});
