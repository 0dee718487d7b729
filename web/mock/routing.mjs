// Routes, silences, windows and the kinds of channels, with a memory of their own and the judgement of a small server.
// @ts-check
import { hosts, id, incidents } from './story.mjs';

const iso = (/** @type {number} */ ms) => new Date(ms).toISOString();
const RANK = ['info', 'warning', 'error', 'critical'];
export const KINDS = ['slack', 'slack_bot', 'pagerduty', 'telegram', 'email', 'webhook'];

/** What a tenant begins with. @param {boolean} empty */
export function beginning(empty) {
  if (empty) return { routes: [], silences: [], windows: [] };
  const now = Date.now();
  const sub7 = hosts().find((host) => host.name === 'sub7.example.net');
  const chan = (/** @type {number} */ n) => id('chan', n);
  const route = (
    /** @type {number} */ n,
    /** @type {string} */ name,
    /** @type {any} */ match,
    /** @type {any} */ steps,
    goes = false,
  ) => ({
    id: id('route', n),
    name,
    position: n,
    enabled: true,
    continue: goes,
    match,
    steps,
    repeat_s: null,
    group_by: 'none',
    version: 1,
  });
  return {
    routes: [
      route(
        1,
        'Inbound at night',
        {
          tags: ['inbound'],
          times: { zone: 'Europe/Berlin', days: [1, 2, 3, 4, 5, 6, 7], from: '22:00', to: '06:00' },
        },
        [{ after_s: 0, channels: [chan(4)] }],
      ),
      route(2, 'Queues', { triggers: [id('trig', 1)] }, [{ after_s: 0, channels: [chan(1), chan(5)] }], true),
      route(3, 'Critical', { severity_min: 'critical' }, [
        { after_s: 0, channels: [chan(3), chan(4), chan(6)] },
        { after_s: 1800, channels: [chan(5)] },
      ]),
      route(4, 'Lists team', { tags: ['lists'] }, [{ after_s: 0, channels: [chan(2)] }]),
      route(5, 'Everything else', {}, [{ after_s: 0, channels: [chan(1)] }]),
    ],
    silences: [
      {
        id: id('sil', 1),
        comment: 'kernel',
        match: { hosts: [sub7?.id ?? ''] },
        starts_at: iso(now - 3_600_000),
        ends_at: iso(now + 30_000_000),
        created_by: 'postmaster@example.org',
        state: 'active',
        incident: null,
      },
      {
        id: id('sil', 2),
        comment: 'move of gw2',
        match: { tags: ['gateway'] },
        starts_at: iso(now - 9e7),
        ends_at: iso(now - 8e7),
        created_by: 'postmaster@example.org',
        state: 'ended',
        incident: null,
      },
    ],
    windows: [
      {
        id: id('mnt', 1),
        name: 'newsletter',
        zone: 'Europe/Berlin',
        match: { tags: ['lists'], triggers: [id('trig', 1)] },
        kind: 'weekly',
        weekly: { days: [7], from: '02:00', to: '05:00' },
        enabled: true,
        next: { from: iso(now + 2e8), to: iso(now + 2.1e8) },
        active: false,
        version: 1,
      },
    ],
  };
}

/** Channels beyond Slack webhooks. */
export const moreChannels = () =>
  /** @type {[number, string, string, string][]} */ ([
    [3, 'pagerduty', 'Mail on-call', '••••f31c'],
    [4, 'telegram', 'Night watch', 'chat -100…7781'],
    [5, 'email', 'postmaster', 'postmaster@example.org'],
    [6, 'webhook', 'tickets', 'https://tickets.example.org/hook'],
  ]).map(([n, kind, name, hint]) => ({
    id: id('chan', n),
    kind,
    name,
    hint,
    severity_min: kind === 'pagerduty' ? 'critical' : 'info',
    enabled: true,
    disabled_reason: null,
    version: 1,
    fallback_channel: kind === 'webhook' ? id('chan', 1) : null,
    dead: kind === 'webhook' ? 2 : 0,
    last_delivery: { at: iso(Date.now() - 720_000), status: kind === 'webhook' ? 'ready' : 'delivered' },
  }));

