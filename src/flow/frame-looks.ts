/** The looks at one frame: tensors made, and inferences asked for, while those before them run; all of them count, or none. */
import { setTimeout as pause } from 'node:timers/promises';
import { UnavailableError } from '../errors.ts';
import type { Brightness } from '../geometry/brightness.ts';
import type { Frame } from './capture/frame.ts';
import { handOverMs } from './frame-scheduler.ts';
import type { LoadedModel } from './infer/engine.ts';
import type { LookedAt } from './interpret/detection.ts';
import type { Answer, ModelRunner } from './model-runner.ts';
import { brightnessOf } from './preprocess/brightness.ts';
import { type DecodedFrame, decodeFrame } from './preprocess/decoded-frame.ts';
import { upright } from './preprocess/geometry.ts';
import type { Tensor } from './preprocess/tensor.ts';
import { fractionsOf, inferencesOf, type PixelArea, type Region } from './regions/region.ts';

/** Inferences of a frame at a time: one that runs, and one that is with the worker. */
const underWay = 2;

/** What all looks at one frame came to. */
export interface Looked {
  /** The model and backend that answered every one of them. */
  readonly model: LoadedModel;
  readonly found: ReturnType<ModelRunner['gather']>;
  /** What was looked at; absent: the whole frame at once. */
  readonly regions?: readonly LookedAt[];
  /** Sums over all looks; a tensor is made while the inference before it runs. */
  readonly preprocessMs: number;
  readonly inferMs: number;
  readonly invokeMs: number;
  readonly interpretMs: number;
}

/** A frame that is ready to be looked at. */
export interface FrameLooks {
  /** Can it be looked at in regions? */
  readonly takesRegions: boolean;
  /**
   * Called once. A frame of which one look fails, or is answered by another backend than the first, is given up whole.
   * @param regions absent: the whole frame, as the model wants it
   * @param onAsked called once, when the first inference is under way: until then the frame waits for its pixels, and other work
   * on them would hold it up
   * @throws InputError, UnavailableError
   */
  look(regions?: readonly Region[], onAsked?: () => void): Promise<Looked>;
  /** How bright the frame is where; valid until release(). Absent: it is looked at as a whole. */
  brightness?(): Brightness;
  /** Call it exactly once, when look() has settled or isn't wanted. */
  release(): void;
}

/** The whole frame, already as a tensor. @throws InputError when it can't be decoded */
export async function prepareWhole(model: ModelRunner, frame: Frame): Promise<FrameLooks> {
  const tensor = await model.preprocess(frame);
  return {
    takesRegions: false,
    look: async (_regions, onAsked) => {
      const asked = model.infer(tensor);
      onAsked?.();
      const answer = await asked;
      const fromMs = performance.now();
      const [detections] = model.interpret(answer, tensor);
      const found = model.gather([{ detections: detections! }]);
      const { invokeMs, roundTripMs: inferMs } = answer;
      return {
        model: answer.model,
        found,
        preprocessMs: 0,
        inferMs,
        invokeMs,
        interpretMs: performance.now() - fromMs,
      };
    },
    release: () => tensor.release(),
  };
}

/** A frame whose regions are chosen later: decoded once for all of them. @throws InputError when it can't be decoded */
export async function prepareRegions(model: ModelRunner, frame: Frame): Promise<FrameLooks> {
  const decoded = await decodeFrame(frame);
  return {
    takesRegions: true,
    look: (regions = [], onAsked) => lookAtRegions(model, decoded, { regions, onAsked }),
    brightness: () => brightnessOf(decoded),
    release: () => decoded.release(),
  };
}

async function lookAtRegions(
  model: ModelRunner,
  frame: Frame | DecodedFrame,
  { regions, onAsked }: { regions: readonly Region[]; onAsked: (() => void) | undefined },
): Promise<Looked> {
  const size = upright(frame, frame.rotationDeg);
  const lookedAt = regions.map(
    (region): LookedAt => ({
      box: fractionsOf(region, size),
      reason: region.reason,
      ...(region.half === undefined ? {} : { half: region.half }),
    }),
  );
  const answers: Answer[] = [];
  const spent = { preprocessMs: 0, inferMs: 0, invokeMs: 0, interpretMs: 0 };
  let answeredBy: LoadedModel | undefined;
  const prepare = async (shown: readonly Region[]): Promise<Tensor> => {
    const fromMs = performance.now();
    const tensor = await model.preprocess(frame, ...(isWhole(shown[0]!, size) ? [] : shown));
    spent.preprocessMs += performance.now() - fromMs;
    return tensor;
  };
  const lookAt = async (shown: readonly Region[], tensor: Tensor): Promise<void> => {
    try {
      const answer = await model.infer(tensor);
      answeredBy ??= answer.model;
      checkSame(answeredBy, answer.model);
      const fromMs = performance.now();
      const found = model.interpret(answer, tensor);
      shown.forEach((region, part) => {
        const at = regions.indexOf(region);
        const { box: area, half } = lookedAt[at]!;
        answers[at] = { area, half, detections: found[part]! };
      });
      spent.inferMs += answer.roundTripMs;
      spent.invokeMs += answer.invokeMs;
      spent.interpretMs += performance.now() - fromMs;
    } finally {
      tensor.release();
    }
  };
  const looks: Promise<void>[] = [];
  try {
    for (const shown of leastFirst(inferencesOf(regions))) {
      // One is looked at, and the next is handed over already, so that it begins as soon as that is done.
      await looks.at(-underWay);
      if (looks.length > 0) await pause(handOverMs);
      const tensor = await prepare(shown);
      const look = lookAt(shown, tensor);
      // It is waited for below, whatever becomes of the others.
      look.catch(() => undefined);
      if (looks.push(look) === 1) onAsked?.();
    }
    await Promise.all(looks);
  } catch (error) {
    // The frame may be given back only when nobody reads it any more.
    await Promise.allSettled(looks);
    throw error;
  }
  const fromMs = performance.now();
  const found = model.gather(answers);
  spent.interpretMs += performance.now() - fromMs;
  return { model: answeredBy!, found, regions: lookedAt, ...spent };
}

/** In the order in which they are looked at: nothing else is done while the first is cut out, so that is the smallest. */
function leastFirst(inferences: readonly (readonly Region[])[]): (readonly Region[])[] {
  const areas = inferences.map((shown) => shown.reduce((sum, { widthPx, heightPx }) => sum + widthPx * heightPx, 0));
  const least = areas.indexOf(Math.min(...areas));
  const all = [...inferences];
  return [...all.splice(least, 1), ...all];
}

/** Half of a frame by one model or accelerator and half by another would be told as if one had seen it. */
function checkSame(first: LoadedModel, now: LoadedModel): void {
  if (first.backend === now.backend && first.sha256 === now.sha256 && first.derivedSha256 === now.derivedSha256) return;
  throw new UnavailableError(`The backend changed from ${first.backend} to ${now.backend} between two regions.`);
}

interface Size {
  readonly widthPx: number;
  readonly heightPx: number;
}

function isWhole({ widthPx, heightPx }: PixelArea, frame: Size): boolean {
  return widthPx >= frame.widthPx && heightPx >= frame.heightPx;
}
