/** Does this machine keep up with a camera's frames? Judged by what a frame and an inference take here. */
import { inferencesWithin } from '../flow/inference-budget.ts';
import { type Finding, ok, warn } from './finding.ts';

export interface FrameCost {
  /** Once for each frame: whether something moved and, of JPEG, decoding. */
  readonly frameMs: number;
  /** For each look at it: what the model is shown. */
  readonly lookMs: number;
  /** One inference. */
  readonly invokeMs: number;
}

export interface FrameFacts extends FrameCost {
  readonly camera: string;
  readonly widthPx: number;
  readonly heightPx: number;
  /** The camera may give less: nobody knows before it runs. */
  readonly isMost?: boolean;
  /** What the camera gives. */
  readonly framesPerSecond: number;
  /** Cameras that share the machine. */
  readonly cameras: number;
  /** Looks at one frame at most. */
  readonly most: number;
}

/** Below it a tracker takes one for another; see inference-budget.ts. */
const wantedPerSecond = 5;
const small = { widthPx: 640, heightPx: 480 };

export function checkFrames(facts: FrameFacts): Finding {
  const {
    camera,
    widthPx,
    heightPx,
    isMost = false,
    framesPerSecond,
    cameras,
    most,
    frameMs,
    lookMs,
    invokeMs,
  } = facts;
  const part = `frames ${camera}`;
  const within = inferencesWithin({ costMs: Math.max(0.1, invokeMs), intervalMs: 1000 / framesPerSecond, cameras });
  const looks = Math.max(1, Math.min(most, within));
  const rateWith = (count: number): number => 1000 / (cameras * (frameMs + count * (lookMs + invokeMs)));
  const besideMs = frameMs + looks * lookMs;
  const possible = rateWith(looks);
  const rate = Math.min(framesPerSecond, possible);
  const isAll = possible >= framesPerSecond;
  const parts = looks === 1 ? 'one part of each is looked at' : `up to ${looks} parts of each are looked at`;
  const speed = isAll ? `all of its ${text(framesPerSecond)}` : `${text(rate)} of its ${text(framesPerSecond)}`;
  const told = `A frame of ${isMost ? 'at most ' : ''}${widthPx}x${heightPx} takes ${besideMs.toFixed(1)} ms beside inferences of ${invokeMs.toFixed(1)} ms: ${parts}, at ${speed} frames a second.`;
  if (isAll || rate >= wantedPerSecond) return ok(part, told);
  const fewest = Array.from({ length: looks - 1 }, (_, less) => looks - 1 - less).find(
    (count) => rateWith(count) >= wantedPerSecond,
  );
  if (fewest !== undefined) return warn(part, told, `Set cameras.${camera}.regions.maxInferencesPerFrame: ${fewest}.`);
  const source = `cameras.${camera}.source`;
  const fewer = `${source}.framesPerSecond: ${text(Math.max(0.1, rate))}`;
  const isLarge = widthPx * heightPx > small.widthPx * small.heightPx;
  // Most of the time is the model's: a smaller picture would show less and gain nothing.
  if (besideMs < looks * invokeMs || !isLarge)
    return warn(part, told, `Set ${fewer}, since more only costs; a Coral, or a smaller model, makes it faster.`);
  return warn(part, told, `Set ${source}.widthPx: ${small.widthPx} and heightPx: ${small.heightPx}, or ${fewer}.`);
}

/** Rounded down: what is promised is kept. */
function text(perSecond: number): string {
  return perSecond >= 10
    ? String(Math.floor(perSecond))
    : (Math.floor(10 * perSecond) / 10).toFixed(1).replace('.0', '');
}
