// Lets the page in view say what its single letters do; the newest registration wins.

type Bindings = Record<string, () => void>;
const stack: Bindings[] = [];

/** Registers a page's keys for as long as the calling component lives. */
export function useKeys(bindings: Bindings): void {
  $effect(() => {
    stack.push(bindings);
    return () => {
      const at = stack.lastIndexOf(bindings);
      if (at >= 0) stack.splice(at, 1);
    };
  });
}

/** True if somebody wanted the key. */
export function pressed(key: string): boolean {
  for (let at = stack.length - 1; at >= 0; at -= 1) {
    const act = stack[at]?.[key];
    if (act) {
      act();
      return true;
    }
  }
  return false;
}
