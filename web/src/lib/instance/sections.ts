// The story of an instance below its first charts, section by section: what is asked, where it stands, what it is called.
// Names are the catalogue's, by type.
import type { DimensionName, GroupName, MetricName } from '$lib/catalogue';

export type Wide = 'w3' | 'w4' | 'w5' | 'w6' | 'w7' | 'w8' | 'w9' | 'w12';
export type Shown = readonly (readonly [MetricName, string])[];

interface Common {
  title: string;
  why: string;
  wide: Wide;
  /** The groups without which nothing of it can be seen. */
  groups: readonly GroupName[];
}
export interface ChartPanel extends Common {
  kind: 'chart';
  unit: string;
  lines: Shown;
  /** So many lines stay even when they are nothing but zero. */
  keep?: number;
  /** What one unit of the metric is in the unit shown. */
  scale?: number;
  /** Each line is its growth divided by that of this counter. */
  over?: MetricName;
  stack?: boolean;
}
export interface TopPanel extends Common {
  kind: 'top';
  dimension: DimensionName;
  head: string;
  by: string;
  measures: readonly string[];
  none: string;
  limit?: number;
  /** Names of the parts of a key that a tab divides. */
  parts?: readonly string[];
  /** Gauges are told as they are now, not over the range. */
  newest?: boolean;
  /** No share: the measure is no sum. */
  plain?: boolean;
  units?: Readonly<Record<string, string>>;
}
export interface HeatPanel extends Common {
  kind: 'heat';
  dimension: DimensionName;
  head: string;
  by: string;
  columns: readonly (readonly [measure: string, words: string])[];
  none: string;
  limit?: number;
  newest?: boolean;
  /** Columns where nothing ever happened are left out. */
  sparse?: boolean;
}
export interface NowPanel extends Common {
  kind: 'now';
  head: string;
  rows: readonly (readonly [metric: MetricName, words: string, unit?: string])[];
}
export interface WavePanel extends Common {
  kind: 'wave';
}
export interface DelayPanel extends Common {
  kind: 'delay';
}
export type Panel = ChartPanel | TopPanel | HeatPanel | NowPanel | WavePanel | DelayPanel;

export interface SectionSpec {
  id: string;
  title: string;
  why: string;
  panels: readonly Panel[];
}

const AGE_COLUMNS = [
  ['lt_5m', '≤ 5 min'],
  ['lt_10m', '10'],
  ['lt_20m', '20'],
  ['lt_40m', '40'],
  ['lt_80m', '80'],
  ['lt_160m', '160'],
  ['lt_320m', '320'],
  ['lt_640m', '640'],
  ['lt_1280m', '1,280'],
  ['ge_1280m', '> 1,280'],
] as const;

const MINUTE = 'a minute';

export const QUEUES: SectionSpec = {
  id: 'waiting',
  title: 'Who waits, and until when',
  why: 'the deferred queue by domain, by next try and by end',
  panels: [
    {
      kind: 'heat',
      title: 'Waiting by domain and age',
      why: 'recipients by minutes since arrival, as qshape counts them',
      wide: 'w12',
      groups: ['queue.domains'],
      dimension: 'waiting_domain',
      head: 'Recipient domain',
      by: 'lt_5m',
      columns: AGE_COLUMNS,
      limit: 12,
      newest: true,
      none: 'Nobody waits, or the queue was not read for domains in the last minutes.',
    },
    {
      kind: 'wave',
      title: 'Retry wave and expiry',
      why: 'deferred messages by the time of their next try and of their end',
      wide: 'w8',
      groups: ['queue.retry'],
    },
    {
      kind: 'now',
      title: 'All queues',
      why: 'now',
      head: 'Queue',
      wide: 'w4',
      groups: ['queue.scan'],
      rows: [
        ['queue.incoming.messages', 'incoming'],
        ['queue.active.messages', 'active'],
        ['queue.deferred.messages', 'deferred'],
        ['queue.deferred.due', 'deferred, due now'],
        ['queue.deferred.expiring_24h', 'deferred, ends within 24 h'],
        ['queue.hold.messages', 'hold'],
        ['queue.maildrop.messages', 'maildrop'],
        ['queue.corrupt.messages', 'corrupt'],
        ['queue.saved.messages', 'saved'],
      ],
    },
    {
      kind: 'chart',
      title: 'Oldest message',
      why: 'time since arrival',
      unit: 'seconds',
      wide: 'w6',
      groups: ['queue.age'],
      lines: [
        ['queue.deferred.oldest', 'deferred'],
        ['queue.active.oldest', 'active'],
        ['queue.incoming.oldest', 'incoming'],
        ['queue.hold.oldest', 'hold'],
      ],
    },
    {
      kind: 'chart',
      title: 'Size of the queues',
      why: 'bytes of queue files',
      unit: 'bytes',
      wide: 'w6',
      groups: ['queue.bytes'],
      lines: [
        ['queue.deferred.bytes', 'deferred'],
        ['queue.active.bytes', 'active'],
        ['queue.incoming.bytes', 'incoming'],
        ['queue.hold.bytes', 'hold'],
      ],
      stack: true,
    },
    {
      kind: 'top',
      title: 'Sender domains',
      why: 'whose mail is deferred, in this range',
      head: 'Sender domain',
      wide: 'w12',
      groups: ['message'],
      dimension: 'sender_domain',
      by: 'deferred',
      measures: ['messages', 'deferred', 'bounced'],
      none: 'Nobody’s mail was deferred in this range.',
    },
  ],
};

