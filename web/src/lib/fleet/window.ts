// Which rows of a long list are worth drawing: those in view and a few around them.

/** Rows drawn beyond each edge, so that a quick scroll does not show emptiness. */
const MARGIN_ROWS = 12;

export interface Window {
  first: number;
  last: number;
}

export function visibleRows(count: number, rowHeight: number, listTop: number, viewHeight: number): Window {
  const first = Math.max(0, Math.floor(-listTop / rowHeight) - MARGIN_ROWS);
  const last = Math.min(count, Math.ceil((viewHeight - listTop) / rowHeight) + MARGIN_ROWS);
  return { first: Math.min(first, Math.max(0, count - 1)), last: Math.max(last, Math.min(count, 1)) };
}
