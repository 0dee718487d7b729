// One story for development, unit tests and journeys: Example Post, 248 hosts, 263 instances, and Gmail
// limits the sending rate of mx1 / postfix-out since 27 minutes. Times hang on the moment the story is told.
// @ts-check

/** A small seeded generator, so that every run tells the same story. @param {number} seed */
export function dice(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), state | 1) ^ (state + 0x6d2b79f5)) >>> 0;
    state ^= state + Math.imul(state ^ (state >>> 7), state | 61);
    return ((state ^ (state >>> 14)) >>> 0) / 4294967296;
  };
}

/** @param {string} prefix @param {number} at */
export const id = (prefix, at) => `${prefix}_019aabcd00007000800000${at.toString(16).padStart(10, '0')}`;

/** @typedef {{ id: string, name: string, tags: string[], instances: StoryInstance[], state: string }} StoryHost */
/** @typedef {{ id: string, name: string, host: string, size: number, seed: number, quirk: string }} StoryInstance */

const GROUPS = /** @type {const} */ ([
  ['inbound', 'mx', 64],
  ['outbound', 'out', 83],
  ['submission', 'sub', 40],
  ['lists', 'list', 37],
  ['gateway', 'gw', 24],
]);

/** @returns {StoryHost[]} */
export function hosts() {
  const roll = dice(4821);
  /** @type {StoryHost[]} */
  const list = [];
  let number = 1;
  let instance = 1;
  /** @param {string} name @param {string[]} tags @param {string[]} names @param {string} quirk */
  const add = (name, tags, names, quirk = '') => {
    const host = id('host', number);
    number += 1;
    list.push({
      id: host,
      name,
      tags,
      state: 'active',
      instances: names.map((own) => ({
        id: id('inst', instance++),
        name: own,
        host,
        size: 0.3 + roll() ** 3 * 4,
        seed: Math.floor(roll() * 1e9),
        quirk,
      })),
    });
  };
  add('mx1.example.net', ['outbound', 'pop: fra'], ['postfix-out', 'postfix'], 'gmail');
  for (const [tag, short, count] of GROUPS) {
    for (let at = short === 'mx' ? 2 : 1; at <= count; at += 1) {
      const name = `${short}${at}.example.net`;
      const two = short === 'list' ? at <= 9 : short === 'out' && at <= 6;
      const quirk =
        name === 'gw9.example.net'
          ? 'silent'
          : name === 'mx4.example.net'
            ? 'quiet-log'
            : name === 'gw3.example.net'
              ? 'no-queue'
              : name === 'sub12.example.net'
                ? 'tls'
                : '';
      add(
        name,
        [tag],
        two ? ['postfix', short === 'list' ? 'postfix-bulk' : 'postfix-out'] : ['postfix'],
        quirk,
      );
    }
  }
  return list;
}

const MINUTE = 60;

/** Deferred messages of an instance at a moment. @param {StoryInstance} instance @param {number} at @param {number} told */
export function deferred(instance, at, told) {
  const wave = Math.sin(at / 900 + instance.seed) * 0.08 + Math.sin(at / 173 + instance.seed * 3) * 0.05;
  const usual = Math.round(instance.size ** 2 * 24 * (1 + wave));
  if (instance.quirk !== 'gmail' || instance.name !== 'postfix-out') return usual;
  const into = at - (told - 27 * MINUTE);
  return Math.round(112 * (1 + wave / 2) + (into > 0 ? into * 1.432 : 0));
}

/** Messages a minute through an instance. @param {StoryInstance} instance @param {number} at @param {number} told */
export function flow(instance, at, told) {
  const wave = Math.sin(at / 1400 + instance.seed) * 0.09 + Math.sin(at / 211 + instance.seed * 5) * 0.04;
  const usual = instance.size * 210 * (1 + wave);
  if (instance.quirk === 'gmail' && instance.name === 'postfix-out') {
    return at > told - 36 * MINUTE ? 521 + wave * 90 : 262 + wave * 60;
  }
  return usual;
}

