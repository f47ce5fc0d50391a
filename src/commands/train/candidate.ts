/** The finished model, before it takes the place of an older one: written aside, run on photos, and only then moved. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { withLabels } from '../../convert/label-archive.ts';
import { InputError, sentence } from '../../errors.ts';
import type { TfliteModel } from '../../flatbuffer/tflite-model.ts';
import { writeModel } from '../../flatbuffer/write-model.ts';
import type { Engine } from '../../infer/engine.ts';
import { realValues } from '../../interpret/real-values.ts';
import { putBytes } from '../../models/put-file.ts';
import { photoName } from '../../train/photo-folders.ts';
import type { Answer } from '../../train/verdict.ts';
import type { KnownPhoto } from './embed-photos.ts';
import { inputBytes, plainView, sizeOf } from './photo-views.ts';

export function fileBytes(model: TfliteModel, labels: readonly string[]): Uint8Array {
  return withLabels(writeModel({ ...model, description: 'Retrained by goby.' }), labels);
}

/**
 * Runs the whole file on photos, pixels in and probabilities out.
 * @param path where the candidate lies
 * @throws GobyError when it can't be loaded or run
 */
export async function tryModel(input: {
  readonly engine: Engine;
  readonly bytes: Uint8Array;
  readonly path: string;
  readonly labels: readonly string[];
  readonly photos: readonly KnownPhoto[];
  readonly onProgress: (done: number) => void;
}): Promise<Answer[]> {
  const { engine, bytes, path, labels, photos, onProgress } = input;
  await putBytes(bytes, path);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const loaded = await engine.load({ name: `candidate ${sha256.slice(0, 12)}`, cpu: { path, sha256 } });
  const spec = loaded.inputs[0]!;
  const size = sizeOf(spec);
  const answers: Answer[] = [];
  let upcoming = photos[0] === undefined ? undefined : pixels(photos[0]);
  for (const [at, photo] of photos.entries()) {
    const bytesIn = inputBytes(spec, await upcoming!);
    const following = photos[at + 1];
    // The next photo is decoded while this one is in the worker.
    upcoming = following === undefined ? undefined : pixels(following);
    upcoming?.catch(() => undefined);
    const { outputs } = await engine.infer(loaded.name, [bytesIn]);
    const values = realValues(outputs[0]!);
    const probabilities = Float64Array.from({ length: values.length }, (_, label) => values.at(label));
    answers.push({ photo: photoName(photo), truth: labels.indexOf(photo.className), probabilities });
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
