// The only file that knows the chart library. It draws what a `Plot` says; words, table and keys are the component's.
import 'uplot/dist/uPlot.min.css';
import uPlot from 'uplot';

import { lastValue, spread, stacked, type Band, type Line, type Threshold } from './align';

export interface Mark {
  at: number;
  words: string;
}

export interface Plot {
  t: number[];
  lines: Line[];
  bands: Band[];
  marks: Mark[];
  thresholds: Threshold[];
  from: number;
  to: number;
  zone: string;
  format: (value: number) => string;
  /** Seconds have ticks at whole minutes, hours and days. */
  unit: string;
  /** Step lines for gauges with few samples, where a slope would invent values. */
  steps: boolean;
  /** Names of the lines that are not drawn. */
  hidden: ReadonlySet<string>;
  wide: boolean;
  /** The lines lie on one another; the top is the sum, or `most` where the sum is known. */
  stack: boolean;
  most: number | null;
}

export interface Handlers {
  cursor: (index: number | null, left: number) => void;
  zoom: (from: number, to: number) => void;
  back: () => void;
}

export interface Handle {
  show: (plot: Plot) => void;
  repaint: () => void;
  /** The picture as it stands, for a file. */
  canvas: () => HTMLCanvasElement;
  moveCursor: (index: number) => void;
  destroy: () => void;
}

/** Cursors of all charts of a page move together. */
const SYNC = 'page';
/** Names at the lines' ends may take this much. */
const LABEL_PX_MIN = 96;
const LABEL_PX_MAX = 220;
const MARKS_NAMED_MAX = 2;
const SECOND_STEPS = [
  1, 5, 10, 30, 60, 300, 600, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400, 172_800, 432_000,
];

/** Resolved colours: a canvas knows no custom properties, and no light-dark(). */
class Palette {
  #probe: HTMLElement;
  #known = new Map<string, string>();
  constructor(host: HTMLElement) {
    this.#probe = document.createElement('i');
    this.#probe.hidden = true;
    host.append(this.#probe);
  }
  get(name: string): string {
    let colour = this.#known.get(name);
    if (colour === undefined) {
      this.#probe.style.color = `var(--${name})`;
      colour = getComputedStyle(this.#probe).color;
      this.#known.set(name, colour);
    }
    return colour;
  }
  forget(): void {
    this.#known.clear();
  }
}

export function draw(host: HTMLElement, first: Plot, on: Handlers): Handle {
  const palette = new Palette(host);
  let plot = first;
  let shape = shapeOf(first);
  let hatch: CanvasPattern | null = null;
  let chart = build();

  function build(): uPlot {
    const font = `11px ${getComputedStyle(host).fontFamily}`;
    const made = new uPlot(options(font), columns(plot), host);
    return made;
  }

  function options(font: string): uPlot.Options {
    const axis = { stroke: () => palette.get('t3'), font, ticks: { show: false } };
    return {
      width: Math.max(120, host.clientWidth),
      height: Math.max(120, host.clientHeight),
      padding: [plot.marks.length ? 20 : 12, plot.wide && plot.lines.length ? labelRoom(font) : 10, 0, 0],
      legend: { show: false },
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), plot.zone),
      cursor: {
        sync: { key: SYNC, setSeries: false },
        points: { size: 7, fill: () => palette.get('s1') },
        drag: { x: true, y: false, setScale: false },
        y: false,
        // The library's own double click unzooms its data; ours goes back in the URL.
        bind: { dblclick: () => () => (on.back(), null) },
      },
      select: { show: true, left: 0, top: 0, width: 0, height: 0 },
      scales: {
        x: { time: true, range: () => [plot.from, plot.to] },
        y: { range: (_, __, max) => top(max) },
      },
      axes: [
        {
          ...axis,
          grid: { stroke: () => palette.get('grid'), width: 1 },
          space: plot.wide ? 76 : 62,
          size: 26,
          values: clockTicks(),
        },
        {
          ...axis,
          grid: { stroke: () => palette.get('grid'), width: 1 },
          space: 42,
          incrs: plot.unit === 'seconds' ? SECOND_STEPS : undefined,
          size: 52,
          gap: 6,
          values: (_, ticks) => ticks.map((tick) => plot.format(tick)),
        },
      ],
      series: [{}, ...plot.lines.map(series)],
      bands: plot.stack ? between(plot) : undefined,
      hooks: {
        drawClear: [(u) => ground(u)],
        draw: [(u) => front(u, font)],
        setCursor: [(u) => on.cursor(u.cursor.idx ?? null, u.cursor.left ?? -1)],
        setSelect: [
          (u) => {
            if (u.select.width > 4)
              on.zoom(u.posToVal(u.select.left, 'x'), u.posToVal(u.select.left + u.select.width, 'x'));
            u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          },
        ],
      },
    };
  }

