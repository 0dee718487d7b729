// Routes, mutes and channels in words, and the fields that each kind of channel asks for.
import { duration, foreign, plural } from '$lib/format';
import type { Match, Times } from './api';

export interface Field {
  name: string;
  label: string;
  hint: string;
  secret?: boolean;
  list?: boolean;
  optional?: boolean;
}
export interface Kind {
  kind: string;
  name: string;
  how: string;
  help: string;
  fields: Field[];
}

export const KINDS: Kind[] = [
  {
    kind: 'slack',
    name: 'Slack, webhook',
    how: 'webhook',
    help: 'In Slack: Apps › Incoming Webhooks › Add, choose the channel, copy the address.',
    fields: [
      {
        name: 'webhook_url',
        label: 'Webhook address',
        hint: 'https://hooks.slack.com/services/…',
        secret: true,
      },
    ],
  },
  {
    kind: 'slack_bot',
    name: 'Slack, bot',
    how: 'bot, edits its messages',
    help: 'The bot edits its first message instead of sending more, and its buttons acknowledge. It needs chat:write.',
    fields: [
      { name: 'bot_token', label: 'Bot token', hint: 'xoxb-…', secret: true },
      { name: 'channel', label: 'Channel id', hint: 'C0123456789' },
      { name: 'signing_secret', label: 'Signing secret', hint: 'for the buttons', secret: true },
    ],
  },
  {
    kind: 'pagerduty',
    name: 'PagerDuty',
    how: 'Events v2',
    help: 'In PagerDuty: Service › Integrations › Events API v2, copy the integration key.',
    fields: [{ name: 'routing_key', label: 'Integration key', hint: '32 characters', secret: true }],
  },
  {
    kind: 'telegram',
    name: 'Telegram',
    how: 'bot, edits its messages',
    help: 'Ask @BotFather for a bot, add it to the group, write a word there. The chat id of a group begins with a minus.',
    fields: [
      { name: 'bot_token', label: 'Bot token', hint: '123456:ABC…', secret: true },
      { name: 'chat_id', label: 'Chat id', hint: '-1001234567890' },
    ],
  },
  {
    kind: 'email',
    name: 'E-mail',
    how: 'by this service’s relay',
    help: 'Keep one address on a host that Mailvane does not watch: mail about a sick mail server may not arrive.',
    fields: [
      { name: 'to', label: 'Addresses, divided by commas', hint: 'postmaster@example.org', list: true },
    ],
  },
  {
    kind: 'webhook',
    name: 'Webhook',
    how: 'signed, Standard Webhooks',
    help: 'Gets facts as fields, signed. The secret is shown once after saving, unless you bring your own.',
    fields: [
      { name: 'url', label: 'Address', hint: 'https://tickets.example.org/hook' },
      { name: 'secret', label: 'Secret, if you have one', hint: 'whsec_…', secret: true, optional: true },
    ],
  },
];
export const kindOf = (kind: string): Kind | undefined => KINDS.find((one) => one.kind === kind);

/** What the API wants under the kind's own name. */
export function bodyOf(kind: Kind, values: Record<string, string>): Record<string, unknown> {
  return Object.fromEntries(
    kind.fields
      .filter((field) => !field.optional || values[field.name]?.trim())
      .map((field) => {
        const value = (values[field.name] ?? '').trim();
        return [field.name, field.list ? split(value) : value];
      }),
  );
}

export const split = (words: string): string[] =>
  words
    .split(/[\s,]+/)
    .map((word) => word.trim())
    .filter(Boolean);

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

export function dayWords(days: readonly number[]): string {
  const sorted = [...days].sort((a, b) => a - b);
  const key = sorted.join('');
  if (key === '1234567') return 'every day';
  if (key === '12345') return 'Mon to Fri';
  if (key === '67') return 'Sat and Sun';
  return sorted.map((day) => DAYS[day - 1] ?? '').join(', ');
}

export const timesWords = (times: Times): string =>
  `${times.from}–${times.to} ${times.zone}, ${dayWords(times.days)}`;

/** "severity is critical and tag is inbound, 22:00–06:00 Europe/Berlin, every day" */
export function matchWords(
  match: Match,
  name: (kind: 'host' | 'instance' | 'trigger', id: string) => string,
): string {
  const parts: string[] = [];
  if (match.severity_min && match.severity_min !== 'info')
    parts.push(
      match.severity_min === 'critical'
        ? 'severity is critical'
        : `severity is ${match.severity_min} or worse`,
    );
  if (match.severities?.length) parts.push(`severity is ${match.severities.join(' or ')}`);
  if (match.tags?.length) parts.push(`tag is ${match.tags.map(foreign).join(' or ')}`);
  if (match.hosts?.length) parts.push(`host is ${some(match.hosts.map((id) => name('host', id)))}`);
  if (match.instances?.length)
    parts.push(`instance is ${some(match.instances.map((id) => name('instance', id)))}`);
  if (match.triggers?.length)
    parts.push(`trigger is ${some(match.triggers.map((id) => name('trigger', id)))}`);
  const what = parts.join(' and ') || 'anything';
  return match.times ? `${what}, ${timesWords(match.times)}` : what;
}

const some = (names: string[]): string =>
  names.length > 3
    ? `${names.slice(0, 2).map(foreign).join(' or ')} or ${plural(names.length - 2, 'other')}`
    : names.map(foreign).join(' or ');

export const afterWords = (after_s: number): string => (after_s === 0 ? 'at once' : duration(after_s));

export const takes = (severity: string): string =>
  severity === 'info' ? 'everything' : severity === 'critical' ? 'critical only' : `${severity} and worse`;

/** The windows of a weekly rule within these days, as instants; a window over midnight belongs to the day it begins. */
export function spansOf(
  one: {
    starts_at?: string | null;
    ends_at?: string | null;
    weekly?: { days: number[]; from: string; to: string } | null;
    zone: string;
  },
  from: Date,
  days: number,
): { from: number; to: number }[] {
  if (!one.weekly)
    return one.starts_at && one.ends_at
      ? [{ from: Date.parse(one.starts_at), to: Date.parse(one.ends_at) }]
      : [];
  const spans: { from: number; to: number }[] = [];
  for (let day = -1; day < days; day += 1) {
    const noon = new Date(from.getTime() + day * 86_400_000 + 43_200_000);
    const local = parts(noon, one.zone);
    if (!one.weekly.days.includes(local.weekday)) continue;
    const begin = instant(local.date, one.weekly.from, one.zone);
    let end = instant(local.date, one.weekly.to, one.zone);
    if (end <= begin) end += 86_400_000;
    spans.push({ from: begin, to: end });
  }
  return spans;
}

function parts(at: Date, zone: string): { date: string; weekday: number } {
  const text = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).format(at);
  return { date: text, weekday: ((new Date(`${text}T00:00:00Z`).getUTCDay() + 6) % 7) + 1 };
}

/** When a wall clock in a zone shows this: the zone's distance from UTC, looked up twice because clocks change. */
export function instant(date: string, time: string, zone: string): number {
  const wall = Date.parse(`${date}T${time}:00Z`);
  const offset = (at: number): number => {
    const shown = new Intl.DateTimeFormat('sv-SE', {
      timeZone: zone,
      dateStyle: 'short',
      timeStyle: 'medium',
    }).format(new Date(at));
    return Date.parse(`${shown.replace(' ', 'T')}Z`) - at;
  };
  const near = wall - offset(wall);
  return wall - offset(near);
}
