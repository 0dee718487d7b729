import { afterEach, describe, expect, it, vi } from 'vitest';

import { api, Fault, onSignedOut, queryString, rememberSession } from './client';
import { EventReader } from './events';

const json = (status: number, body: unknown): Response =>
  new Response(body === undefined ? null : JSON.stringify(body), {
    status,
    headers: { 'Content-Type': 'application/json' },
  });

afterEach(() => vi.unstubAllGlobals());

describe('the client', () => {
  it('refreshes once for all requests that found the session old, and repeats them', async () => {
    let fresh = false;
    const fetched = vi.fn((url: string) => {
      if (url.endsWith('/session/refresh')) {
        fresh = true;
        return Promise.resolve(json(200, { csrf: 'second' }));
      }
      return Promise.resolve(fresh ? json(200, { items: [] }) : json(401, { title: 'old' }));
    });
    vi.stubGlobal('fetch', fetched);
    await Promise.all([api.triggers.list(), api.keys.list(), api.hosts.list()]);
    expect(fetched.mock.calls.filter(([url]) => url.endsWith('/refresh'))).toHaveLength(1);
  });
  it('says that the person is signed out when the refresh is refused too', async () => {
    const out = vi.fn();
    onSignedOut(out);
    vi.stubGlobal('fetch', () =>
      Promise.resolve(json(401, { title: 'You are not signed in.', detail: 'Sign in.', request_id: 'r1' })),
    );
    await expect(api.hosts.list()).rejects.toMatchObject({ status: 401, title: 'You are not signed in.' });
    expect(out).toHaveBeenCalledOnce();
  });
  it('sends the proof with each change, and the version where it matters', async () => {
    rememberSession({ csrf: 'proof' } as never);
    const fetched = vi.fn((...args: [string, RequestInit]) =>
      Promise.resolve(json(args.length === 2 ? 200 : 500, {})),
    );
    vi.stubGlobal('fetch', fetched);
    await api.triggers.change({ id: 'trig_1', version: 7 } as never, { enabled: false });
    const init = fetched.mock.calls[0]?.[1];
    expect(init?.headers).toMatchObject({
      'X-Mailvane-CSRF': 'proof',
      'If-Match': '"7"',
      'Content-Type': 'application/json',
    });
    expect(init?.body).toBe('{"enabled":false}');
  });
  it('turns a dead network into words', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('fetch failed')));
    await expect(api.hosts.list()).rejects.toBeInstanceOf(Fault);
    await expect(api.hosts.list()).rejects.toMatchObject({ title: 'The server cannot be reached.' });
  });
  it('writes lists so that a log can be read', () => {
    expect(
      queryString({ metric: 'queue.deferred.messages,delivery.sent', cursor: undefined, q: 'a b' }),
    ).toBe('?metric=queue.deferred.messages,delivery.sent&q=a%20b');
  });
});

describe('the live stream', () => {
  it('puts events together from any pieces and hears past heartbeats', () => {
    const reader = new EventReader();
    const text =
      ': here\n\nevent: tick\ndata: {"at":1}\n\n: beat\n\nevent: incident\r\ndata: a\r\ndata: b\r\n\r\n';
    for (const size of [1, 2, 7, text.length]) {
      const events = [];
      for (let at = 0; at < text.length; at += size) events.push(...reader.push(text.slice(at, at + size)));
      expect(events).toEqual([
        { name: 'tick', data: '{"at":1}' },
        { name: 'incident', data: 'a\nb' },
      ]);
    }
  });
});