/** @param {number} told seconds since the epoch */
export function incidents(told) {
  const ago = (/** @type {number} */ minutes) => new Date((told - minutes * MINUTE) * 1000).toISOString();
  const all = hosts();
  /** @param {string} name @param {number} which */
  const place = (name, which = 0) => {
    const host = all.find((candidate) => candidate.name === name);
    const instance = host?.instances[which];
    return {
      host: { id: host?.id ?? '', name },
      instance: instance ? { id: instance.id, name: instance.name } : null,
    };
  };
  const base = { closed_at: null, close_reason: null, acknowledged: null };
  return [
    {
      ...base,
      id: id('inc', 4821),
      title: 'Gmail limits our sending rate',
      severity: 'critical',
      trigger: { id: id('trig', 1), name: 'queue.deferred.high' },
      ...place('mx1.example.net', 0),
      opened_at: ago(27),
      value: 2431,
      peak: 2431,
      threshold: 1000,
      unit: 'messages',
      summary:
        '88 % of deferred mail (2,139) waits for gmail.com: 421-4.7.28. main.cf changed 12 min before; news.example.org sends 14 × its usual.',
    },
    {
      ...base,
      id: id('inc', 4809),
      title: 'agent silent',
      severity: 'critical',
      trigger: { id: id('trig', 2), name: 'agent.silent' },
      host: place('gw9.example.net').host,
      instance: null,
      opened_at: ago(103),
      acknowledged: { at: ago(90), by: 'gateway-team@example.org', until: ago(-139) },
      value: 6180,
      peak: 6180,
      threshold: 180,
      unit: 'seconds',
      summary:
        'No batch since 1 h 43 min; its neighbours report. The machine or its network is the likelier cause.',
    },
    {
      ...base,
      id: id('inc', 4815),
      title: 'no log lines while the agent is alive',
      severity: 'error',
      trigger: { id: id('trig', 3), name: 'log.quiet' },
      ...place('mx4.example.net'),
      opened_at: ago(70),
      value: 0,
      peak: 0,
      threshold: 1,
      unit: 'lines',
      summary:
        'logrotate ran and rsyslog kept the old file. Delivery and reject figures are not visible since.',
    },
    {
      ...base,
      id: id('inc', 4811),
      title: 'TLS share of incoming mail 92.7 %',
      severity: 'warning',
      trigger: { id: id('trig', 4), name: 'tls.in.low' },
      ...place('sub12.example.net'),
      opened_at: ago(211),
      value: 92.7,
      peak: 91.9,
      threshold: 95,
      unit: 'percent',
      summary: '3 clients in 198.51.100.0/24 offer TLS 1.0 only. The other clients are at 99.6 %.',
    },
  ];
}

/** What ended lately. @param {number} told */
export function closedIncidents(told) {
  const ago = (/** @type {number} */ minutes) => new Date((told - minutes * MINUTE) * 1000).toISOString();
  const all = hosts();
  return [9, 40, 77, 120, 160].map((at, order) => {
    const host = all[at];
    const begun = 1500 + order * 2200;
    return {
      id: id('inc', 4700 + order),
      title: order % 2 ? 'agent silent' : 'deferred messages over 1,000',
      severity: order % 2 ? 'critical' : 'warning',
      trigger: {
        id: id('trig', order % 2 ? 2 : 1),
        name: order % 2 ? 'agent.silent' : 'queue.deferred.high',
      },
      host: { id: host?.id ?? '', name: host?.name ?? '' },
      instance: host?.instances[0] ? { id: host.instances[0].id, name: host.instances[0].name } : null,
      opened_at: ago(begun),
      closed_at: ago(begun - 24 - order * 31),
      close_reason: order === 2 ? 'resolved by postmaster@example.org' : 'recovered',
      acknowledged: null,
      value: 240,
      peak: 1340 + order * 210,
      threshold: 1000,
      unit: 'messages',
      summary:
        order % 2
          ? 'No batch for 6 min, then everything arrived late.'
          : 'outlook.com answered 451 4.7.650 to 61 % of attempts.',
    };
  });
}

/** @param {number} told */
export function cause(told) {
  const ago = (/** @type {number} */ minutes) => new Date((told - minutes * MINUTE) * 1000).toISOString();
  return {
    headline:
      'Gmail answers 421-4.7.28 to 72 % of our attempts. 2,139 messages wait for gmail.com, 2,107 of them for less than 40 min.',
    of: 5012,
    since: ago(30),
    rows: [
      {
        share: 0.88,
        count: 4410,
        domain: 'gmail.com',
        class: 'gmail.ratelimit',
        example:
          'host gmail-smtp-in.l.google.com[192.0.2.200] said: 421-4.7.28 rate of mail from [192.0.2.25] is limited … gsmtp',
      },
      {
        share: 0.043,
        count: 214,
        domain: 'yahoo.com',
        class: 'generic.greylist',
        example: '451 4.2.0 try again later',
      },
      { share: 0.032, count: 161, domain: 'mail.example.edu', class: 'connect.timeout', example: null },
      { share: 0.019, count: 96, domain: 'outlook.com', class: 'microsoft.ratelimit', example: null },
      { share: 0.026, count: 131, domain: 'other', class: 'other', example: null },
    ],
    changed: [
      { at: ago(39), text: 'Postfix reloaded, main.cf changed' },
      { at: ago(36), text: 'news.example.org sends 406/min, usually 29' },
    ],
    first_step:
      'Put smtp_destination_concurrency_limit back to 20 and reload. Do not flush: every retry counts against us.',
  };
}
