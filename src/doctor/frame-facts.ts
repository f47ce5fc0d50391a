/** Measures what a frame of each camera's own size takes on this machine, beside the inference and with it. */
import sharp from 'sharp';
import { type CameraConfig, takesSinglePictures } from '../config/camera-section.ts';
import type { LoadedConfig } from '../config/load.ts';
import { isExpected } from '../errors.ts';
import { type ChosenSource, chooseSource } from '../flow/capture/auto.ts';
import { countedFrame } from '../flow/capture/counted-frame.ts';
import type { Frame } from '../flow/capture/frame.ts';
import { systemRoots } from '../flow/capture/machine.ts';
import { createMotionGate } from '../flow/gate/motion-gate.ts';
import type { Engine, LoadedModel } from '../flow/infer/engine.ts';
import { goldenInputs } from '../flow/infer/golden.ts';
import { hasEdgetpu, openEngine } from '../flow/infer/open-engine.ts';
import { usualMost } from '../flow/inference-budget.ts';
import { takesRegions } from '../flow/model-runner.ts';
import { decodeFrame } from '../flow/preprocess/decoded-frame.ts';
import { createModelPreprocessor } from '../flow/preprocess/model-preprocessor.ts';
import { silentLogger } from '../logger.ts';
import type { Model } from '../models/model.ts';
import { resolveModel } from '../models/resolve.ts';
import type { Finding } from './finding.ts';
import { checkFrames, type FrameCost } from './frame-cost.ts';

type SizedSource = Exclude<ChosenSource, { type: 'folder' }>;

/** Of cameras that film, in a size that the configuration says. A model that can't be used is told elsewhere. */
export async function frameFindings(loaded: LoadedConfig, env: NodeJS.ProcessEnv): Promise<Finding[]> {
  const { config, places } = loaded;
  const edgetpu = hasEdgetpu(config.infer);
  const engine = openEngine(loaded, silentLogger);
  const findings: Finding[] = [];
  try {
    for (const [camera, settings] of Object.entries(config.cameras)) {
      const source = await sizedSource(settings, env, places.photos);
      if (source === undefined) continue;
      const { widthPx, heightPx, framesPerSecond } = source;
      const model = await resolveModel({ name: settings.model, config: config.models, places, edgetpu });
      const loadedModel = await engine.load(model.pair);
      const cost = await costOf({ frame: await pictureOf(source), settings, model, loadedModel, engine });
      const usual = usualMost[loadedModel.backend.startsWith('edgetpu') ? 'edgetpu' : 'cpu'];
      const most = inRegions(settings, model) ? (settings.regions.maxInferencesPerFrame ?? usual) : 1;
      const cameras = Object.keys(config.cameras).length;
      const isMost = source.type === 'ffmpeg';
      findings.push(checkFrames({ camera, widthPx, heightPx, isMost, framesPerSecond, cameras, most, ...cost }));
    }
  } catch (error) {
    if (!isExpected(error)) throw error;
  } finally {
    await engine.stop();
  }
  return findings;
}

/** @returns undefined for single pictures, photos, and streams whose size is known only once they run */
async function sizedSource(
  { source }: CameraConfig,
  env: NodeJS.ProcessEnv,
  photos: string,
): Promise<SizedSource | undefined> {
  if (takesSinglePictures(source)) return undefined;
  const chosen = source.type === 'auto' ? (await chooseSource({ env, roots: systemRoots }, photos)).source : source;
  if (chosen.type === 'folder' || (chosen.type === 'ffmpeg' && /^https?:/.test(chosen.input))) return undefined;
  return chosen;
}

function inRegions({ regions }: CameraConfig, { decoder }: Model): boolean {
  return regions.mode === 'auto' && takesRegions(decoder);
}

const runs = 7;

interface CostInput {
  readonly frame: Frame;
  readonly settings: CameraConfig;
  readonly model: Model;
  readonly loadedModel: LoadedModel;
  readonly engine: Engine;
}

/** Medians, of each stage by itself. */
async function costOf({ frame, settings, model, loadedModel, engine }: CostInput): Promise<FrameCost> {
  const gate = createMotionGate({ ...settings.motion, masks: settings.masks });
  const preprocessor = createModelPreprocessor(model, loadedModel, settings.fit);
  const inputs = goldenInputs(loadedModel, model.pair);
  const { widthPx, heightPx } = frame;
  const sidePx = Math.min(widthPx, heightPx, 2 * settings.regions.minSidePx);
  const area = { leftPx: widthPx - sidePx, topPx: heightPx - sidePx, widthPx: sidePx, heightPx: sidePx };
  const isGated = settings.motion.gate !== 'off';
  const isParted = inRegions(settings, model);
  const once = async (): Promise<void> => {
    if (isGated) await gate.judge(frame);
    if (isParted) (await decodeFrame(frame)).release();
  };
  const frameMs = await medianMs(once);
  const source = isParted ? await decodeFrame(frame) : frame;
  const lookMs = await medianMs(async () => {
    (await preprocessor.prepare(source, isParted ? area : undefined)).release();
  });
  const invokeMs: number[] = [];
  for (let run = 0; run < runs; run++) invokeMs.push((await engine.infer(loadedModel.name, inputs)).invokeMs);
  return { frameMs, lookMs, invokeMs: median(invokeMs) };
}

async function medianMs(work: () => Promise<void>): Promise<number> {
  const samples: number[] = [];
  for (let run = 0; run < runs; run++) {
    const fromMs = performance.now();
    await work();
    samples.push(performance.now() - fromMs);
  }
  return median(samples);
}

function median(samples: readonly number[]): number {
  return [...samples].sort((one, other) => one - other)[samples.length >> 1]!;
}

/** A picture of soft stripes: what a frame takes hardly depends on what it shows. */
async function pictureOf(source: SizedSource): Promise<Frame> {
  const { widthPx, heightPx, rotationDeg } = source;
  const isJpeg = source.type === 'rpicam' && source.format === 'mjpeg';
  const luma = Buffer.alloc(widthPx * heightPx);
  for (let at = 0; at < luma.length; at++) luma[at] = 128 + 60 * Math.sin((at % widthPx) / 9) + (at % 7);
  const raw = { width: widthPx, height: heightPx, channels: 1 as const };
  const bytes = isJpeg ? await sharp(luma, { raw }).toColourspace('srgb').jpeg().toBuffer() : yuvOf(luma);
  return countedFrame({
    ...{ camera: 'doctor', sequence: 0, capturedAtMs: Date.now(), monotonicMs: performance.now() },
    ...{ widthPx, heightPx, rotationDeg, bytes },
    ...(isJpeg ? { format: 'jpeg', strideBytes: 0 } : { format: 'yuv420', strideBytes: widthPx }),
  });
}

function yuvOf(luma: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(luma.length * 1.5).fill(128);
  bytes.set(luma);
  return bytes;
}
