/**
 * Mean average precision by the COCO definition: 101 recall points, overlaps .50 to .95 in steps of .05, crowds ignored.
 * Follows pycocotools' COCOeval step by step, with its area range `all`.
 */

/** [left, top, width, height] in pixels, as COCO has it. */
export type CocoBox = readonly [left: number, top: number, width: number, height: number];

export interface TrueBox {
  readonly image: number;
  readonly category: number;
  readonly box: CocoBox;
  /** A crowd may be found or not: neither counts. */
  readonly isCrowd: boolean;
}

export interface FoundBox {
  readonly image: number;
  readonly category: number;
  readonly box: CocoBox;
  /** 0..1. */
  readonly score: number;
}

export interface CategoryPrecision {
  readonly category: number;
  /** Mean over the overlaps .50:.95. */
  readonly ap: number;
  /** At overlap .50. */
  readonly ap50: number;
  readonly truths: number;
}

export interface MeanPrecision {
  readonly map: number;
  readonly ap50: number;
  /** Categories that have at least one true box that is no crowd; the means are over these. */
  readonly categories: readonly CategoryPrecision[];
}

export const overlapThresholds: readonly number[] = Array.from({ length: 10 }, (_, at) => 0.5 + at * 0.05);
const recallPoints = Array.from({ length: 101 }, (_, at) => at / 100);

/** @param maxDetections the best so many per picture and category are looked at */
export function cocoMap(truths: readonly TrueBox[], found: readonly FoundBox[], maxDetections = 100): MeanPrecision {
  const truthsOf = groupedBy(truths, ({ category }) => category);
  const foundOf = groupedBy(found, ({ category }) => category);
  const categories = [...truthsOf.entries()]
    .map(([category, own]) => categoryPrecision(category, own, foundOf.get(category) ?? [], maxDetections))
    .filter((one) => one !== undefined)
    .sort((a, b) => a.category - b.category);
  const mean = (pick: (one: CategoryPrecision) => number) =>
    categories.length === 0 ? 0 : categories.reduce((sum, one) => sum + pick(one), 0) / categories.length;
  return { map: mean(({ ap }) => ap), ap50: mean(({ ap50 }) => ap50), categories };
}

function groupedBy<Item>(items: readonly Item[], key: (item: Item) => number): Map<number, Item[]> {
  const groups = new Map<number, Item[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups;
}

function categoryPrecision(
  category: number,
  truths: readonly TrueBox[],
  found: readonly FoundBox[],
  maxDetections: number,
): CategoryPrecision | undefined {
  const wanted = truths.filter(({ isCrowd }) => !isCrowd).length;
  if (wanted === 0) return undefined;
  const truthsIn = groupedBy(truths, ({ image }) => image);
  const pictures = [...groupedBy(found, ({ image }) => image).entries()].map(([image, boxes]) => ({
    boxes: boxes.toSorted((a, b) => b.score - a.score).slice(0, maxDetections),
    // Crowds last: a box is matched to a crowd only when nothing else is left for it.
    truths: (truthsIn.get(image) ?? []).toSorted((a, b) => Number(a.isCrowd) - Number(b.isCrowd)),
  }));
  const precisions = overlapThresholds.map((threshold) => {
    const judged = pictures.flatMap(({ boxes, truths: own }) => judge(boxes, own, threshold));
    return averagePrecision(judged, wanted);
  });
  const ap = precisions.reduce((sum, one) => sum + one, 0) / precisions.length;
  return { category, ap, ap50: precisions[0]!, truths: wanted };
}

interface Judged {
  readonly score: number;
  readonly isRight: boolean;
}

/** Which boxes of one picture hit a true one; boxes that hit a crowd are left out. @param found best first */
function judge(found: readonly FoundBox[], truths: readonly TrueBox[], threshold: number): Judged[] {
  const taken = new Set<TrueBox>();
  const judged: Judged[] = [];
  for (const { box, score } of found) {
    let best = Math.min(threshold, 1 - 1e-10);
    let match: TrueBox | undefined;
    for (const truth of truths) {
      if (taken.has(truth) && !truth.isCrowd) continue;
      if (match !== undefined && !match.isCrowd && truth.isCrowd) break;
      const overlap = overlapOf(box, truth);
      if (overlap < best) continue;
      best = overlap;
      match = truth;
    }
    if (match !== undefined) taken.add(match);
    if (match?.isCrowd !== true) judged.push({ score, isRight: match !== undefined });
  }
  return judged;
}

/** Intersection over union; of a crowd, over the found box alone. */
function overlapOf([left, top, width, height]: CocoBox, { box, isCrowd }: TrueBox): number {
  const [otherLeft, otherTop, otherWidth, otherHeight] = box;
  const across = Math.min(left + width, otherLeft + otherWidth) - Math.max(left, otherLeft);
  const down = Math.min(top + height, otherTop + otherHeight) - Math.max(top, otherTop);
  if (across <= 0 || down <= 0) return 0;
  const both = across * down;
  return both / (isCrowd ? width * height : width * height + otherWidth * otherHeight - both);
}

/** Area under the precision curve, made falling, at 101 points of recall. */
function averagePrecision(judged: readonly Judged[], wanted: number): number {
  let right = 0;
  const curve = judged
    .toSorted((a, b) => b.score - a.score)
    .map(({ isRight }, at) => {
      right += isRight ? 1 : 0;
      return { recall: right / wanted, precision: right / (at + 1) };
    });
  let best = 0;
  const falling = curve.toReversed().map(({ recall, precision }) => {
    best = Math.max(best, precision);
    return { recall, precision: best };
  });
  falling.reverse();
  let at = 0;
  let sum = 0;
  for (const point of recallPoints) {
    while (at < falling.length && falling[at]!.recall < point) at += 1;
    sum += falling[at]?.precision ?? 0;
  }
  return sum / recallPoints.length;
}
