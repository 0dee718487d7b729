// The pages of the rail in their order, with the letter that follows `g`.
import type { IconName } from '$lib/ui/Icon.svelte';
import { paths } from '$lib/paths';

export interface PageEntry {
  name: string;
  icon: IconName;
  href: string;
  key: string;
  /** Also current below these paths. */
  under: string[];
}

export const PAGES: PageEntry[] = [
  { name: 'Fleet', icon: 'fleet', href: paths.fleet(), key: 'f', under: ['/instances', '/hosts'] },
  { name: 'Incidents', icon: 'incidents', href: paths.incidents(), key: 'i', under: ['/incidents'] },
  { name: 'Explore', icon: 'explore', href: paths.explore(), key: 'e', under: ['/explore'] },
  { name: 'Triggers', icon: 'triggers', href: paths.triggers(), key: 't', under: ['/triggers'] },
  { name: 'Routing', icon: 'channels', href: paths.routing(), key: 'r', under: ['/routing'] },
  { name: 'Reports', icon: 'reports', href: paths.reports(), key: 'w', under: ['/reports'] },
  { name: 'Add host', icon: 'add', href: paths.addHost(), key: 'a', under: ['/add-host'] },
  { name: 'Settings', icon: 'settings', href: paths.settings(), key: 's', under: ['/settings'] },
];

/** Parts of pages that people look for by name. */
export const PARTS: { name: string; href: string }[] = [
  { name: 'Silences and maintenance', href: paths.routing('silences') },
  { name: 'Channels: Slack, Telegram, PagerDuty, e-mail, webhook', href: paths.routing() },
  { name: 'Members, invite a colleague', href: paths.settings('members') },
  { name: 'Enrolment keys', href: paths.settings('keys') },
  { name: 'API tokens', href: paths.settings('tokens') },
  { name: 'Audit', href: paths.settings('audit') },
  { name: 'Retention', href: paths.settings('retention') },
  { name: 'Single sign-on', href: paths.settings('sso') },
  { name: 'Plan', href: paths.settings('plan') },
  { name: 'Account, password, second factor, sessions', href: paths.account() },
  { name: 'Status of the service', href: paths.status() },
];

export const isCurrent = (entry: PageEntry, path: string): boolean =>
  path === entry.href || entry.under.some((under) => path === under || path.startsWith(`${under}/`));
