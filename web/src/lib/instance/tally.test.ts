import { describe, expect, it } from 'vitest';

import { keyParts, percentile, stepsFor, withoutOther } from './tally';

const data = (rows: [string, number[]][], other: number[]) => ({
  dimension: 'recipient_domain',
  measures: ['sent', 'deferred'],
  rows: rows.map(([key, counts]) => ({ key, counts })),
  other,
  total: [0, 0],
});

describe('a breakdown as a table', () => {
  it('tells what the agent folded and what the limit cut as one rest', () => {
    const { rows, rest } = withoutOther(
      data(
        [
          ['gmail.com', [10, 4]],
          ['other', [3, 1]],
        ],
        [5, 0],
      ),
    );
    expect(rows.map((row) => row.key)).toEqual(['gmail.com']);
    expect(rest).toEqual([8, 1]);
  });
  it('has no rest when nothing is left', () => {
    expect(withoutOther(data([['gmail.com', [10, 4]]], [0, 0])).rest).toBeNull();
  });
  it('divides a key at its tabs and loses nothing of a rule that holds one', () => {
    expect(keyParts('header\tREJECT\t/^Subject:\tx/', 3)).toEqual(['header', 'REJECT', '/^Subject: x/']);
    expect(keyParts('gmail.ratelimit', 2)).toEqual(['gmail.ratelimit', '']);
  });
});

describe('the spread of a delay', () => {
  it('is told by the end of the bucket that the percentile falls into', () => {
    expect(percentile([0, 50, 45, 5], 50)).toBe(32);
    expect(percentile([0, 50, 45, 5], 95)).toBe(64);
    expect(percentile([0, 50, 45, 5], 99)).toBe(128);
    expect(percentile([0, 0], 50)).toBeNull();
  });
  it('colours few and many alike', () => {
    expect(stepsFor(0)).toEqual([1, 1, 1, 1, 1, 1, 1]);
    expect(stepsFor(5_000).at(-1)).toBeLessThanOrEqual(5_000);
  });
});
