// Bytes of an event stream in, events out. Comments come out too: they prove that the line is alive.

export interface StreamEvent {
  name: string;
  data: string;
}

/** One event may hold at most this much; a longer one is dropped. */
const EVENT_CHARS_MAX = 1_000_000;

export class EventReader {
  #rest = '';
  #name = '';
  #data: string[] = [];

  /** Takes the next piece and returns the events it completes. */
  push(piece: string): StreamEvent[] {
    // A CR at the end may be half of a CRLF: it waits for the next piece.
    const text = this.#rest + piece;
    const whole = text.endsWith('\r') ? text.slice(0, -1) : text;
    const lines = whole.split(/\r\n|\n|\r/);
    this.#rest = (lines.pop() ?? '').slice(-EVENT_CHARS_MAX) + text.slice(whole.length);
    const done: StreamEvent[] = [];
    for (const line of lines) {
      const event = this.#line(line);
      if (event) done.push(event);
    }
    return done;
  }

  #line(line: string): StreamEvent | null {
    if (line === '') {
      const event = this.#data.length ? { name: this.#name || 'message', data: this.#data.join('\n') } : null;
      this.#name = '';
      this.#data = [];
      return event;
    }
    if (line.startsWith(':')) return null;
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#name = value;
    if (field === 'data') this.#data.push(value);
    return null;
  }
}
