import { describe, expect, it } from 'vitest';

import { byDay, change, isoWeek, share, total } from './week';

describe('the weekly report', () => {
  const monday = Date.parse('2026-11-16T00:00:00Z') / 1000;
  it('adds buckets up by day and keeps seven days even when one is silent', () => {
    const days = byDay(
      [monday, monday + 3_600, monday + 86_400 * 2],
      [{ metric: 'delivery.sent', values: [10, 5, 7] }],
      monday,
      7,
    );
    expect(days.map((day) => day.sums['delivery.sent'] ?? 0)).toEqual([15, 0, 7, 0, 0, 0, 0]);
    expect(total(days, 'delivery.sent')).toBe(22);
  });
  it('compares with the week before, and with nothing when there was none', () => {
    expect(change(103, 100)).toBe('+3.0 %');
    expect(change(50, 100)).toBe('−50 %');
    expect(change(5, 0)).toBe('');
    expect(share(1, 0)).toBeNull();
  });
  it('knows its number', () => {
    expect(isoWeek(new Date('2026-11-16T00:00:00Z'))).toBe(47);
    expect(isoWeek(new Date('2027-01-01T00:00:00Z'))).toBe(53);
  });
});
