// Plain words for the catalogue's groups and event kinds, where a person reads them.
import type { EventName, GroupName } from '$lib/catalogue';

const GROUP_WORDS: Partial<Record<GroupName, string>> = {
  'queue.scan': 'Depth of the queues',
  'queue.side': 'Corrupt, saved and defer queues',
  'queue.bytes': 'Bytes in the queues',
  'queue.age': 'Age of waiting mail',
  'queue.retry': 'Retry and expiry times',
  'queue.domains': 'Domains of waiting mail',
  config: 'Postfix’s own limits',
  message: 'Messages in and out',
  delivery: 'Deliveries',
  delay: 'Delay stages',
  notice: 'Bounce notices',
  smtpd: 'SMTP sessions',
  reject: 'Rejects',
  limit: 'Client limits',
  sasl: 'Sign-ins of clients',
  'tls.in': 'TLS of incoming mail',
  'tls.out': 'TLS of outgoing mail',
  postscreen: 'postscreen',
  process: 'Processes',
  log: 'The log itself',
  health: 'Health of the daemons',
  spool: 'Room on the spool',
  host: 'The machine',
  certificate: 'Certificates',
  agent: 'The agent',
};

export const groupWords = (group: string): string => GROUP_WORDS[group as GroupName] ?? group;

const EVENT_WORDS: Partial<Record<EventName, string>> = {
  'postfix.started': 'Postfix started',
  'postfix.stopped': 'Postfix stopped',
  'postfix.reloaded': 'Postfix reloaded',
  'postfix.start_failed': 'Postfix could not start',
  'postfix.version_changed': 'Another Postfix version',
  'config.changed': 'Configuration changed',
  'daemon.crashed': 'Daemon crashed',
  'daemon.exited': 'Daemon ended with an error',
  'daemon.throttled': 'Daemon paused',
  'daemon.process_limit': 'Process limit reached',
  'log.fatal': 'Fatal',
  'log.panic': 'Panic',
  'log.error': 'Error',
  'log.lost': 'Log lines lost',
  'log.suppressed': 'Log lines dropped by the log daemon',
  'log.rotated': 'Log rotated',
  'queue.clogged': 'One destination fills the active queue',
  'queue.corrupt': 'Damaged queue file',
  'queue.operated': 'Queue operated by hand',
  'disk.full': 'Postfix could not write',
  'milter.failed': 'Milter not to be reached',
  'policy.failed': 'Policy service not to be reached',
  'transport.failed': 'Delivery agent not to be reached',
  'tls.broken': 'TLS is not to be had',
  'agent.started': 'Agent started',
  'instance.found': 'Instance found',
  'visibility.changed': 'Visibility changed',
  'clock.stepped': 'Clock jumped',
};

export const eventWords = (kind: string): string =>
  EVENT_WORDS[kind as EventName] ?? kind.replaceAll(/[._]/g, ' ');
