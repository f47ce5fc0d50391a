/** Bench: the way of one camera's frames, put together of the parts that the agent uses, with what the model sees given. */
import type { CameraConfig } from '../../../config/camera-section.ts';
import type { Frame } from '../../../flow/capture/frame.ts';
import { createMotionGate } from '../../../flow/gate/motion-gate.ts';
import { splitByScore, weakShare } from '../../../flow/interpret/split-by-score.ts';
import { mergeLooks } from '../../../flow/merge/merge.ts';
import type { PixelArea, Region } from '../../../flow/regions/region.ts';
import { RegionPlanner } from '../../../flow/regions/region-planner.ts';
import { type ToldObject, toldObjects } from '../../../flow/track/told-objects.ts';
import { type BoxedDetection, expectedAt, look, noTracks, standStill } from '../../../flow/track/tracks.ts';
import type { Box } from '../../../geometry/boxes.ts';
import type { Look } from './looks.ts';

export interface WatchOptions {
  readonly camera: Pick<CameraConfig, 'minScore' | 'holdMs' | 'tracking' | 'motion'>;
  /** Labels to follow. */
  readonly labels: readonly string[];
  readonly look: Look;
  /** Absent: the whole frame is looked at, as with regions off. */
  readonly regions?: {
    readonly minSidePx: number;
    readonly wholeFrameMs: number;
    readonly maxInferencesPerFrame: number;
  };
}

export interface Watched {
  readonly told: readonly ToldObject[];
  /** Empty: the gate held the frame back. */
  readonly regions: readonly Region[];
  readonly planMs: number;
}

/** @returns what is told of each frame, one after the other */
export function createWatch({ camera, labels, look: lookAt, regions: wanted }: WatchOptions) {
  const { minScore, holdMs, tracking } = camera;
  const gate = createMotionGate({ ...camera.motion, masks: [] });
  const planner = wanted === undefined ? undefined : new RegionPlanner(wanted);
  let tracks = noTracks;
  return async (frame: Frame): Promise<Watched> => {
    const nowMs = frame.monotonicMs;
    if ((await gate.judge(frame)) === 'idle') {
      tracks = standStill(tracks, nowMs);
      return { told: toldObjects(tracks, [], nowMs), regions: [], planMs: 0 };
    }
    const motion = gate.motion;
    const fromMs = performance.now();
    const regions =
      planner === undefined
        ? [{ ...wholeOf(frame), reason: 'whole' as const }]
        : planner.plan({
            frame,
            nowMs,
            expected: expectedAt(tracks, nowMs),
            motion,
            limit: wanted!.maxInferencesPerFrame,
          });
    const planMs = performance.now() - fromMs;
    const looks = [];
    for (const region of regions) {
      const detections = (await lookAt(frame, region)).filter(
        ({ label, score }) => labels.includes(label) && score >= weakShare * minScore,
      );
      looks.push({ area: boxOf(region, frame), detections });
    }
    const { detections, weak } = splitByScore(mergeLooks(looks, { minScore }), minScore);
    planner?.learn(detections.flatMap(({ box, cut }) => (box === undefined || cut !== undefined ? [] : [box])));
    ({ tracks } = look(
      tracks,
      {
        nowMs,
        detections: detections as BoxedDetection[],
        weak: weak as BoxedDetection[],
        ...(planner === undefined ? {} : { regions: looks.map(({ area }) => area) }),
        ...(motion === undefined || motion.all ? {} : { moving: motion.boxes }),
      },
      { ...tracking, holdMs },
    ));
    return { told: toldObjects(tracks, detections, nowMs), regions, planMs };
  };
}

export function wholeOf({ widthPx, heightPx }: Frame): PixelArea {
  return { leftPx: 0, topPx: 0, widthPx, heightPx };
}

/** In fractions of the frame. */
export function boxOf({ leftPx, topPx, widthPx, heightPx }: PixelArea, frame: Frame): Box {
  return [
    leftPx / frame.widthPx,
    topPx / frame.heightPx,
    (leftPx + widthPx) / frame.widthPx,
    (topPx + heightPx) / frame.heightPx,
  ];
}