export const DELIVERY: SectionSpec = {
  id: 'delivery',
  title: 'Delivery',
  why: 'what happens to mail on its way out',
  panels: [
    {
      kind: 'chart',
      title: 'Attempts by outcome',
      why: 'per minute',
      unit: MINUTE,
      wide: 'w7',
      groups: ['delivery'],
      keep: 3,
      lines: [
        ['delivery.sent', 'sent'],
        ['delivery.deferred', 'deferred'],
        ['delivery.bounced', 'bounced'],
        ['delivery.expired', 'expired'],
      ],
    },
    {
      kind: 'chart',
      title: 'First tries and retries',
      why: 'per minute',
      unit: MINUTE,
      wide: 'w5',
      groups: ['delivery'],
      keep: 2,
      lines: [
        ['delivery.first.sent', 'first try, sent'],
        ['delivery.first.deferred', 'first try, deferred'],
        ['delivery.retry.sent', 'retry, sent'],
        ['delivery.retry.deferred', 'retry, deferred'],
        ['delivery.first.bounced', 'first try, bounced'],
        ['delivery.retry.bounced', 'retry, bounced'],
      ],
    },
    {
      kind: 'top',
      title: 'Recipient domains',
      why: 'most deferred first, in this range',
      head: 'Domain',
      wide: 'w6',
      groups: ['delivery'],
      dimension: 'recipient_domain',
      by: 'deferred',
      measures: ['sent', 'deferred', 'bounced'],
      none: 'Nothing was deferred in this range.',
    },
    {
      kind: 'top',
      title: 'Reply classes',
      why: 'what other servers answered',
      head: 'Reply class',
      wide: 'w6',
      groups: ['delivery'],
      dimension: 'reply_class',
      by: 'deferred',
      measures: ['deferred', 'bounced'],
      none: 'No server deferred or refused anything in this range.',
    },
    {
      kind: 'top',
      title: 'Their words',
      why: 'replies with addresses and numbers taken out',
      head: 'Reply',
      wide: 'w12',
      groups: ['delivery'],
      dimension: 'reply_template',
      by: 'deferred',
      measures: ['deferred', 'bounced', 'messages'],
      parts: ['Class', 'Reply'],
      none: 'No server deferred or refused anything in this range.',
    },
    {
      kind: 'top',
      title: 'Relays',
      why: 'the hosts that mail was handed to',
      head: 'Relay',
      wide: 'w8',
      groups: ['delivery'],
      dimension: 'relay',
      by: 'deferred',
      measures: ['sent', 'deferred', 'bounced', 'connect_failed', 'encrypted'],
      none: 'Nothing was deferred by any relay in this range.',
    },
    {
      kind: 'top',
      title: 'Causes of failed tries',
      why: 'whatever the server',
      head: 'Cause',
      wide: 'w4',
      groups: ['delivery'],
      dimension: 'failure_cause',
      by: 'deferred',
      measures: ['deferred', 'bounced'],
      none: 'No try failed in this range.',
    },
    {
      kind: 'delay',
      title: 'Delay stages',
      why: 'how long each stage of a delivery took',
      wide: 'w7',
      groups: ['delay'],
    },
    {
      kind: 'chart',
      title: 'Mean delay by stage',
      why: 'milliseconds per recipient',
      unit: 'milliseconds',
      wide: 'w5',
      groups: ['delay'],
      over: 'delay.count',
      stack: true,
      lines: [
        ['delay.before_queue', 'before the queue'],
        ['delay.in_queue', 'in the queue'],
        ['delay.connect', 'connecting'],
        ['delay.transmit', 'transmitting'],
      ],
    },
    {
      kind: 'top',
      title: 'Mailbox providers',
      why: 'whatever the domain',
      head: 'Provider',
      wide: 'w6',
      groups: ['delivery'],
      dimension: 'provider',
      by: 'sent',
      measures: ['sent', 'deferred', 'bounced'],
      none: 'No mail to a large provider in this range.',
    },
    {
      kind: 'top',
      title: 'Delivery agents',
      why: 'which daemon delivered',
      head: 'Agent',
      wide: 'w6',
      groups: ['delivery'],
      dimension: 'delivery_agent',
      by: 'sent',
      measures: ['sent', 'deferred', 'bounced', 'expired'],
      none: 'Nothing was delivered in this range.',
    },
    {
      kind: 'chart',
      title: 'Notices',
      why: 'bounce and delay notices, per minute',
      unit: MINUTE,
      wide: 'w6',
      groups: ['notice'],
      lines: [
        ['notice.bounced', 'to senders, bounced'],
        ['notice.delayed', 'to senders, delayed'],
        ['notice.postmaster', 'to the postmaster'],
        ['notice.failed', 'failed'],
      ],
    },
    {
      kind: 'chart',
      title: 'Trouble on the way',
      why: 'per minute',
      unit: MINUTE,
      wide: 'w6',
      groups: ['delivery'],
      lines: [
        ['delivery.connect_failed', 'connections failed'],
        ['delivery.suspended', 'destination suspended'],
        ['message.expired', 'messages expired'],
      ],
    },
  ],
};

