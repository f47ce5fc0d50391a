/** One camera's regions in its flow: which frames are looked at in parts, where, within which budget, and what is counted of it. */
import { type CameraConfig, frameIntervalMs } from '../config/camera-section.ts';
import type { Backend } from '../models/model-file.ts';
import type { Frame } from './capture/frame.ts';
import type { Admission } from './gate/admission.ts';
import { type InferenceBudget, usualMost } from './inference-budget.ts';
import type { Detections } from './interpret/detection.ts';
import type { ModelRunner } from './model-runner.ts';
import { upright } from './preprocess/geometry.ts';
import { wholeFrame } from './regions/candidates.ts';
import { inferencesOf, type Region, type RegionReason } from './regions/region.ts';
import { RegionPlanner } from './regions/region-planner.ts';
import type { ExpectedObject } from './track/tracker.ts';

export interface RegionCounts {
  /** Frames that were looked at in regions, and the inferences for them. */
  readonly framesTotal: number;
  readonly inferencesTotal: number;
  readonly byReason: Readonly<Partial<Record<RegionReason, number>>>;
  /** Regions that the configuration would have allowed, and the machine's time didn't. */
  readonly leftOutTotal: number;
  /** Inferences that the machine's time allows for the next frame. */
  readonly allowed?: number;
}

export interface RegionWatch {
  /** Is this frame to be looked at in regions? */
  wants(frame: Frame, model: ModelRunner): boolean;
  /** At least one. */
  plan(frame: Frame, admission: Admission, expected: readonly ExpectedObject[]): Region[];
  /** What became of it. */
  seen(seen: Detections, inferMs: number): void;
  reconfigure(config: CameraConfig['regions']): void;
  /** The camera looks elsewhere: what was learnt of its picture counts no more. */
  forget(): void;
  readonly counts: RegionCounts;
}

export interface RegionWatchOptions {
  readonly camera: string;
  readonly config: Pick<CameraConfig, 'source' | 'regions'>;
  readonly budget: Pick<InferenceBudget, 'allowed' | 'took'>;
  /** Labels that are followed: sizes are learnt of these. */
  labels(): readonly string[];
}

export function createRegionWatch({ camera, config, budget, labels }: RegionWatchOptions): RegionWatch {
  let { regions: settings } = config;
  let planner = new RegionPlanner(settings);
  let backend: Backend | undefined;
  let [framesTotal, inferencesTotal, leftOutTotal] = [0, 0, 0];
  let allowed: number | undefined;
  const byReason: Partial<Record<RegionReason, number>> = {};
  const most = (): number =>
    settings.maxInferencesPerFrame ?? (backend?.startsWith('edgetpu') === true ? usualMost.edgetpu : usualMost.cpu);
  return {
    // Photos of a folder have nothing to do with each other: nothing that one shows tells where to look in the next.
    wants: (frame, model) => settings.mode === 'auto' && model.takesRegions && frame.origin === undefined,
    plan: (frame, { forced, motion }, expected) => {
      const nowMs = frame.monotonicMs;
      const intervalMs = frameIntervalMs(config.source);
      const limit = budget.allowed({ camera, nowMs, intervalMs, most: most() });
      allowed = limit;
      // While nothing moves a look costs what it always did.
      const size = upright(frame, frame.rotationDeg);
      const planned = planner.plan({
        frame: size,
        nowMs,
        expected,
        limit: forced === true ? 1 : limit,
        ...(motion === undefined ? {} : { motion }),
      });
      // A frame that was let through is looked at, however little it promises.
      const regions: Region[] = planned.length > 0 ? planned : [{ ...wholeFrame(size), reason: 'whole' }];
      if (forced !== true && inferencesOf(regions).length >= limit) leftOutTotal += most() - limit;
      return regions;
    },
    seen: ({ backend: by, regions, detections }, inferMs) => {
      backend = by;
      if (regions === undefined) return;
      const inferences = inferencesOf(regions).length;
      budget.took(camera, { ms: inferMs, inferences });
      framesTotal += 1;
      inferencesTotal += inferences;
      for (const { reason } of regions) byReason[reason] = (byReason[reason] ?? 0) + 1;
      const followed = new Set(labels());
      planner.learn(
        detections.flatMap(({ label, box, cut }) =>
          box !== undefined && cut === undefined && followed.has(label) ? [box] : [],
        ),
      );
    },
    reconfigure: (next) => {
      const isSame = next.minSidePx === settings.minSidePx && next.wholeFrameMs === settings.wholeFrameMs;
      settings = next;
      if (!isSame) planner = new RegionPlanner(settings);
    },
    forget: () => {
      planner = new RegionPlanner(settings);
    },
    get counts() {
      return {
        framesTotal,
        inferencesTotal,
        byReason: { ...byReason },
        leftOutTotal,
        ...(allowed === undefined ? {} : { allowed }),
      };
    },
  };
}
