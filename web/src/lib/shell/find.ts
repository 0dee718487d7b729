// Which entries match what a person typed: every word somewhere in the name or kind, best places first.

const FOUND_MAX = 12;

export function find<T extends { name: string; kind: string }>(words: string, entries: readonly T[]): T[] {
  const parts = words.toLowerCase().split(/\s+/).filter(Boolean);
  if (!parts.length) return entries.slice(0, FOUND_MAX);
  return entries
    .map((entry) => ({ entry, place: place(parts, entry) }))
    .filter((hit) => hit.place >= 0)
    .sort((a, b) => a.place - b.place)
    .slice(0, FOUND_MAX)
    .map((hit) => hit.entry);
}

function place(parts: string[], entry: { name: string; kind: string }): number {
  const name = entry.name.toLowerCase();
  let sum = 0;
  for (const part of parts) {
    const at = name.indexOf(part);
    if (at < 0 && !entry.kind.toLowerCase().includes(part)) return -1;
    sum += at < 0 ? 100 : at;
  }
  return sum;
}
