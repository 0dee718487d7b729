// Confirms what the person just did, with a way back. Never for news.

export interface Toast {
  id: number;
  words: string;
  undo?: () => void;
}

const SHOWN_MS = 6_000;
const TOASTS_MAX = 3;

class Toasts {
  list = $state<Toast[]>([]);
  #last = 0;

  say(words: string, undo?: () => void): void {
    const id = ++this.#last;
    this.list = [...this.list, { id, words, undo }].slice(-TOASTS_MAX);
    setTimeout(() => this.close(id), SHOWN_MS);
  }

  close(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
