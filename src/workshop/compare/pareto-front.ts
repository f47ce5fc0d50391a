/** The points that nothing beats: no other is both faster and better. */

export interface TradeOff {
  /** Less is better. */
  readonly latencyMs: number;
  /** More is better, 0..1. */
  readonly accuracy: number;
}

/** From the fastest to the most accurate. Of equals the first stays. */
export function paretoFront<Point extends TradeOff>(points: readonly Point[]): Point[] {
  const sorted = points.toSorted((a, b) => a.latencyMs - b.latencyMs || b.accuracy - a.accuracy);
  const front: Point[] = [];
  for (const point of sorted) {
    if (front.length === 0 || point.accuracy > front.at(-1)!.accuracy) front.push(point);
  }
  return front;
}
