/** Bench: which boxes of one list are those of another. Pure functions. */
import { type Box, intersectionOverUnion } from '../../../geometry/boxes.ts';

export interface Labelled {
  readonly label: string;
  readonly box: Box;
}

/** From this overlap on a box lies on another. */
export const foundOverlap = 0.5;

/** Each box has at most one partner, of the same label; those that overlap most first. @returns the partner of each box of `one`, by position */
export function partners(one: readonly Labelled[], other: readonly Labelled[]): (number | undefined)[] {
  const pairs = one
    .flatMap((a, from) =>
      other.map((b, to) => ({ from, to, overlap: a.label === b.label ? intersectionOverUnion(a.box, b.box) : 0 })),
    )
    .filter(({ overlap }) => overlap >= foundOverlap)
    .sort((a, b) => b.overlap - a.overlap);
  const found: (number | undefined)[] = one.map(() => undefined);
  const taken = new Set<number>();
  for (const { from, to } of pairs) {
    if (found[from] !== undefined || taken.has(to)) continue;
    found[from] = to;
    taken.add(to);
  }
  return found;
}

/** Below this overlap with all there is a box lies on nothing; above it, it is badly placed at worst. */
export const somethingOverlap = 0.3;

/** Does it lie on any of these? */
export function liesOn({ label, box }: Labelled, others: readonly Labelled[], overlap = foundOverlap): boolean {
  return others.some((other) => other.label === label && intersectionOverUnion(other.box, box) >= overlap);
}
