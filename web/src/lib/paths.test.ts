import { describe, expect, it } from 'vitest';

import { paths, safeBack } from './paths';

describe('links', () => {
  it('escape what they are given', () => {
    expect(paths.instance('inst_1')).toBe('/instances/inst_1');
    expect(paths.host('a/b?c')).toBe('/hosts/a%2Fb%3Fc');
    expect(paths.incidents('open')).toBe('/incidents');
    expect(paths.incidents('closed')).toBe('/incidents?state=closed');
    expect(paths.signIn('/incidents?state=all')).toBe('/signin?back=%2Fincidents%3Fstate%3Dall');
  });
  it('bring nobody to another site after sign-in', () => {
    expect(safeBack('/incidents?state=all')).toBe('/incidents?state=all');
    for (const evil of [
      null,
      '',
      'https://evil.example',
      '//evil.example',
      '/\\evil.example',
      'javascript:alert(1)',
    ]) {
      expect(safeBack(evil)).toBe('/');
    }
  });
});
