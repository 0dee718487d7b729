// The mock API: one small server on the story, for development, unit tests and journeys. It hands out the built
// pages under the same headers as the real server, so that a page which breaks the policy breaks here first.
// @ts-check
import { createServer } from 'node:http';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

import * as figures from './figures.mjs';
import { people, personnel, stranger } from './people.mjs';
import { beginning, KINDS, moreChannels, routing, silenceIncident } from './routing.mjs';
import { cause, closedIncidents, hosts, id, incidents } from './story.mjs';

const DIST = join(fileURLToPath(new URL('..', import.meta.url)), 'dist');
export const LOGIN = { email: 'postmaster@example.org', password: 'correct horse battery staple' };
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; " +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'";
const TYPES = /** @type {Record<string, string>} */ ({
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
});
const BODY_BYTES_MAX = 1_000_000;

/** One mock with its own memory. `empty` is a tenant that has no host yet. `hosts` fills the story up to so many. @param {{ empty?: boolean, tick_ms?: number, hosts?: number }} [options] */
export function mock(options = {}) {
  const story = options.empty ? [] : hosts();
  /** @type {any} */
  const state = {
    sessions: new Set(),
    failures: 0,
    next: 9000,
    lines: new Set(),
    down: false,
    slow: 0,
    broken: '',
    acknowledged: new Map(),
    resolved: new Map(),
    notes: new Map(),
    deliveries: [],
    channels: options.empty
      ? []
      : [
          {
            id: id('chan', 1),
            kind: 'slack',
            name: '#postmaster',
            hint: 'hooks.slack.com/services/T0…/B0…/••••2pQ7',
            severity_min: 'info',
            enabled: true,
            disabled_reason: null,
            version: 1,
            last_delivery: { at: ago(12), status: 'delivered' },
          },
          {
            id: id('chan', 2),
            kind: 'slack',
            name: '#lists',
            hint: 'hooks.slack.com/services/T0…/B1…/••••x9Lm',
            severity_min: 'error',
            enabled: false,
            disabled_reason: 'Slack answered 404 no_service: the webhook was removed there.',
            version: 3,
            last_delivery: { at: ago(4100), status: 'dead' },
          },
        ],
    triggers: options.empty
      ? []
      : [
          {
            id: id('trig', 1),
            name: 'queue.deferred.high',
            template: 'queue.deferred.high',
            enabled: true,
            severity: 'critical',
            spec: {
              kind: 'threshold',
              metric: 'queue.deferred.messages',
              op: '>',
              fire: 1000,
              clear: 700,
              hold_s: 300,
              clear_hold_s: 600,
              scope: {},
            },
            version: 2,
            firing: 1,
          },
          {
            id: id('trig', 2),
            name: 'agent.silent',
            template: 'agent.silent',
            enabled: true,
            severity: 'critical',
            spec: { kind: 'silent', after_s: 180 },
            version: 1,
            firing: 1,
          },
          {
            id: id('trig', 4),
            name: 'tls.in.low',
            template: null,
            enabled: true,
            severity: 'warning',
            spec: {
              kind: 'threshold',
              metric: 'tls.in.messages_plain',
              op: '>',
              fire: 20,
              clear: 5,
              hold_s: 600,
              clear_hold_s: 600,
              scope: { tags: ['submission'] },
            },
            version: 1,
            firing: 1,
          },
        ],
    keys: options.empty
      ? []
      : [
          {
            id: id('ekey', 1),
            key_id: 'a4kq',
            comment: 'Ansible, inbound',
            created_by: LOGIN.email,
            created_at: ago(20_000),
            expires_at: ago(-40_000),
            uses_left: 35,
            last_used_at: ago(3_000),
            revoked: false,
            hosts: [],
          },
          {
            id: id('ekey', 2),
            key_id: 'p02m',
            comment: '',
            created_by: null,
            created_at: ago(90_000),
            expires_at: ago(80_000),
            uses_left: 0,
            last_used_at: ago(85_000),
            revoked: false,
            hosts: story[3] ? [{ id: story[3].id, name: story[3].name, first_batch_at: ago(84_999) }] : [],
          },
        ],
    extra: [],
    people: personnel(LOGIN),
    ...beginning(options.empty ?? false),
  };
  for (let at = story.length + 1; at <= (options.hosts ?? 0); at += 1) state.extra.push(further(at));
  if (!options.empty) state.channels.push(...moreChannels());
  const server = createServer((request, answer) => void serve(request, answer, state, options));
  // A connection that ends just as it is asked again would look like a fault of the page.
  server.keepAliveTimeout = 120_000;
  const ticker = setInterval(
    () =>
      tell(state, 'tick', { at: new Date().toISOString(), hosts: story.slice(0, 40).map((host) => host.id) }),
    options.tick_ms ?? 5_000,
  );
  ticker.unref();
  return {
    server,
    state,
    /** @param {number} [port] */
    listen: (port = 0) =>
      new Promise((resolve) =>
        server.listen(port, '127.0.0.1', () =>
          resolve(`http://127.0.0.1:${/** @type {any} */ (server.address()).port}`),
        ),
      ),
    close: () => {
      clearInterval(ticker);
      for (const line of state.lines) line.end();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A host beyond the story, for a large fleet. @param {number} at */
function further(at) {
  const host = {
    id: id('host', at),
    name: `edge${at}.example.net`,
    tags: ['edge'],
    state: 'active',
    instances: /** @type {any[]} */ ([]),
  };
  const made = {
    id: id('inst', 10_000 + at),
    name: 'postfix',
    host: host.id,
    size: 0.4 + (at % 9) / 5,
    seed: at * 7919,
    quirk: '',
  };
  host.instances.push(made);
  figures.byInstance.set(made.id, { host, instance: made });
  return host;
}

/** @param {number} minutes */
function ago(minutes) {
  return new Date(Date.now() - minutes * 60_000).toISOString();
}

/** @param {any} state @param {string} name @param {unknown} data */
export function tell(state, name, data) {
  for (const line of state.lines) line.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}

/** @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} answer @param {any} state @param {{ empty?: boolean }} options */
async function serve(request, answer, state, options) {
  const url = new URL(request.url ?? '/', 'http://mock');
  answer.setHeader('Content-Security-Policy', CSP);
  answer.setHeader('X-Content-Type-Options', 'nosniff');
  if (state.down && url.pathname.startsWith('/api/')) return void request.socket.destroy();
  if (url.pathname === '/healthz' || url.pathname === '/readyz')
    return void (state.down ? request.socket.destroy() : answer.end('ok'));
  if (!url.pathname.startsWith('/api/')) return page(url.pathname, answer);
  if (state.slow) await new Promise((resume) => setTimeout(resume, state.slow));
  const body = await read(request);
  // Whoever asked has gone: what came of the question may be half a body.
  if (!answer.socket || answer.socket.destroyed) return;
  const path = url.pathname.slice('/api/v1'.length);
  if (state.broken && path.startsWith(state.broken))
    return problem(answer, 503, 'Figures took longer than 10 s.', 'Nothing was lost. Try again.');
  const reply = api(request.method ?? 'GET', path, url.searchParams, body, state, options, request, answer);
  if (reply === STREAM) return;
  if (reply === null)
    return problem(answer, 404, 'There is no such thing.', 'It was deleted, or the address is mistyped.');
  if (reply.problem)
    return problem(
      answer,
      .../** @type {[number, string, string]} */ (reply.problem),
      reply.fields,
      reply.type,
    );
  if (reply.cookie) answer.setHeader('Set-Cookie', reply.cookie);
  answer.statusCode = reply.status ?? 200;
  if (reply.body === undefined) return void answer.end();
  answer.setHeader('Content-Type', 'application/json');
  answer.end(JSON.stringify(reply.body));
}

const STREAM = /** @type {any} */ ({});

/** @param {string} method @param {string} path @param {URLSearchParams} query @param {any} body @param {any} state @param {{ empty?: boolean }} options @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} answer @returns {any} */
function api(method, path, query, body, state, options, request, answer) {
  const now = Math.floor(Date.now() / 1000);
  if (path === '/session' && method === 'POST') return signIn(body, state);
  const asked = stranger(method, path, body, state, () => enter(state));
  if (asked !== undefined) return asked;
  const cookie = /mock=(\w+)/.exec(request.headers.cookie ?? '')?.[1];
  if (!cookie || !state.sessions.has(cookie))
    return { problem: [401, 'You are not signed in.', 'Sign in again.'] };
  if (method !== 'GET' && path !== '/session/refresh' && request.headers['x-mailvane-csrf'] !== 'mock-csrf')
    return { problem: [403, 'The request lacks its token.', 'Load the page again.'] };
  const [, room, key, act] = path.split('/');
  if (path === '/session' && method === 'DELETE')
    return (state.sessions.delete(cookie), { status: 204, cookie: 'mock=; Max-Age=0; Path=/' });
  const ofPeople = people(method, path.split('/').slice(1), body, state, session());
  if (ofPeople !== undefined) return ofPeople;
  if (room === 'session') return { body: session() };
  if (room === 'live') return stream(state, answer);
  if (room === 'fleet')
    return {
      body: options.empty
        ? emptyFleet(now, state)
        : withState(figures.fleet(now, Number(query.get('range_s') ?? 3600), state.extra), state),
    };
  if (room === 'series') return { body: figures.series(query, now) };
  if (room === 'breakdowns') {
    const body = figures.breakdown(query, now);
    return body ? { body } : { problem: [422, 'There is no such dimension.', 'See /catalogue.'] };
  }
  if (room === 'latest') return { body: figures.latest(query.get('instance') ?? '', now) };
  if (room === 'events') return { body: { items: figures.events(query.get('instance') ?? '', now) } };
  if (room === 'instances' && key) return instance(key, now);
  if (room === 'hosts') return host(method, key, state, options, now);
  if (room === 'incidents') return incident(method, key, act, query, body, state, options, now);
  if (room === 'routes' || room === 'silences' || room === 'maintenance')
    return routing(method, path.split('/').slice(1), body, state, request);
  if (room === 'config.yaml') return { body: {} };
  if (room === 'channels') return channel(method, key, act, body, state, request);
  if (room === 'triggers') return trigger(method, key, body, state, request);
  if (room === 'enrolment-keys') return enrolment(method, key, body, state);
  if (room === 'audit')
    return {
      body: {
        items: [
          { at: ago(4), actor: LOGIN.email, action: 'session.create', object: id('user', 1), detail: {} },
          {
            at: ago(610),
            actor: 'system',
            action: 'channel.disable',
            object: id('chan', 2),
            detail: { reason: 'no_service' },
          },
          {
            at: ago(4000),
            actor: LOGIN.email,
            action: 'enrolment_key.create',
            object: id('ekey', 1),
            detail: { uses: 40 },
          },
        ],
        next: null,
      },
    };
  return null;
}

/** @param {any} body @param {any} state */
function signIn(body, state) {
  if (body?.email !== LOGIN.email || body?.password !== LOGIN.password) {
    state.failures += 1;
    if (state.failures > 8) return { problem: [429, 'Too many tries.', 'Wait 5 min, then try again.'] };
    return {
      problem: [
        401,
        'E-mail and password do not match.',
        'Mind capitals; after 8 tries there is a pause of 5 min.',
      ],
    };
  }
  if (state.people.totp && body.code !== '123456')
    return {
      problem: [401, 'A code is needed.', 'Enter the code of your second factor.'],
      type: '/problems/totp-required',
    };
  return enter(state);
}

/** A session for whoever may have one. @param {any} state */
function enter(state) {
  state.failures = 0;
  const token = `s${(state.next += 1)}`;
  state.sessions.add(token);
  return { cookie: `mock=${token}; HttpOnly; SameSite=Strict; Path=/`, body: session() };
}

const session = () => ({
  person: { id: id('user', 1), email: LOGIN.email, name: 'Paula Meister' },
  tenant: { id: id('tenant', 1), name: 'Example Post', interval_s: 10 },
  role: 'owner',
  csrf: 'mock-csrf',
  expires_at: ago(-600),
});

/** @param {any} state @param {import('node:http').ServerResponse} answer */
function stream(state, answer) {
  answer.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  answer.write(': here\n\n');
  answer.write(
    `event: tick\ndata: ${JSON.stringify({ at: new Date(Date.now() - 4_000).toISOString(), hosts: [id('host', 1)] })}\n\n`,
  );
  state.lines.add(answer);
  answer.on('close', () => state.lines.delete(answer));
  return STREAM;
}

/** @param {any} fleet @param {any} state */
function withState(fleet, state) {
  for (const row of fleet.rows) {
    if (row.incident && state.resolved.has(row.incident.id))
      Object.assign(row, { incident: null, state: 'ok', incidents_open: 0 });
    if (row.incident && state.acknowledged.has(row.incident.id)) row.incident.acknowledged = true;
  }
  return fleet;
}

/** @param {number} now @param {any} state */
function emptyFleet(now, state) {
  const fleet = figures.fleet(now, 3600, state.extra);
  fleet.rows = fleet.rows.slice(fleet.rows.length - state.extra.length);
  if (!state.extra.length) fleet.rows = [];
  return fleet;
}

/** @param {string} key @param {number} now */
function instance(key, now) {
  const known = figures.byInstance.get(key);
  if (!known) return null;
  const { host, instance } = known;
  return {
    body: {
      id: key,
      name: instance.name,
      config_directory: instance.name === 'postfix' ? '/etc/postfix' : `/etc/${instance.name}`,
      container: '',
      host: { id: host.id, name: host.name },
      first_seen_at: ago(80_000),
      last_sample_at: new Date(
        (instance.quirk === 'silent' ? now - 6180 : now - (now % 10)) * 1000,
      ).toISOString(),
      visible: figures.visible(instance.quirk),
      not_visible: figures.notVisible(instance.quirk),
    },
  };
}

/** @param {string} method @param {string | undefined} key @param {any} state @param {{ empty?: boolean }} options @param {number} now */
function host(method, key, state, options, now) {
  const all = [...(options.empty ? [] : hosts()), ...state.extra];
  const show = (/** @type {any} */ one) => ({
    id: one.id,
    name: one.name,
    state: one.state,
    tags: one.tags,
    created_at: one.created_at ?? ago(80_000),
    agent: {
      id: one.id.replace('host', 'agent'),
      version: '1.4.0',
      last_batch_at: one.instances.length ? new Date(now * 1000).toISOString() : null,
      first_batch_at: one.first_batch_at ?? (one.instances.length ? ago(79_999) : null),
      created_at: one.created_at ?? ago(80_000),
      revoked: false,
    },
    facts: one.instances.length
      ? {
          at: ago(300),
          os: 'Debian GNU/Linux 12',
          agent_version: '1.4.0',
          instances: one.instances.map((/** @type {any} */ i) => ({
            config_directory: `/etc/${i.name}`,
            name: i.name,
            postfix_version: '3.7.11',
            queue_directory: `/var/spool/${i.name}`,
            my_hostname: one.name,
            active_limit: 20000,
            sources: ['/var/log/mail.log'],
            running: true,
          })),
          blind_spots: figures
            .notVisible('')
            .slice(0, 1)
            .map((spot) => ({ config_directory: null, ...spot })),
        }
      : null,
    instances: one.instances.map((/** @type {any} */ i) => ({
      id: i.id,
      name: i.name,
      config_directory: `/etc/${i.name}`,
      container: '',
      first_seen_at: ago(79_999),
    })),
  });
  if (!key) return { body: { items: all.slice(0, 200).map(show), next: null } };
  const one = all.find((candidate) => candidate.id === key);
  if (!one) return null;
  if (method === 'DELETE') return { status: 204 };
  return { body: show(one) };
}

/** @param {string} method @param {string | undefined} key @param {string | undefined} act @param {URLSearchParams} query @param {any} body @param {any} state @param {{ empty?: boolean }} options @param {number} now */
function incident(method, key, act, query, body, state, options, now) {
  /** @type {any[]} */
  const all = options.empty ? [] : [...incidents(now), ...closedIncidents(now)];
  for (const one of all) {
    if (state.acknowledged.has(one.id)) one.acknowledged = state.acknowledged.get(one.id);
    if (state.resolved.has(one.id))
      Object.assign(one, {
        closed_at: state.resolved.get(one.id),
        close_reason: `resolved by ${LOGIN.email}`,
      });
  }
  if (!key) {
    const wish = query.get('state') ?? 'all';
    return {
      body: {
        items: all.filter((one) => wish === 'all' || (wish === 'open') === (one.closed_at === null)),
        next: null,
      },
    };
  }
  const one = all.find((candidate) => candidate.id === key);
  if (!one) return null;
  if (method === 'POST' && act === 'acknowledge') {
    state.acknowledged.set(key, {
      at: new Date().toISOString(),
      by: LOGIN.email,
      until: ago(-(body?.until_s ?? 28_800) / 60),
    });
    return { body: { ...one, acknowledged: state.acknowledged.get(key) } };
  }
  if (method === 'POST' && act === 'silence') return silenceIncident(key, body, state);
  if (method === 'POST' && act === 'resolve')
    return (
      state.resolved.set(key, new Date().toISOString()),
      { body: { ...one, closed_at: state.resolved.get(key) } }
    );
  if (method === 'POST' && act === 'note')
    return (
      state.notes.set(key, [
        ...(state.notes.get(key) ?? []),
        { at: new Date().toISOString(), text: body.text },
      ]),
      { status: 204 }
    );
  const events = [
    { seq: 1, at: one.opened_at, kind: 'opened', body: { value: one.value, threshold: one.threshold } },
  ];
  if (one.acknowledged)
    events.push({
      seq: 2,
      at: one.acknowledged.at,
      kind: 'acknowledged',
      body: /** @type {any} */ ({ by: one.acknowledged.by }),
    });
  for (const note of state.notes.get(key) ?? [])
    events.push({
      seq: events.length + 1,
      at: note.at,
      kind: 'note',
      body: /** @type {any} */ ({ text: note.text, by: LOGIN.email }),
    });
  if (one.closed_at)
    events.push({
      seq: events.length + 1,
      at: one.closed_at,
      kind: 'closed',
      body: /** @type {any} */ ({ reason: one.close_reason }),
    });
  const sent = (
    /** @type {number} */ n,
    /** @type {string} */ kind,
    /** @type {string} */ status,
    /** @type {string | null} */ error,
  ) => ({
    id: id('dlv', n),
    channel: { id: id('chan', n), name: n === 1 ? '#postmaster' : '#lists', kind: 'slack' },
    kind,
    status,
    attempts: status === 'dead' ? 1 : 1,
    created_at: one.opened_at,
    finished_at: new Date(Date.parse(one.opened_at) + 420).toISOString(),
    last_error: error,
  });
  return {
    body: {
      ...one,
      cause: one.title.startsWith('Gmail') ? cause(now) : null,
      events,
      deliveries: [
        sent(1, 'opened', 'delivered', null),
        sent(2, 'opened', 'dead', 'Slack answered 404 no_service.'),
      ],
    },
  };
}

/** @param {any} request @param {any} thing */
const stale = (request, thing) =>
  request.headers['if-match'] === `"${thing.version}"`
    ? null
    : {
        problem: [412, 'Not saved: somebody else changed it meanwhile.', 'Load it again; your text is kept.'],
      };

/** @param {string} method @param {string | undefined} key @param {string | undefined} act @param {any} body @param {any} state @param {any} request */
function channel(method, key, act, body, state, request) {
  if (!key && method === 'GET') return { body: { items: state.channels } };
  if (!key) {
    const kind = KINDS.includes(body?.kind) ? body.kind : 'slack';
    if (kind === 'slack' && !/^https:\/\/hooks\.slack\.com\/services\//.test(body?.slack?.webhook_url ?? ''))
      return {
        problem: [
          422,
          'Not saved: the address is not a Slack webhook.',
          'It begins with https://hooks.slack.com/services/. Your text is kept.',
        ],
        fields: { 'slack.webhook_url': 'begins with https://hooks.slack.com/services/' },
      };
    if (state.channels.some((/** @type {any} */ one) => one.name === body.name))
      return {
        problem: [409, 'Not saved: the name exists.', 'Your text is kept.'],
        fields: { name: 'exists already' },
      };
    const made = {
      id: id('chan', (state.next += 1)),
      kind,
      name: body.name,
      hint: kind === 'slack' ? 'hooks.slack.com/services/…/••••' : '••••',
      fallback_channel: body.fallback_channel ?? null,
      dead: 0,
      severity_min: body.severity_min,
      enabled: true,
      disabled_reason: null,
      version: 1,
      last_delivery: null,
    };
    state.channels.push(made);
    return { status: 201, body: kind === 'webhook' ? { ...made, secret: 'whsec_c2hvd24gb25jZQ==' } : made };
  }
  const one = state.channels.find((/** @type {any} */ candidate) => candidate.id === key);
  if (!one) return null;
  if (act === 'test') {
    const good = !one.disabled_reason;
    one.last_delivery = { at: new Date().toISOString(), status: good ? 'delivered' : 'dead' };
    return {
      body: good
        ? { outcome: 'delivered', http_status: 200, detail: 'Slack answered ok.', duration_ms: 312 }
        : {
            outcome: 'permanent',
            http_status: 404,
            detail:
              'Slack answered no_service: the webhook was removed there. Make a new one and enter it here.',
            duration_ms: 208,
          },
    };
  }
  if (act === 'replay') {
    const replayed = one.dead ?? 0;
    one.dead = 0;
    return { body: { replayed } };
  }
  if (act === 'deliveries')
    return {
      body: {
        items: [1, 2, 3].map((n) => ({
          id: id('dlv', n),
          channel: { id: one.id, name: one.name, kind: 'slack' },
          kind: ['opened', 'resolved', 'test'][n - 1],
          status: one.disabled_reason ? 'dead' : 'delivered',
          attempts: n,
          created_at: ago(n * 400),
          finished_at: ago(n * 400 - 0.1),
          last_error: one.disabled_reason,
        })),
      },
    };
  if (method === 'GET') return { body: one };
  const old = stale(request, one);
  if (old) return old;
  if (method === 'DELETE')
    return (
      (state.channels = state.channels.filter((/** @type {any} */ other) => other !== one)),
      { status: 204 }
    );
  Object.assign(one, body, {
    version: one.version + 1,
    disabled_reason: body.enabled ? null : one.disabled_reason,
  });
  return { body: one };
}

/** @param {string} method @param {string | undefined} key @param {any} body @param {any} state @param {any} request */
function trigger(method, key, body, state, request) {
  if (!key && method === 'GET') return { body: { items: state.triggers } };
  if (!key) {
    if (state.triggers.some((/** @type {any} */ one) => one.name === body.name))
      return {
        problem: [409, 'Not saved: the name exists.', 'Your text is kept.'],
        fields: { name: 'exists already' },
      };
    const made = { ...body, id: id('trig', (state.next += 1)), template: null, version: 1, firing: 0 };
    state.triggers.push(made);
    return { status: 201, body: made };
  }
  if (key === 'preview') return { body: figures.preview(body, Math.floor(Date.now() / 1000)) };
  const one = state.triggers.find((/** @type {any} */ candidate) => candidate.id === key);
  if (!one) return null;
  if (method === 'GET') return { body: one };
  const old = stale(request, one);
  if (old) return old;
  if (method === 'DELETE')
    return (
      (state.triggers = state.triggers.filter((/** @type {any} */ other) => other !== one)),
      { status: 204 }
    );
  Object.assign(one, body, { version: one.version + 1 });
  return { body: one };
}

/** @param {string} method @param {string | undefined} key @param {any} body @param {any} state */
function enrolment(method, key, body, state) {
  if (!key && method === 'GET') return { body: { items: state.keys, next: null } };
  if (key) {
    const one = state.keys.find((/** @type {any} */ candidate) => candidate.id === key);
    if (!one) return null;
    one.revoked = true;
    return { status: 204 };
  }
  const made = {
    id: id('ekey', (state.next += 1)),
    key_id: 'n3wk',
    comment: body?.comment ?? '',
    created_by: LOGIN.email,
    created_at: new Date().toISOString(),
    expires_at: ago(-(body?.expires_in_s ?? 3600) / 60),
    uses_left: body?.uses ?? 1,
    last_used_at: null,
    revoked: false,
    hosts: [],
  };
  state.keys.push(made);
  return {
    status: 201,
    body: {
      ...made,
      key: 'mv_enr_example_2pQ7Wq0aZ81kfE5rT6uYb3Xc',
      install: {
        server: 'https://mailvane.example.com:8443',
        ca_sha256: '4f0c…',
        ca_pem: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
        commands: [
          {
            name: 'Trust this server',
            text: 'sudo install -d /etc/mailvane && curl -fsS http://127.0.0.1:8080/ca.pem | sudo tee /etc/mailvane/ca.pem >/dev/null',
          },
          {
            name: 'Enrol',
            text: 'echo mv_enr_example_2pQ7Wq0aZ81kfE5rT6uYb3Xc | sudo mailvane-agent enroll --server https://mailvane.example.com:8443 --ca /etc/mailvane/ca.pem --key-file -',
          },
          { name: 'Run', text: 'sudo systemctl enable --now mailvane-agent' },
        ],
      },
    },
  };
}

/** Plays an agent that enrols with the newest key and, a moment later, delivers. @param {any} state @param {number} first_ms */
export function enrolHost(state, first_ms) {
  const key = state.keys.at(-1);
  const host = {
    id: id('host', (state.next += 1)),
    name: 'mx65.example.net',
    tags: ['inbound'],
    state: 'active',
    created_at: new Date().toISOString(),
    instances: /** @type {any[]} */ ([]),
  };
  state.extra.push(host);
  key.uses_left -= 1;
  key.hosts.push({ id: host.id, name: host.name, first_batch_at: null });
  setTimeout(() => {
    const first = new Date().toISOString();
    key.hosts[0].first_batch_at = first;
    const made = { id: id('inst', state.next), name: 'postfix', host: host.id, size: 1, seed: 7, quirk: '' };
    host.instances.push(made);
    figures.byInstance.set(made.id, { host: /** @type {any} */ (host), instance: made });
    tell(state, 'tick', { at: first, hosts: [host.id] });
  }, first_ms);
}

/** @param {string} path @param {import('node:http').ServerResponse} answer */
function page(path, answer) {
  const wish = join(DIST, normalize(decodeURIComponent(path)));
  const file =
    wish.startsWith(DIST) && existsSync(wish) && statSync(wish).isFile() ? wish : join(DIST, 'index.html');
  if (path.startsWith('/_app/immutable/'))
    answer.setHeader('Cache-Control', 'public, max-age=31536000, immutable');
  answer.setHeader('Content-Type', TYPES[extname(file)] ?? 'application/octet-stream');
  answer.end(readFileSync(file));
}

/** @param {import('node:http').ServerResponse} answer @param {number} status @param {string} title @param {string} detail @param {Record<string, string>} [fields] @param {string} [type] */
function problem(answer, status, title, detail, fields, type = 'about:blank') {
  answer.statusCode = status;
  answer.setHeader('Content-Type', 'application/problem+json');
  answer.end(JSON.stringify({ type, title, status, detail, request_id: '01J8MOCK', fields }));
}

/** @param {import('node:http').IncomingMessage} request @returns {Promise<any>} */
async function read(request) {
  let text = '';
  try {
    for await (const piece of request) {
      text += piece;
      if (text.length > BODY_BYTES_MAX) return null;
    }
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const one = mock({ empty: process.argv.includes('--empty') });
  const url = await one.listen(Number(process.env.PORT ?? 4180));
  console.log(`Mock API and built pages at ${url}; sign in as ${LOGIN.email} with "${LOGIN.password}"`);
}
