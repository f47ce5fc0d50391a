/** Boxes: overlap, suppression of doubles, and the way from tensor to frame. Pure functions. */

/** [x1, y1, x2, y2] as fractions of the upright frame, 0..1, x1 <= x2, y1 <= y2. */
export type Box = readonly [x1: number, y1: number, x2: number, y2: number];

/**
 * Where the upright picture lies in the tensor, as fractions of the tensor: x0..x1 by y0..y1.
 * A box b of the model maps to the picture as (b.x - x0) / (x1 - x0), (b.y - y0) / (y1 - y0).
 * Values outside 0..1 mean that the tensor shows a crop.
 */
export interface Placement {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/** The placement of a picture that fills the tensor. */
export const wholePlacement: Placement = { x0: 0, y0: 0, x1: 1, y1: 1 };

/** Area that two boxes have in common. */
export function intersection(a: Box, b: Box): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  return width <= 0 || height <= 0 ? 0 : width * height;
}

/** Intersection over union of two boxes, 0..1; 0 when neither has an area. */
export function intersectionOverUnion(a: Box, b: Box): number {
  const both = intersection(a, b);
  const union = area(a) + area(b) - both;
  // Sides so small that their product is zero.
  return union > 0 ? Math.min(1, both / union) : 0;
}

export function area([x1, y1, x2, y2]: Box): number {
  return Math.max(0, x2 - x1) * Math.max(0, y2 - y1);
}

/** Greedy non-maximum suppression: keeps the best and drops what overlaps it by more than the limit. */
export function suppress<Scored extends { readonly box: Box; readonly score: number }>(
  candidates: readonly Scored[],
  limit: number,
): Scored[] {
  const kept: Scored[] = [];
  for (const candidate of [...candidates].sort((a, b) => b.score - a.score)) {
    if (kept.every(({ box }) => intersectionOverUnion(box, candidate.box) <= limit)) kept.push(candidate);
  }
  return kept;
}

/** From fractions of the tensor to fractions of the frame, clipped to it. */
export function toFrame([x1, y1, x2, y2]: Box, { x0, y0, x1: right, y1: bottom }: Placement): Box {
  const across = (x: number) => clip((x - x0) / (right - x0));
  const down = (y: number) => clip((y - y0) / (bottom - y0));
  return [across(x1), down(y1), across(x2), down(y2)];
}

/** What of a box lies in the frame. */
export function clipped([x1, y1, x2, y2]: Box): Box {
  return [clip(x1), clip(y1), clip(x2), clip(y2)];
}

function clip(value: number): number {
  return Math.min(1, Math.max(0, value));
}
