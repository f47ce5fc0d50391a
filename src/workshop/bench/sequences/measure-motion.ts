/** Bench: how soon the motion gate opens for someone who comes in, and how many inferences of a still scene it saves. */

import type { MotionConfig } from '../../../config/motion-section.ts';
import { countedFrame } from '../../../flow/capture/counted-frame.ts';
import type { Frame } from '../../../flow/capture/frame.ts';
import { createMotionGate } from '../../../flow/gate/motion-gate.ts';
import { createPreprocessor } from '../../../flow/preprocess/preprocessor.ts';
import type { TensorSpec } from '../../../flow/preprocess/tensor.ts';
import type { CocoSet } from '../../evaluate/coco-annotations.ts';
import { type Summary, summarise } from '../samples.ts';
import { type CutOut, composeScene, type Scene, viewAt } from './scene.ts';
import { createSceneLooks } from './scene-looks.ts';
import { createSceneRenderer, frameHeightPx, frameWidthPx } from './scene-renderer.ts';

export interface MotionBenchOptions {
  readonly set: CocoSet;
  readonly cutOuts: readonly CutOut[];
  readonly seeds: readonly number[];
  readonly framesPerSecond: number;
  readonly seconds: number;
  readonly config: MotionConfig;
  readonly onScene: () => void;
}

export interface MotionBench {
  readonly entries: number;
  /** Entries of which a frame was looked at within a second after they came into view. */
  readonly seenInTime: number;
  /** Entries into a scene where nothing had moved: the gate had to open for them. */
  readonly intoStillness: number;
  readonly stillFrames: number;
  /** Frames of still scenes that were not looked at. */
  readonly saved: number;
  /** Frames of scenes with entries that were not looked at. */
  readonly savedWithEntries: number;
  readonly framesWithEntries: number;
  /** Inferences where frames are looked at in regions, four at most. */
  readonly inRegions: { readonly still: GatedInferences; readonly withEntries: GatedInferences };
  /** Inferences of still scenes once they have settled, looked at whole and in regions. */
  readonly idle: { readonly seconds: number; readonly whole: number; readonly inRegions: number };
  /** Time of one verdict on a JPEG frame. */
  readonly judgeMs: Summary;
  /** Time to decode the same frame for a model of 300x300: what a skipped frame saves besides the inference. */
  readonly decodeMs: Summary;
}

export interface GatedInferences {
  readonly gated: number;
  readonly ungated: number;
}

/** That of the default detector. */
const modelInput: TensorSpec = {
  index: 0,
  name: 'image',
  type: 'uint8',
  shape: [1, 300, 300, 3],
  scale: 0,
  zeroPoint: 0,
};
/** Far apart: most come into a scene where nothing moves. */
const entryGapSeconds = 15;
const inTimeSeconds = 1;
/** The first picture of a scene opens the gate for a moment: from then on a still one is idle. */
const settledSeconds = 5;

