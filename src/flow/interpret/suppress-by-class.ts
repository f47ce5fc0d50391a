/** Non-maximum suppression where boxes suppress those of their own class only. */
import { suppress } from '../../geometry/boxes.ts';
import type { FoundBox } from './found-box.ts';

/** So many of the best candidates are looked at: what comes behind could only be doubles, and costs the square of its number. */
const mostCandidates = 1000;

/** @param limit overlap above which the weaker of two boxes goes. Best first. */
export function suppressByClass(found: readonly FoundBox[], limit: number): FoundBox[] {
  const best =
    found.length <= mostCandidates ? found : found.toSorted((a, b) => b.score - a.score).slice(0, mostCandidates);
  const byClass = new Map<number, FoundBox[]>();
  for (const one of best) {
    const own = byClass.get(one.classIndex);
    if (own === undefined) byClass.set(one.classIndex, [one]);
    else own.push(one);
  }
  return [...byClass.values()].flatMap((own) => suppress(own, limit)).sort((a, b) => b.score - a.score);
}
