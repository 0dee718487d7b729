// The one door to the API: session, CSRF, faults as people read them, abort. Pages never call fetch themselves.
import type {
  Breakdown,
  EnrolmentKey,
  Fleet,
  Host,
  Incident,
  IncidentDetail,
  Instance,
  Latest,
  MailEvent,
  NewEnrolmentKey,
  Page,
  Series,
  Session,
  Severity,
  Trigger,
  TriggerPreview,
  TriggerSpec,
} from './types';

const BASE = '/api/v1';
/** A panel that waits longer says so and offers to try again. */
export const ANSWER_MS_MAX = 10_000;

/** What went wrong, in words for a person, with the id to quote. */
export class Fault extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly requestId: string,
    readonly fields: Record<string, string> = {},
    /** Tells faults of one status apart, such as `/problems/totp-required`. */
    readonly type = '',
  ) {
    super(title);
  }
}

let csrf = '';
let refreshing: Promise<boolean> | null = null;
let signedOut: () => void = () => {};

/** Called once, when neither the session nor its refresh is good any more. */
export function onSignedOut(handler: () => void): void {
  signedOut = handler;
}

export function rememberSession(session: Session | null): void {
  csrf = session?.csrf ?? '';
}

type Query = Record<string, string | number | undefined>;
interface Ask {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  query?: Query;
  body?: unknown;
  ifMatch?: number;
  signal?: AbortSignal;
}

/** Questions of people who have no session: a 401 is their answer, not the end of one. */
const OPEN = /^\/(session(\/refresh)?|service|sign-up.*|password\/.*|invitations\/accept)$/;

export async function ask<T>(path: string, options: Ask = {}): Promise<T> {
  const answer = await send(path, options);
  if (answer.status === 401 && !OPEN.test(path)) {
    if (await refresh()) return read<T>(await send(path, options));
    signedOut();
  }
  return read<T>(answer);
}

