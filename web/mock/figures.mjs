// The story as fleet rows, series, breakdowns and events. Shapes are the REST contract's.
// @ts-check
import { deferred, dice, flow, hosts, incidents } from './story.mjs';

const iso = (/** @type {number} */ seconds) => new Date(Math.round(seconds) * 1000).toISOString();
const all = hosts();
/** @type {Map<string, { host: import('./story.mjs').StoryHost, instance: import('./story.mjs').StoryInstance }>} */
export const byInstance = new Map(
  all.flatMap((host) => host.instances.map((instance) => [instance.id, { host, instance }])),
);

/** @param {number} now @param {number} range @param {import('./story.mjs').StoryHost[]} extra */
export function fleet(now, range, extra, interval = 10) {
  const open = incidents(now);
  /** @type {Record<string, unknown>[]} */
  const rows = [];
  for (const host of [...all, ...extra]) {
    if (host.instances.length === 0) rows.push(waitingRow(host));
    for (const instance of host.instances) rows.push(row(host, instance, now, range, open));
  }
  const sum = (/** @type {string} */ name) =>
    rows.reduce(
      (total, one) => total + (typeof one[name] === 'number' ? /** @type {number} */ (one[name]) : 0),
      0,
    );
  const points = Array.from({ length: 30 }, (_, at) => now - range + ((at + 1) * range) / 30);
  const total = (/** @type {(i: import('./story.mjs').StoryInstance, at: number) => number} */ of) =>
    points.map((at) => Math.round(all.flatMap((host) => host.instances).reduce((s, i) => s + of(i, at), 0)));
  return {
    at: iso(now),
    interval_s: interval,
    rows,
    totals: {
      deferred: sum('deferred'),
      active: sum('active'),
      in_per_min: sum('in_per_min'),
      out_per_min: sum('out_per_min'),
      bounced_pct: 0.7,
      rejected_per_min: sum('rejected_per_min'),
      tls_pct: 99,
      reporting: all.length - 1,
      hosts: all.length + extra.length,
      incidents_open: open.length,
      spark: {
        deferred: total((i, at) => deferred(i, at, now)),
        active: total((i, at) => i.size * 5 * (1 + Math.sin(at / 700 + i.seed) * 0.2)),
        in: total((i, at) => flow(i, at, now)),
        out: total((i, at) => flow(i, at, now) * 0.963),
      },
    },
  };
}

/** @param {import('./story.mjs').StoryHost} host */
function waitingRow(host) {
  return {
    ...blank(),
    host: { id: host.id, name: host.name, tags: host.tags },
    instance: null,
    state: 'waiting',
    last_sample_at: null,
    incident: null,
    incidents_open: 0,
  };
}

const blank = () => ({
  deferred: null,
  active: null,
  incoming: null,
  hold: null,
  in_per_min: null,
  out_per_min: null,
  bounced_pct: null,
  deferred_pct: null,
  rejected_per_min: null,
  tls_pct: null,
  oldest_s: null,
  spark_deferred: /** @type {(number|null)[]} */ ([]),
  spark_out: /** @type {(number|null)[]} */ ([]),
});

