/** The finished model, before it takes the place of an older one: written aside, run on photos or on their features, and only then moved. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { InputError, sentence } from '../../errors.ts';
import type { Engine, LoadedModel } from '../../flow/infer/engine.ts';
import { realValues } from '../../flow/interpret/real-values.ts';
import type { TensorSpec } from '../../flow/preprocess/tensor.ts';
import type { TfliteModel } from '../../models/tflite-file/tflite-model.ts';
import { writeModel } from '../../models/tflite-file/write-model.ts';
import { putBytes } from '../../system/files/put-file.ts';
import { packLabels } from '../convert/describe-model.ts';
import type { Answer } from '../evaluate/verdict.ts';
import { photoName } from '../photos/photo-folders.ts';
import { inputBytes, plainView, sizeOf } from '../photos/photo-views.ts';
import type { Embedded } from './embed-photos.ts';
import type { KnownPhoto } from './known-photos.ts';

export function fileBytes(model: TfliteModel, labels: readonly string[]): Uint8Array {
  return packLabels(writeModel({ ...model, description: 'Retrained by goby.' }), labels);
}

interface Trial<Item> {
  readonly engine: Engine;
  readonly bytes: Uint8Array;
  /** Where the candidate is written. */
  readonly path: string;
  readonly labels: readonly string[];
  readonly items: readonly Item[];
  readonly onProgress: (done: number) => void;
}

/**
 * Runs the whole file on photos, pixels in and probabilities out.
 * @throws GobyError when it can't be loaded or run
 */
export async function tryModel(trial: Trial<KnownPhoto>): Promise<Answer[]> {
  const loaded = await loadCandidate(trial);
  const { engine, labels, items, onProgress } = trial;
  const spec = loaded.inputs[0]!;
  const size = sizeOf(spec);
  const answers: Answer[] = [];
  let upcoming = items[0] === undefined ? undefined : pixels(items[0]);
  for (const [at, photo] of items.entries()) {
    const bytesIn = inputBytes(spec, await upcoming!);
    const following = items[at + 1];
    // The next photo is decoded while this one is in the worker.
    upcoming = following === undefined ? undefined : pixels(following);
    upcoming?.catch(() => undefined);
    answers.push(await answer(engine, loaded, [bytesIn], { photo, labels }));
    onProgress(at + 1);
  }
  return answers;

  async function pixels({ file }: KnownPhoto) {
    try {
      return await plainView(await readFile(file), size);
    } catch (cause) {
      throw new InputError(`${file} ${sentence(cause)}.`, { cause });
    }
  }
}

/**
 * Runs a file that is the head alone on the features of photos.
 * @throws GobyError when it can't be loaded or run
 */
export async function tryHead(trial: Trial<Embedded>): Promise<Answer[]> {
  const loaded = await loadCandidate(trial);
  const { engine, labels, items, onProgress } = trial;
  const answers: Answer[] = [];
  for (const [at, { photo, features }] of items.entries()) {
    answers.push(await answer(engine, loaded, storedFeatures(features, loaded.inputs), { photo, labels }));
    onProgress(at + 1);
  }
  await engine.unload(loaded.name);
  return answers;
}

async function loadCandidate({ engine, bytes, path }: Trial<unknown>): Promise<LoadedModel> {
  await putBytes(bytes, path);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return engine.load({ name: `candidate ${sha256.slice(0, 12)}`, cpu: { path, sha256 } });
}

async function answer(
  engine: Engine,
  { name }: LoadedModel,
  inputs: readonly Uint8Array[],
  { photo, labels }: { readonly photo: KnownPhoto; readonly labels: readonly string[] },
): Promise<Answer> {
  const { outputs } = await engine.infer(name, inputs);
  const values = realValues(outputs[0]!);
  const probabilities = Float64Array.from({ length: values.length }, (_, label) => values.at(label));
  return { photo: photoName(photo), truth: labels.indexOf(photo.className), probabilities };
}

/** Features as the extractor's tensors held them: the real values came from whole steps, so nothing is lost on the way back. */
export function storedFeatures(features: Float32Array, specs: readonly TensorSpec[]): Uint8Array[] {
  let from = 0;
  return specs.map(({ type, shape, scale, zeroPoint }) => {
    const part = features.slice(from, from + shape.at(-1)!);
    from += part.length;
    if (type === 'float32') return new Uint8Array(part.buffer);
    // A negative step is stored in a byte with the same bits as in int8.
    return Uint8Array.from(part, (value) => Math.round(value / scale) + zeroPoint);
  });
}
