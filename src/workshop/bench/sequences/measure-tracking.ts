/** Bench: how well goby's tracker keeps identities on composed scenes, beside greedy matching, and what it costs. */

import { boxAt, coastMs, type TrackSettings } from '../../../flow/track/track.ts';
import { look, noTracks, type Tracks } from '../../../flow/track/tracks.ts';
import type { Box } from '../../../geometry/boxes.ts';
import type { CocoSet } from '../../evaluate/coco-annotations.ts';
import {
  addCounts,
  type IdentifiedBox,
  type JudgedFrame,
  type TrackingCounts,
  trackingCounts,
} from '../../evaluate/tracking-metrics.ts';
import { GreedyTracker } from './greedy-tracker.ts';
import { seededRandom } from './random.ts';
import { type CutOut, composeScene, type Scene, viewAt } from './scene.ts';
import { type DetectorErrors, detect } from './simulated-detector.ts';

export interface TrackingBenchOptions {
  readonly set: CocoSet;
  readonly cutOuts: readonly CutOut[];
  readonly seeds: readonly number[];
  readonly framesPerSecond: number;
  readonly seconds: number;
  readonly errors: DetectorErrors;
  readonly settings: TrackSettings;
  readonly onSequence: () => void;
}

export interface TrackingBench {
  readonly framesPerSecond: number;
  readonly sequences: number;
  readonly frames: number;
  readonly tracker: TrackingCounts;
  readonly greedy: TrackingCounts;
}

/** About this long between two entries: three or so are in view at a time, and cross each other. */
const entryGapSeconds = 3.5;

export function measureTracking(options: TrackingBenchOptions): TrackingBench {
  const runs = options.seeds.map((seed) => {
    const scene = composeScene(options.set, options.cutOuts, {
      seed,
      seconds: options.seconds,
      entryGapSeconds,
    });
    const frames = runScene(scene, seed, options);
    options.onSequence();
    return {
      frames: frames.length,
      tracker: trackingCounts(frames.map(({ truths, tracker }) => ({ truths, tracked: tracker }))),
      greedy: trackingCounts(frames.map(({ truths, greedy }) => ({ truths, tracked: greedy }))),
    };
  });
  return {
    framesPerSecond: options.framesPerSecond,
    sequences: runs.length,
    frames: runs.reduce((sum, { frames }) => sum + frames, 0),
    tracker: addCounts(runs.map(({ tracker }) => tracker)),
    greedy: addCounts(runs.map(({ greedy }) => greedy)),
  };
}

interface SceneFrame {
  readonly truths: JudgedFrame['truths'];
  readonly tracker: readonly IdentifiedBox[];
  readonly greedy: readonly IdentifiedBox[];
}

function runScene(scene: Scene, seed: number, options: TrackingBenchOptions): SceneFrame[] {
  const { framesPerSecond, errors, settings } = options;
  const random = seededRandom(seed * 7919 + framesPerSecond);
  const intervalMs = 1000 / framesPerSecond;
  const greedy = new GreedyTracker(settings.holdMs);
  let tracks: Tracks = noTracks;
  return Array.from({ length: Math.floor(scene.seconds * framesPerSecond) }, (_, at) => {
    const nowMs = at * intervalMs;
    const view = viewAt(scene, nowMs / 1000);
    const detections = detect(view, random, errors);
    ({ tracks } = look(tracks, { nowMs, detections, weak: [] }, settings));
    greedy.look(detections, nowMs, intervalMs);
    return {
      truths: view.map(({ actor, box }) => ({ id: actor.id, box })),
      tracker: tracks.tracks
        .filter(({ confirmed, filterMs }) => confirmed && nowMs - filterMs <= coastMs)
        .flatMap((track) => inFrame(`${track.key}`, boxAt(track, nowMs))),
      greedy: greedy.tracks
        .filter(({ confirmed, seenMs }) => confirmed && nowMs - seenMs <= coastMs)
        .flatMap(({ key, box }) => inFrame(`${key}`, box)),
    };
  });
}

/** Clipped to the frame; nothing when its middle has left it. */
function inFrame(id: string, [x1, y1, x2, y2]: Box): IdentifiedBox[] {
  const isOutside = (from: number, to: number) => (from + to) / 2 < 0 || (from + to) / 2 > 1;
  if (isOutside(x1, x2) || isOutside(y1, y2)) return [];
  const clip = (value: number) => Math.min(1, Math.max(0, value));
  return [{ id, box: [clip(x1), clip(y1), clip(x2), clip(y2)] }];
}