async function send(path: string, { method = 'GET', query, body, ifMatch, signal }: Ask): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (method !== 'GET') {
    headers['Content-Type'] = 'application/json';
    if (csrf) headers['X-Mailvane-CSRF'] = csrf;
  }
  if (ifMatch !== undefined) headers['If-Match'] = `"${ifMatch}"`;
  const timeout = AbortSignal.timeout(ANSWER_MS_MAX);
  try {
    return await fetch(`${BASE}${path}${queryString(query)}`, {
      method,
      headers,
      credentials: 'same-origin',
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      body: method === 'GET' ? undefined : JSON.stringify(body ?? {}),
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    if (timeout.aborted)
      throw new Fault(0, `No answer within ${ANSWER_MS_MAX / 1000} s.`, 'Nothing was lost. Try again.', '');
    throw new Fault(
      0,
      'The server cannot be reached.',
      'Check the network; the page tries again by itself.',
      '',
    );
  }
}

export function queryString(query: Query | undefined): string {
  const parts = Object.entries(query ?? {})
    .filter((pair): pair is [string, string | number] => pair[1] !== undefined && pair[1] !== '')
    // Lists stay readable in logs and links: a comma needs no escape in a query.
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value)).replaceAll('%2C', ',')}`);
  return parts.length ? `?${parts.join('&')}` : '';
}

async function read<T>(answer: Response): Promise<T> {
  if (answer.status === 204 || (answer.status === 202 && !answer.headers.get('content-type')))
    return undefined as T;
  const json = answer.headers.get('content-type')?.includes('json')
    ? ((await answer.json().catch(() => null)) as Record<string, unknown> | null)
    : null;
  if (answer.ok && json) return json as T;
  throw new Fault(
    answer.status,
    text(json?.title) || `The server answered ${answer.status}.`,
    text(json?.detail) || 'Try again; if it stays, look at the server’s log.',
    text(json?.request_id) || answer.headers.get('x-request-id') || '',
    (json?.fields as Record<string, string> | undefined) ?? {},
    text(json?.type),
  );
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Refreshes at most once at a time, however many requests found the session old. */
function refresh(): Promise<boolean> {
  refreshing ??= send('/session/refresh', { method: 'POST' })
    .then(async (answer) => {
      if (!answer.ok) return false;
      rememberSession((await answer.json()) as Session);
      return true;
    })
    .catch(() => false)
    .finally(() => (refreshing = null));
  return refreshing;
}

/** Opens the live stream; the caller reads it and notices when it falls silent. */
export async function openLive(signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
  const open = () =>
    fetch(`${BASE}/live`, {
      headers: { Accept: 'text/event-stream' },
      credentials: 'same-origin',
      signal,
    });
  let answer = await open();
  if (answer.status === 401 && (await refresh())) answer = await open();
  if (answer.status === 401) signedOut();
  if (!answer.ok || !answer.body) throw new Fault(answer.status, 'The live stream was refused.', '', '');
  return answer.body;
}

type Signal = AbortSignal | undefined;

export const api = {
  session: {
    async get(): Promise<Session> {
      try {
        return await ask<Session>('/session');
      } catch (cause) {
        if (cause instanceof Fault && cause.status === 401 && (await refresh()))
          return ask<Session>('/session');
        throw cause;
      }
    },
    signIn: (email: string, password: string, code?: string) =>
      ask<Session>('/session', { method: 'POST', body: { email, password, ...(code ? { code } : {}) } }),
    signOut: () => ask<void>('/session', { method: 'DELETE' }),
  },
  fleet: (range_s: number, signal: Signal) => ask<Fleet>('/fleet', { query: { range_s }, signal }),
  hosts: {
    list: (signal?: Signal) => ask<Page<Host>>('/hosts', { query: { limit: 200 }, signal }),
    get: (id: string, signal?: Signal) => ask<Host>(`/hosts/${id}`, { signal }),
    change: (id: string, body: { name?: string; tags?: string[]; state?: 'active' | 'paused' }) =>
      ask<Host>(`/hosts/${id}`, { method: 'PATCH', body }),
    retire: (id: string) => ask<void>(`/hosts/${id}`, { method: 'DELETE' }),
  },
  instance: (id: string, signal?: Signal) => ask<Instance>(`/instances/${id}`, { signal }),
  latest: (instance: string, signal?: Signal) => ask<Latest>('/latest', { query: { instance }, signal }),
  series: (
    query: {
      instance: string;
      metric?: string;
      /** Such as `top(recipient_domain,deferred,8)`, instead of metrics. */
      expr?: string;
      combine?: 'each' | 'sum';
      from: string;
      to: string;
      points: number;
      shape?: 'rate';
    },
    signal?: Signal,
  ) => ask<Series>('/series', { query, signal }),
  breakdowns: (
    query: {
      instance: string;
      dimension: string;
      from: string;
      to: string;
      limit: number;
      by?: string;
    },
    signal?: Signal,
  ) => ask<Breakdown>('/breakdowns', { query, signal }),
  events: (query: { instance: string; from: string; to: string }, signal?: Signal) =>
    ask<Page<MailEvent>>('/events', { query, signal }),
  incidents: {
    list: (state: 'open' | 'closed' | 'all', cursor?: string, signal?: Signal) =>
      ask<Page<Incident>>('/incidents', { query: { state, cursor, limit: 100 }, signal }),
    get: (id: string, signal?: Signal) => ask<IncidentDetail>(`/incidents/${id}`, { signal }),
    acknowledge: (id: string, until_s?: number) =>
      ask<Incident>(`/incidents/${id}/acknowledge`, {
        method: 'POST',
        body: until_s ? { until_s } : {},
      }),
    resolve: (id: string, note?: string) =>
      ask<Incident>(`/incidents/${id}/resolve`, { method: 'POST', body: note ? { note } : {} }),
    silence: (id: string, for_s: number, comment: string) =>
      ask<{ ends_at: string }>(`/incidents/${id}/silence`, { method: 'POST', body: { for_s, comment } }),
    note: (id: string, words: string) =>
      ask<void>(`/incidents/${id}/note`, { method: 'POST', body: { text: words } }),
  },
  triggers: {
    list: (signal?: Signal) => ask<Page<Trigger>>('/triggers', { query: { limit: 200 }, signal }),
    create: (body: Pick<Trigger, 'name' | 'severity' | 'enabled' | 'spec'> & { runbook?: string | null }) =>
      ask<Trigger>('/triggers', { method: 'POST', body }),
    change: (trigger: Trigger, body: Partial<Trigger>) =>
      ask<Trigger>(`/triggers/${trigger.id}`, { method: 'PATCH', ifMatch: trigger.version, body }),
    preview: (body: { spec: TriggerSpec; severity: Severity; days: number }, signal?: Signal) =>
      ask<TriggerPreview>('/triggers/preview', { method: 'POST', body, signal }),
    reset: (trigger: Trigger) => ask<Trigger>(`/triggers/${trigger.id}/reset`, { method: 'POST' }),
    remove: (trigger: Trigger) =>
      ask<void>(`/triggers/${trigger.id}`, { method: 'DELETE', ifMatch: trigger.version }),
  },
  keys: {
    list: (signal?: Signal) => ask<Page<EnrolmentKey>>('/enrolment-keys', { query: { limit: 200 }, signal }),
    create: (body: { comment?: string; uses?: number; expires_in_s?: number }) =>
      ask<NewEnrolmentKey>('/enrolment-keys', { method: 'POST', body }),
    revoke: (id: string) => ask<void>(`/enrolment-keys/${id}`, { method: 'DELETE' }),
  },
};
