// What a person chose for this browser: theme, zone, whether single letters act. Nothing here leaves it.

type Theme = 'system' | 'dark' | 'light';

function stored(name: string): string | null {
  try {
    return localStorage.getItem(`mailvane.${name}`);
  } catch {
    return null;
  }
}

function keep(name: string, value: string): void {
  try {
    localStorage.setItem(`mailvane.${name}`, value);
  } catch {
    // A browser without storage forgets the choice; the page works on.
  }
}

const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

class Prefs {
  theme = $state<Theme>((stored('theme') as Theme | null) ?? 'system');
  zone = $state(stored('zone') === 'own' ? ownZone : 'UTC');
  letters = $state(stored('letters') !== 'off');
  /** Rises with each change of theme, so that canvases are painted anew. */
  painted = $state(0);

  setTheme(theme: Theme): void {
    this.theme = theme;
    keep('theme', theme);
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    this.painted += 1;
  }

  flipTheme(): void {
    const dark =
      this.theme === 'dark' ||
      (this.theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
    this.setTheme(dark ? 'light' : 'dark');
  }

  flipZone(): void {
    this.zone = this.zone === 'UTC' ? ownZone : 'UTC';
    keep('zone', this.zone === 'UTC' ? 'utc' : 'own');
  }

  setLetters(on: boolean): void {
    this.letters = on;
    keep('letters', on ? 'on' : 'off');
  }
}

export const prefs = new Prefs();
