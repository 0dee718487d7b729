// Numbers into the few points of a small line. Gaps stay gaps.

export type Point = readonly [number, number];

/** One list of points for each unbroken run; y is from zero to the highest value. */
export function sparkSegments(values: readonly (number | null)[], width: number, height: number): Point[][] {
  const top = Math.max(1e-9, ...values.filter((value): value is number => value !== null));
  const step = values.length > 1 ? (width - 2) / (values.length - 1) : 0;
  const runs: Point[][] = [];
  let run: Point[] = [];
  values.forEach((value, at) => {
    if (value === null) {
      if (run.length) runs.push(run);
      run = [];
      return;
    }
    run.push([round(1 + at * step), round(height - 2 - (Math.max(0, value) / top) * (height - 4))]);
  });
  if (run.length) runs.push(run);
  return runs;
}

export function sparkArea(points: readonly Point[], height: number): string {
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last) return '';
  return `M${first[0]},${height}L${points.map(([x, y]) => `${x},${y}`).join('L')}L${last[0]},${height}Z`;
}

const round = (value: number): number => Math.round(value * 10) / 10;
