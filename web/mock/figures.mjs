// The story as fleet rows, series, breakdowns and events. Shapes are the REST contract's.
// @ts-check
import { readFileSync } from 'node:fs';

import { deferred, dice, flow, hosts, incidents } from './story.mjs';

/** Dimensions and metrics as the generated catalogue names them. */
const CATALOGUE = readFileSync(new URL('../src/lib/catalogue.ts', import.meta.url), 'utf8');
/** @type {Map<string, { measures: string[], keys: string[] | null }>} */
const DIMENSIONS = new Map(
  [
    ...CATALOGUE.matchAll(
      /^ {2}'([a-z_]+)': \{ id: \d+, measures: (\[.*?\]), keys: (null|\[.*?\]), meaning/gm,
    ),
  ].map(([, name = '', measures = '[]', keys = 'null']) => [
    name,
    { measures: JSON.parse(measures.replaceAll("'", '"')), keys: JSON.parse(keys.replaceAll("'", '"')) },
  ]),
);
/** @type {Map<string, { kind: string, unit: string }>} */
const METRICS = new Map(
  [
    ...CATALOGUE.matchAll(/^ {2}'([a-z0-9_.]+)': \{ id: \d+, kind: '(gauge|counter)', unit: '([a-z]+)'/gm),
  ].map(([, name = '', kind = '', unit = '']) => [name, { kind, unit }]),
);
const hash = (/** @type {string} */ text) =>
  [...text].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) >>> 0, 7);

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