export async function measureMotion(options: MotionBenchOptions): Promise<MotionBench> {
  const times: Times = { judgeMs: [], decodeMs: [] };
  let entries = 0;
  let seenInTime = 0;
  let intoStillness = 0;
  let saved = 0;
  let stillFrames = 0;
  let savedWithEntries = 0;
  let framesWithEntries = 0;
  const inRegions = { still: { gated: 0, ungated: 0 }, withEntries: { gated: 0, ungated: 0 } };
  const idle = { seconds: 0, whole: 0, inRegions: 0 };
  for (const seed of options.seeds) {
    const { set, cutOuts, seconds } = options;
    const scene = composeScene(set, cutOuts, { seed, seconds, entryGapSeconds });
    const entered = await judgeScene(scene, seed, options, times);
    const looks = entered.map(({ admitted }) => admitted);
    add(inRegions.withEntries, entered);
    savedWithEntries += looks.filter((look) => !look).length;
    framesWithEntries += looks.length;
    for (const frame of entryFrames(scene, options)) {
      const until = frame + Math.ceil(inTimeSeconds * options.framesPerSecond);
      // An entry at the very end has no second left to be seen in.
      if (until >= looks.length) continue;
      entries += 1;
      if (looks.slice(frame, until + 1).some((look) => look)) seenInTime += 1;
      if (frame > 0 && !looks[frame - 1]) intoStillness += 1;
    }
    const still = await judgeScene({ ...scene, actors: [] }, seed, options, times);
    stillFrames += still.length;
    saved += still.filter(({ admitted }) => !admitted).length;
    add(inRegions.still, still);
    const settled = still.slice(settledSeconds * options.framesPerSecond);
    idle.seconds += settled.length / options.framesPerSecond;
    idle.whole += settled.filter(({ admitted }) => admitted).length;
    idle.inRegions += settled.reduce((sum, { gated }) => sum + gated, 0);
    options.onScene();
  }
  return {
    entries,
    seenInTime,
    intoStillness,
    stillFrames,
    saved,
    savedWithEntries,
    framesWithEntries,
    inRegions,
    idle,
    judgeMs: summarise(times.judgeMs),
    decodeMs: summarise(times.decodeMs),
  };
}

/** What became of one frame. */
interface Judged extends GatedInferences {
  readonly admitted: boolean;
}

function add(sums: { gated: number; ungated: number }, judged: readonly Judged[]): void {
  for (const { gated, ungated } of judged) {
    sums.gated += gated;
    sums.ungated += ungated;
  }
}

interface Times {
  readonly judgeMs: number[];
  readonly decodeMs: number[];
}

/** Of so many frames one is also decoded for a model, for its time. */
const framesPerDecoding = 10;

/** @returns for each frame whether it was worth an inference, and how many in regions */
async function judgeScene(
  scene: Scene,
  seed: number,
  { framesPerSecond, config }: MotionBenchOptions,
  { judgeMs, decodeMs }: Times,
): Promise<Judged[]> {
  const render = await createSceneRenderer(scene, seed);
  const gate = createMotionGate({ ...config, masks: [] });
  const preprocessor = createPreprocessor({ input: modelInput, fit: 'letterbox' });
  const [gated, ungated] = [createSceneLooks(), createSceneLooks()];
  const judged: Judged[] = [];
  for (let at = 0; at < scene.seconds * framesPerSecond; at++) {
    const seconds = at / framesPerSecond;
    const frame = frameOf(await render(seconds), at, seconds * 1000);
    const startMs = performance.now();
    const verdict = await gate.judge(frame);
    judgeMs.push(performance.now() - startMs);
    const shown = viewAt(scene, seconds).map(({ actor, box }) => ({ label: actor.cutOut.label, box }));
    const admission = { admitted: verdict !== 'idle', forced: verdict === 'forced', motion: gate.motion };
    judged.push({
      admitted: admission.admitted,
      gated: gated(frame, admission, shown),
      ungated: ungated(frame, { admitted: true }, shown),
    });
    if (at % framesPerDecoding !== 0) continue;
    const decodeFromMs = performance.now();
    (await preprocessor.prepare(frame)).release();
    decodeMs.push(performance.now() - decodeFromMs);
  }
  return judged;
}

/** The first frame of each actor that shows enough of it. */
function entryFrames(scene: Scene, { framesPerSecond }: MotionBenchOptions): number[] {
  const first = new Map<string, number>();
  for (let at = 0; at < scene.seconds * framesPerSecond; at++) {
    for (const { actor } of viewAt(scene, at / framesPerSecond)) if (!first.has(actor.id)) first.set(actor.id, at);
  }
  return [...first.values()];
}

function frameOf(bytes: Uint8Array, sequence: number, monotonicMs: number): Frame {
  return countedFrame({
    camera: 'bench',
    sequence,
    capturedAtMs: monotonicMs,
    monotonicMs,
    format: 'jpeg',
    widthPx: frameWidthPx,
    heightPx: frameHeightPx,
    rotationDeg: 0,
    strideBytes: 0,
    bytes,
  });
}
