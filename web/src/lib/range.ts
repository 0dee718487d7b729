// The time range of a page, as it stands in the URL: a preset that moves with the clock, or two fixed ends.

export interface Range {
  from: Date;
  to: Date;
  /** The preset's name, or null when the ends are fixed. */
  preset: Preset | null;
}

export const PRESETS = { '1h': 3_600, '3h': 10_800, '24h': 86_400, '7d': 604_800, '30d': 2_592_000 } as const;
export type Preset = keyof typeof PRESETS;
export const PRESET_WORDS: Record<Preset, string> = {
  '1h': '1 h',
  '3h': '3 h',
  '24h': '24 h',
  '7d': '7 d',
  '30d': '30 d',
};
export const DEFAULT_PRESET: Preset = '3h';
/** The fleet's small curves go back a day at most. */
export const FLEET_S_MAX = 86_400;
/** Zooming stops here: a shorter range holds less than a handful of samples. */
export const ZOOM_S_MIN = 30;

const isPreset = (name: string | null): name is Preset => name !== null && name in PRESETS;

export function readRange(query: URLSearchParams, now: Date): Range {
  const from = date(query.get('from'));
  const to = date(query.get('to'));
  if (from && to && to > from) return { from, to, preset: null };
  const wish = query.get('range');
  const preset = isPreset(wish) ? wish : DEFAULT_PRESET;
  return { from: new Date(now.getTime() - PRESETS[preset] * 1_000), to: now, preset };
}

const date = (text: string | null): Date | null => {
  const at = text ? new Date(text) : null;
  return at && !Number.isNaN(at.getTime()) ? at : null;
};

/** The query of a link that shows this range and keeps everything else. */
export function withPreset(query: URLSearchParams, preset: Preset): string {
  const next = new URLSearchParams(query);
  next.delete('from');
  next.delete('to');
  if (preset === DEFAULT_PRESET) next.delete('range');
  else next.set('range', preset);
  return `?${next}`;
}

export function withEnds(query: URLSearchParams, from: Date, to: Date): string {
  const next = new URLSearchParams(query);
  next.delete('range');
  next.set('from', from.toISOString().replace(/\.\d+Z$/, 'Z'));
  next.set('to', to.toISOString().replace(/\.\d+Z$/, 'Z'));
  return `?${next}`;
}

/** Pages whose charts have a range of their own, and can be laid over the week before. */
export const hasRange = (path: string): boolean => path.startsWith('/instances/') || path === '/explore';

/** The link that lays the week before under the lines, or takes it away. */
export function withWeek(query: URLSearchParams): string {
  const next = new URLSearchParams(query);
  if (next.get('vs') === 'week') next.delete('vs');
  else next.set('vs', 'week');
  return `?${next}`;
}

/** Holds the range where it is, or lets it run with the clock again. */
export function held(query: URLSearchParams, now: Date): string {
  const range = readRange(query, now);
  return range.preset ? withEnds(query, range.from, range.to) : withPreset(query, DEFAULT_PRESET);
}
