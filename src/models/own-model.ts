/** Models of the user's own: named in models.own, or given as the path of a .tflite file or of an export with one inside. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { OwnModelConfig } from '../config/own-model-section.ts';
import type { Places } from '../config/places.ts';
import { ConfigError, InputError } from '../errors.ts';
import { isArchive, unpackExport } from './export-archive.ts';
import { normalisationOf } from './facts/input-reading.ts';
import { readFacts } from './facts/model-facts.ts';
import type { ModelFacts, ReadableOutputs } from './facts/reading.ts';
import { checkTflite } from './file-kind.ts';
import { chooseLabels } from './labels/choose-labels.ts';
import type { LabelList } from './labels/label-list.ts';
import { labelsBeside } from './labels/labels-beside.ts';
import { type Decoder, type Fit, isDetector, type Model, type Normalisation } from './model.ts';
import { type ModelFile, ownPath, ownSha256 } from './model-file.ts';

/** TensorFlow Lite refuses flatbuffers of 2 GB and more; nothing near that fits a Pi. */
const maxModelBytes = 512 << 20;

interface ConfiguredModel {
  readonly name: string;
  readonly own: OwnModelConfig;
  readonly labelsFile?: string | undefined;
  readonly places: Pick<Places, 'modelStores'>;
}

/** A model of models.own. Errors name its key. */
export async function configuredModel({ name, own, labelsFile, places }: ConfiguredModel): Promise<Model> {
  const key = `models.own.${name}`;
  const files = await readOwnFiles(own.file, `${key}.file`, places);
  const sha256 = ownSha256(files.cpu);
  if (own.sha256 !== undefined && own.sha256 !== sha256) {
    throw new InputError(`${key}.file: ${own.file} has the SHA-256 ${sha256}, expected ${own.sha256}.`, {
      remedy: `Put the right file there, or correct ${key}.sha256.`,
    });
  }
  const twin = own.edgetpuFile;
  const edgetpu = twin === undefined ? undefined : fileOf(twin, await readModelFile(twin, `${key}.edgetpuFile`));
  return assemble({
    name,
    ...files,
    ...(edgetpu === undefined ? {} : { edgetpu }),
    feedback: own.feedback,
    task: own.task,
    decoder: own.decoder,
    labelsFile: labelsFile ?? own.labels,
    normalisation: statedBy(own),
    fit: own.fit,
  });
}

/** What `normalisation` or `range` of the configuration say. */
function statedBy({ normalisation, range }: OwnModelConfig): Normalisation | undefined {
  if (normalisation !== undefined) return { mean: normalisation.mean, standardDeviation: normalisation.std };
  return range === undefined ? undefined : normalisationOf(range[0], range[1]);
}

export interface PathOptions {
  readonly labelsFile?: string | undefined;
  /** Takes the file for what it is said to be; otherwise its outputs tell. */
  readonly decoder?: Decoder | undefined;
  readonly places: Pick<Places, 'modelStores'>;
}

/** Is it a path, rather than a name of the catalog or of models.own? */
export function isModelPath(name: string): boolean {
  return name.includes('/') || /\.(tflite|lite|zip)$/i.test(name);
}

/**
 * A .tflite file, or an export with one inside; `X_edgetpu.tflite` beside `X.tflite` is its twin. Task and decoder are told from its
 * outputs.
 */
export async function modelFromPath(path: string, { labelsFile, decoder, places }: PathOptions): Promise<Model> {
  const given = resolve(path);
  const file = given.replace(/_edgetpu\.tflite$/, '.tflite');
  const cpuPath = existsSync(file) ? file : given;
  const files = await readOwnFiles(cpuPath, 'The model', places);
  const twin = cpuPath.replace(/\.tflite$/, '_edgetpu.tflite');
  const edgetpu =
    twin !== cpuPath && existsSync(twin) ? fileOf(twin, await readModelFile(twin, 'The model')) : undefined;
  const name = basename(cpuPath).replace(/\.(tflite|lite|zip)$/i, '');
  const twins = edgetpu === undefined ? {} : { edgetpu };
  return assemble({ name, ...files, ...twins, feedback: [], labelsFile, decoder });
}

export interface OwnFiles {
  readonly cpu: ModelFile;
  /** Of the CPU file. */
  readonly bytes: Uint8Array;
  readonly edgetpu?: ModelFile;
  /** In an archive, beside the model. */
  readonly archived?: LabelList & { readonly file: string };
}

/** A model file, or what of an export is needed. @throws InputError when it is neither */
export async function readOwnFiles(path: string, role: string, places: Pick<Places, 'modelStores'>): Promise<OwnFiles> {
  const bytes = await readWhole(path, role);
  if (!isArchive(bytes)) {
    checkTflite(bytes, path, role);
    return { cpu: fileOf(path, bytes), bytes };
  }
  const { cpuBytes, labels, ...files } = await unpackExport(path, bytes, places);
  checkTflite(cpuBytes, path, role);
  return { ...files, bytes: cpuBytes, ...(labels === undefined ? {} : { archived: labels }) };
}

