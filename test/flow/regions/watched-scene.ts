/**
 * A scene as planner, merge and tracker see it together, without pictures: a detector that finds what takes enough of its
 * region, and cuts off what lies outside.
 */
import { configSchema } from '../../../src/config/schema.ts';
import type { Detection, Detections } from '../../../src/flow/interpret/detection.ts';
import { splitByScore } from '../../../src/flow/interpret/split-by-score.ts';
import { mergeLooks } from '../../../src/flow/merge/merge.ts';
import { fractionsOf, type Region } from '../../../src/flow/regions/region.ts';
import { RegionPlanner, type SeenMotion } from '../../../src/flow/regions/region-planner.ts';
import { createTracker } from '../../../src/flow/track/create-tracker.ts';
import type { Event } from '../../../src/flow/track/event.ts';
import { area, type Box, intersection, intersectionOverUnion } from '../../../src/geometry/boxes.ts';
import { extentIn } from '../../../src/geometry/extent-in.ts';

export interface Thing {
  readonly label?: string;
  /** In fractions of the frame; it may reach out of it. */
  readonly box: Box;
}

export interface Scene {
  readonly frame: { readonly widthPx: number; readonly heightPx: number };
  readonly limit: number;
  readonly seconds: number;
  readonly framesPerSecond?: number;
  readonly minSidePx?: number;
  readonly wholeFrameMs?: number;
  things(seconds: number): readonly Thing[];
  /** Absent: nobody knows. */
  motion?(seconds: number): SeenMotion;
  /** Keys of the camera, such as masks and zones. */
  readonly camera?: Record<string, unknown>;
}

export interface WatchedFrame {
  readonly seconds: number;
  readonly regions: readonly Region[];
  /** What is told: what was seen and what is held. */
  readonly told: readonly Box[];
  readonly there: readonly Thing[];
  readonly events: readonly Event[];
}

/** What takes less of the longer side of its region isn't seen, nor what lies in it by less than a third. */
const [leastExtent, leastPart] = [0.12, 0.34];

export function watchScene(scene: Scene): WatchedFrame[] {
  const { frame, limit, seconds, framesPerSecond = 5, minSidePx = 160, wholeFrameMs = 3000 } = scene;
  const planner = new RegionPlanner({ minSidePx, wholeFrameMs });
  const config = configSchema.parse({ cameras: { front: { ...scene.camera } } }).cameras['front']!;
  let ids = 0;
  const tracker = createTracker({
    camera: 'front',
    labels: ['person'],
    config,
    scoreMarks: [],
    newId: () => `e${ids++}`,
  });
  return Array.from({ length: Math.round(seconds * framesPerSecond) }, (_, at): WatchedFrame => {
    const now = at / framesPerSecond;
    const nowMs = 1000 * now;
    const motion = scene.motion?.(now);
    const there = scene.things(now);
    const regions = planner.plan({ frame, nowMs, expected: tracker.expected(nowMs), motion, limit });
    const looks = regions.map((region) => {
      const box = fractionsOf(region, frame);
      const { half } = region;
      return { area: box, half, detections: there.flatMap((thing) => detected(thing, box, half !== undefined)) };
    });
    const found: Detections = {
      camera: 'front',
      frameSequence: at,
      capturedAtMs: nowMs,
      monotonicMs: nowMs,
      frameWidthPx: frame.widthPx,
      frameHeightPx: frame.heightPx,
      model: 'scene',
      modelSha256: 'a'.repeat(64),
      backend: 'cpu',
      latencyMs: { preprocess: 0, infer: 0, invoke: 0, interpret: 0 },
      ...splitByScore(mergeLooks(looks, { minScore: 0.5 }).detections, 0.5),
      regions: regions.map((region) => ({ box: fractionsOf(region, frame), reason: region.reason, half: region.half })),
      moving: motion?.all === false ? motion.boxes : undefined,
    };
    planner.learn(found.detections.flatMap(({ box, cut }) => (box !== undefined && cut === undefined ? [box] : [])));
    const { held = [], pieces = [], events } = tracker.update(found);
    const told = [...found.detections.filter((_one, place) => !pieces.includes(place)), ...held];
    return { seconds: now, regions, there, events, told: told.flatMap(({ box }) => (box === undefined ? [] : [box])) };
  });
}

/** Share of what was there that was told, from this second on. */
export function toldShare(frames: readonly WatchedFrame[], fromSeconds: number): number {
  let [there, told] = [0, 0];
  for (const frame of frames.filter(({ seconds }) => seconds >= fromSeconds)) {
    for (const thing of frame.there) {
      there += 1;
      if (frame.told.some((box) => intersectionOverUnion(box, clipped(thing.box)) >= 0.5)) told += 1;
    }
  }
  return told / there;
}

/** Boxes told that lie on nothing, from this second on. */
export function extras(frames: readonly WatchedFrame[], fromSeconds: number): number {
  return frames
    .filter(({ seconds }) => seconds >= fromSeconds)
    .flatMap(({ told, there }) =>
      told.filter((box) => there.every((thing) => intersectionOverUnion(box, clipped(thing.box)) < 0.3)),
    ).length;
}

export function clipped([x1, y1, x2, y2]: Box): Box {
  const clip = (value: number) => Math.min(1, Math.max(0, value));
  return [clip(x1), clip(y1), clip(x2), clip(y2)];
}

function detected({ label = 'person', box }: Thing, region: Box, isHalf: boolean): Detection[] {
  const visible = clipped(box);
  const part: Box = [
    Math.max(visible[0], region[0]),
    Math.max(visible[1], region[1]),
    Math.min(visible[2], region[2]),
    Math.min(visible[3], region[3]),
  ];
  if (intersection(visible, region) < leastPart * area(visible)) return [];
  return extentIn(part, region, isHalf) < leastExtent ? [] : [{ label, score: 0.8, box: part }];
}
