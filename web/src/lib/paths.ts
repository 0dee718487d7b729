// Every link inside the pages, so that none is put together by hand.

const id = encodeURIComponent;

export const paths = {
  fleet: () => '/',
  signIn: (back?: string) => (back && back !== '/' ? `/signin?back=${id(back)}` : '/signin'),
  instance: (instance: string) => `/instances/${id(instance)}`,
  host: (host: string) => `/hosts/${id(host)}`,
  incidents: (state?: 'open' | 'closed' | 'all') =>
    state && state !== 'open' ? `/incidents?state=${state}` : '/incidents',
  incident: (incident: string) => `/incidents/${id(incident)}`,
  triggers: (trigger?: string) => (trigger ? `/triggers?edit=${id(trigger)}` : '/triggers'),
  newTrigger: (metric: string, tags: readonly string[] = []) =>
    `/triggers?new=${id(metric)}${tags.map((tag) => `&tag=${id(tag)}`).join('')}`,
  explore: (metric?: string) => (metric ? `/explore?what=${id(metric)}` : '/explore'),
  routing: (part?: 'silences' | 'log') => (part ? `/routing?part=${part}` : '/routing'),
  /** The form of a silence, filled in for one host. */
  silence: (host: string) => `/routing?part=silences&mute=${id(host)}`,
  reports: () => '/reports',
  account: () => '/account',
  status: () => '/status',
  signUp: () => '/sign-up',
  forgot: () => '/forgot',
  addHost: () => '/add-host',
  settings: (part?: string) => (part ? `/settings?part=${part}` : '/settings'),
};

/** Where to go after sign-in: only a path of this site, never another one's address. */
export function safeBack(wish: string | null): string {
  if (!wish || !wish.startsWith('/') || wish.startsWith('//') || wish.includes('\\')) return paths.fleet();
  return wish;
}
