// What each state is called and which colour class carries it. Shape, word and colour always come together.
import type { RowState, Severity } from '$lib/api/types';

export type Mark = RowState | 'hidden' | 'done';

export const WORD: Record<RowState, string> = {
  ok: 'Healthy',
  info: 'Info',
  warning: 'Warning',
  error: 'Error',
  critical: 'Critical',
  waiting: 'Waiting for the first sample',
  silent: 'Silent',
};

export const TONE: Record<Mark, string> = {
  ok: 'faint',
  info: 'notice',
  warning: 'warning',
  error: 'error',
  critical: 'critical',
  waiting: 'notice',
  silent: 'critical',
  hidden: 'unknown',
  done: 'ok',
};

/** The worst comes first. */
export const RANK: Record<RowState, number> = {
  critical: 0,
  silent: 1,
  error: 2,
  warning: 3,
  info: 4,
  waiting: 5,
  ok: 6,
};

export const SEVERITIES: Severity[] = ['critical', 'error', 'warning', 'info'];
