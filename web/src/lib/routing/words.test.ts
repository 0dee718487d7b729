import { describe, expect, it } from 'vitest';

import { bodyOf, dayWords, instant, kindOf, matchWords, spansOf } from './words';

const name = (_: string, id: string): string => id;

describe('a route in words', () => {
  it('says what must be true', () => {
    expect(matchWords({}, name)).toBe('anything');
    expect(
      matchWords(
        {
          severity_min: 'critical',
          tags: ['inbound'],
          times: { zone: 'Europe/Berlin', days: [1, 2, 3, 4, 5], from: '22:00', to: '06:00' },
        },
        name,
      ),
    ).toBe('severity is critical and tag is inbound, 22:00–06:00 Europe/Berlin, Mon to Fri');
    expect(matchWords({ hosts: ['a', 'b', 'c', 'd'] }, name)).toBe('host is a or b or 2 others');
    expect(dayWords([6, 7])).toBe('Sat and Sun');
  });
});

describe('a channel as the API wants it', () => {
  it('makes a list of addresses and leaves out what is optional', () => {
    const email = kindOf('email');
    const webhook = kindOf('webhook');
    expect(email && bodyOf(email, { to: 'a@example.org, b@example.org' })).toEqual({
      to: ['a@example.org', 'b@example.org'],
    });
    expect(webhook && bodyOf(webhook, { url: ' https://x.example/ ', secret: '' })).toEqual({
      url: 'https://x.example/',
    });
  });
});

describe('maintenance in the calendar', () => {
  it('follows the zone over the change of clocks', () => {
    expect(new Date(instant('2026-10-24', '02:00', 'Europe/Berlin')).toISOString()).toBe(
      '2026-10-24T00:00:00.000Z',
    );
    expect(new Date(instant('2026-10-26', '02:00', 'Europe/Berlin')).toISOString()).toBe(
      '2026-10-26T01:00:00.000Z',
    );
  });
  it('runs over midnight', () => {
    const spans = spansOf(
      { zone: 'UTC', weekly: { days: [1], from: '22:00', to: '02:00' } },
      new Date('2026-11-23T00:00:00Z'),
      7,
    );
    expect(spans).toEqual([
      { from: Date.parse('2026-11-23T22:00:00Z'), to: Date.parse('2026-11-24T02:00:00Z') },
    ]);
  });
});
