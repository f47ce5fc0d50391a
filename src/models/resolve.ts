/** From a name in the configuration or on the command line to a model that can be loaded. */
import { join } from 'node:path';
import type { Places } from '../config/places.ts';
import type { ModelsConfig } from '../config/schema.ts';
import { ConfigError, InputError, UnavailableError } from '../errors.ts';
import { differenceFrom, fingerprintOf } from '../system/files/integrity.ts';
import { type Catalog, type CatalogEntry, catalogEntry, loadCatalog } from './catalog.ts';
import { derive } from './derived/derive.ts';
import { withLabelsOfSameFile } from './known-file.ts';
import { distinctLabels } from './labels/distinct-labels.ts';
import { fitLabels } from './labels/fit-labels.ts';
import { packedLabels } from './labels/packed-labels.ts';
import { readLabelList, readLabels } from './labels/read-labels.ts';
import { isDetector, type Model } from './model.ts';
import type { ModelFile } from './model-file.ts';
import { configuredModel, isModelPath, modelFromPath, readModelFile } from './own-model.ts';
import { lookUp, type StoredFile } from './store.ts';
import { trainedFile } from './trained-models.ts';

export interface ResolveRequest {
  /** `default`, a name of models.own, `trained/SET`, a name of the catalog, or the path of a .tflite file or of an export with one inside. */
  readonly name: string;
  readonly config: ModelsConfig;
  readonly places: Places;
  /** Wins over every other source of labels. */
  readonly labelsFile?: string | undefined;
  /**
   * Whether an Edge TPU was found. `default` is then Coral's own pair, if it was pulled; else the default for CPUs, so
   * that a machine without network starts all the same.
   */
  readonly edgetpu?: boolean;
  readonly catalog?: Catalog;
}

/**
 * Finds a model's files, their hashes and its labels. Files of models.own and catalog files that are pinned by git blob
 * are read and hashed here; the worker checks the SHA-256 of every file again before use.
 * @throws ConfigError for a name that nothing has
 * @throws UnavailableError for a catalog model that isn't in the store, with the command that fetches it
 * @throws InputError for files that aren't what they should be
 */
export async function resolveModel(request: ResolveRequest): Promise<Model> {
  const model = (await ownModel(request)) ?? (await catalogModel(request));
  const cpu = await derive(model.pair.cpu, { places: request.places });
  return { ...withDistinctLabels(model), pair: { ...model.pair, cpu } };
}

function withDistinctLabels(model: Model): Model {
  if (model.labels === undefined) return model;
  const { labels, note } = distinctLabels(model.labels);
  return { ...model, labels, ...(note === undefined ? {} : { notes: [...(model.notes ?? []), note] }) };
}

async function ownModel(request: ResolveRequest): Promise<Model | undefined> {
  const model = await modelOfFile(request);
  if (model === undefined || model.labels !== undefined) return model;
  return withLabelsOfSameFile(model, { catalog: catalogOf(request), places: request.places });
}

/** A model of models.own, a trained one, or one that is named by its path. */
async function modelOfFile({ name, config, places, labelsFile }: ResolveRequest): Promise<Model | undefined> {
  const own = Object.hasOwn(config.own, name) ? config.own[name] : undefined;
  if (own !== undefined) return configuredModel({ name, own, labelsFile, places });
  const trained = trainedFile(name, places);
  if (trained !== undefined) {
    const model = await modelFromPath(trained, { labelsFile, places });
    return { ...model, name, pair: { ...model.pair, name } };
  }
  return isModelPath(name) ? modelFromPath(name, { labelsFile, places }) : undefined;
}

const catalogOf = ({ catalog, places }: ResolveRequest): Catalog => catalog ?? loadCatalog(places.root);

async function catalogModel(request: ResolveRequest): Promise<Model> {
  const { places, labelsFile } = request;
  const catalog = catalogOf(request);
  const entry = startableEntry(catalog, request);
  if (entry.task === 'embed' || entry.decoder === undefined) {
    throw new ConfigError(`The model ${entry.name} gives features for retraining; it neither classifies nor detects.`, {
      remedy: '`goby models list` shows what each model is for.',
    });
  }
  const stored = lookUp(places, entry);
  const cpu = await catalogFile(entry, stored.find(({ role }) => role === 'cpu')!);
  const twin = stored.find(({ role, state }) => role === 'edgetpu' && state !== 'missing');
  const edgetpu = twin === undefined ? undefined : await catalogFile(entry, twin);
  const labels = await catalogLabels(entry, places, cpu, labelsFile);
  return {
    name: entry.name,
    task: entry.task,
    decoder: entry.decoder,
    pair: {
      name: entry.name,
      cpu,
      ...(edgetpu === undefined ? {} : { edgetpu }),
      ...(entry.feedback === undefined ? {} : { feedback: entry.feedback }),
    },
    ...(labels === undefined ? {} : { labels }),
    ...(entry.normalisation === undefined ? {} : { normalisation: entry.normalisation }),
    ...(entry.scores === undefined ? {} : { scores: entry.scores }),
  };
}

function startableEntry(catalog: Catalog, { name, places, edgetpu = false }: ResolveRequest): CatalogEntry {
  const entry = catalogEntry(catalog, name, edgetpu);
  const isPulled = lookUp(places, entry).every(({ state }) => state === 'present');
  return name === 'default' && edgetpu && !isPulled ? catalogEntry(catalog, name, false) : entry;
}

async function catalogFile(entry: CatalogEntry, { pin, path, state, difference }: StoredFile): Promise<ModelFile> {
  const remedy = `Fetch it with: goby models pull ${entry.name}`;
  if (state === 'missing') {
    throw new UnavailableError(`The model ${entry.name} is not on this machine: there is no ${path}.`, { remedy });
  }
  if (difference !== undefined) throw damaged(path, difference, remedy);
  if (pin.sha256 !== undefined) return { path, sha256: pin.sha256 };
  const found = await fingerprintOf(path);
  const unlike = differenceFrom(pin, found);
  if (unlike !== undefined) throw damaged(path, unlike, remedy);
  return { path, sha256: found.sha256 };
}

function damaged(path: string, difference: string, remedy: string): InputError {
  return new InputError(`The model file ${path} is damaged: it ${difference}.`, { remedy });
}

async function catalogLabels(
  entry: CatalogEntry,
  places: Places,
  cpu: ModelFile,
  labelsFile: string | undefined,
): Promise<readonly string[] | undefined> {
  if (labelsFile !== undefined) {
    const skipsBackground = entry.decoder !== undefined && isDetector(entry.decoder);
    const fit = { classes: undefined, skipsBackground, model: entry.name, list: labelsFile };
    return fitLabels(await readLabelList(labelsFile), fit);
  }
  if (entry.labels !== undefined) return readLabels(join(places.root, 'models', entry.labels));
  return packedLabels(await readModelFile(cpu.path, entry.name), entry.name).list?.labels;
}
