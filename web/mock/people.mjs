// Accounts, members, tokens and the tenant, with a memory of their own. Sign-up, forgotten passwords and invitations
// are answered before anybody is signed in.
// @ts-check
import { id } from './story.mjs';

const iso = (/** @type {number} */ ms) => new Date(ms).toISOString();
const DAY = 86_400_000;
const QR =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 21 21"><path fill="#fff" d="M0 0h21v21H0z"/><path d="M1 1h7v7H1zM13 1h7v7h-7zM1 13h7v7H1zM10 2h1v3h-1zM9 9h3v2H9zM14 12h2v3h-2zM12 16h3v1h-3zM17 10h2v2h-2zM10 13h1v5h-1zM17 17h2v2h-2z"/></svg>';

/** @param {any} login */
export const personnel = (login) => ({
  totp: false,
  weekly: true,
  name: 'Paula Meister',
  sso: null,
  members: [
    {
      person: { id: id('user', 1), email: login.email, name: 'Paula Meister' },
      role: 'owner',
      created_at: iso(Date.now() - 60 * DAY),
    },
    {
      person: { id: id('user', 2), email: 'gateway-team@example.org', name: 'Gateway team' },
      role: 'operator',
      created_at: iso(Date.now() - 28 * DAY),
    },
  ],
  invitations: [],
  tokens: [
    {
      id: id('token', 1),
      key_id: 'mv_api_7q',
      name: 'grafana',
      scopes: ['read'],
      role: 'viewer',
      created_by: login.email,
      created_at: iso(Date.now() - 9 * DAY),
      expires_at: iso(Date.now() + 81 * DAY),
      last_used_at: iso(Date.now() - 40_000),
      last_used_ip: '192.0.2.40',
      revoked: false,
    },
  ],
  sessions: [
    {
      id: id('sess', 1),
      created_at: iso(Date.now() - 3_600_000),
      last_seen_at: iso(Date.now()),
      ip: '192.0.2.7',
      user_agent: 'Mozilla/5.0 (X11; Linux x86_64) Chrome/142.0',
      current: true,
    },
    {
      id: id('sess', 2),
      created_at: iso(Date.now() - 5 * DAY),
      last_seen_at: iso(Date.now() - DAY),
      ip: '198.51.100.23',
      user_agent: 'Mozilla/5.0 (iPhone) Safari/605.1',
      current: false,
    },
  ],
  tenant: {
    id: id('tenant', 1),
    name: 'Example Post',
    plan: {
      name: 'Business',
      hosts_max: 500,
      retention_days: 1825,
      channels_max: 50,
      interval_min_s: 1,
      trial_ends_at: null,
    },
    usage: { hosts: 248, channels: 6 },
    retention: { raw_days: 30, hourly_days: 395, daily_days: 1825 },
    interval_s: 10,
    zone: 'Europe/Berlin',
  },
});

/** What strangers may ask; undefined: none of it. @param {string} method @param {string} path @param {any} body @param {any} state @param {() => any} enter @returns {any} */
export function stranger(method, path, body, state, enter) {
  if (path === '/service') return { body: { sign_up: true, mail: false, version: '1.4.0' } };
  if (method !== 'POST') return undefined;
  if (path === '/sign-up')
    return body?.email === 'taken@example.org'
      ? {
          problem: [422, 'No account was made.', 'Your text is kept.'],
          fields: { email: 'has an account already' },
        }
      : { status: 202, body: { mailed: false, link: '/sign-up/confirm#token=good' } };
  if (path === '/password/forgot') return { status: 202 };
  const spent = { problem: [410, 'This link was used, or its time is over.', 'Ask for a new one.'] };
  if (path === '/password/reset') return body?.token === 'good' ? { status: 204 } : spent;
  if (path === '/sign-up/confirm' || path === '/invitations/accept')
    return body?.token === 'good' ? enter() : spent;
  return undefined;
}

