// The page's one clock: ages and "since" run from here, once a second, and stop while nobody looks.

const TICK_MS = 1_000;

class Now {
  at = $state(Date.now());
  #timer: ReturnType<typeof setInterval> | undefined;

  start(): () => void {
    this.#timer = setInterval(() => {
      if (!document.hidden) this.at = Date.now();
    }, TICK_MS);
    return () => clearInterval(this.#timer);
  }

  secondsSince(time: string): number {
    return Math.max(0, (this.at - Date.parse(time)) / 1_000);
  }
}

export const now = new Now();