/** @param {import('./story.mjs').StoryHost} host @param {import('./story.mjs').StoryInstance} instance @param {number} now @param {number} range @param {ReturnType<typeof incidents>} open */
function row(host, instance, now, range, open) {
  const roll = dice(instance.seed);
  const points = Array.from({ length: 30 }, (_, at) => now - range + ((at + 1) * range) / 30);
  const mine = open.find(
    (one) => one.host.id === host.id && (!one.instance || one.instance.id === instance.id),
  );
  const gmail = instance.quirk === 'gmail' && instance.name === 'postfix-out';
  const silent = instance.quirk === 'silent';
  const inFlow = flow(instance, now, now);
  const queue = instance.quirk !== 'no-queue';
  const log = instance.quirk !== 'quiet-log';
  const head = {
    host: { id: host.id, name: host.name, tags: host.tags },
    instance: { id: instance.id, name: instance.name },
    state: silent ? 'silent' : (mine?.severity ?? 'ok'),
    last_sample_at: iso(silent ? now - 6180 : now - (now % 10)),
    incident: mine
      ? { id: mine.id, title: mine.title, severity: mine.severity, acknowledged: mine.acknowledged !== null }
      : null,
    incidents_open: mine ? 1 : 0,
  };
  const oldest = [41, 64, 131, 230, 308, 580, 871][Math.floor(roll() * 7)] ?? 41;
  return {
    ...head,
    deferred: queue ? deferred(instance, now, now) : null,
    active: queue ? (gmail ? 212 : Math.floor(roll() ** 3 * 22)) : null,
    incoming: queue ? Math.floor(roll() * 4) : null,
    hold: queue ? 0 : null,
    in_per_min: log ? Math.round(inFlow) : null,
    out_per_min: log ? Math.round(inFlow * (gmail ? 0.83 : 0.93 + roll() * 0.06)) : null,
    bounced_pct: log ? (gmail ? 1.5 : Math.round(roll() * 14) / 10) : null,
    deferred_pct: log ? (gmail ? 28 : Math.round(roll() * 50) / 10) : null,
    rejected_per_min: log ? Math.round(roll() ** 2 * (host.tags[0] === 'inbound' ? 320 : 24)) : null,
    tls_pct: log ? (instance.quirk === 'tls' ? 92.7 : Math.round(970 + roll() * 29) / 10) : null,
    oldest_s: queue ? (gmail ? 417_600 : oldest * 60) : null,
    spark_deferred: queue
      ? points.map((at) => (silent && at > now - 6180 ? null : deferred(instance, at, now)))
      : [],
    spark_out: log ? points.map((at) => Math.round(flow(instance, at, now) * 0.95)) : [],
  };
}

const AGES = [
  'lt_5m',
  'lt_10m',
  'lt_20m',
  'lt_40m',
  'lt_80m',
  'lt_160m',
  'lt_320m',
  'lt_640m',
  'lt_1280m',
  'ge_1280m',
];
const AGE_NOW = [446, 429, 783, 623, 54, 38, 21, 19, 13, 5];

/** What part of the flow a counter is, a minute. @type {Record<string, (f: number, gmail: number) => number>} */
const COUNTERS = {
  'message.received': (f) => f,
  'message.queued': (f) => f * 1.02,
  'message.removed': (f, g) => f * (1 - g * 0.2),
  'delivery.sent': (f, g) => f * (0.96 - g * 0.13),
  'delivery.deferred': (f, g) => f * (0.03 + g * 0.3),
  'delivery.bounced': (f) => f * 0.012,
  'delivery.expired': () => 0,
  'delivery.attempts': (f, g) => f * (1.01 + g * 0.2),
  'delivery.first.sent': (f, g) => f * (0.93 - g * 0.2),
  'delivery.retry.sent': (f) => f * 0.03,
  'smtpd.connections': (f) => f * 0.27,
  'reject.total': (f) => f * 0.006,
  'reject.phase.rcpt': (f) => f * 0.005,
  'reject.phase.mail': (f) => f * 0.0008,
  'reject.phase.helo': (f) => f * 0.0004,
  'reject.phase.connect': () => 0,
  'tls.out.connections': (f) => f * 0.4,
  'sasl.failed': (f) => f * 0.002,
};

