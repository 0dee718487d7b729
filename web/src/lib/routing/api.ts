// The questions about channels, routes and mutes.
import { ask } from '$lib/api/client';
import type { Channel, Delivery, Page, Severity, TestAnswer } from '$lib/api/types';

type Signal = AbortSignal | undefined;

export interface Times {
  /** IANA name. */
  zone: string;
  /** 1 is Monday. */
  days: number[];
  from: string;
  to: string;
}
export interface Match {
  severity_min?: Severity;
  severities?: Severity[];
  tags?: string[];
  hosts?: string[];
  instances?: string[];
  triggers?: string[];
  times?: Times;
}
export interface Step {
  after_s: number;
  channels: string[];
}
export type GroupBy = 'none' | 'host' | 'trigger' | 'tenant';
export interface Route {
  id: string;
  name: string;
  position: number;
  enabled: boolean;
  continue: boolean;
  match: Match;
  steps: Step[];
  repeat_s: number | null;
  group_by: GroupBy;
  version: number;
}
export interface Where {
  matches: { route: { id: string; name: string }; steps: Step[] }[];
  silenced_by: { id: string; kind: string; name: string; until: string | null }[];
  explanation: string;
}
export interface WhereAsk {
  severity: Severity;
  host?: string;
  instance?: string;
  trigger?: string;
  at?: string;
}
export interface Silence {
  id: string;
  comment: string;
  match: Match;
  starts_at: string;
  ends_at: string;
  created_by: string | null;
  state: 'pending' | 'active' | 'ended';
  incident: string | null;
}
export interface Maintenance {
  id: string;
  name: string;
  zone: string;
  match: Match;
  kind: 'once' | 'weekly';
  starts_at?: string | null;
  ends_at?: string | null;
  weekly?: { days: number[]; from: string; to: string } | null;
  enabled: boolean;
  next: { from: string; to: string } | null;
  active: boolean;
  version: number;
}
export type ChannelBody = { kind: string; name: string; severity_min: Severity } & Record<string, unknown>;

const list = { query: { limit: 200 } };
export const routing = {
  channels: (signal?: Signal) => ask<Page<Channel>>('/channels', { ...list, signal }),
  addChannel: (body: ChannelBody) =>
    ask<Channel & { secret?: string | null }>('/channels', { method: 'POST', body }),
  changeChannel: (one: Channel, body: Record<string, unknown>) =>
    ask<Channel>(`/channels/${one.id}`, { method: 'PATCH', ifMatch: one.version, body }),
  removeChannel: (one: Channel) =>
    ask<void>(`/channels/${one.id}`, { method: 'DELETE', ifMatch: one.version }),
  test: (id: string) => ask<TestAnswer>(`/channels/${id}/test`, { method: 'POST' }),
  deliveries: (id: string, status: string, signal?: Signal) =>
    ask<Page<Delivery>>(`/channels/${id}/deliveries`, { query: { status }, signal }),
  replay: (id: string) => ask<{ replayed: number }>(`/channels/${id}/replay`, { method: 'POST' }),
  routes: (signal?: Signal) => ask<Page<Route>>('/routes', { ...list, signal }),
  addRoute: (body: Partial<Route>) => ask<Route>('/routes', { method: 'POST', body }),
  changeRoute: (one: Route, body: Partial<Route>) =>
    ask<Route>(`/routes/${one.id}`, { method: 'PATCH', ifMatch: one.version, body }),
  removeRoute: (one: Route) => ask<void>(`/routes/${one.id}`, { method: 'DELETE', ifMatch: one.version }),
  order: (ids: string[]) => ask<void>('/routes/order', { method: 'PUT', body: { ids } }),
  where: (body: WhereAsk, signal?: Signal) => ask<Where>('/routes/preview', { method: 'POST', body, signal }),
  silences: (signal?: Signal) => ask<Page<Silence>>('/silences', { ...list, signal }),
  silence: (body: { comment: string; match: Match; starts_at: string; ends_at: string }) =>
    ask<Silence>('/silences', { method: 'POST', body }),
  endSilence: (id: string) => ask<void>(`/silences/${id}`, { method: 'DELETE' }),
  windows: (signal?: Signal) => ask<Page<Maintenance>>('/maintenance', { ...list, signal }),
  addWindow: (body: Record<string, unknown>) => ask<Maintenance>('/maintenance', { method: 'POST', body }),
  changeWindow: (one: Maintenance, body: Record<string, unknown>) =>
    ask<Maintenance>(`/maintenance/${one.id}`, { method: 'PATCH', ifMatch: one.version, body }),
  removeWindow: (one: Maintenance) =>
    ask<void>(`/maintenance/${one.id}`, { method: 'DELETE', ifMatch: one.version }),
};