  function labelRoom(font: string): number {
    const pen = document.createElement('canvas').getContext('2d');
    if (!pen) return LABEL_PX_MIN;
    pen.font = font;
    const room = plot.lines.map((line) => {
      const end = plot.hidden.has(line.name) ? null : lastValue(line.values);
      return end ? pen.measureText(`${line.name} ${plot.format(end.value)}`).width + 28 : 0;
    });
    return Math.min(LABEL_PX_MAX, host.clientWidth * 0.42, Math.max(LABEL_PX_MIN, ...room));
  }

  function series(line: Line, at: number): uPlot.Series {
    const colour = line.ghost ? 'c-ghost' : `c${(at % 8) + 1}`;
    const fill = plot.stack ? 0.42 : at === 0 ? 0.13 : 0;
    return {
      label: line.name,
      show: !plot.hidden.has(line.name),
      stroke: () => palette.get(colour),
      width: at === 0 && !plot.stack ? 2 : plot.stack ? 1 : 1.7,
      dash: line.ghost ? [3, 3] : at >= 4 && !plot.stack ? [5, 4] : undefined,
      fill: fill && !line.ghost ? () => translucent(palette.get(colour), fill) : undefined,
      spanGaps: false,
      paths: plot.steps ? uPlot.paths.stepped?.({ align: 1 }) : undefined,
      points: { show: plot.t.length < 12 },
    };
  }

  function top(max: number | null): uPlot.Range.MinMax {
    if (plot.most !== null) return [0, plot.most];
    const drawn = max ?? 0;
    const high = Math.max(
      drawn,
      ...plot.thresholds.map((level) => (drawn > level.value * 0.35 ? level.value : 0)),
    );
    return [0, high > 0 ? high * 1.06 : 1];
  }

  /** What lies under the lines: hatched bands, the ground of a firing span. */
  function ground(u: uPlot): void {
    for (const band of plot.bands) {
      const left = Math.max(u.bbox.left, u.valToPos(band.from, 'x', true));
      const right = Math.min(u.bbox.left + u.bbox.width, u.valToPos(band.to, 'x', true));
      if (right - left < 1) continue;
      u.ctx.save();
      u.ctx.fillStyle =
        band.kind === 'firing' ? palette.get('critical-tint') : (hatched(u.ctx) ?? palette.get('hatch-b'));
      u.ctx.fillRect(left, u.bbox.top, right - left, u.bbox.height);
      if (band.kind === 'firing') {
        u.ctx.fillStyle = palette.get('critical');
        u.ctx.fillRect(left, u.bbox.top, right - left, 2 * devicePixelRatio);
      }
      u.ctx.restore();
    }
  }

  function hatched(ctx: CanvasRenderingContext2D): CanvasPattern | null {
    if (hatch) return hatch;
    const tile = document.createElement('canvas');
    tile.width = tile.height = 8;
    const pen = tile.getContext('2d');
    if (!pen) return null;
    pen.fillStyle = palette.get('hatch-a');
    pen.fillRect(0, 0, 8, 8);
    pen.strokeStyle = palette.get('hatch-b');
    pen.lineWidth = 1.6;
    pen.beginPath();
    for (const x of [-8, 0, 8]) {
      pen.moveTo(x, 8);
      pen.lineTo(x + 8, 0);
    }
    pen.stroke();
    hatch = ctx.createPattern(tile, 'repeat');
    return hatch;
  }