/**
 * The bytes of a model file, checked for what every .tflite file has.
 * @param role what names the file in a message: a configuration key, or the model's name
 */
export async function readModelFile(path: string, role: string): Promise<Uint8Array> {
  const bytes = await readWhole(path, role);
  checkTflite(bytes, path, role);
  return bytes;
}

async function readWhole(path: string, role: string): Promise<Uint8Array> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) {
    throw new ConfigError(`${role}: there is no file ${path}.`, { remedy: 'Check the path, or put the model there.' });
  }
  if (!found.isFile() || found.size > maxModelBytes) {
    throw new InputError(`${role}: ${path} is ${found.isFile() ? 'too big for a model' : 'not a file'}.`);
  }
  return readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new InputError(`${role}: ${path} can't be read (${cause.code}).`, { cause });
  });
}

function fileOf(path: string, bytes: Uint8Array): ModelFile {
  return { path, sha256: createHash('sha256').update(bytes).digest('hex') };
}

interface Parts extends OwnFiles {
  readonly name: string;
  readonly feedback: readonly { readonly output: number; readonly input: number }[];
  readonly task?: 'classify' | 'detect' | undefined;
  readonly decoder?: Decoder | undefined;
  readonly labelsFile?: string | undefined;
  readonly normalisation?: Normalisation | undefined;
  readonly fit?: Fit | undefined;
}

/** What the configuration says wins over what the file says. */
async function assemble(parts: Parts): Promise<Model> {
  const { name, cpu, edgetpu, feedback } = parts;
  const facts = readFacts(parts.bytes, {
    name: basename(cpu.path),
    decoder: parts.decoder,
    task: parts.task,
    fedBack: feedback.map(({ input }) => input),
  });
  const { outputs, input } = usable(facts, parts);
  const { decoder, classes, scores, roles } = outputs;
  const { labels, notes } = await chooseLabels({
    model: name,
    classes,
    skipsBackground: isDetector(decoder),
    packed: facts.labels ?? parts.archived,
    named: parts.labelsFile,
    beside: labelsBeside(ownPath(cpu)),
  });
  const normalisation = parts.normalisation ?? input.normalisation;
  const fit = parts.fit ?? facts.fit;
  const allNotes = [...facts.notes, ...notes];
  return {
    name,
    task: isDetector(decoder) ? 'detect' : 'classify',
    decoder,
    pair: {
      name,
      cpu,
      ...(edgetpu === undefined ? {} : { edgetpu }),
      ...(feedback.length === 0 ? {} : { feedback }),
    },
    ...(labels === undefined ? {} : { labels }),
    ...(normalisation === undefined ? {} : { normalisation }),
    ...(fit === undefined ? {} : { fit }),
    ...(scores === undefined ? {} : { scores }),
    ...(roles === undefined ? {} : { roles }),
    ...(allNotes.length === 0 ? {} : { notes: allNotes }),
  };
}

/** @throws InputError that says what the model is, where goby can't use it */
function usable(
  { outputs, input, compiledForEdgeTpu }: ModelFacts,
  { name, cpu, bytes, task, edgetpu }: Parts,
): { outputs: ReadableOutputs; input: Exclude<ModelFacts['input'], { refusal: string }> } {
  const file = basename(cpu.path);
  if (compiledForEdgeTpu) {
    throw new InputError(
      `The model ${name} can't be used: ${file} is compiled for the Edge TPU, and goby also needs the file that it was compiled from, for the time without one.`,
      {
        remedy:
          edgetpu === undefined
            ? `Put that file beside it as ${file.replace(/(_edgetpu)?\.tflite$/, '.tflite')} and this one as ${file.replace(/(_edgetpu)?\.tflite$/, '_edgetpu.tflite')}; or name both under models.own, as file and edgetpuFile.`
            : 'Name the compiled file as edgetpuFile, and the one that it was compiled from as file.',
      },
    );
  }
  if ('refusal' in input)
    throw new InputError(`The model ${name} can't be used: ${input.refusal}.`, { remedy: input.remedy });
  if (!('refusal' in outputs)) return { outputs, input };
  const other = task === undefined ? outputs : readFacts(bytes, { name: file }).outputs;
  if (task !== undefined && !('refusal' in other)) {
    const is = isDetector(other.decoder) ? 'finds things with boxes' : 'gives the scores of classes';
    throw new InputError(`models.own.${name}.task: ${file} ${is} (${other.decoder}), and task says ${task}.`, {
      remedy: `Set task: ${task === 'detect' ? 'classify' : 'detect'}.`,
    });
  }
  throw new InputError(`The model ${name} can't be used: ${outputs.refusal}.`, {
    remedy: 'goby takes classifiers, and detectors of the kinds SSD, YOLO (5, 8 and later), FOMO and BlazeFace.',
  });
}
