// The questions about people: accounts, members, tokens, the tenant itself.
import { ask } from '$lib/api/client';
import type { AuditRow, MemberRow, Page, Role, Session } from '$lib/api/types';

type Signal = AbortSignal | undefined;

export interface Service {
  sign_up: boolean;
  mail: boolean;
  version: string;
  roles?: { name: string; may: string[] }[];
  scopes?: { name: string; least_role: string }[];
}
export interface Me {
  person: { id: string; email: string; name: string };
  tenants: { id: string; name: string; role: Role }[];
  totp: boolean;
  weekly_report: boolean;
  sessions: {
    id: string;
    created_at: string;
    last_seen_at: string;
    ip: string;
    user_agent: string;
    current: boolean;
  }[];
}
export interface TotpDraft {
  secret: string;
  uri: string;
  qr_svg: string;
}
export interface Invitation {
  id: string;
  email: string;
  role: Role;
  invited_by: string | null;
  created_at: string;
  expires_at: string;
}
export interface Sent {
  mailed: boolean;
  link?: string | null;
}
export interface ApiToken {
  id: string;
  key_id: string;
  name: string;
  scopes: string[];
  role: string;
  created_by: string | null;
  created_at: string;
  expires_at: string;
  last_used_at: string | null;
  last_used_ip: string;
  revoked: boolean;
}
export interface Tenant {
  id: string;
  name: string;
  plan: {
    name: string;
    hosts_max: number;
    retention_days: number;
    channels_max: number;
    interval_min_s: number;
    trial_ends_at: string | null;
  };
  usage: { hosts: number; channels: number };
  retention: { raw_days: number; hourly_days: number; daily_days: number };
  interval_s: number;
  zone: string;
}
export interface Sso {
  issuer: string;
  client_id: string;
  domains: string[];
}
export interface AuditFilter {
  actor?: string;
  action?: string;
  from?: string;
  to?: string;
  cursor?: string;
}

const post = <T>(path: string, body: unknown = {}): Promise<T> => ask<T>(path, { method: 'POST', body });

export const people = {
  service: (signal?: Signal) => ask<Service>('/service', { signal }),
  signUp: (body: { email: string; name: string; tenant: string; password: string }) =>
    post<Sent>('/sign-up', body),
  confirm: (token: string) => post<Session>('/sign-up/confirm', { token }),
  forgot: (email: string) => post<void>('/password/forgot', { email }),
  reset: (token: string, password: string) => post<void>('/password/reset', { token, password }),
  accept: (body: { token: string; name?: string; password?: string; code?: string }) =>
    post<Session>('/invitations/accept', body),
  me: (signal?: Signal) => ask<Me>('/me', { signal }),
  weekly: (wanted: boolean) => ask<Me>('/me', { method: 'PATCH', body: { weekly_report: wanted } }),
  rename: (name: string) => ask<Me>('/me', { method: 'PATCH', body: { name } }),
  password: (old: string, fresh: string) => post<void>('/me/password', { old, new: fresh }),
  removeMe: (password: string) => ask<void>('/me', { method: 'DELETE', body: { password } }),
  endSession: (id: string) => ask<void>(`/me/sessions/${id}`, { method: 'DELETE' }),
  totp: () => post<TotpDraft>('/me/totp'),
  totpConfirm: (code: string) => post<{ recovery_codes: string[] }>('/me/totp/confirm', { code }),
  totpOff: (password: string, code: string) =>
    ask<void>('/me/totp', { method: 'DELETE', body: { password, code } }),
  enter: (tenant: string) => post<Session>('/session/tenant', { tenant }),
  members: (signal?: Signal) => ask<Page<MemberRow>>('/members', { signal }),
  changeMember: (id: string, role: Role) =>
    ask<MemberRow>(`/members/${id}`, { method: 'PATCH', body: { role } }),
  removeMember: (id: string) => ask<void>(`/members/${id}`, { method: 'DELETE' }),
  invitations: (signal?: Signal) => ask<Page<Invitation>>('/invitations', { signal }),
  invite: (email: string, role: Role) => post<Invitation & Sent>('/invitations', { email, role }),
  withdraw: (id: string) => ask<void>(`/invitations/${id}`, { method: 'DELETE' }),
  tokens: (signal?: Signal) => ask<Page<ApiToken>>('/api-tokens', { signal }),
  addToken: (body: { name: string; scopes: string[]; expires_in_s: number }) =>
    post<ApiToken & { token: string }>('/api-tokens', body),
  revokeToken: (id: string) => ask<void>(`/api-tokens/${id}`, { method: 'DELETE' }),
  audit: (filter: AuditFilter, signal?: Signal) =>
    ask<Page<AuditRow>>('/audit', { query: { ...filter, limit: 50 }, signal }),
  tenant: (signal?: Signal) => ask<Tenant>('/tenant', { signal }),
  changeTenant: (body: Record<string, unknown>) => ask<Tenant>('/tenant', { method: 'PATCH', body }),
  removeTenant: (name: string) => ask<void>('/tenant', { method: 'DELETE', body: { name } }),
  sso: (signal?: Signal) => ask<Sso | null>('/sso', { signal }),
  setSso: (body: Record<string, unknown>) => ask<Sso>('/sso', { method: 'PUT', body }),
  removeSso: () => ask<void>('/sso', { method: 'DELETE' }),
};
