// The live line to the server, and an honest word about it: live, reconnecting, offline since when.
import { openLive } from './api/client';
import { EventReader } from './api/events';

/** The server says something at least every 15 s; after this long without a byte the line is dead. */
const SILENCE_MS_MAX = 40_000;
const RETRY_MS_MIN = 1_000;
const RETRY_MS_MAX = 30_000;

export interface Tick {
  at: string;
  hosts: string[];
}
export interface IncidentNews {
  id: string;
  kind: string;
}

type Listener = { tick?: (tick: Tick) => void; incident?: (news: IncidentNews) => void; back?: () => void };

class Live {
  state = $state<'connecting' | 'live' | 'lost'>('connecting');
  /** When the line was lost, and when the next try is due; milliseconds since the epoch. */
  lostAt = $state(0);
  retryAt = $state(0);
  newestSample = $state<string | null>(null);

  #listeners = new Set<Listener>();

  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): () => void {
    const stop = new AbortController();
    void this.#run(stop.signal);
    return () => stop.abort();
  }

  async #run(stop: AbortSignal): Promise<void> {
    let wait = RETRY_MS_MIN;
    while (!stop.aborted) {
      if (await this.#once(stop)) wait = RETRY_MS_MIN;
      if (stop.aborted) return;
      if (this.state !== 'lost') this.lostAt = Date.now();
      this.state = 'lost';
      const pause = wait * (0.7 + Math.random() * 0.6);
      this.retryAt = Date.now() + pause;
      await new Promise((resume) => setTimeout(resume, pause));
      wait = Math.min(wait * 2, RETRY_MS_MAX);
    }
  }

  /** One connection, to its end. True if it ever was live. */
  async #once(stop: AbortSignal): Promise<boolean> {
    const line = new AbortController();
    const end = () => line.abort();
    stop.addEventListener('abort', end);
    let silence = setTimeout(end, SILENCE_MS_MAX);
    let wasLive = false;
    try {
      const body = await openLive(line.signal);
      const reader = body
        .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
        .getReader();
      const events = new EventReader();
      const returned = this.state === 'lost';
      this.state = 'live';
      wasLive = true;
      // What happened meanwhile was not heard: every page looks again.
      if (returned) for (const listener of this.#listeners) listener.back?.();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        clearTimeout(silence);
        silence = setTimeout(end, SILENCE_MS_MAX);
        for (const event of events.push(value)) this.#tell(event.name, event.data);
      }
    } catch {
      // A cut line is not news for the person; the bar says what is the case.
    } finally {
      clearTimeout(silence);
      stop.removeEventListener('abort', end);
      line.abort();
    }
    return wasLive;
  }

  #tell(name: string, data: string): void {
    let body: unknown;
    try {
      body = JSON.parse(data);
    } catch {
      return;
    }
    if (name === 'tick') {
      const tick = body as Tick;
      if (tick.hosts?.length) this.newestSample = tick.at;
      for (const listener of this.#listeners) listener.tick?.(tick);
    }
    if (name === 'incident')
      for (const listener of this.#listeners) listener.incident?.(body as IncidentNews);
  }
}

export const live = new Live();
