// Numbers, durations and times as a postmaster reads them. The clock and the zone are arguments.

export const THIN = '\u2009';
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** Thousands grouped, three figures that count: 12,431 · 46.7 · 0.31. */
export function number(value: number): string {
  const size = Math.abs(value);
  if (size >= 100 || Number.isInteger(value)) return whole.format(value);
  return trim(value.toFixed(size >= 10 ? 1 : 2));
}

const trim = (figure: string): string => (figure.includes('.') ? figure.replace(/\.?0+$/, '') : figure);

/** A flow: below one a minute it is told per hour, because 0.05 a minute says nothing. */
export function flow(perMinute: number): { figure: string; unit: '/min' | '/h' } {
  if (perMinute > 0 && perMinute < 1) return { figure: number(round3(perMinute * 60)), unit: '/h' };
  return { figure: number(perMinute >= 10 ? Math.round(perMinute) : round3(perMinute)), unit: '/min' };
}

const round3 = (value: number): number => Number(value.toPrecision(3));

export const percent = (value: number): string => `${value.toFixed(1)}${THIN}%`;

/** At most two units: 27 min · 1 h 43 min · 4 d 20 h. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  const minutes = Math.floor(s / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  const days = Math.floor(hours / 24);
  return hours % 24 ? `${days} d ${hours % 24} h` : `${days} d`;
}

export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let size = value;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${number(unit === 0 ? size : round3(size))} ${units[unit]}`;
}

/** Any metric's value with the unit its catalogue row names. */
export function withUnit(value: number, unit: string): string {
  switch (unit) {
    case 'seconds':
      return duration(value);
    case 'milliseconds':
      return value < 1000 ? `${number(value)} ms` : duration(value / 1000);
    case 'bytes':
      return bytes(value);
    case 'percent':
      return percent(value);
    case '':
      return number(value);
    default:
      return `${number(value)} ${unit}`;
  }
}

const parts = (at: Date, zone: string, options: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat('en-GB', { timeZone: zone, hourCycle: 'h23', ...options }).format(at);

export const timeOfDay = (at: Date, zone: string): string =>
  parts(at, zone, { hour: '2-digit', minute: '2-digit' });

export const withSeconds = (at: Date, zone: string): string =>
  parts(at, zone, { hour: '2-digit', minute: '2-digit', second: '2-digit' });

const day = (at: Date, zone: string): string => parts(at, zone, { dateStyle: 'short' });

/** Today as 09:14, else 17 Nov, with the year when it is another one. */
export function when(at: Date, now: Date, zone: string): string {
  if (day(at, zone) === day(now, zone)) return timeOfDay(at, zone);
  const other = parts(at, zone, { year: 'numeric' }) !== parts(now, zone, { year: 'numeric' });
  return parts(at, zone, { day: 'numeric', month: 'short', ...(other ? { year: 'numeric' } : {}) });
}

/** Like `when`, but a day that is not today keeps its hour: 17 Nov 04:12. */
export function whenExactly(at: Date, now: Date, zone: string): string {
  if (day(at, zone) === day(now, zone)) return withSeconds(at, zone);
  return `${when(at, now, zone)} ${timeOfDay(at, zone)}`;
}

/** The whole truth, for tooltips. */
export const fullTime = (at: Date, zone: string): string =>
  `${parts(at, zone, { dateStyle: 'full' })}, ${withSeconds(at, zone)} ${zone}`;

/** Cuts in the middle, because the ends of a host name tell it from its neighbours. */
export function middle(name: string, most: number): string {
  if (name.length <= most) return name;
  const head = Math.ceil((most - 1) / 2);
  return `${name.slice(0, head)}…${name.slice(name.length - (most - 1 - head))}`;
}

/** Text from logs, hosts and people: at most 300 characters, control characters made visible. */
export function foreign(words: string): string {
  // eslint-disable-next-line no-control-regex
  const clean = words.replace(/[\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g, '�');
  return clean.length > 300 ? `${clean.slice(0, 299)}…` : clean;
}

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${number(count)} ${count === 1 ? one : many}`;
