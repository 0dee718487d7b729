// One question to the API as a page sees it: the last good answer, the fault, whether it is being asked now.
import { Fault } from './api/client';

/** Grey bars appear only after this long: most answers are quicker. */
export const PATIENCE_MS = 300;

export class Resource<T> {
  data = $state.raw<T | null>(null);
  fault = $state.raw<Fault | null>(null);
  busy = $state(false);
  at = $state(0);
  #question: (signal: AbortSignal) => Promise<T>;
  #asking: AbortController | null = null;

  constructor(question: (signal: AbortSignal) => Promise<T>) {
    this.#question = question;
  }

  /** Asks again; an older question still open is dropped. Old figures stay until the new ones are here. */
  async load(): Promise<void> {
    this.#asking?.abort();
    const asking = new AbortController();
    this.#asking = asking;
    this.busy = true;
    try {
      const data = await this.#question(asking.signal);
      if (asking.signal.aborted) return;
      this.data = data;
      this.fault = null;
      this.at = Date.now();
    } catch (cause) {
      if (asking.signal.aborted) return;
      this.fault =
        cause instanceof Fault
          ? cause
          : new Fault(0, 'The answer could not be read.', 'Load the page again.', '');
    } finally {
      if (!asking.signal.aborted) this.busy = false;
    }
  }

  /** Asks only if nothing is being asked: for ticks, which may come faster than answers. */
  nudge(): void {
    if (!this.busy) void this.load();
  }

  forget(): void {
    this.#asking?.abort();
    this.data = null;
    this.fault = null;
  }

  drop(): void {
    this.#asking?.abort();
  }
}
