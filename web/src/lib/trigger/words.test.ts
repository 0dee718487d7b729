import { describe, expect, it } from 'vitest';

import type { TriggerSpec } from '$lib/api/types';
import { begin, clears, faults, fresh, KINDS, scopeWords, unitOf, watches } from './words';

const spec = fresh().spec;

describe('a trigger in words', () => {
  it('says when it fires and when it ends', () => {
    expect(watches(spec)).toBe('queue.deferred.messages is over 1,000 messages for 5 min');
    expect(clears(spec)).toBe('under 700 messages for 10 min');
    expect(watches({ ...spec, hold_s: 0, op: '<', metric: 'delivery.sent', fire: 5 })).toBe(
      'delivery.sent is under 5 recipients a minute',
    );
    expect(watches({ kind: 'silent', after_s: 180 })).toBe('nothing comes from a host for 3 min');
  });
  it('judges counters by growth a minute and gauges as they stand', () => {
    expect(unitOf('reject.total')).toBe('events a minute');
    expect(unitOf('queue.deferred.oldest')).toBe('seconds');
  });
  it('has words for every kind', () => {
    expect(watches(begin('ratio'))).toBe(
      'delivery.deferred as share of delivery.attempts is over 20.0\u2009% in 15 min',
    );
    expect(watches(begin('baseline'))).toBe('queue.deferred.messages is over 3 times the usual for 5 min');
    expect(watches(begin('event'))).toBe('daemon.crashed happens in 10 min');
    expect(watches(begin('absence'))).toBe('delivery.sent adds up to less than 1 recipients in 30 min');
    expect(watches(begin('growth'))).toBe(
      'the growth of queue.deferred.messages is over 20 messages a minute in 10 min',
    );
    for (const kind of KINDS) expect(faults({ ...fresh(), name: kind, spec: begin(kind) }), kind).toEqual({});
  });
  it('names its scope', () => {
    expect(scopeWords(spec)).toBe('every instance');
    expect(scopeWords({ ...spec, scope: { tags: ['outbound', 'pop: fra'] } })).toBe(
      'tag outbound, tag pop: fra',
    );
  });
});

describe('what may not be saved', () => {
  const draft = (change: Partial<TriggerSpec>) => ({ ...fresh(), name: 'a', spec: { ...spec, ...change } });
  it('is a trigger that would flap, or watches nothing', () => {
    expect(faults(draft({}))).toEqual({});
    expect(faults(draft({ clear: 1_001 }))).toHaveProperty('clear');
    expect(faults(draft({ op: '<', fire: 10, clear: 5 }))).toHaveProperty('clear');
    expect(faults(draft({ metric: 'queue.deferred' }))).toHaveProperty('metric');
    expect(faults(draft({ fire: Number.NaN }))).toHaveProperty('fire');
    expect(faults({ ...draft({}), name: ' ' })).toHaveProperty('name');
    expect(faults({ ...fresh(), name: 'a', spec: { kind: 'silent', after_s: 10 } })).toHaveProperty(
      'after_s',
    );
  });
});
