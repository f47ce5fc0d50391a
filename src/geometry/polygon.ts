/** Polygons and lines in fractions of the frame: what lies inside, and what crosses what. Pure functions. */

/** x to the right, y down, 0..1 within the frame. */
export type Point = readonly [x: number, y: number];

/** Corners in order round the area, three or more; the last one joins the first. */
export type Polygon = readonly Point[];

/** Even-odd rule; a point on a side is on either side of it. */
export function contains(polygon: Polygon, [x, y]: Point): boolean {
  let inside = false;
  for (let at = 0, before = polygon.length - 1; at < polygon.length; before = at++) {
    const [x1, y1] = polygon[at]!;
    const [x2, y2] = polygon[before]!;
    if (y1 > y !== y2 > y && x < x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)) inside = !inside;
  }
  return inside;
}

/**
 * On which side of the line through two points a third one lies, as their distance from the line: positive to the right of one who
 * walks from the first to the second, seen as in the picture.
 */
export function sideOf([x1, y1]: Point, [x2, y2]: Point, [x, y]: Point): number {
  const length = Math.hypot(x2 - x1, y2 - y1);
  return length === 0 ? 0 : ((x2 - x1) * (y - y1) - (y2 - y1) * (x - x1)) / length;
}

/** Do the segments a-b and c-d cross, other than by touching with an end? */
export function segmentsCross(a: Point, b: Point, c: Point, d: Point): boolean {
  return sideOf(a, b, c) * sideOf(a, b, d) < 0 && sideOf(c, d, a) * sideOf(c, d, b) < 0;
}

/** Does any side cross another one? */
export function crossesItself(polygon: Polygon): boolean {
  const sides = polygon.map((corner, at): [Point, Point] => [corner, polygon[(at + 1) % polygon.length]!]);
  return sides.some(([a, b], at) => sides.slice(at + 1).some(([c, d]) => segmentsCross(a, b, c, d)));
}