/** @param {string} metric @param {import('./story.mjs').StoryInstance} instance @param {number} at @param {number} now @param {number} step */
function value(metric, instance, at, now, step) {
  const gmailish = instance.quirk === 'gmail' && instance.name === 'postfix-out';
  const gmail = gmailish && at > now - 27 * 60 ? 1 : 0;
  if (instance.quirk === 'silent' && at > now - 6180) return null;
  if (instance.quirk === 'quiet-log' && at > now - 70 * 60 && metric in COUNTERS) return null;
  if (instance.quirk === 'no-queue' && metric.startsWith('queue.')) return null;
  const depth = deferred(instance, at, now);
  if (metric === 'queue.deferred.messages') return depth;
  if (metric === 'queue.active.messages')
    return Math.round(gmailish ? 62 + gmail * 150 + Math.sin(at / 300) * 6 : instance.size * 6);
  if (metric === 'queue.incoming.messages') return Math.round(4 + Math.sin(at / 190) * 3);
  if (metric === 'queue.hold.messages') return 0;
  if (metric === 'queue.deferred.oldest') return 417_600 - (now - at);
  if (metric === 'queue.active.oldest') return 12 + Math.abs(Math.sin(at / 100)) * 9 + gmail * 40;
  if (metric === 'queue.deferred.bytes') return depth * 76_000;
  if (metric === 'config.active_limit') return 20_000;
  if (metric === 'config.queue_lifetime') return 432_000;
  if (
    metric.startsWith('queue.maildrop') ||
    metric.startsWith('queue.corrupt') ||
    metric.startsWith('queue.side')
  )
    return null;
  const age = AGES.findIndex((name) => metric === `queue.deferred.age.${name}`);
  if (age >= 0) {
    const final = AGE_NOW[age] ?? 0;
    const grown = gmailish ? Math.max(0, Math.min(1, (at - (now - 27 * 60)) / (27 * 60))) : 0;
    const usual = [9, 11, 14, 20, 22, 19, 12, 8, 5, 3][age] ?? 4;
    return Math.round(
      usual * (0.7 + 0.6 * Math.abs(Math.sin(at / 500 + age))) + (age < 4 ? final * grown : 0),
    );
  }
  const of = COUNTERS[metric];
  if (!of) return null;
  const noise = 1 + Math.sin(at / 97 + instance.seed + metric.length) * 0.06;
  return Math.max(0, Math.round(((of(flow(instance, at, now), gmail) * noise * step) / 60) * 10) / 10);
}

/** @param {URLSearchParams} query @param {number} now */
export function series(query, now) {
  const from = Date.parse(query.get('from') ?? '') / 1000;
  const to = Date.parse(query.get('to') ?? '') / 1000;
  const wish = (to - from) / Number(query.get('points') ?? 500);
  const step = Math.max(10, Math.ceil(wish / 10) * 10);
  /** @type {number[]} */
  const t = [];
  for (let at = Math.floor(from / step) * step; at < Math.min(to, now); at += step) t.push(at);
  const ids = (query.get('instance') ?? '').split(',');
  const metrics = (query.get('metric') ?? '').split(',');
  const rate = query.get('shape') === 'rate';
  const lines = ids.flatMap((id) => {
    const known = byInstance.get(id);
    if (!known) return [];
    return metrics.map((metric) => ({
      instance: id,
      metric,
      unit: metric.endsWith('oldest') ? 'seconds' : 'messages',
      kind: metric in COUNTERS ? 'counter' : 'gauge',
      values: t.map((at) => value(metric, known.instance, at, now, metric in COUNTERS && rate ? 60 : step)),
    }));
  });
  const gaps = ids.flatMap((id) => {
    const known = byInstance.get(id);
    if (known?.instance.quirk === 'quiet-log')
      return [{ instance: id, from: iso(now - 4200), to: iso(now), kind: 'not_visible', group: 'delivery' }];
    if (known?.instance.quirk === 'silent')
      return [{ instance: id, from: iso(now - 6180), to: iso(now), kind: 'no_data', group: '' }];
    return [];
  });
  return { from: iso(from), to: iso(to), step_s: step, tier: 'raw', t, series: lines, gaps };
}

/** @param {string} id @param {number} now */
export function latest(id, now) {
  const known = byInstance.get(id);
  const names = [
    'queue.deferred.messages',
    'queue.active.messages',
    'queue.incoming.messages',
    'queue.hold.messages',
    'queue.maildrop.messages',
    'queue.corrupt.messages',
    'queue.deferred.oldest',
    'queue.deferred.bytes',
    'config.active_limit',
    'config.queue_lifetime',
    ...Object.keys(COUNTERS),
    ...AGES.map((name) => `queue.deferred.age.${name}`),
  ];
  /** @type {Record<string, number | null>} */
  const values = {};
  if (known) for (const name of names) values[name] = value(name, known.instance, now, now, 10);
  return {
    at: iso(known?.instance.quirk === 'silent' ? now - 6180 : now - (now % 10)),
    span_s: 10,
    values,
    visible: visible(known?.instance.quirk ?? ''),
  };
}