export const INTAKE: SectionSpec = {
  id: 'intake',
  title: 'Intake',
  why: 'what clients bring, and what is refused',
  panels: [
    {
      kind: 'chart',
      title: 'Messages by way in',
      why: 'per minute',
      unit: MINUTE,
      wide: 'w6',
      groups: ['message'],
      keep: 1,
      lines: [
        ['message.received', 'all received'],
        ['message.received_smtp', 'by SMTP'],
        ['message.received_local', 'from this host'],
        ['message.received_signed_in', 'signed in'],
        ['message.generated', 'made by Postfix'],
      ],
    },
    {
      kind: 'chart',
      title: 'Connections',
      why: 'per minute',
      unit: MINUTE,
      wide: 'w6',
      groups: ['smtpd'],
      lines: [
        ['smtpd.connections', 'connections'],
        ['smtpd.lost', 'lost'],
        ['smtpd.timed_out', 'timed out'],
        ['smtpd.too_many_errors', 'too many errors'],
        ['smtpd.unknown_clients', 'without a name'],
      ],
    },
    {
      kind: 'chart',
      title: 'Rejects by phase',
      why: 'per minute',
      unit: MINUTE,
      wide: 'w6',
      groups: ['reject'],
      lines: [
        ['reject.phase.rcpt', 'at RCPT'],
        ['reject.phase.mail', 'at MAIL'],
        ['reject.phase.helo', 'at HELO'],
        ['reject.phase.connect', 'at connect'],
        ['reject.phase.data', 'at DATA'],
        ['reject.phase.end_of_message', 'at end of data'],
      ],
    },
    {
      kind: 'chart',
      title: 'Rejects by reason',
      why: 'per minute',
      unit: MINUTE,
      wide: 'w6',
      groups: ['reject'],
      lines: [
        ['reject.reason.unknown_user', 'unknown user'],
        ['reject.reason.relay', 'relay denied'],
        ['reject.reason.blocklist', 'block list'],
        ['reject.reason.greylist', 'greylist'],
        ['reject.reason.content', 'content'],
        ['reject.reason.policy', 'policy'],
        ['reject.reason.sign_in', 'sign-in'],
        ['reject.reason.local_error', 'our own fault'],
      ],
    },
    {
      kind: 'heat',
      title: 'Rejects by phase and reason',
      why: 'in this range',
      wide: 'w12',
      groups: ['reject'],
      dimension: 'reject',
      head: 'Phase',
      by: 'client',
      sparse: true,
      limit: 12,
      columns: [
        ['client', 'client'],
        ['reverse_name', 'reverse name'],
        ['helo', 'HELO'],
        ['sender', 'sender'],
        ['recipient', 'recipient'],
        ['unknown_user', 'unknown user'],
        ['relay', 'relay'],
        ['blocklist', 'block list'],
        ['greylist', 'greylist'],
        ['content', 'content'],
        ['size', 'size'],
        ['policy', 'policy'],
        ['protocol', 'protocol'],
        ['sign_in', 'sign-in'],
        ['local_error', 'our fault'],
        ['other', 'other'],
      ],
      none: 'Nothing was refused in this range.',
    },
    {
      kind: 'top',
      title: 'Sources of rejects',
      why: 'networks as /24 and /48',
      head: 'Source',
      wide: 'w6',
      groups: ['reject'],
      dimension: 'reject_source',
      by: 'rejected',
      measures: ['rejected', 'warned'],
      parts: ['Reason', 'Network'],
      none: 'Nothing was refused in this range.',
    },
    {
      kind: 'top',
      title: 'Client networks',
      why: 'networks as /24 and /48',
      head: 'Network',
      wide: 'w6',
      groups: ['smtpd'],
      dimension: 'client_network',
      by: 'connections',
      measures: ['connections', 'messages', 'rejected', 'lost'],
      none: 'No client connected in this range.',
    },
    {
      kind: 'chart',
      title: 'Sign-ins',
      why: 'SASL, per minute',
      unit: MINUTE,
      wide: 'w6',
      groups: ['sasl'],
      keep: 2,
      lines: [
        ['sasl.succeeded', 'succeeded'],
        ['sasl.failed', 'failed'],
        ['sasl.aborted', 'aborted'],
        ['sasl.refused', 'refused'],
      ],
    },
    {
      kind: 'top',
      title: 'Failed sign-ins by source',
      why: 'networks, or addresses where the host allows it',
      head: 'Network',
      wide: 'w6',
      groups: ['sasl'],
      dimension: 'sasl_failure_network',
      by: 'failed',
      measures: ['failed', 'aborted'],
      none: 'No sign-in failed in this range.',
    },
    {
      kind: 'top',
      title: 'Signed-in users',
      why: 'as hashes whose key stays on the host',
      head: 'User',
      wide: 'w6',
      groups: ['sasl'],
      dimension: 'sasl_user',
      by: 'recipients',
      measures: ['messages', 'recipients', 'bounced', 'networks', 'failed'],
      none: 'Nobody signed in to send in this range.',
    },
    {
      kind: 'top',
      title: 'Sign-in methods',
      why: 'by mechanism',
      head: 'Method',
      wide: 'w6',
      groups: ['sasl'],
      dimension: 'sasl_method',
      by: 'succeeded',
      measures: ['succeeded', 'failed'],
      none: 'Nobody signed in in this range.',
    },
    {
      kind: 'chart',
      title: 'postscreen',
      why: 'clients before smtpd, per minute',
      unit: MINUTE,
      wide: 'w6',
      groups: ['postscreen'],
      lines: [
        ['postscreen.connections', 'connections'],
        ['postscreen.passed_old', 'passed, known'],
        ['postscreen.passed_new', 'passed, new'],
        ['postscreen.blocklisted', 'on block lists'],
        ['postscreen.pregreeted', 'spoke too early'],
        ['postscreen.hung_up', 'hung up'],
        ['postscreen.rejected', 'rejected'],
        ['postscreen.busy', 'all ports taken'],
      ],
    },
    {
      kind: 'top',
      title: 'postscreen tests failed',
      why: 'in this range',
      head: 'Test',
      wide: 'w3',
      groups: ['postscreen'],
      dimension: 'postscreen_test',
      by: 'failed',
      measures: ['failed'],
      none: 'No client failed a test.',
    },
    {
      kind: 'top',
      title: 'Block lists',
      why: 'DNSBL answers',
      head: 'List',
      wide: 'w3',
      groups: ['postscreen'],
      dimension: 'dnsbl_zone',
      by: 'listed',
      measures: ['listed', 'failed'],
      none: 'No client was on a list.',
    },
    {
      kind: 'heat',
      title: 'Milters',
      why: 'verdicts by phase',
      wide: 'w6',
      groups: ['reject'],
      dimension: 'milter',
      head: 'Phase',
      by: 'rejected',
      columns: [
        ['rejected', 'rejected'],
        ['temporary', 'temporary'],
        ['discarded', 'discarded'],
        ['held', 'held'],
      ],
      none: 'No milter refused anything in this range.',
    },
    {
      kind: 'heat',
      title: 'Checks and rules',
      why: 'what tables and rules did',
      wide: 'w6',
      groups: ['reject'],
      dimension: 'action',
      head: 'Action',
      by: 'access',
      columns: [
        ['access', 'access'],
        ['header', 'header'],
        ['body', 'body'],
        ['milter', 'milter'],
      ],
      none: 'No rule acted in this range.',
    },
    {
      kind: 'top',
      title: 'Header and body checks',
      why: 'which rules hit',
      head: 'Rule',
      wide: 'w6',
      groups: ['reject'],
      dimension: 'header_check',
      by: 'hits',
      measures: ['hits'],
      parts: ['Kind', 'Action', 'Rule'],
      none: 'No check hit in this range.',
    },
    {
      kind: 'top',
      title: 'Client limits',
      why: 'limits that clients hit, and the peaks',
      head: 'Limit',
      wide: 'w6',
      groups: ['limit'],
      dimension: 'client_limit',
      by: 'exceeded',
      measures: ['exceeded', 'peak'],
      none: 'No client hit a limit in this range.',
    },
    {
      kind: 'top',
      title: 'Services',
      why: 'sessions by service',
      head: 'Service',
      wide: 'w6',
      groups: ['smtpd'],
      dimension: 'service',
      by: 'connections',
      measures: ['connections', 'messages', 'rejected', 'sasl_failed', 'encrypted', 'lost'],
      none: 'No client connected in this range.',
    },
    {
      kind: 'heat',
      title: 'Commands',
      why: 'accepted and refused',
      wide: 'w6',
      groups: ['smtpd'],
      dimension: 'smtp_command',
      head: 'Command',
      by: 'accepted',
      columns: [
        ['accepted', 'accepted'],
        ['refused', 'refused'],
      ],
      none: 'No client gave a command in this range.',
    },
  ],
};