  /** What lies over the lines: threshold, event marks, names at the lines' ends. */
  function front(u: uPlot, font: string): void {
    const { ctx } = u;
    const px = devicePixelRatio;
    ctx.save();
    ctx.textAlign = 'left';
    ctx.font = font.replace('11px', `${11 * px}px`);
    ctx.textBaseline = 'middle';
    for (const band of plot.bands) if (band.kind !== 'firing') nameBand(u, band, px);
    for (const level of plot.thresholds) drawThreshold(u, level, px);
    drawMarks(u, px);
    if (plot.wide) drawLabels(u, px);
    ctx.restore();
  }

  function nameBand(u: uPlot, band: Band, px: number): void {
    const left = Math.max(u.bbox.left, u.valToPos(band.from, 'x', true));
    const right = Math.min(u.bbox.left + u.bbox.width, u.valToPos(band.to, 'x', true));
    const width = u.ctx.measureText(band.words).width + 10 * px;
    if (right - left < width) return;
    const y = u.bbox.top + 16 * px;
    u.ctx.fillStyle = palette.get('s1');
    u.ctx.fillRect(left + 6 * px, y - 9 * px, width, 18 * px);
    u.ctx.fillStyle = palette.get('t2');
    u.ctx.fillText(band.words, left + 11 * px, y);
  }

  function drawThreshold(u: uPlot, threshold: Threshold, px: number): void {
    const y = u.valToPos(threshold.value, 'y', true);
    if (y < u.bbox.top || y > u.bbox.top + u.bbox.height) return;
    u.ctx.strokeStyle = palette.get(threshold.quiet ? 't3' : 'warning');
    u.ctx.fillStyle = palette.get(threshold.quiet ? 't3' : 'warning');
    u.ctx.setLineDash([5 * px, 4 * px]);
    u.ctx.beginPath();
    u.ctx.moveTo(u.bbox.left, y);
    u.ctx.lineTo(u.bbox.left + u.bbox.width, y);
    u.ctx.stroke();
    u.ctx.setLineDash([]);
    u.ctx.fillText(threshold.words, u.bbox.left + 5 * px, y + (threshold.quiet ? 9 : -8) * px);
  }

