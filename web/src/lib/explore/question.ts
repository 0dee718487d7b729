// What Explore shows, as it stands in the URL, and the sentence it is read as.
import { DIMENSIONS, METRICS, type DimensionName, type MetricName } from '$lib/catalogue';

export type What =
  | { kind: 'metric'; metric: MetricName }
  | { kind: 'ratio'; over: MetricName; under: MetricName }
  | { kind: 'top'; dimension: DimensionName; measure: string };

export const SPLITS = {
  none: 'nothing: one line',
  instance: 'instance',
  host: 'host',
  tag: 'tag',
} as const;
export type Split = keyof typeof SPLITS;
export const DRAWS = { lines: 'Lines', stacked: 'Stacked', share: 'Share' } as const;
export type Draw = keyof typeof DRAWS;
export const TOPS = [3, 5, 8] as const;
/** More questions in one picture are no picture. */
export const WHATS_MAX = 4;

export interface Question {
  what: What[];
  tags: string[];
  hosts: string[];
  split: Split;
  top: number;
  draw: Draw;
  off: string[];
}

const isMetric = (name: string): name is MetricName => name in METRICS;
const isDimension = (name: string): name is DimensionName => name in DIMENSIONS;
const measuresOf = (name: DimensionName): readonly string[] => DIMENSIONS[name].measures;

export function parseWhat(text: string): What | null {
  const [over = '', under, more] = text.split('/');
  if (under !== undefined && more === undefined && isMetric(over) && isMetric(under))
    return { kind: 'ratio', over, under };
  const [dimension = '', measure = ''] = text.split(':');
  if (isDimension(dimension) && measuresOf(dimension).includes(measure))
    return { kind: 'top', dimension, measure };
  return isMetric(text) ? { kind: 'metric', metric: text } : null;
}

export const whatText = (what: What): string =>
  what.kind === 'metric'
    ? what.metric
    : what.kind === 'ratio'
      ? `${what.over}/${what.under}`
      : `${what.dimension}:${what.measure}`;

const oneOf = <T extends string>(names: Record<T, unknown>, wish: string | null, or: T): T =>
  wish !== null && Object.hasOwn(names, wish) ? (wish as T) : or;

export function readQuestion(query: URLSearchParams): Question {
  const what = query
    .getAll('what')
    .map(parseWhat)
    .filter((found): found is What => found !== null)
    .slice(0, WHATS_MAX);
  const top = Number(query.get('top'));
  return {
    what: what.length ? what : [{ kind: 'metric', metric: 'queue.deferred.messages' }],
    tags: query.getAll('tag'),
    hosts: query.getAll('host'),
    split: oneOf(SPLITS, query.get('split'), 'tag'),
    top: (TOPS as readonly number[]).includes(top) ? top : 8,
    draw: oneOf(DRAWS, query.get('draw'), 'lines'),
    off: query.getAll('off'),
  };
}

/** The query of the link that shows this, keeping the range. */
export function writeQuestion(query: URLSearchParams, question: Question): string {
  const next = new URLSearchParams(query);
  for (const name of ['what', 'tag', 'host', 'split', 'top', 'draw', 'off']) next.delete(name);
  for (const what of question.what) next.append('what', whatText(what));
  for (const tag of question.tags) next.append('tag', tag);
  for (const host of question.hosts) next.append('host', host);
  if (question.split !== 'tag') next.set('split', question.split);
  if (question.top !== 8) next.set('top', String(question.top));
  if (question.draw !== 'lines') next.set('draw', question.draw);
  for (const name of question.off) next.append('off', name);
  return `?${next}`;
}

export const METRIC_UNITS_OF_THE_GREATEST: readonly string[] = ['seconds', 'hundredths', 'flag'];

/** Ages and loads do not add up over hosts: of several the greatest is shown. */
export const isGreatest = (metric: MetricName): boolean =>
  METRICS[metric].kind === 'gauge' && METRIC_UNITS_OF_THE_GREATEST.includes(METRICS[metric].unit);

export function unitOf(what: What): string {
  if (what.kind === 'ratio') return 'percent';
  if (what.kind === 'top') return 'a minute';
  const row = METRICS[what.metric];
  return row.kind === 'counter' ? `${row.unit} a minute` : row.unit;
}

const spaced = (name: string): string => name.replaceAll(/[._]/g, ' ');

export const whatWords = (what: What): string =>
  what.kind === 'metric'
    ? spaced(what.metric)
    : what.kind === 'ratio'
      ? `${spaced(what.over)} as share of ${spaced(what.under)}`
      : `${spaced(what.measure)} by ${spaced(what.dimension)}`;

/** "deferred messages on tag outbound, by host" */
export function readAs(question: Question, hostName: (id: string) => string): string {
  const where = [
    ...question.tags.map((tag) => `tag ${tag}`),
    ...question.hosts.map((host) => `host ${hostName(host)}`),
  ];
  return `${question.what.map(whatWords).join(' and ')} on ${where.join(', ') || 'all hosts'}${
    question.split === 'none' ? '' : `, by ${question.split}`
  }`;
}
