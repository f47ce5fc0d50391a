/** Names close to a mistyped one, for messages that say what was probably meant. */

export interface Nearness {
  /** At most this many names. */
  readonly count?: number;
  /** Letters to insert, remove or replace at most; absent: two fifths of the name, at least 2. */
  readonly farthest?: number;
  /** Whether a name that contains the wanted one, or is a part of it, is near whatever its length. */
  readonly parts?: boolean;
}

/** The names nearest to `wanted`, nearest first, each once; case doesn't count. */
export function nearNames(wanted: string, names: readonly string[], options: Nearness = {}): string[] {
  const { count = 3, farthest = Math.max(2, wanted.length * 0.4), parts = false } = options;
  const target = wanted.toLowerCase();
  return [...new Set(names)]
    .map((name) => {
      const lower = name.toLowerCase();
      const isPart = parts && isPartOf(target, lower);
      return { name, distance: isPart ? 0.5 : editDistance(target, lower, farthest) };
    })
    .filter(({ distance }) => distance <= farthest)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, count)
    .map(({ name }) => name);
}

function isPartOf(a: string, b: string): boolean {
  return a.length > 2 && b.length > 2 && (a.includes(b) || b.includes(a));
}

/** Letters to insert, remove or replace to make one word of the other (Levenshtein 1966); infinite when surely beyond `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return Number.POSITIVE_INFINITY;
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const line = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = above[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      line.push(Math.min(replaced, above[column]! + 1, line[column - 1]! + 1));
    }
    above = line;
  }
  return above[b.length]!;
}