const GROUPS = [
  'queue.scan',
  'queue.bytes',
  'queue.age',
  'config',
  'message',
  'delivery',
  'delay',
  'smtpd',
  'reject',
  'tls.in',
  'tls.out',
  'process',
  'log',
  'health',
  'host',
  'agent',
];

/** @param {string} quirk */
export const visible = (quirk) =>
  GROUPS.filter(
    (group) =>
      !(quirk === 'no-queue' && group.startsWith('queue')) &&
      !(
        quirk === 'quiet-log' &&
        ['message', 'delivery', 'delay', 'smtpd', 'reject', 'tls.in', 'tls.out'].includes(group)
      ),
  );

/** @param {string} quirk */
export const notVisible = (quirk) => [
  {
    group: 'queue.side',
    why: 'The agent may not read the spool directory. Corrupt and maildrop could hold mail; this is not zero.',
    cure: 'sudo mailvane-agent doctor --fix spool',
  },
  {
    group: 'sasl',
    why: 'smtpd sees only the load balancer 192.0.2.5, so sign-ins cannot be told apart by network.',
    cure: 'postconf -e smtpd_upstream_proxy_protocol=haproxy',
  },
  ...(quirk === 'quiet-log'
    ? [
        {
          group: 'delivery',
          why: 'The log has not grown since 08:31 while the agent is alive.',
          cure: 'systemctl kill -s HUP rsyslog',
        },
      ]
    : []),
];

/** @param {URLSearchParams} query @param {number} now */
export function breakdown(query, now) {
  const from = Date.parse(query.get('from') ?? '') / 1000;
  const to = Date.parse(query.get('to') ?? '') / 1000;
  const share = Math.min(1, (to - from) / 10_800);
  const gmail = to > now - 1500;
  const scaled = (/** @type {number} */ count) => Math.round(count * share);
  if (query.get('dimension') === 'reply_class') {
    const rows = /** @type {[string, number, number][]} */ ([
      ['gmail.ratelimit 421-4.7.28', gmail ? 4410 : 3, 0],
      ['generic.greylist 450 4.2.0', 214, 0],
      ['generic.recipient 550 5.1.1', 0, 201],
      ['connect.timeout 4.4.1', 161, 0],
      ['microsoft.ratelimit 451 4.7.650', 96, 0],
      ['generic.full 452 4.2.2', 72, 0],
      ['policy.reject 550 5.7.1', 0, 38],
    ]).map(([key, deferred, bounced]) => ({ key, counts: [scaled(deferred), scaled(bounced)] }));
    return {
      dimension: 'reply_class',
      measures: ['deferred', 'bounced'],
      rows,
      other: [scaled(59), scaled(29)],
      total: [scaled(5012), scaled(268)],
    };
  }
  const rows = /** @type {[string, number, number, number][]} */ ([
    ['gmail.com', gmail ? 4410 : 12, 1710, 20],
    ['outlook.com', 96, 820, 31],
    ['yahoo.com', 81, 420, 12],
    ['orange.fr', 61, 310, 9],
    ['gmx.de', 54, 290, 4],
    ['t-online.de', 48, 240, 11],
    ['mail.example.edu', 31, 0, 2],
    ['web.de', 22, 190, 3],
  ]).map(([key, d, s, b]) => ({ key, counts: [scaled(s), scaled(d), scaled(b)] }));
  return {
    dimension: 'recipient_domain',
    measures: ['sent', 'deferred', 'bounced'],
    rows,
    other: [scaled(2300), scaled(209), scaled(140)],
    total: [scaled(6280), scaled(5012), scaled(232)],
  };
}

/** @param {string} id @param {number} now */
export function events(id, now) {
  const known = byInstance.get(id);
  if (known?.instance.quirk !== 'gmail') return [];
  return [
    {
      at: iso(now - 36 * 60),
      instance: id,
      kind: 'queue.operated',
      subject: 'news.example.org',
      text: 'sends 406/min, usually 29',
      count: 1,
    },
    {
      at: iso(now - 39 * 60),
      instance: id,
      kind: 'config.changed',
      subject: 'main.cf',
      text: 'smtp_destination_concurrency_limit 20 → 60',
      count: 1,
    },
    { at: iso(now - 39 * 60 + 4), instance: id, kind: 'postfix.reloaded', subject: '', text: '', count: 1 },
  ];
}
