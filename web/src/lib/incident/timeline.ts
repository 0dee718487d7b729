// The incident's timeline in sentences: what happened, and a line more where there is one.
import { foreign, number, withUnit } from '$lib/format';
import type { IncidentDetail } from '$lib/api/types';
import type { Mark } from '$lib/ui/state';

export interface Moment {
  at: string;
  mark: Mark;
  what: string;
  more: string;
}

const text = (value: unknown): string => (typeof value === 'string' ? foreign(value) : '');
const figure = (value: unknown, unit: string): string =>
  typeof value === 'number' ? withUnit(value, unit) : '';

export function timeline(incident: IncidentDetail): Moment[] {
  return incident.events.map((event) => {
    const by = text(event.body.by) || text(event.body.actor);
    const whom = by ? ` by ${by}` : '';
    switch (event.kind) {
      case 'opened': {
        const value = figure(event.body.value ?? incident.value, incident.unit);
        const limit = figure(event.body.threshold ?? incident.threshold, incident.unit);
        return {
          at: event.at,
          mark: incident.severity,
          what: 'Opened',
          more: value ? `${value}${limit ? `, fires at ${limit}` : ''}.` : '',
        };
      }
      case 'updated': {
        const value = figure(event.body.value ?? event.body.peak, incident.unit);
        return {
          at: event.at,
          mark: incident.severity,
          what: value ? `Changed to ${value}` : 'Changed',
          more: text(event.body.summary) || text(event.body.text),
        };
      }
      case 'acknowledged':
        return { at: event.at, mark: 'info', what: `Acknowledged${whom}`, more: text(event.body.note) };
      case 'note':
        return {
          at: event.at,
          mark: 'info',
          what: `Note${whom}`,
          more: text(event.body.text) || text(event.body.note),
        };
      case 'resolved':
      case 'closed':
        return {
          at: event.at,
          mark: 'done',
          what: `Resolved${whom}`,
          more: text(event.body.reason) || text(event.body.note),
        };
      default:
        return {
          at: event.at,
          mark: 'info',
          what: foreign(event.kind.replaceAll('_', ' ')),
          more: text(event.body.text),
        };
    }
  });
}

/** How a delivery went, as shape and word. */
export function deliveryWords(status: string, attempts: number): { mark: Mark; words: string } {
  switch (status) {
    case 'delivered':
      return { mark: 'ok', words: attempts > 1 ? `Delivered at try ${number(attempts)}` : 'Delivered' };
    case 'collapsed':
      return { mark: 'ok', words: 'Merged into the first message' };
    case 'suppressed':
      return { mark: 'ok', words: 'Not sent: muted' };
    case 'dead':
      return { mark: 'error', words: 'Refused for good' };
    case 'ready':
      return attempts > 0
        ? { mark: 'warning', words: `Waits for try ${number(attempts + 1)}` }
        : { mark: 'waiting', words: 'Waits to be sent' };
    default:
      return { mark: 'waiting', words: 'Being sent' };
  }
}

export const NEWS_WORDS: Record<string, string> = {
  opened: 'opened',
  opened_resolved: 'opened and resolved',
  updated: 'changed',
  acknowledged: 'acknowledged',
  resolved: 'resolved',
  reminder: 'still open',
  test: 'test',
};
