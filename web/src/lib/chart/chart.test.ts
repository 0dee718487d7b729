import { describe, expect, it } from 'vitest';

import { bands, lastValue, spread, withoutOpenBucket } from './align';
import { sparkArea, sparkSegments } from './spark';
import { summary } from './summary';

const t = Array.from({ length: 6 }, (_, at) => Date.parse('2026-11-23T09:00:00Z') / 1000 + at * 600);
const now = new Date('2026-11-23T09:50:00Z');
const line = (values: (number | null)[]) => ({ name: 'deferred', unit: 'messages', values });

describe('the sentence under a chart', () => {
  it('tells a rise from where it began', () => {
    expect(summary(t, line([112, 110, 112, 700, 1500, 2431]), 'UTC', now)).toBe(
      'Deferred rose from 112 messages at 09:20 to 2,431 messages at 09:50.',
    );
  });
  it('tells a fall, a peak, steadiness and zero', () => {
    expect(summary(t, line([2431, 1500, 700, 110, 112, 108]), 'UTC', now)).toMatch(
      /^Deferred fell from 2,431 messages at 09:00 to 108 messages at 09:50\.$/,
    );
    expect(summary(t, line([100, 100, 900, 100, 101, 100]), 'UTC', now)).toBe(
      'Deferred stayed near 100 messages since 09:00, with a peak of 900 messages at 09:20.',
    );
    expect(summary(t, line([0, 0, 0, 0, 0, 0]), 'UTC', now)).toBe(
      'Deferred stayed at 0 from 09:00 to 09:50.',
    );
  });
  it('says that nothing is known instead of zero', () => {
    expect(summary(t, line([null, null, null, null, null, null]), 'UTC', now)).toBe(
      'Deferred: no figures in this time.',
    );
    expect(summary(t, undefined, 'UTC', now)).toBe('No figures in this time.');
  });
});

describe('what is drawn', () => {
  it('leaves out the bucket that is only begun, which would look like a fall', () => {
    const end = (t.at(-1) ?? 0) + 300;
    expect(withoutOpenBucket(t, 600, end, [5, 5, 5, 5, 5, 2])).toEqual([5, 5, 5, 5, 5, null]);
    expect(withoutOpenBucket(t, 600, end + 300, [5, 5, 5, 5, 5, 5]).at(-1)).toBe(5);
  });
  it('hatches only what concerns the chart, and leaves time without data white', () => {
    const gaps = [
      {
        instance: 'i',
        from: '2026-11-23T08:31:00Z',
        to: '2026-11-23T09:41:00Z',
        kind: 'not_visible',
        group: 'delivery',
      },
      { instance: 'i', from: '2026-11-23T08:00:00Z', to: '2026-11-23T08:10:00Z', kind: 'no_data' },
      { instance: 'i', from: '2026-11-23T07:00:00Z', to: '2026-11-23T07:01:00Z', kind: 'log_lost' },
    ];
    expect(bands(gaps, ['delivery']).map((band) => band.words)).toEqual(['not visible', 'log lines lost']);
    expect(bands(gaps, ['queue.scan']).map((band) => band.words)).toEqual(['log lines lost']);
  });
  it('finds the newest known value', () => {
    expect(lastValue([1, 2, null])).toEqual({ at: 1, value: 2 });
    expect(lastValue([null])).toBeNull();
  });
  it('moves labels apart in their order and keeps them on the chart', () => {
    const placed = spread([100, 101, 20, 199], 15, 0, 200);
    expect(placed[2]).toBe(20);
    expect(placed[1]! - placed[0]!).toBeGreaterThanOrEqual(15);
    expect(placed[3]).toBeLessThanOrEqual(200);
  });
});

describe('small lines', () => {
  it('break at a gap and start from zero', () => {
    const runs = sparkSegments([0, 10, null, 5, 5], 70, 20);
    expect(runs).toHaveLength(2);
    expect(runs[0]?.[0]?.[1]).toBe(18);
    expect(runs[0]?.[1]?.[1]).toBe(2);
    expect(sparkArea(runs[0] ?? [], 20)).toMatch(/^M1,20L1,18L18,2L18,20Z$/);
  });
  it('draw nothing from nothing', () => {
    expect(sparkSegments([null, null], 70, 20)).toEqual([]);
    expect(sparkSegments([], 70, 20)).toEqual([]);
  });
});
