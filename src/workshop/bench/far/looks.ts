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
import { interpretRegions } from '../../../flow/interpret/input-halves.ts';
import { createInterpreter } from '../../../flow/interpret/interpreter.ts';
import { createPreprocessor } from '../../../flow/preprocess/preprocessor.ts';
import type { PixelArea } from '../../../flow/regions/region.ts';
import type { Model } from '../../../models/model.ts';

export type BoxedDetection = Detection & { readonly box: readonly [number, number, number, number] };

/** One area that fills the model's input, or two that share it. */
export type LookAreas = readonly [PixelArea] | readonly [upper: PixelArea, lower: PixelArea];

/** One inference. Boxes in fractions of the frame, clipped to it, for each area. */
export type Look = (frame: Frame, ...areas: LookAreas) => Promise<readonly (readonly BoxedDetection[])[]>;

/** Lower scores are not kept. */
export const leastScore = 0.15;

const line = z.tuple([
  z.string(),
  // The last number is that of the area, where it isn't the first.
  z.array(z.tuple([z.string(), z.number(), z.number(), z.number(), z.number(), z.number()], z.number())),
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
  const known = cacheFile === undefined ? new Map<string, BoxedDetection[][]>() : await readCache(cacheFile);
  const preprocessor = createPreprocessor({
    input: loaded.inputs[0]!,
    fit: 'stretch',
    ...(model.normalisation === undefined ? {} : { normalisation: model.normalisation }),
  });
  const interpret = createInterpreter({ model, loaded, minScore, maxDetections: 100 });
  if (cacheFile === undefined) return lookingOnce((frame, ...areas) => see(frame, areas));
  return async (frame, ...areas) => {
    const key = `${frame.sequence} ${placeOf(areas)}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const found = await see(frame, areas);
    known.set(key, found);
    const kept = found.flatMap((ofArea, at) =>
      ofArea.map(({ label, score, box }) => [label, round(score), ...box.map(round), ...(at === 0 ? [] : [at])]),
    );
    appendFileSync(cacheFile, `${JSON.stringify([key, kept])}\n`);
    return found;
  };

  async function see(frame: Frame, areas: LookAreas): Promise<BoxedDetection[][]> {
    const tensor = await preprocessor.prepare(frame, ...areas);
    const result = await engine.infer(loaded.name, [tensor.bytes]);
    tensor.release();
    return interpretRegions(interpret, result, tensor) as BoxedDetection[][];
  }
}

/** Nothing is asked twice of the same frame: several watches, and the reference, look at one after the other. */
export function lookingOnce(look: Look): Look {
  let frame: Frame | undefined;
  const seen = new Map<string, ReturnType<Look>>();
  return (of, ...areas) => {
    if (of !== frame) seen.clear();
    frame = of;
    const place = placeOf(areas);
    const answer = seen.get(place) ?? look(of, ...areas);
    seen.set(place, answer);
    return answer;
  };
}

const placeOf = (areas: LookAreas): string =>
  areas.map(({ leftPx, topPx, widthPx, heightPx }) => `${leftPx} ${topPx} ${widthPx} ${heightPx}`).join(' | ');

/** A name that changes with the film, the model and the pace. */
export function cacheFileOf(folder: string, film: string, framesPerSecond: number, loaded: LoadedModel): string {
  const hash = createHash('sha256').update(readFileSync(film)).update(loaded.sha256).digest('hex').slice(0, 16);
  return join(folder, `looks-${hash}-${framesPerSecond}.ndjson`);
}

const round = (value: number): number => Math.round(value * 1e5) / 1e5;

async function readCache(file: string): Promise<Map<string, BoxedDetection[][]>> {
  const known = new Map<string, BoxedDetection[][]>();
  mkdirSync(dirname(file), { recursive: true });
  if (!existsSync(file)) return known;
  for await (const text of createInterface({ input: createReadStream(file) })) {
    const parsed = line.safeParse(tryJson(text));
    // A line that was cut off is asked for again.
    if (!parsed.success) continue;
    const [key, found] = parsed.data;
    const areas: BoxedDetection[][] = key.split('|').map(() => []);
    for (const [label, score, x1, y1, x2, y2, area = 0] of found)
      areas[area]?.push({ label, score, box: [x1, y1, x2, y2] });
    known.set(key, areas);
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
