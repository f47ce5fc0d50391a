/** The base of a training: a MobileNet cut at its pooling layer, from the catalog, a file, or, as a last resort, the detector. */
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { LoadedConfig } from '../../config/load.ts';
import { GobyError, InputError, isExpected, sentence } from '../../errors.ts';
import { type Catalog, type CatalogEntry, loadCatalog } from '../../models/catalog.ts';
import { signedBytes } from '../../models/derived/signed-bytes.ts';
import type { ModelFile } from '../../models/model-file.ts';
import { readModelFile } from '../../models/own-model.ts';
import { lookUp } from '../../models/store.ts';
import { appendPooling } from '../../models/tflite-file/append-pooling.ts';
import { cutGraph } from '../../models/tflite-file/cut-graph.ts';
import { readModel } from '../../models/tflite-file/read-model.ts';
import { mainGraph, type TfliteModel } from '../../models/tflite-file/tflite-model.ts';
import { writeModel } from '../../models/tflite-file/write-model.ts';
import { putBytes } from '../../system/files/put-file.ts';
import type { StartProgress } from '../../terminal/progress.ts';
import { nearNames } from '../../text/near-names.ts';
import { pullWithBar } from '../convert/pull-with-bar.ts';
import {
  backboneOfDetector,
  basesOf,
  defaultArchitecture,
  type MobileNet,
  mobileNetOf,
  nameOf,
  otherResolutions,
  whereFrom,
} from './architectures.ts';
import { atResolution } from './at-resolution.ts';
import { cutAtPooling } from './feature-extractor.ts';

export interface Base {
  /** As it is recorded in models made from it. */
  readonly architecture: string;
  /** Name of the file's entry in the catalog, or of the file. */
  readonly name: string;
  /** Cut: its output is the features, the average of each over the photo. */
  readonly extractor: TfliteModel;
  /** The extractor on disk, for the worker. */
  readonly file: ModelFile;
  /** The extractor compiled for the Edge TPU, where the catalog has one and it is here. */
  readonly compiled?: { readonly model: TfliteModel; readonly file: ModelFile };
  /** What the report has to say about it. */
  readonly note?: string;
}

/** Feature map of the detector that becomes a base: the last layer of its MobileNet V2. */
const detectorFeatures = 'FeatureExtractor/MobilenetV2/Conv_1/Relu6';

/**
 * @param architecture a name, or the path of a .tflite file
 * @throws GobyError when it can't be had and isn't the default
 */
export async function findBase(
  architecture: string,
  loaded: LoadedConfig,
  startProgress: StartProgress,
): Promise<Base> {
  if (architecture.endsWith('.tflite')) {
    return baseFromFile(architecture, { architecture, name: basename(architecture) }, loaded);
  }
  const catalog = loadCatalog(loaded.places.root);
  const names = basesOf(architecture);
  const entries = names.flatMap((name) =>
    catalog.models.filter((entry) => entry.name === name && entry.task !== 'detect'),
  );
  const mobileNet = mobileNetOf(architecture);
  const own = entries.find((entry) => lookUp(loaded.places, entry)[0]!.state === 'present');
  if (own === undefined && mobileNet !== undefined) {
    const resized = await baseOfOtherResolution(mobileNet, loaded, architecture);
    if (resized !== undefined) return resized;
  }
  if (entries.length === 0 && mobileNet !== undefined) {
    throw new InputError(`No file of ${nameOf(mobileNet)} is known to goby with its hash.`, {
      remedy: `${otherToPull(mobileNet, catalog, architecture)}${whereFrom(mobileNet)}`,
    });
  }
  if (entries.length === 0) {
    const bases = catalog.models.filter(({ task }) => task !== 'detect').map(({ name }) => name);
    const near = nearNames(architecture, bases);
    throw new InputError(`There is no architecture ${architecture} in the catalog.`, {
      remedy: near.length > 0 ? `Did you mean ${near.join(' or ')}?` : `There are: ${bases.join(', ')}.`,
    });
  }
  const here = own;
  const trouble: string[] = [];
  for (const entry of here === undefined ? entries : [here]) {
    try {
      if (here === undefined) await pullWithBar(entry, false, loaded, startProgress);
      return await baseFromEntry(entry, { architecture, name: entry.name }, loaded);
    } catch (error) {
      if (!isExpected(error) || here !== undefined) throw error;
      trouble.push(sentence(error));
    }
  }
  if (architecture !== defaultArchitecture) {
    const mend = mobileNet === undefined ? {} : { remedy: whereFrom(mobileNet) };
    throw new GobyError(`No base for ${architecture} can be had: ${trouble[0]}`, mend);
  }
  return baseFromDetector(loaded, trouble[0] ?? '', startProgress);
}

/** Measured with V2 1.0: the boxes of 80 COCO photos in six kinds, 160 to learn from, twelve splits; 82.3 % with 224 px. */
const resolutionCost =
  'That costs accuracy: from its own 224 px to 192, 160 and 128 px MobileNet V2 1.0 lost 1.1, 1.7 and 1.7 points of 82.3 %';

