import { describe, expect, it } from 'vitest';

import {
  bytes,
  duration,
  flow,
  foreign,
  fullTime,
  middle,
  number,
  percent,
  timeOfDay,
  when,
  whenExactly,
  withUnit,
} from './format';

const at = (text: string): Date => new Date(text);

describe('numbers as a postmaster reads them', () => {
  it('groups thousands and keeps three figures that count', () => {
    expect([16297, 212, 46.66, 3.1234, 0.305, 0].map(number)).toEqual([
      '16,297',
      '212',
      '46.7',
      '3.12',
      '0.3',
      '0',
    ]);
  });
  it('tells a flow below one a minute per hour', () => {
    expect(flow(521.4)).toEqual({ figure: '521', unit: '/min' });
    expect(flow(3.12)).toEqual({ figure: '3.12', unit: '/min' });
    expect(flow(0.05)).toEqual({ figure: '3', unit: '/h' });
    expect(flow(0)).toEqual({ figure: '0', unit: '/min' });
  });
  it('sets a thin space before the percent sign', () => {
    expect(percent(88)).toBe('88.0\u2009%');
  });
  it('shows bytes and any catalogue unit', () => {
    expect(bytes(184_300_000)).toBe('184 MB');
    expect(bytes(999)).toBe('999 B');
    expect(withUnit(2431, 'messages')).toBe('2,431 messages');
    expect(withUnit(417_600, 'seconds')).toBe('4 d 20 h');
    expect(withUnit(450, 'milliseconds')).toBe('450 ms');
  });
});

describe('durations in two units at most', () => {
  it.each([
    [0, '0 s'],
    [59, '59 s'],
    [27 * 60, '27 min'],
    [6180, '1 h 43 min'],
    [7200, '2 h'],
    [417_600, '4 d 20 h'],
    [-5, '0 s'],
  ])('%d s is %s', (seconds, words) => expect(duration(seconds)).toBe(words));
});

describe('times', () => {
  const now = at('2026-11-23T09:41:00Z');
  it('shows today as a clock, another day as a day, another year with it', () => {
    expect(when(at('2026-11-23T09:14:07Z'), now, 'UTC')).toBe('09:14');
    expect(when(at('2026-11-17T04:12:00Z'), now, 'UTC')).toBe('17 Nov');
    expect(when(at('2025-11-17T04:12:00Z'), now, 'UTC')).toBe('17 Nov 2025');
  });
  it('keeps the hour of another day where it matters', () => {
    expect(whenExactly(at('2026-11-23T09:14:07Z'), now, 'UTC')).toBe('09:14:07');
    expect(whenExactly(at('2026-11-17T04:12:00Z'), now, 'UTC')).toBe('17 Nov 04:12');
  });
  it('follows the chosen zone over midnight', () => {
    expect(timeOfDay(at('2026-11-23T23:30:00Z'), 'Europe/Berlin')).toBe('00:30');
    expect(when(at('2026-11-22T23:30:00Z'), now, 'Europe/Berlin')).toBe('00:30');
    expect(fullTime(at('2026-11-23T09:14:07Z'), 'UTC')).toBe('Monday, 23 November 2026, 09:14:07 UTC');
  });
});

describe('words that others wrote', () => {
  it('cuts names in the middle, never at the end', () => {
    expect(middle('mx1.example.net', 34)).toBe('mx1.example.net');
    expect(middle('a-very-long-host-name.of.some.example.net', 20)).toBe('a-very-lon…ample.net');
    expect(middle('a-very-long-host-name.of.some.example.net', 20)).toHaveLength(20);
  });
  it('makes control and direction characters harmless and ends at 300 characters', () => {
    expect(foreign('421\u0000 4.7.28\u202e evil')).toBe('421� 4.7.28� evil');
    expect(foreign('x'.repeat(400))).toHaveLength(300);
  });
});
