// What a person does to an incident, and the words that confirm it.
import { api, Fault } from '$lib/api/client';
import type { Incident } from '$lib/api/types';
import { openIncidents } from '$lib/open.svelte';
import { toasts } from '$lib/toasts.svelte';

/** An acknowledgement holds for a working day's half, then the incident asks again. */
export const ACKNOWLEDGED_S = 4 * 3_600;

export async function acknowledge(incident: Incident): Promise<boolean> {
  return act(
    () => api.incidents.acknowledge(incident.id, ACKNOWLEDGED_S),
    'Acknowledged for 4 h. Nobody is reminded before then.',
  );
}

export async function resolve(incident: Incident, note: string): Promise<boolean> {
  return act(
    () => api.incidents.resolve(incident.id, note || undefined),
    'Resolved. Whoever got the alarm gets the resolve.',
  );
}

export async function note(incident: Incident, words: string): Promise<boolean> {
  return act(() => api.incidents.note(incident.id, words), 'Noted on the timeline.');
}

async function act(work: () => Promise<unknown>, done: string): Promise<boolean> {
  try {
    await work();
    toasts.say(done);
    void openIncidents.load();
    return true;
  } catch (cause) {
    toasts.say(
      cause instanceof Fault
        ? `Not done: ${cause.title} ${cause.detail}`
        : 'Not done: the server did not answer.',
    );
    return false;
  }
}
