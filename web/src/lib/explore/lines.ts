// From the answers of the API to the lines of Explore: added up by host, tag or not at all, the greatest first.
import type { FleetRow, Series, SeriesLine } from '$lib/api/types';
import type { Line } from '$lib/chart/align';
import type { MetricName } from '$lib/catalogue';
import { isGreatest, unitOf, whatWords, type Question, type Split, type What } from './question';

type Values = (number | null)[];

export interface Named {
  name: string;
  values: Values;
}

export function groupOf(row: FleetRow, split: Split): string[] {
  switch (split) {
    case 'none':
      return ['all'];
    case 'host':
      return [row.host.name];
    case 'instance':
      return [row.instance ? `${row.host.name} / ${row.instance.name}` : row.host.name];
    case 'tag':
      return row.host.tags.length ? row.host.tags : ['no tag'];
  }
}

/** Sum, or the greatest where a sum says nothing; null only where nothing at all is known. */
export function together(all: readonly Values[], greatest: boolean): Values {
  const length = Math.max(0, ...all.map((values) => values.length));
  return Array.from({ length }, (_, at) => {
    let sum: number | null = null;
    for (const values of all) {
      const value = values[at];
      if (value === null || value === undefined) continue;
      sum = sum === null ? value : greatest ? Math.max(sum, value) : sum + value;
    }
    return sum;
  });
}

const mean = (values: Values): number => {
  const known = values.filter((value): value is number => value !== null);
  return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : 0;
};

/** The lines of one question's part, each group added up; the rest beyond `top` is one line. */
export function linesOf(
  what: What,
  rows: readonly FleetRow[],
  series: readonly SeriesLine[],
  question: Pick<Question, 'split' | 'top'>,
  alone: boolean,
): Line[] {
  if (what.kind === 'top')
    return series
      .filter((line) => line.expr?.startsWith(`top(${what.dimension},`))
      .map((line) => ({ name: line.key ?? 'others', unit: '', values: line.values }));
  const groups = new Map<string, string[]>();
  for (const row of rows)
    if (row.instance)
      for (const name of groupOf(row, question.split))
        groups.set(name, [...(groups.get(name) ?? []), row.instance.id]);
  const byKey = new Map(series.map((line) => [`${line.instance} ${line.metric}`, line.values]));
  const of = (metric: MetricName, instances: readonly string[]): Values =>
    together(
      instances.map((id) => byKey.get(`${id} ${metric}`) ?? []).filter((values) => values.length),
      isGreatest(metric),
    );
  const named = [...groups].map(([name, instances]): Named & { instances: string[] } => {
    if (what.kind === 'metric') return { name, instances, values: of(what.metric, instances) };
    const over = of(what.over, instances);
    const under = of(what.under, instances);
    return {
      name,
      instances,
      values: over.map((value, at) => {
        const whole = under[at];
        return value === null || !whole ? null : (value / whole) * 100;
      }),
    };
  });
  const known = named
    .filter((line) => line.values.some((value) => value !== null))
    .sort((a, b) => mean(b.values) - mean(a.values));
  const shown: Named[] = known.slice(0, question.top);
  const rest = known.slice(question.top);
  if (rest.length && what.kind === 'metric' && !isGreatest(what.metric))
    shown.push({
      name: `${rest.length} others`,
      values: together(
        rest.map((line) => line.values),
        false,
      ),
    });
  const unit = unitOf(what);
  return shown.map((line) => ({
    name: alone
      ? question.split === 'none'
        ? whatWords(what)
        : line.name
      : `${whatWords(what)}${question.split === 'none' ? '' : `, ${line.name}`}`,
    unit: unit.endsWith('a minute') ? '' : unit,
    values: line.values,
  }));
}

/** Several answers over the same time as one. */
export function joined(answers: readonly Series[]): Series | null {
  const [first] = answers;
  if (!first) return null;
  return {
    ...first,
    series: answers.flatMap((answer) => answer.series),
    gaps: answers.flatMap((answer) => answer.gaps),
  };
}

export interface Figures {
  now: number | null;
  min: number | null;
  mean: number | null;
  max: number | null;
}

export function figures(values: Values): Figures {
  const known = values.filter((value): value is number => value !== null);
  if (!known.length) return { now: null, min: null, mean: null, max: null };
  return {
    now: known.at(-1) ?? null,
    min: Math.min(...known),
    mean: mean(values),
    max: Math.max(...known),
  };
}
