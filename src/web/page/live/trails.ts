/** The ways that tracks took lately: the bottom centre of their boxes. */
import type { SeenFrame } from '../../../flow/view/seen.ts';

type Point = readonly [number, number];

const mostPoints = 60;
/** By camera, then by track. */
const trails = new Map<string, Map<string, Point[]>>();

/** Takes note of a frame, and gives the trails of the tracks that are in it. */
export function trailsOf(camera: string, seen: SeenFrame): readonly (readonly Point[])[] {
  const before = trails.get(camera) ?? new Map<string, Point[]>();
  const now = new Map<string, Point[]>();
  for (const { track, box } of seen.detections) {
    if (track === undefined || box === undefined) continue;
    const points = before.get(track) ?? [];
    const point: Point = [(box[0] + box[2]) / 2, box[3]];
    const last = points.at(-1);
    // The same frame may be drawn again when a layer is switched.
    const isNew = last === undefined || last[0] !== point[0] || last[1] !== point[1];
    now.set(track, isNew ? [...points, point].slice(-mostPoints) : points);
  }
  trails.set(camera, now);
  return [...now.values()];
}