/** Metrics the story has no words for: steady figures of a likely size. @param {string} metric @returns {((f: number, gmail: number) => number) | null} */
function other(metric) {
  const known = METRICS.get(metric);
  if (!known || metric.startsWith('postscreen') || metric.startsWith('dnsbl')) return null;
  if (
    /failed|crashed|lost|timed_out|throttled|reached|no_space|aborted|suppressed|panics|fatals|late/.test(
      metric,
    )
  )
    return (f) => (hash(metric) % 3 === 0 ? f * 0.001 : 0);
  if (metric === 'host.memory_total') return () => 8_200_000_000;
  if (metric === 'spool.bytes_total') return () => 240_000_000_000;
  if (metric === 'spool.bytes_free') return () => 141_000_000_000;
  if (metric === 'spool.files_total') return () => 16_000_000;
  if (metric === 'spool.files_free') return () => 14_100_000;
  if (metric.endsWith('uptime')) return () => 912_000;
  if (known.unit === 'bytes') return (f) => 3_100_000 + (hash(metric) % 97) * 2_900_000 + f * 9_000;
  if (known.unit === 'milliseconds') return (f, g) => f * (60 + (hash(metric) % 900)) * (1 + g * 2);
  if (known.unit === 'hundredths') return (f) => 40 + f * 0.08;
  if (known.kind === 'gauge') return (f) => 3 + (hash(metric) % 60) + f * 0.02;
  return (f) => f * ((hash(metric) % 50) / 100);
}

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
  const of = COUNTERS[metric] ?? other(metric);
  if (!of) return null;
  if (METRICS.get(metric)?.kind === 'gauge') return Math.round(of(flow(instance, at, now), gmail));
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
  for (let at = Math.ceil(from / step) * step; at < Math.min(to, now); at += step) t.push(at);
  const ids = (query.get('instance') ?? '').split(',');
  const metrics = (query.get('metric') ?? '').split(',');
  const rate = query.get('shape') === 'rate';
  const top = /^top\((\w+),(\w+),(\d+)\)$/.exec(query.get('expr') ?? '');
  if (top)
    return {
      from: iso(from),
      to: iso(to),
      step_s: step,
      tier: 'raw',
      t,
      series: topLines(top, t, from, to, now),
      gaps: [],
    };
  const lines = ids.flatMap((id) => {
    const known = byInstance.get(id);
    if (!known) return [];
    return metrics.map((metric) => ({
      instance: id,
      metric,
      unit: METRICS.get(metric)?.unit ?? '',
      kind: METRICS.get(metric)?.kind ?? 'gauge',
      values: t.map((at) => value(metric, known.instance, at, now, rate ? 60 : step)),
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

/** @param {RegExpExecArray} top @param {number[]} t @param {number} from @param {number} to @param {number} now */
function topLines([expr, dimension = '', measure = '', count = '8'], t, from, to, now) {
  const answer = breakdown(
    new URLSearchParams({ dimension, by: measure, limit: count, from: iso(from), to: iso(to) }),
    now,
  );
  const at = answer?.measures.indexOf(measure) ?? 0;
  const rows = [...(answer?.rows ?? []), { key: 'other', counts: answer?.other ?? [] }];
  return rows.slice(0, Number(count) + 1).map((row, place) => ({
    instance: null,
    metric: '',
    expr,
    key: row.key,
    unit: '',
    kind: 'counter',
    values: t.map((one) =>
      Math.max(
        0,
        Math.round(
          ((row.counts[at] ?? 0) / Math.max(1, t.length)) * (1 + Math.sin(one / 600 + place) * 0.3) * 10,
        ) / 10,
      ),
    ),
  }));
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
    ...METRICS.keys(),
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
  'queue.retry',
  'queue.domains',
  'notice',
  'limit',
  'certificate',
  'spool',
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
  const dimension = query.get('dimension') ?? '';
  if (dimension !== 'recipient_domain') return likely(dimension, query, scaled, gmail);
  const rows = /** @type {[string, number, number, number][]} */ ([
    ['gmail.com', gmail ? 4410 : 12, 1710, 20],
    ['outlook.com', 96, 820, 31],
    ['yahoo.com', 81, 420, 12],
    ['orange.fr', 61, 310, 9],
    ['gmx.de', 54, 290, 4],
    ['t-online.de', 48, 240, 11],
    ['mail.example.edu', 31, 0, 2],
    ['web.de', 22, 190, 3],
    ['other', 12, 96, 1],
  ]).map(([key, d, s, b]) => ({ key, counts: [scaled(s), scaled(d), scaled(b)] }));
  return {
    dimension: 'recipient_domain',
    measures: ['sent', 'deferred', 'bounced'],
    rows,
    other: [scaled(2300), scaled(209), scaled(140)],
    total: [scaled(6280), scaled(5012), scaled(232)],
  };
}

/** @type {Record<string, string[]>} */
const KEYS = {
  waiting_domain: [
    'gmail.com',
    'outlook.com',
    'googlemail.com',
    'yahoo.com',
    'orange.fr',
    'gmx.de',
    'mail.example.edu',
    'other',
  ],
  sender_domain: ['news.example.org', 'example.org', 'shop.example.net', '<>', 'lists.example.org', 'other'],
  relay: [
    'gmail-smtp-in.l.google.com',
    'outlook-com.olc.protection.outlook.com',
    'mta5.am0.yahoodns.net',
    'smtp-in.orange.fr',
    'mx00.emig.gmx.net',
  ],
  reply_template: [
    'gmail.ratelimit\t421-4.7.28 rate of mail from [ip] is limited, see <url>',
    'generic.greylist\t450 4.2.0 <address>: greylisted, try again in N s',
    'generic.full\t452 4.2.2 mailbox of <address> is full',
    'connect.timeout\tconnect to [ip]:25: timed out',
  ],
  provider: ['google', 'microsoft', 'yahoo', 'orange', 'united internet'],
  reject_source: [
    'relay\t192.0.2.0/24',
    'unknown_user\t198.51.100.0/24',
    'sender\t203.0.113.0/24',
    'size\t2001:db8:4::/48',
  ],
  client_network: ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8:4::/48'],
  sasl_failure_network: ['203.0.113.0/24', '198.51.100.0/24', '2001:db8:9::/48'],
  sasl_user: ['u:4f0c9a71', 'u:b1129d02', 'u:77aa01ce'],
  header_check: ['header\tREJECT\t/^Subject: .*casino/', 'body\tWARN\t/unsubscribe-all/'],
  service: ['smtpd', 'submission', 'smtps'],
  tls_cipher: [
    'tlsv1.3\tTLS_AES_256_GCM_SHA384',
    'tlsv1.3\tTLS_AES_128_GCM_SHA256',
    'tlsv1.2\tECDHE-RSA-AES256-GCM-SHA384',
  ],
  tls_key_exchange: ['X25519', 'X25519MLKEM768', 'P-256'],
  certificate: ['/etc/ssl/mx1.pem', 'port 587', 'port 25'],
};
const QUIET = new Set(['milter', 'client_limit', 'postscreen_test', 'dnsbl_zone']);

/** A dimension the story has no words for: its keys with likely counts. @param {string} dimension @param {URLSearchParams} query @param {(count: number) => number} scaled @param {boolean} gmail */
function likely(dimension, query, scaled, gmail) {
  const known = DIMENSIONS.get(dimension);
  if (!known) return null;
  const keys = QUIET.has(dimension) ? [] : (KEYS[dimension] ?? known.keys ?? []);
  const limit = Number(query.get('limit') ?? 10);
  const by = known.measures.indexOf(query.get('by') ?? known.measures[0] ?? '');
  const count = (
    /** @type {string} */ key,
    /** @type {string} */ measure,
    /** @type {number} */ place,
    /** @type {number} */ column,
  ) => {
    if (dimension === 'certificate')
      return measure === 'expires' ? ([4_060_800, 4_060_800, 1_641_600][place] ?? 0) : 0;
    if (dimension === 'daemon_process')
      return measure === 'memory'
        ? 9_000_000 + (hash(key) % 30) * 1_000_000
        : measure === 'processes'
          ? key === 'smtp'
            ? 78
            : hash(key) % 7
          : measure === 'limit'
            ? /smtp/.test(key)
              ? 100
              : 0
            : 0;
    if (dimension === 'delay_stage') {
      const top = { before_queue: 2, in_queue: 1, connect: 4, transmit: 5, total: 6 }[key] ?? 3;
      return column > 16
        ? 0
        : Math.round(
            2_400 * Math.exp(-((column - top) ** 2) / 3) +
              (gmail && column === 12 && key !== 'before_queue' ? 220 : 0),
          );
    }
    if (dimension === 'retry_wave')
      return measure === 'retry'
        ? ([418, 302, 611, 780, 240, 70, 10][place] ?? 0)
        : ([0, 0, 0, 0, 2, 1, 2_428][place] ?? 0);
    if (dimension === 'waiting_domain')
      return (
        Math.round(
          (place === 0 && gmail ? 412 : 12 / (place + 1)) *
            ([1, 0.97, 1.8, 1.4, 0.05, 0.02, 0.01, 0.01, 0, 0][column] ?? 0) *
            (key === 'mail.example.edu' ? 0.1 : 1),
        ) + (key === 'mail.example.edu' && column > 6 ? 5 : 0)
      );
    if (
      /failed|bounced|lost|refused|aborted|expired|crashed|throttled|undeliverable|softbounce|fatals|panics/.test(
        measure,
      )
    )
      return hash(key + measure) % 4 === 0 ? hash(measure) % 30 : 0;
    return scaled(Math.round(((hash(key) % 900) + 100) / (1 + place * 0.9) / (1 + column * 0.7)));
  };
  const rows = keys.map((key, place) => ({
    key,
    counts: known.measures.map((measure, column) => count(key, measure, place, column)),
  }));
  rows.sort((a, b) => (b.counts[by] ?? 0) - (a.counts[by] ?? 0));
  const sum = (/** @type {typeof rows} */ list) =>
    known.measures.map((_, at) => list.reduce((all, row) => all + (row.counts[at] ?? 0), 0));
  return {
    dimension,
    measures: known.measures,
    rows: rows.slice(0, limit),
    other: sum(rows.slice(limit)),
    total: sum(rows),
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

/** What a rule would have done: the level judged over the story's own line. @param {any} body @param {number} now */
export function preview(body, now) {
  const days = body?.days ?? 7;
  const from = now - days * 86_400;
  const step = Math.ceil((days * 86_400) / 400);
  const metric = body?.spec?.metric ?? 'queue.deferred.messages';
  const shown = [all[0]?.instances[0], all[1]?.instances[0]].flatMap((one) => (one ? [one] : []));
  const share = body?.spec?.kind === 'ratio';
  const series = shown.map((one) => {
    const t = [];
    const values = [];
    for (let at = from; at < now; at += step) {
      t.push(at);
      const bump =
        one === shown[0] &&
        [0.35, 0.6, 0.97].some((part) => Math.abs((at - from) / (now - from) - part) < 0.012)
          ? 9
          : 1;
      const usual = share ? 0.04 : (value(metric, one, at, now + 86_400, 60) ?? 0);
      values.push(Math.round(usual * bump * 1000) / 1000);
    }
    return { instance: one.id, t, values };
  });
  const fire = body?.spec?.fire ?? Infinity;
  const bad = (/** @type {number | null} */ figure) =>
    figure !== null && (body?.spec?.op === '<' ? figure < fire : figure > fire);
  const targets = series.map((line) => {
    /** @type {{ from: string, to: string | null, peak: number }[]} */
    const firings = [];
    line.values.forEach((figure, at) => {
      if (!bad(figure)) return;
      const last = firings.at(-1);
      const when = iso(line.t[at] ?? 0);
      if (last && at > 0 && bad(line.values[at - 1] ?? null))
        Object.assign(last, { to: when, peak: Math.max(last.peak, figure) });
      else firings.push({ from: when, to: iso((line.t[at] ?? 0) + step), peak: figure });
    });
    return { instance: line.instance, firings };
  });
  const total = targets.reduce((sum, target) => sum + target.firings.length, 0);
  return {
    from: iso(from),
    to: iso(now),
    tier: days > 2 ? 'hourly' : 'raw',
    targets: targets.filter((target) => target.firings.length),
    firings_total: total,
    per_week: (total * 7) / days,
    unit: METRICS.get(metric)?.unit ?? '',
    series,
  };
}
