/** Models of the user's own: named in models.own, or given as the path of a .tflite file. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { OwnModelConfig } from '../config/schema.ts';
import { ConfigError, InputError } from '../errors.ts';
import { embeddedLabels, labelsBeside, readLabels } from './labels.ts';
import type { Decoder, Model } from './model.ts';
import type { ModelFile } from './model-file.ts';

/** TensorFlow Lite refuses flatbuffers of 2 GB and more; nothing near that fits a Pi. */
const maxModelBytes = 512 << 20;

interface ConfiguredModel {
  readonly name: string;
  readonly own: OwnModelConfig;
  readonly labelsFile?: string | undefined;
}

/** A model of models.own. Errors name its key. */
export async function configuredModel({ name, own, labelsFile }: ConfiguredModel): Promise<Model> {
  const key = `models.own.${name}`;
  const bytes = await readModelFile(own.file, `${key}.file`);
  const cpu = fileOf(own.file, bytes);
  if (own.sha256 !== undefined && own.sha256 !== cpu.sha256) {
    throw new InputError(`${key}.file: ${own.file} has the SHA-256 ${cpu.sha256}, expected ${own.sha256}.`, {
      remedy: `Put the right file there, or correct ${key}.sha256.`,
    });
  }
  const twin = own.edgetpuFile;
  const edgetpu = twin === undefined ? undefined : fileOf(twin, await readModelFile(twin, `${key}.edgetpuFile`));
  const decoder = own.decoder ?? guessDecoder(bytes, own.task);
  return assemble(
    { name, decoder, cpu, edgetpu, feedback: own.feedback },
    await labelsFor(own.file, bytes, labelsFile ?? own.labels),
  );
}

/** A .tflite file; `X_edgetpu.tflite` beside `X.tflite` is its twin. Task and decoder are told from its outputs. */
export async function modelFromPath(path: string, labelsFile?: string): Promise<Model> {
  const given = resolve(path);
  const file = given.replace(/_edgetpu\.tflite$/, '.tflite');
  const cpuPath = existsSync(file) ? file : given;
  const bytes = await readModelFile(cpuPath, 'The model');
  const twin = cpuPath.replace(/\.tflite$/, '_edgetpu.tflite');
  const edgetpu =
    twin !== cpuPath && existsSync(twin) ? fileOf(twin, await readModelFile(twin, 'The model')) : undefined;
  return assemble(
    {
      name: basename(cpuPath, '.tflite'),
      decoder: guessDecoder(bytes),
      cpu: fileOf(cpuPath, bytes),
      edgetpu,
      feedback: [],
    },
    await labelsFor(cpuPath, bytes, labelsFile),
  );
}

/**
 * The bytes of a model file, checked for what every .tflite file has.
 * @param role what names the file in a message: a configuration key, or the model's name
 */
export async function readModelFile(path: string, role: string): Promise<Uint8Array> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) {
    throw new ConfigError(`${role}: there is no file ${path}.`, { remedy: 'Check the path, or put the model there.' });
  }
  if (!found.isFile() || found.size > maxModelBytes) {
    throw new InputError(`${role}: ${path} is ${found.isFile() ? 'too big for a model' : 'not a file'}.`);
  }
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new InputError(`${role}: ${path} can't be read (${cause.code}).`, { cause });
  });
  if (bytes.toString('latin1', 4, 8) !== 'TFL3') {
    throw new InputError(`${role}: ${path} is not a TensorFlow Lite model: the mark TFL3 is missing at its start.`, {
      remedy: 'Expected is a .tflite file.',
    });
  }
  return bytes;
}

/**
 * How the outputs are to be read, told from names inside the file: the post-processing operator of SSD models, or
 * the output tensors of MediaPipe's face detectors. With a known task only decoders of that task are taken.
 */
export function guessDecoder(bytes: Uint8Array, task?: 'classify' | 'detect'): Decoder {
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const has = (text: string): boolean => content.includes(text, 0, 'latin1');
  if (task === 'classify') return 'classification';
  if (has('TFLite_Detection_PostProcess')) return 'ssd';
  if ((has('regressors') && has('classificators')) || has('reshaped_regressor_face')) return 'blazeface';
  return task === 'detect' ? 'ssd' : 'classification';
}

function fileOf(path: string, bytes: Uint8Array): ModelFile {
  return { path, sha256: createHash('sha256').update(bytes).digest('hex') };
}

interface Parts {
  readonly name: string;
  readonly decoder: Decoder;
  readonly cpu: ModelFile;
  readonly edgetpu: ModelFile | undefined;
  readonly feedback: readonly { readonly output: number; readonly input: number }[];
}

function assemble({ name, decoder, cpu, edgetpu, feedback }: Parts, labels: readonly string[] | undefined): Model {
  return {
    name,
    task: decoder === 'classification' ? 'classify' : 'detect',
    decoder,
    pair: {
      name,
      cpu,
      ...(edgetpu === undefined ? {} : { edgetpu }),
      ...(feedback.length === 0 ? {} : { feedback }),
    },
    ...(labels === undefined ? {} : { labels }),
  };
}

/** Named file, else the labels inside the model, else NAME.txt beside it. */
async function labelsFor(
  file: string,
  bytes: Uint8Array,
  named: string | undefined,
): Promise<readonly string[] | undefined> {
  if (named !== undefined) return readLabels(named);
  const beside = labelsBeside(file);
  return embeddedLabels(bytes) ?? (existsSync(beside) ? readLabels(beside) : undefined);
}
