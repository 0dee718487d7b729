// Kinds of events that stand on every chart, with the words of their flag; the rest is in the list only.
import type { EventName } from '$lib/catalogue';

export const MARKED: Partial<Record<EventName, string>> = {
  'postfix.started': 'started',
  'postfix.stopped': 'stopped',
  'postfix.reloaded': 'reload',
  'postfix.version_changed': 'other version',
  'config.changed': 'configuration changed',
  'daemon.crashed': 'daemon crashed',
  'log.lost': 'log lines lost',
  'log.panic': 'panic',
  'queue.operated': 'queue operated',
  'disk.full': 'disk full',
  'agent.started': 'agent started',
  'clock.stepped': 'clock jumped',
};