export const TLS: SectionSpec = {
  id: 'tls',
  title: 'TLS and certificates',
  why: 'how much of it is encrypted, and until when',
  panels: [
    {
      kind: 'chart',
      title: 'Outgoing',
      why: 'recipients per minute',
      unit: MINUTE,
      wide: 'w6',
      groups: ['tls.out'],
      keep: 2,
      lines: [
        ['tls.out.sent', 'encrypted'],
        ['tls.out.sent_plain', 'in clear text'],
        ['tls.out.failed', 'handshakes failed'],
        ['tls.out.unverified', 'not verified'],
      ],
    },
    {
      kind: 'chart',
      title: 'Incoming',
      why: 'messages per minute',
      unit: MINUTE,
      wide: 'w6',
      groups: ['tls.in'],
      keep: 2,
      lines: [
        ['tls.in.messages', 'encrypted'],
        ['tls.in.messages_plain', 'in clear text'],
        ['tls.in.failed', 'handshakes failed'],
      ],
    },
    {
      kind: 'top',
      title: 'Protocols',
      why: 'sessions in this range',
      head: 'Protocol',
      wide: 'w4',
      groups: ['tls.in', 'tls.out'],
      dimension: 'tls_protocol',
      by: 'out',
      measures: ['in', 'out'],
      none: 'No session was encrypted in this range.',
    },
    {
      kind: 'top',
      title: 'Trust in the other side',
      why: 'sessions in this range',
      head: 'Trust',
      wide: 'w4',
      groups: ['tls.in', 'tls.out'],
      dimension: 'tls_trust',
      by: 'out',
      measures: ['in', 'out'],
      none: 'No session was encrypted in this range.',
    },
    {
      kind: 'top',
      title: 'Key exchange',
      why: 'sessions in this range',
      head: 'Group',
      wide: 'w4',
      groups: ['tls.in', 'tls.out'],
      dimension: 'tls_key_exchange',
      by: 'out',
      measures: ['in', 'out'],
      none: 'The log names no key exchange.',
    },
    {
      kind: 'top',
      title: 'Ciphers',
      why: 'sessions in this range',
      head: 'Cipher',
      wide: 'w6',
      groups: ['tls.in', 'tls.out'],
      dimension: 'tls_cipher',
      by: 'out',
      measures: ['in', 'out'],
      parts: ['Protocol', 'Cipher'],
      none: 'No session was encrypted in this range.',
    },
    {
      kind: 'top',
      title: 'Certificates',
      why: 'files and ports, time left',
      head: 'Certificate',
      wide: 'w6',
      groups: ['certificate'],
      dimension: 'certificate',
      by: 'expires',
      measures: ['expires', 'mismatched'],
      units: { expires: 'seconds' },
      newest: true,
      plain: true,
      none: 'This instance serves no certificate.',
    },
  ],
};

