// The wall: views that take turns on a big screen, without controls, until somebody presses Escape.
import { paths } from '$lib/paths';

const VIEWS: Record<string, () => string> = {
  fleet: paths.fleet,
  incidents: () => paths.incidents(),
  report: paths.reports,
  status: paths.status,
};
export const EVERY_S_MIN = 5;
const EVERY_S = 30;

class Wall {
  on = $state(false);
  views: string[] = $state.raw([]);
  every_s = $state(EVERY_S);

  /** Reads `?wall=fleet,incidents&every=30`; the wall stays on while it turns, though its pages have other addresses. */
  read(query: URLSearchParams): void {
    const wish = query.get('wall');
    if (wish === null) return;
    const views = wish.split(',').flatMap((name) => (VIEWS[name] ? [VIEWS[name]()] : []));
    this.views = views.length ? views : [paths.fleet(), paths.incidents()];
    const every = Number(query.get('every'));
    this.every_s = every >= EVERY_S_MIN ? every : EVERY_S;
    this.on = true;
  }

  leave(): void {
    this.on = false;
  }
}

export const wall = new Wall();