  function drawMarks(u: uPlot, px: number): void {
    const { ctx, bbox } = u;
    let named = 0;
    let free = Infinity;
    for (const mark of [...plot.marks].reverse()) {
      const x = u.valToPos(mark.at, 'x', true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.strokeStyle = palette.get('t2');
      ctx.fillStyle = palette.get('t2');
      ctx.setLineDash([2 * px, 3 * px]);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      ctx.setLineDash([]);
      ctx.beginPath();
      ctx.moveTo(x - 4 * px, bbox.top - 7 * px);
      ctx.lineTo(x + 4 * px, bbox.top - 7 * px);
      ctx.lineTo(x, bbox.top - px);
      ctx.fill();
      const width = ctx.measureText(mark.words).width;
      const start = x - 8 * px - width;
      if (named < MARKS_NAMED_MAX && start > bbox.left && x < free) {
        ctx.fillText(mark.words, start, bbox.top - 9 * px);
        named += 1;
        free = start - 8 * px;
      }
    }
  }

  function drawLabels(u: uPlot, px: number): void {
    const heights = plot.stack ? stacked(plot.lines, plot.hidden) : [];
    const ends = plot.lines
      .map((line, at) => {
        const end = plot.hidden.has(line.name) ? null : lastValue(line.values);
        return { line, at, end, y: (end && heights[at]?.[end.at]) ?? end?.value ?? 0 };
      })
      .filter((label): label is typeof label & { end: { at: number; value: number } } => label.end !== null)
      .slice(0, 6);
    const ys = spread(
      ends.map((label) => u.valToPos(label.y, 'y', true)),
      15 * px,
      u.bbox.top,
      u.bbox.top + u.bbox.height - 4 * px,
    );
    ends.forEach((label, at) => {
      const x = u.bbox.left + u.bbox.width + 6 * px;
      const y = ys[at] ?? 0;
      u.ctx.fillStyle = palette.get(label.line.ghost ? 'c-ghost' : `c${(label.at % 8) + 1}`);
      u.ctx.fillRect(x, y - px, 10 * px, 2 * px);
      u.ctx.fillStyle = palette.get('t2');
      u.ctx.fillText(label.line.name, x + 14 * px, y);
      const gap = u.ctx.measureText(`${label.line.name} `).width;
      u.ctx.fillStyle = palette.get('t1');
      u.ctx.fillText(plot.format(label.end.value), x + 14 * px + gap, y);
    });
  }

  function clockTicks(): uPlot.Axis.Values {
    const parts = (options: Intl.DateTimeFormatOptions) =>
      new Intl.DateTimeFormat('en-GB', { timeZone: plot.zone, hourCycle: 'h23', ...options });
    const clock = parts({ hour: '2-digit', minute: '2-digit' });
    const seconds = parts({ hour: '2-digit', minute: '2-digit', second: '2-digit' });
    const day = parts({ day: 'numeric', month: 'short' });
    return (_, ticks) => {
      const step = (ticks[1] ?? 0) - (ticks[0] ?? 0);
      return ticks.map((tick) => {
        const date = new Date(tick * 1_000);
        const time = clock.format(date);
        if (step >= 86_400 || (time === '00:00' && plot.to - plot.from > 43_200)) return day.format(date);
        return step > 0 && step < 60 ? seconds.format(date) : time;
      });
    };
  }

  const resized = new ResizeObserver(() => {
    if (host.clientWidth > 0) chart.setSize({ width: host.clientWidth, height: host.clientHeight });
  });
  resized.observe(host);

  return {
    show(next) {
      const before = shape;
      plot = next;
      shape = shapeOf(next);
      if (shape === before) {
        chart.setData(columns(next), false);
        chart.setScale('x', { min: next.from, max: next.to });
        chart.redraw(false);
        return;
      }
      chart.destroy();
      chart = build();
    },
    repaint() {
      palette.forget();
      hatch = null;
      chart.redraw(true, true);
    },
    canvas: () => chart.ctx.canvas,
    moveCursor(index) {
      const at = plot.t[index];
      if (at === undefined) return;
      chart.setCursor({ left: chart.valToPos(at, 'x'), top: chart.bbox.height / devicePixelRatio / 2 });
    },
    destroy() {
      resized.disconnect();
      chart.destroy();
    },
  };
}

const columns = (plot: Plot): uPlot.AlignedData =>
  [
    plot.t,
    ...(plot.stack ? stacked(plot.lines, plot.hidden) : plot.lines.map((line) => line.values)),
  ] as uPlot.AlignedData;

/** A stacked line is filled down to the next one below that is drawn. */
function between(plot: Plot): uPlot.Band[] {
  const drawn = plot.lines.flatMap((line, at) => (plot.hidden.has(line.name) || line.ghost ? [] : [at + 1]));
  return drawn.slice(1).map((upper, at) => ({ series: [upper, drawn[at] ?? 0] }));
}

/** What cannot be changed on a chart that exists: then it is built anew. */
const shapeOf = (plot: Plot): string =>
  [
    plot.lines.map((line) => `${line.name}${plot.hidden.has(line.name) ? '-' : '+'}`),
    plot.zone,
    plot.steps,
    plot.wide,
    plot.stack,
    plot.marks.length > 0,
  ].join('|');

function translucent(colour: string, alpha: number): string {
  const parts = /rgba?\(([^)]+)\)/
    .exec(colour)?.[1]
    ?.split(/[,\s/]+/)
    .slice(0, 3);
  return parts ? `rgba(${parts.join(',')},${alpha})` : colour;
}