export const PROCESSES: SectionSpec = {
  id: 'processes',
  title: 'Processes and log',
  why: 'Postfix’s own health',
  panels: [
    {
      kind: 'chart',
      title: 'Processes',
      why: 'running',
      unit: 'processes',
      wide: 'w4',
      groups: ['process'],
      lines: [
        ['process.count', 'all'],
        ['process.smtpd_count', 'smtpd'],
      ],
    },
    {
      kind: 'chart',
      title: 'Processor',
      why: '% of one core',
      unit: 'percent',
      wide: 'w4',
      groups: ['process'],
      scale: 1 / 600,
      lines: [['process.cpu_time', 'Postfix']],
    },
    {
      kind: 'chart',
      title: 'Memory',
      why: 'in use',
      unit: 'bytes',
      wide: 'w4',
      groups: ['process'],
      lines: [['process.memory', 'Postfix']],
    },
    {
      kind: 'top',
      title: 'Daemons',
      why: 'now; crashes in the last minutes',
      head: 'Process',
      wide: 'w7',
      groups: ['process'],
      dimension: 'daemon_process',
      by: 'processes',
      measures: ['processes', 'limit', 'memory', 'crashed', 'throttled'],
      units: { memory: 'bytes' },
      newest: true,
      plain: true,
      limit: 14,
      none: 'No process of this instance runs.',
    },
    {
      kind: 'chart',
      title: 'Failures',
      why: 'per minute',
      unit: MINUTE,
      wide: 'w5',
      groups: ['health'],
      lines: [
        ['health.crashed', 'daemons crashed'],
        ['health.throttled', 'services paused'],
        ['health.process_limit_reached', 'process limit reached'],
        ['health.lookup_failed', 'look-ups failed'],
        ['health.milter_failed', 'milters away'],
        ['health.policy_failed', 'policy services away'],
        ['health.transport_failed', 'delivery agents away'],
        ['health.no_space', 'disk full'],
      ],
    },
    {
      kind: 'chart',
      title: 'Log lines',
      why: 'per minute',
      unit: MINUTE,
      wide: 'w6',
      groups: ['log'],
      lines: [
        ['log.lines', 'lines'],
        ['log.warnings', 'warnings'],
        ['log.errors', 'errors'],
        ['log.fatals', 'fatal'],
        ['log.panics', 'panics'],
        ['log.unrecognised', 'not recognised'],
        ['log.suppressed', 'dropped by the log daemon'],
      ],
    },
    {
      kind: 'top',
      title: 'Log by daemon',
      why: 'in this range',
      head: 'Daemon',
      wide: 'w6',
      groups: ['log'],
      dimension: 'daemon_log',
      by: 'lines',
      measures: ['lines', 'warnings', 'errors', 'fatals', 'unrecognised'],
      none: 'No line in this range.',
    },
  ],
};