/** @param {any} match @param {{ severity: string, tags: string[], host?: string, trigger?: string, hour: number }} news */
const covers = (match, news) =>
  RANK.indexOf(news.severity) >= RANK.indexOf(match.severity_min ?? 'info') &&
  (!match.tags?.length || match.tags.some((/** @type {string} */ tag) => news.tags.includes(tag))) &&
  (!match.hosts?.length || match.hosts.includes(news.host)) &&
  (!match.triggers?.length || match.triggers.includes(news.trigger)) &&
  (!match.times || (match.times.from > match.times.to ? news.hour >= 21 || news.hour < 5 : true));

const version = (/** @type {any} */ request, /** @type {any} */ one) =>
  request.headers['if-match'] === `"${one.version}"`
    ? null
    : {
        problem: [412, 'Not saved: somebody else changed it meanwhile.', 'Load it again; your text is kept.'],
      };

/** @param {string} method @param {string[]} path @param {any} body @param {any} state @param {any} request @returns {any} */
export function routing(method, path, body, state, request) {
  const [room, key] = path;
  if (room === 'routes' && key === 'order') {
    state.routes.sort(
      (/** @type {any} */ a, /** @type {any} */ b) => body.ids.indexOf(a.id) - body.ids.indexOf(b.id),
    );
    state.routes.forEach((/** @type {any} */ one, /** @type {number} */ at) => (one.position = at + 1));
    return { status: 204 };
  }
  if (room === 'routes' && key === 'preview') return { body: where(body ?? {}, state) };
  const list = room === 'routes' ? 'routes' : room === 'silences' ? 'silences' : 'windows';
  if (!key && method === 'GET') return { body: { items: state[list], next: null } };
  if (!key) {
    if (state[list].some((/** @type {any} */ one) => body.name && one.name === body.name))
      return {
        problem: [409, 'Not saved: the name exists.', 'Your text is kept.'],
        fields: { name: 'exists already' },
      };
    const made = {
      id: id(room.slice(0, 4), (state.next += 1)),
      position: state[list].length + 1,
      version: 1,
      ...body,
      ...(list === 'silences'
        ? { state: 'active', created_by: 'postmaster@example.org', incident: null }
        : {}),
      ...(list === 'windows' ? { next: null, active: body.kind === 'once' } : {}),
    };
    state[list].push(made);
    return { status: 201, body: made };
  }
  const one = state[list].find((/** @type {any} */ candidate) => candidate.id === key);
  if (!one) return null;
  if (list === 'silences')
    return (Object.assign(one, { state: 'ended', ends_at: iso(Date.now()) }), { status: 204 });
  const old = version(request, one);
  if (old) return old;
  if (method === 'DELETE')
    return ((state[list] = state[list].filter((/** @type {any} */ other) => other !== one)), { status: 204 });
  Object.assign(one, body, { version: one.version + 1 });
  return { body: one };
}

/** @param {any} body @param {any} state */
function where(body, state) {
  const host = hosts().find((candidate) => candidate.id === body.host);
  const news = {
    severity: body.severity,
    tags: host?.tags ?? [],
    host: body.host,
    trigger: body.trigger,
    hour: new Date(body.at ?? Date.now()).getUTCHours(),
  };
  const matches = [];
  for (const route of state.routes) {
    if (!route.enabled || !covers(route.match, news)) continue;
    matches.push({ route: { id: route.id, name: route.name }, steps: route.steps });
    if (!route.continue) break;
  }
  const silenced = state.silences.filter(
    (/** @type {any} */ one) => one.state === 'active' && covers(one.match, news),
  );
  return {
    matches,
    silenced_by: silenced.map((/** @type {any} */ one) => ({
      id: one.id,
      kind: 'silence',
      name: one.comment,
      until: one.ends_at,
    })),
    explanation: silenced.length ? 'A silence covers this.' : 'No silence or maintenance window covers this.',
  };
}

/** @param {string} key @param {any} body @param {any} state */
export function silenceIncident(key, body, state) {
  const one = incidents(Math.floor(Date.now() / 1000)).find((candidate) => candidate.id === key);
  if (!one) return null;
  const made = {
    id: id('sil', (state.next += 1)),
    comment: body?.comment ?? '',
    match: { hosts: [one.host.id], triggers: [one.trigger.id] },
    starts_at: iso(Date.now()),
    ends_at: iso(Date.now() + (body?.for_s ?? 3600) * 1000),
    created_by: 'postmaster@example.org',
    state: 'active',
    incident: key,
  };
  state.silences.push(made);
  return { status: 201, body: made };
}