/** @param {string} method @param {string[]} path @param {any} body @param {any} state @param {any} session @returns {any} undefined: another room's */
export function people(method, path, body, state, session) {
  const [room, key, part] = path;
  const own = state.people;
  const drop = (/** @type {string} */ list, /** @type {(one: any) => boolean} */ gone) => (
    (own[list] = own[list].filter((/** @type {any} */ one) => !gone(one))),
    { status: 204 }
  );
  if (room === 'me') {
    if (!key && method === 'PATCH') {
      own.name = body.name ?? own.name;
      own.weekly = body.weekly_report ?? own.weekly;
    }
    if (!key && method === 'DELETE') return { status: 204 };
    if (!key)
      return {
        body: {
          person: { ...session.person, name: own.name },
          tenants: [
            { ...session.tenant, role: 'owner' },
            { id: id('tenant', 2), name: 'Example Lists', role: 'viewer' },
          ],
          totp: own.totp,
          weekly_report: own.weekly,
          sessions: own.sessions,
        },
      };
    if (key === 'password')
      return body.old === 'correct horse battery staple'
        ? { status: 204 }
        : {
            problem: [422, 'The password was not changed.', 'Your other fields are kept.'],
            fields: { old: 'This is not your present password.' },
          };
    if (key === 'sessions') return drop('sessions', (one) => one.id === part);
    if (method === 'DELETE') return ((own.totp = false), { status: 204 });
    if (part === 'confirm') {
      if (body.code !== '123456')
        return {
          problem: [422, 'The code does not fit.', 'Wait for the next one.'],
          fields: { code: 'does not fit' },
        };
      own.totp = true;
      return { body: { recovery_codes: ['hq4k-22xz', 'w9pa-11ff', '0k3d-77mn', 'rr5t-90aa'] } };
    }
    return { body: { secret: 'JBSWY3DPEHPK3PXP', uri: 'otpauth://totp/x', qr_svg: QR } };
  }
  if (room === 'session' && key === 'tenant')
    return {
      body: {
        ...session,
        tenant: { id: body.tenant, name: 'Example Lists', interval_s: 10 },
        role: 'viewer',
      },
    };
  if (room === 'members') {
    if (!key) return { body: { items: own.members } };
    if (method === 'DELETE') return drop('members', (one) => one.person.id === key);
    const one = own.members.find((/** @type {any} */ member) => member.person.id === key);
    return one ? { body: Object.assign(one, { role: body.role }) } : null;
  }
  if (room === 'invitations') {
    if (method === 'GET') return { body: { items: own.invitations } };
    if (method === 'DELETE') return drop('invitations', (one) => one.id === key);
    const made = {
      id: id('inv', (state.next += 1)),
      email: body.email,
      role: body.role,
      invited_by: session.person.email,
      created_at: iso(Date.now()),
      expires_at: iso(Date.now() + 7 * DAY),
    };
    own.invitations.push(made);
    return {
      status: 201,
      body: { ...made, mailed: false, link: 'https://mailvane.example.com/invitation#token=good' },
    };
  }
  if (room === 'api-tokens') {
    if (method === 'GET') return { body: { items: own.tokens } };
    if (method === 'DELETE')
      return (
        Object.assign(own.tokens.find((/** @type {any} */ one) => one.id === key) ?? {}, { revoked: true }),
        { status: 204 }
      );
    const made = {
      id: id('token', (state.next += 1)),
      key_id: 'mv_api_9x',
      name: body.name,
      scopes: body.scopes,
      role: 'viewer',
      created_by: session.person.email,
      created_at: iso(Date.now()),
      expires_at: iso(Date.now() + body.expires_in_s * 1000),
      last_used_at: null,
      last_used_ip: '',
      revoked: false,
    };
    own.tokens.push(made);
    return { status: 201, body: { ...made, token: 'mv_api_9x_example_only_shown_once' } };
  }
  if (room === 'tenant') {
    if (method === 'PATCH') {
      if (body.retention?.raw_days > own.tenant.plan.retention_days)
        return {
          problem: [422, 'Not saved: the plan keeps less.', 'Your text is kept.'],
          fields: { 'retention.raw_days': 'More than the plan keeps.' },
        };
      Object.assign(own.tenant, body);
    }
    return method === 'DELETE' ? { status: 204 } : { body: own.tenant };
  }
  if (room === 'sso') {
    if (method === 'PUT') own.sso = { issuer: body.issuer, client_id: body.client_id, domains: body.domains };
    if (method === 'DELETE') return ((own.sso = null), { status: 204 });
    return own.sso ? { body: own.sso } : null;
  }
  return undefined;
}
