import { describe, expect, it } from 'vitest';

import { find } from './find';

const entries = [
  'mx1.example.net / postfix-out',
  'mx10.example.net / postfix',
  'out1.example.net / postfix',
].map((name) => ({ name, kind: 'inbound' }));

describe('search', () => {
  it('wants every word, and the best place first', () => {
    expect(find('mx1 out', entries).map((entry) => entry.name)).toEqual(['mx1.example.net / postfix-out']);
    expect(find('out', entries)[0]?.name).toBe('out1.example.net / postfix');
    expect(find('inbound', entries)).toHaveLength(3);
    expect(find('lists', entries)).toEqual([]);
  });
});
