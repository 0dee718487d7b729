// The only file that knows the chart library. It draws what a `Plot` says; words, table and keys are the component's.
import 'uplot/dist/uPlot.min.css';
import uPlot from 'uplot';

import { lastValue, spread, type Band, type Line } from './align';

export interface Mark {
  at: number;
  words: string;
}

export interface Plot {
  t: number[];
  lines: Line[];
  bands: Band[];
  marks: Mark[];
  threshold: { value: number; words: string } | null;
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
}

export interface Handlers {
  cursor: (index: number | null, left: number) => void;
  zoom: (from: number, to: number) => void;
  back: () => void;
}

export interface Handle {
  show: (plot: Plot) => void;
  repaint: () => void;
  moveCursor: (index: number) => void;
  destroy: () => void;
}

/** Cursors of all charts of a page move together. */
const SYNC = 'page';
const LABEL_PX = 118;
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
      padding: [plot.marks.length ? 20 : 12, plot.wide && plot.lines.length ? LABEL_PX : 10, 0, 0],
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

  function series(line: Line, at: number): uPlot.Series {
    return {
      label: line.name,
      show: !plot.hidden.has(line.name),
      stroke: () => palette.get(`c${(at % 8) + 1}`),
      width: at === 0 ? 2 : 1.7,
      dash: at >= 4 ? [5, 4] : undefined,
      fill: at === 0 ? () => translucent(palette.get('c1'), 0.13) : undefined,
      spanGaps: false,
      paths: plot.steps ? uPlot.paths.stepped?.({ align: 1 }) : undefined,
      points: { show: plot.t.length < 12 },
    };
  }

  function top(max: number | null): uPlot.Range.MinMax {
    const high = Math.max(
      max ?? 0,
      plot.threshold && (max ?? 0) > plot.threshold.value * 0.35 ? plot.threshold.value : 0,
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
    if (plot.threshold) drawThreshold(u, plot.threshold, px);
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

  function drawThreshold(u: uPlot, threshold: { value: number; words: string }, px: number): void {
    const y = u.valToPos(threshold.value, 'y', true);
    if (y < u.bbox.top || y > u.bbox.top + u.bbox.height) return;
    u.ctx.strokeStyle = palette.get('warning');
    u.ctx.fillStyle = palette.get('warning');
    u.ctx.setLineDash([5 * px, 4 * px]);
    u.ctx.beginPath();
    u.ctx.moveTo(u.bbox.left, y);
    u.ctx.lineTo(u.bbox.left + u.bbox.width, y);
    u.ctx.stroke();
    u.ctx.setLineDash([]);
    u.ctx.fillText(threshold.words, u.bbox.left + 5 * px, y - 8 * px);
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
    const ends = plot.lines
      .map((line, at) => ({ line, at, end: plot.hidden.has(line.name) ? null : lastValue(line.values) }))
      .filter(
        (label): label is { line: Line; at: number; end: { at: number; value: number } } =>
          label.end !== null,
      )
      .slice(0, 6);
    const ys = spread(
      ends.map((label) => u.valToPos(label.end.value, 'y', true)),
      15 * px,
      u.bbox.top,
      u.bbox.top + u.bbox.height - 4 * px,
    );
    ends.forEach((label, at) => {
      const x = u.bbox.left + u.bbox.width + 6 * px;
      const y = ys[at] ?? 0;
      u.ctx.fillStyle = palette.get(`c${(label.at % 8) + 1}`);
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
  [plot.t, ...plot.lines.map((line) => line.values)] as uPlot.AlignedData;

/** What cannot be changed on a chart that exists: then it is built anew. */
const shapeOf = (plot: Plot): string =>
  [
    plot.lines.map((line) => `${line.name}${plot.hidden.has(line.name) ? '-' : '+'}`),
    plot.zone,
    plot.steps,
    plot.wide,
    plot.marks.length > 0,
  ].join('|');

function translucent(colour: string, alpha: number): string {
  const parts = /rgba?\(([^)]+)\)/
    .exec(colour)?.[1]
    ?.split(/[,\s/]+/)
    .slice(0, 3);
  return parts ? `rgba(${parts.join(',')},${alpha})` : colour;
}
