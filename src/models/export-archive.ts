/** What export buttons give: a zip with a model and its labels, as Teachable Machine, Edge Impulse (OpenMV, C++) and others make them. */
import { basename } from 'node:path';
import type { Places } from '../config/places.ts';
import { InputError, isExpected } from '../errors.ts';
import { fingerprintOfBytes } from '../system/files/integrity.ts';
import { storeDerived } from './derived/store-derived.ts';
import type { LabelList } from './labels/label-list.ts';
import { maxLabelBytes, parseLabels } from './labels/read-labels.ts';
import type { ModelFile } from './model-file.ts';
import { readZip, type ZipEntry } from './zip.ts';

/** The largest export of a model for a Pi has a few tens of megabytes. */
const maxArchiveBytes = 64 << 20;
const maxModelBytes = 64 << 20;

export interface ExportContent {
  readonly model: ZipEntry;
  /** Compiled for the Edge TPU, where the archive has both. */
  readonly edgetpu?: ZipEntry;
  readonly labels?: LabelList & { readonly file: string };
}

/** An empty archive begins with its list of files. */
export function isArchive(bytes: Uint8Array): boolean {
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  return isZip && ((bytes[2] === 0x03 && bytes[3] === 0x04) || (bytes[2] === 0x05 && bytes[3] === 0x06));
}

/** @throws InputError when it holds no model, or several of which none stands out */
export function readExport(bytes: Uint8Array, file: string): ExportContent {
  if (bytes.length > maxArchiveBytes) {
    throw new InputError(`The archive ${file} has ${bytes.length} bytes; ${maxArchiveBytes} are the most.`, {
      remedy: 'Unpack it, and name the .tflite file inside.',
    });
  }
  const all = readZip(bytes, file);
  if (all === undefined) {
    throw new InputError(`The archive ${file} is cut off: its list of files, which stands at the end, is missing.`, {
      remedy: 'Download or copy it again.',
    });
  }
  const entries = all.filter(({ name }) => !/(^|\/)(__MACOSX\/|\._)/.test(name));
  const model = chosenModel(entries, file);
  const twin = entries.find(({ name }) => name === model.name.replace(/\.(tflite|lite)$/i, '_edgetpu.$1'));
  const labels = labelsOf(entries);
  return {
    model,
    ...(twin === undefined ? {} : { edgetpu: twin }),
    ...(labels === undefined ? {} : { labels }),
  };
}

/** Quantized files are for what goby runs on; the one that says so is taken before others. */
const preferences = [/full_integer_quant|int8|quantized/i, /^(?!.*(float|unquant|dynamic)).*$/i];

function chosenModel(entries: readonly ZipEntry[], file: string): ZipEntry {
  // Edge Impulse's studio and TensorFlow's first tools name theirs .lite.
  const all = entries.filter(({ name }) => /\.(tflite|lite)$/i.test(name));
  const candidates = all.filter(({ name }) => !/_edgetpu\.(tflite|lite)$/i.test(name));
  if (candidates.length === 0 && all[0] !== undefined) {
    throw new InputError(
      `The archive ${file} holds only ${all[0].name}, which is compiled for the Edge TPU; goby also needs the file that it was compiled from, for the time without one.`,
      {
        remedy:
          'Export the quantized TensorFlow Lite model too, unpack both, and name them under models.own, as file and edgetpuFile.',
      },
    );
  }
  if (candidates.length <= 1) {
    if (candidates[0] !== undefined) return candidates[0];
    throw new InputError(`The archive ${file} holds no .tflite file${otherKind(entries)}.`, {
      remedy: 'Export the model as TensorFlow Lite (quantized, int8).',
    });
  }
  for (const preference of preferences) {
    const preferred = candidates.filter(({ name }) => preference.test(basename(name)));
    if (preferred.length === 1) return preferred[0]!;
  }
  throw new InputError(
    `The archive ${file} holds ${candidates.length} models: ${candidates.map(({ name }) => name).join(', ')}.`,
    { remedy: 'Unpack it, and name the one you mean.' },
  );
}