export const HOST: SectionSpec = {
  id: 'host',
  title: 'Host',
  why: 'reported with the host’s first instance',
  panels: [
    {
      kind: 'chart',
      title: 'Load',
      why: 'average of one minute',
      unit: '',
      wide: 'w4',
      groups: ['host'],
      scale: 1 / 100,
      lines: [['host.load_1m', 'load']],
    },
    {
      kind: 'chart',
      title: 'Processor',
      why: '% of one core, all programs',
      unit: 'percent',
      wide: 'w4',
      groups: ['host'],
      scale: 1 / 600,
      lines: [['host.cpu_time', 'in use']],
    },
    {
      kind: 'chart',
      title: 'Memory',
      why: 'of the machine',
      unit: 'bytes',
      wide: 'w4',
      groups: ['host'],
      lines: [
        ['host.memory_available', 'available'],
        ['host.memory_total', 'all'],
      ],
    },
    {
      kind: 'chart',
      title: 'Waiting for disk and memory',
      why: '% of the time',
      unit: 'percent',
      wide: 'w4',
      groups: ['pressure'],
      scale: 1 / 600,
      lines: [
        ['host.io_stalled', 'disk'],
        ['host.memory_stalled', 'memory'],
      ],
    },
    {
      kind: 'chart',
      title: 'Room on the spool',
      why: 'bytes that Postfix may still write',
      unit: 'bytes',
      wide: 'w4',
      groups: ['spool'],
      lines: [
        ['spool.bytes_free', 'free'],
        ['spool.bytes_total', 'all'],
      ],
    },
    {
      kind: 'chart',
      title: 'Files on the spool',
      why: 'that can still be made',
      unit: 'files',
      wide: 'w4',
      groups: ['spool'],
      lines: [
        ['spool.files_free', 'free'],
        ['spool.files_total', 'all'],
      ],
    },
    {
      kind: 'now',
      title: 'The agent',
      why: 'now',
      head: 'Figure',
      wide: 'w4',
      groups: ['agent'],
      rows: [
        ['agent.memory', 'memory', 'bytes'],
        ['agent.uptime', 'running for', 'seconds'],
        ['agent.spool_batches', 'batches waiting'],
        ['agent.log_behind', 'log not read yet', 'bytes'],
        ['agent.tracked', 'messages followed'],
      ],
    },
    {
      kind: 'chart',
      title: 'The agent’s own weight',
      why: '% of one core',
      unit: 'percent',
      wide: 'w4',
      groups: ['agent'],
      scale: 1 / 600,
      lines: [
        ['agent.cpu_time', 'all'],
        ['agent.scan_time', 'looking into queues'],
      ],
    },
    {
      kind: 'chart',
      title: 'Batches waiting for us',
      why: 'kept on the host until acknowledged',
      unit: 'batches',
      wide: 'w4',
      groups: ['agent'],
      lines: [['agent.spool_batches', 'waiting']],
    },
  ],
};

/** In the order of the page. */
export const SECTIONS: Readonly<Record<string, SectionSpec>> = {
  waiting: QUEUES,
  delivery: DELIVERY,
  intake: INTAKE,
  tls: TLS,
  processes: PROCESSES,
  host: HOST,
};

/** All metrics of a section that are drawn over time, each once; at most 30 a question. */
export const METRICS_A_QUESTION = 30;
export function asked(section: SectionSpec): MetricName[][] {
  const all = new Set<MetricName>();
  for (const panel of section.panels)
    if (panel.kind === 'chart') {
      for (const [metric] of panel.lines) all.add(metric);
      if (panel.over) all.add(panel.over);
    }
  const list = [...all];
  const questions: MetricName[][] = [];
  for (let at = 0; at < list.length; at += METRICS_A_QUESTION)
    questions.push(list.slice(at, at + METRICS_A_QUESTION));
  return questions;
}
