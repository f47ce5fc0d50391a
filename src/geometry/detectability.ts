/** How likely a detector finds what it is shown, by how much of its input the object fills. */
/**
 * Share of the input's side along the object's longer side -> probability. Persons of COCO photos in squares cut around them,
 * SSDLite MobileNet V2 at 300 pixels, score 0.5: docs/see-far.md has the table. Other SSD models have the same anchors.
 */
const curve: readonly (readonly [share: number, probability: number])[] = [
  [0.06, 0],
  [0.1, 0.05],
  [0.18, 0.15],
  [0.225, 0.4],
  [0.275, 0.6],
  [0.35, 0.75],
  [0.5, 0.88],
  [0.75, 0.93],
  [0.95, 0.9],
  [1.1, 0.7],
  [1.5, 0.1],
];

/** The curve in steps this fine: it is asked thousands of times a frame. */
const steps = 400;
const last = 1.5;
const values = Float32Array.from({ length: steps + 1 }, (_, at) => onCurve((at * last) / steps));

/** Shares at which such tables have their values, from 0 on; see tabulated(). */
export const tableShares: readonly number[] = Array.from({ length: steps + 1 }, (_, at) => (at * last) / steps);

/** A function of the share, from its values at tableShares. @param share of the region's side that an object takes, 0 and more */
export function tabulated(table: Float32Array): (share: number) => number {
  return (share) => (share >= last ? 0 : table[Math.round((share * steps) / last)]!);
}

/** @param share of the region's side that the object takes, 0 and more */
export const detectability = tabulated(values);

function onCurve(share: number): number {
  const to = curve.findIndex(([at]) => share <= at);
  if (to <= 0) return 0;
  const [[from, low], [until, high]] = [curve[to - 1]!, curve[to]!];
  return low + ((high - low) * (share - from)) / (until - from);
}
