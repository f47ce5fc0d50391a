/**
 * Bench: what a model sees in regions of frames. Nothing is asked twice of one frame. Of films answers can be kept in a file, as the
 * same regions are asked for again and again while a planner is worked on; the file's name holds the hashes of film and model.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, createReadStream, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { Frame } from '../../../flow/capture/frame.ts';
import type { Engine, LoadedModel } from '../../../flow/infer/engine.ts';
import type { Detection } from '../../../flow/interpret/detection.ts';
import { createInterpreter } from '../../../flow/interpret/interpreter.ts';
import { createPreprocessor } from '../../../flow/preprocess/preprocessor.ts';
import type { PixelArea } from '../../../flow/regions/region.ts';
import type { Model } from '../../../models/model.ts';

export type BoxedDetection = Detection & { readonly box: readonly [number, number, number, number] };

/** Boxes in fractions of the frame, clipped to it. */
export type Look = (frame: Frame, area: PixelArea) => Promise<readonly BoxedDetection[]>;

/** Lower scores are not kept. */
export const leastScore = 0.15;

const line = z.tuple([
  z.string(),
  z.array(z.tuple([z.string(), z.number(), z.number(), z.number(), z.number(), z.number()])),
]);

export interface LooksOptions {
  readonly model: Model;
  readonly loaded: LoadedModel;
  readonly engine: Engine;
  /** Where answers are kept; absent: nowhere. */
  readonly cacheFile?: string;
  /** Lower scores are not asked for, 0..1. */
  readonly minScore?: number;
}

export async function createLooks({
  model,
  loaded,
  engine,
  cacheFile,
  minScore = leastScore,
}: LooksOptions): Promise<Look> {
  const known = cacheFile === undefined ? new Map<string, BoxedDetection[]>() : await readCache(cacheFile);
  const preprocessor = createPreprocessor({
    input: loaded.inputs[0]!,
    fit: 'stretch',
    ...(model.normalisation === undefined ? {} : { normalisation: model.normalisation }),
  });
  const interpret = createInterpreter({ model, loaded, minScore, maxDetections: 100 });
  if (cacheFile === undefined) return lookingOnce(see);
  return async (frame, area) => {
    const key = `${frame.sequence} ${placeOf(area)}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const found = await see(frame, area);
    known.set(key, found);
    const kept = found.map(({ label, score, box }) => [label, round(score), ...box.map(round)]);
    appendFileSync(cacheFile, `${JSON.stringify([key, kept])}\n`);
    return found;
  };

  async function see(frame: Frame, area: PixelArea): Promise<BoxedDetection[]> {
    const tensor = await preprocessor.prepare(frame, area);
    const result = await engine.infer(loaded.name, [tensor.bytes]);
    tensor.release();
    return interpret(result, tensor.placement) as BoxedDetection[];
  }
}

/** Nothing is asked twice of the same frame: several watches, and the reference, look at one after the other. */
export function lookingOnce(look: Look): Look {
  let frame: Frame | undefined;
  const seen = new Map<string, ReturnType<Look>>();
  return (of, area) => {
    if (of !== frame) seen.clear();
    frame = of;
    const place = placeOf(area);
    const answer = seen.get(place) ?? look(of, area);
    seen.set(place, answer);
    return answer;
  };
}

const placeOf = ({ leftPx, topPx, widthPx, heightPx }: PixelArea): string =>
  `${leftPx} ${topPx} ${widthPx} ${heightPx}`;

/** A name that changes with the film, the model and the pace. */
export function cacheFileOf(folder: string, film: string, framesPerSecond: number, loaded: LoadedModel): string {
  const hash = createHash('sha256').update(readFileSync(film)).update(loaded.sha256).digest('hex').slice(0, 16);
  return join(folder, `looks-${hash}-${framesPerSecond}.ndjson`);
}

const round = (value: number): number => Math.round(value * 1e5) / 1e5;

async function readCache(file: string): Promise<Map<string, BoxedDetection[]>> {
  const known = new Map<string, BoxedDetection[]>();
  mkdirSync(dirname(file), { recursive: true });
  if (!existsSync(file)) return known;
  for await (const text of createInterface({ input: createReadStream(file) })) {
    const parsed = line.safeParse(tryJson(text));
    // A line that was cut off is asked for again.
    if (!parsed.success) continue;
    const [key, found] = parsed.data;
    known.set(
      key,
      found.map(([label, score, x1, y1, x2, y2]) => ({ label, score, box: [x1, y1, x2, y2] })),
    );
  }
  return known;
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
