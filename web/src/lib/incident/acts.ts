// What a person does to an incident, and the words that confirm it.
import { api, Fault } from '$lib/api/client';
import type { Incident } from '$lib/api/types';
import { when } from '$lib/format';
import { openIncidents } from '$lib/open.svelte';
import { prefs } from '$lib/prefs.svelte';
import { toasts } from '$lib/toasts.svelte';

/** How long it holds is the server's default; the answer says until when. */
export async function acknowledge(incident: Incident): Promise<boolean> {
  return act(
    () => api.incidents.acknowledge(incident.id),
    (held) =>
      `Acknowledged${held.acknowledged?.until ? ` until ${when(new Date(held.acknowledged.until), new Date(), prefs.zone)}` : ''}. Nobody is reminded before then.`,
  );
}

export async function resolve(incident: Incident, note: string): Promise<boolean> {
  return act(
    () => api.incidents.resolve(incident.id, note || undefined),
    () => 'Resolved. Whoever got the alarm gets the resolve.',
  );
}

export async function silence(incident: Incident, for_s: number, comment: string): Promise<boolean> {
  return act(
    () => api.incidents.silence(incident.id, for_s, comment),
    (made) =>
      `Silenced until ${when(new Date(made.ends_at), new Date(), prefs.zone)}. The incident goes on being recorded.`,
  );
}

export async function note(incident: Incident, words: string): Promise<boolean> {
  return act(
    () => api.incidents.note(incident.id, words),
    () => 'Noted on the timeline.',
  );
}

async function act<T>(work: () => Promise<T>, done: (answer: T) => string): Promise<boolean> {
  try {
    toasts.say(done(await work()));
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
