// The same time a week before, laid under the line of now: usual mail has the rhythm of the week.
import type { Series } from '$lib/api/types';

export const WEEK_S = 604_800;

const day = new Intl.DateTimeFormat('en-GB', { weekday: 'short', timeZone: 'UTC' });

/** The old values at the times of the new ones; null when a week ago nothing was known. */
export function weekBefore(
  t: readonly number[],
  before: Pick<Series, 't'>,
  values: readonly (number | null)[],
  scale = 1,
): { name: string; values: (number | null)[] } | null {
  if (!values.some((value) => value !== null)) return null;
  const old = before.t;
  const span = (old[1] ?? 0) - (old[0] ?? 0);
  let place = 0;
  const moved = t.map((at) => {
    const then = at - WEEK_S;
    while (place + 1 < old.length && (old[place + 1] ?? Infinity) <= then) place += 1;
    const near = old[place];
    if (near === undefined || near > then || then - near >= Math.max(span, 1)) return null;
    const value = values[place];
    return value === null || value === undefined ? null : value * scale;
  });
  const last = t.at(-1);
  return {
    name: last === undefined ? 'last week' : `last ${day.format(new Date((last - WEEK_S) * 1_000))}.`,
    values: moved,
  };
}