function otherKind(entries: readonly ZipEntry[]): string {
  const has = (word: RegExp): boolean => entries.some(({ name }) => word.test(name));
  if (has(/model\.json$/) && has(/\.bin$/))
    return ', but a TensorFlow.js model, which goby convert reads once it is unpacked';
  if (has(/^model\.weights\.h5$/)) return ', but is a Keras model (.keras) itself, which goby convert reads';
  if (has(/\.(keras|h5)$/)) return ', but a Keras model, which goby convert reads once it is unpacked';
  if (has(/saved_model\.pb$/)) return ', but a SavedModel, which goby convert reads once it is unpacked';
  return has(/model-parameters\/|tflite-model\/.*\.cpp$/)
    ? ', but a model as C++ source (Edge Impulse, EON compiler)'
    : '';
}

/** In the order in which they are looked for. */
const labelNames = [
  /(^|\/)labels?\.(txt|json)$/i,
  /(^|\/)label_?map\.(txt|pbtxt)$/i,
  /(^|\/)[^/]*labels?[^/]*\.txt$/i,
  /(^|\/)(metadata|data)\.ya?ml$/i,
  /(^|\/)model_variables\.h$/,
];

function labelsOf(entries: readonly ZipEntry[]): (LabelList & { readonly file: string }) | undefined {
  for (const word of labelNames) {
    const entry = entries.find(({ name }) => word.test(name));
    if (entry === undefined) continue;
    const list = readList(entry);
    if (list !== undefined) return { ...list, file: entry.name };
  }
  return undefined;
}

function readList(entry: ZipEntry): LabelList | undefined {
  try {
    const content = entry.content(maxLabelBytes);
    return entry.name.endsWith('.h') ? categoriesOf(content) : parseLabels(content);
  } catch (error) {
    if (!isExpected(error)) throw error;
    return undefined;
  }
}

/** Edge Impulse's C++ library lists its classes in a header: `ei_classifier_inferencing_categories[] = { "a", "b" };`. */
function categoriesOf(content: Uint8Array): LabelList | undefined {
  const text = Buffer.from(content).toString('utf8');
  const list = /inferencing_categories\w*\[\]\s*=\s*\{([^}]{0,100000})\}/.exec(text)?.[1];
  return list === undefined ? undefined : parseLabels(Buffer.from(`[${list}]`));
}

export interface UnpackedExport {
  readonly cpu: ModelFile;
  readonly cpuBytes: Uint8Array;
  readonly edgetpu?: ModelFile;
  readonly labels?: LabelList & { readonly file: string };
}

/** Unpacks the model into the store, where the worker reads it; both hashes are kept, the archive's and the file's. */
export async function unpackExport(
  path: string,
  bytes: Uint8Array,
  places: Pick<Places, 'modelStores'>,
): Promise<UnpackedExport> {
  const file = basename(path);
  const { model, edgetpu, labels } = readExport(bytes, file);
  const archive = fingerprintOfBytes(bytes).sha256;
  const unpack = async (entry: ZipEntry): Promise<{ file: ModelFile; bytes: Uint8Array }> => {
    // A copy of its own: the archive's memory is let go.
    const content = Uint8Array.from(entry.content(maxModelBytes));
    const { sha256 } = fingerprintOfBytes(content);
    const stored = await storeDerived(places, `${archive}-${sha256.slice(0, 12)}.tflite`, content);
    const derivedFrom = { path, sha256: archive, recipes: ['unzip 1'], changes: [`${entry.name} of ${file}`] };
    return { file: { path: stored, sha256, derivedFrom }, bytes: content };
  };
  const cpu = await unpack(model);
  return {
    cpu: cpu.file,
    cpuBytes: cpu.bytes,
    ...(edgetpu === undefined ? {} : { edgetpu: (await unpack(edgetpu)).file }),
    ...(labels === undefined ? {} : { labels }),
  };
}
