// Saved views of the fleet: a name for a query, kept in this browser. The query itself is the link.

const KEY = 'mailvane.views';
export const VIEWS_MAX = 20;

export interface View {
  name: string;
  query: string;
}

function read(): View[] {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(list)
      ? list.filter(
          (one): one is View =>
            typeof one === 'object' &&
            one !== null &&
            typeof one.name === 'string' &&
            typeof one.query === 'string',
        )
      : [];
  } catch {
    return [];
  }
}

class Views {
  list = $state.raw<View[]>(read());

  save(name: string, query: string): void {
    this.#keep([{ name, query }, ...this.list.filter((one) => one.name !== name)].slice(0, VIEWS_MAX));
  }
  drop(name: string): void {
    this.#keep(this.list.filter((one) => one.name !== name));
  }
  #keep(list: View[]): void {
    this.list = list;
    try {
      localStorage.setItem(KEY, JSON.stringify(list));
    } catch {
      // A browser without storage keeps the views until the page is closed.
    }
  }
}

export const views = new Views();
