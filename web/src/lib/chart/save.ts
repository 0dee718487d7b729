// A chart as a file: its points for a spreadsheet, or its picture with title, legend and sentence for a report.
import type { Line } from './align';

const MARGIN_PX = 20;
const HEAD_PX = 46;
const FOOT_PX = 54;

/** A field of a CSV. What a spreadsheet would run as a formula is made text. */
export function field(value: string): string {
  const safe = /^[=+\-@\t\r]/.test(value) && !/^-?\d/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csv(t: readonly number[], lines: readonly Line[]): string {
  const head = ['time', ...lines.map((line) => field(line.unit ? `${line.name} (${line.unit})` : line.name))];
  const rows = t.map((at, index) =>
    [new Date(at * 1_000).toISOString(), ...lines.map((line) => line.values[index] ?? '')].join(','),
  );
  return `${[head.join(','), ...rows].join('\n')}\n`;
}

export function saveCsv(title: string, t: readonly number[], lines: readonly Line[]): void {
  save(new Blob([csv(t, lines)], { type: 'text/csv' }), `${fileName(title)}.csv`);
}

export function saveImage(
  picture: HTMLCanvasElement,
  place: HTMLElement,
  words: { title: string; why: string; caption: string; lines: readonly Line[] },
): void {
  const px = picture.width / Math.max(1, place.clientWidth);
  const sheet = document.createElement('canvas');
  sheet.width = picture.width + 2 * MARGIN_PX * px;
  sheet.height = picture.height + (HEAD_PX + FOOT_PX) * px;
  const pen = sheet.getContext('2d');
  if (!pen) return;
  const style = getComputedStyle(place);
  const colour = (name: string): string => {
    place.style.setProperty('outline-color', `var(--${name})`);
    const found = getComputedStyle(place).outlineColor;
    place.style.removeProperty('outline-color');
    return found;
  };
  pen.fillStyle = colour('s1');
  pen.fillRect(0, 0, sheet.width, sheet.height);
  const write = (text: string, size: number, tone: string, x: number, y: number, weight = 400): number => {
    pen.font = `${weight} ${size * px}px ${style.fontFamily}`;
    pen.fillStyle = colour(tone);
    pen.fillText(text, x, y);
    return pen.measureText(text).width;
  };
  const left = MARGIN_PX * px;
  const used = write(words.title, 15, 't1', left, 28 * px, 600);
  write(words.why, 12, 't3', left + used + 10 * px, 28 * px);
  pen.drawImage(picture, left, HEAD_PX * px);
  let x = left;
  const y = HEAD_PX * px + picture.height + 18 * px;
  words.lines.slice(0, 12).forEach((line, at) => {
    pen.fillStyle = colour(line.ghost ? 'c-ghost' : `c${(at % 8) + 1}`);
    pen.fillRect(x, y - 4 * px, 12 * px, 2 * px);
    x += 17 * px + write(line.name, 12, 't2', x + 17 * px, y) + 14 * px;
  });
  write(words.caption, 12, 't3', left, y + 20 * px);
  sheet.toBlob((blob) => blob && save(blob, `${fileName(words.title)}.png`));
}

const fileName = (title: string): string =>
  `mailvane-${title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60)}`;

/** Hands a file to the browser. */
export function save(blob: Blob, name: string): void {
  const link = document.createElement('a');
  const url = URL.createObjectURL(blob);
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1_000);
}