/** The same width at a resolution that the catalog has: fetched, its weights serve at this one. */
function otherToPull(mobileNet: MobileNet, { models }: Catalog, architecture: string): string {
  const names = otherResolutions(mobileNet).flatMap((other) => basesOf(nameOf(other)));
  const found = names.find((name) => models.some((entry) => entry.name === name && entry.task !== 'detect'));
  return found === undefined
    ? ''
    : `Use the weights of another resolution: goby models pull ${found}, then --architecture ${architecture} again. Or: `;
}

/** A network of the same version and width that is on this machine, on pictures of the size that was asked for. */
async function baseOfOtherResolution(
  wanted: MobileNet,
  loaded: LoadedConfig,
  architecture: string,
): Promise<Base | undefined> {
  const catalog = loadCatalog(loaded.places.root);
  for (const other of otherResolutions(wanted)) {
    const entry = basesOf(nameOf(other))
      .map((name) => catalog.models.find((one) => one.name === name && one.task !== 'detect'))
      .find((one) => one !== undefined && lookUp(loaded.places, one)[0]!.state === 'present');
    if (entry === undefined) continue;
    const { path } = lookUp(loaded.places, entry)[0]!;
    const cut = cutAtPooling(readModel(await readModelFile(path, '--architecture'), path), entry.name);
    const extractor = fast(atResolution(cut, wanted.resolutionPx, entry.name));
    const note = `${nameOf(wanted)} is made from the weights of ${entry.name}, which were trained on ${other.resolutionPx} px. ${resolutionCost}. ${whereFrom(wanted)}`;
    console.error(`goby: ${note}`);
    return { architecture, name: entry.name, extractor, file: await stored(extractor, loaded), note };
  }
  return undefined;
}

interface Wanted {
  readonly architecture: string;
  readonly name: string;
}

async function baseFromEntry(entry: CatalogEntry, wanted: Wanted, loaded: LoadedConfig): Promise<Base> {
  const files = lookUp(loaded.places, entry);
  const { path } = files[0]!;
  const twin =
    entry.task === 'embed' ? files.find(({ role, state }) => role === 'edgetpu' && state === 'present') : undefined;
  if (twin === undefined) return baseFromFile(path, wanted, loaded);
  const bytes = await readFile(twin.path);
  const model = readModel(bytes, twin.path);
  const base = await baseFromFile(path, wanted, loaded);
  return { ...base, compiled: { model, file: { path: twin.path, sha256: hash(bytes) } } };
}

async function baseFromFile(path: string, { architecture, name }: Wanted, loaded: LoadedConfig): Promise<Base> {
  const bytes = await readModelFile(path, '--architecture');
  const extractor = fast(cutAtPooling(readModel(bytes, path), name));
  return { architecture, name, extractor, file: await stored(extractor, loaded) };
}

/** Bases in unsigned bytes, as the ones from TensorFlow 1 are, run several times faster in signed ones. */
function fast(extractor: TfliteModel): TfliteModel {
  const rewritten = signedBytes.apply(extractor);
  return 'reason' in rewritten ? extractor : rewritten.model;
}

/** The detector is built from npm alone, so it can be had where the addresses of ImageNet models can't. */
async function baseFromDetector(loaded: LoadedConfig, trouble: string, startProgress: StartProgress): Promise<Base> {
  const entry = loadCatalog(loaded.places.root).models.find(({ name }) => name === backboneOfDetector)!;
  if (lookUp(loaded.places, entry)[0]!.state !== 'present') await pullWithBar(entry, false, loaded, startProgress);
  const { path } = lookUp(loaded.places, entry)[0]!;
  const detector = readModel(await readModelFile(path, entry.name), path);
  const features = mainGraph(detector).tensors.findIndex(({ name }) => name === detectorFeatures);
  if (features < 0) throw new InputError(`${path} has no tensor ${detectorFeatures} to take features from.`);
  const extractor = appendPooling(cutGraph(detector, [features], path));
  const note = `No ImageNet base could be had (${trouble}), so the backbone of the COCO detector stands in. It was right on 86 % of unseen photos where an ImageNet base was right on 94 % (ants and bees). With network, or GOBY_MODEL_MIRROR naming a folder that has one, run the same command again.`;
  console.error(`goby: ${note}`);
  return {
    architecture: backboneOfDetector,
    name: entry.name,
    extractor,
    file: await stored(extractor, loaded),
    note,
  };
}

/** The worker reads files: the cut model is kept beside the features it gives. */
async function stored(extractor: TfliteModel, { places }: LoadedConfig): Promise<ModelFile> {
  const bytes = writeModel(extractor);
  const sha256 = hash(bytes);
  const folder = featureFolder(places.stateDir);
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${sha256.slice(0, 16)}.tflite`);
  await putBytes(bytes, path);
  return { path, sha256 };
}

export function featureFolder(stateDir: string): string {
  return join(stateDir, 'train');
}

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
