/** Names close to a mistyped one. */

/** The names nearest to `wanted`, best first, at most `count`. */
export function nearNames(wanted: string, names: readonly string[], count = 3): string[] {
  const target = wanted.toLowerCase();
  return names
    .map((name) => ({ name, distance: distanceTo(target, name.toLowerCase()) }))
    .filter(({ distance }) => distance <= Math.max(2, target.length * 0.4))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, count)
    .map(({ name }) => name);
}

/** 0.5 for a name that contains the other, else the edit distance (Levenshtein). */
function distanceTo(target: string, name: string): number {
  if (target.length > 2 && name.length > 2 && (name.includes(target) || target.includes(name))) return 0.5;
  if (Math.abs(target.length - name.length) > target.length * 0.4 + 2) return Number.POSITIVE_INFINITY;
  let row = Array.from({ length: name.length + 1 }, (_, at) => at);
  for (let i = 1; i <= target.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= name.length; j += 1) {
      const changed = row[j - 1]! + (target[i - 1] === name[j - 1] ? 0 : 1);
      next.push(Math.min(changed, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row.at(-1)!;
}
