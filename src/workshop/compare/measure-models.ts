/** Measures the models of one `goby compare` run: footprints one by one, then latency in rounds, then accuracy. */
import { readFile } from 'node:fs/promises';
import type { LoadedModel } from '../../flow/infer/engine.ts';
import type { Model } from '../../models/model.ts';
import { delegateCoverage } from '../../models/tflite-file/delegate-coverage.ts';
import { modelCost } from '../../models/tflite-file/operator-cost.ts';
import { readModel } from '../../models/tflite-file/read-model.ts';
import { startProgress } from '../../terminal/progress.ts';
import { summarise } from '../bench/samples.ts';
import type { CocoSet } from '../evaluate/coco-annotations.ts';
import { categories, detectAll } from '../evaluate/coco-detections.ts';
import { cocoMap } from '../evaluate/coco-map.ts';
import { agreement } from '../evaluate/top-accuracy.ts';
import { architectureOf } from './architecture.ts';
import { plannedArenaBytes } from './arena-plan.ts';
import type { ComparedModel } from './comparison.ts';
import { checkCounts } from './count-check.ts';
import { countedOf } from './counted.ts';
import { type Footprint, grayPicture, measureFootprint, type WorkerEngine } from './footprint.ts';
import { publishedFigures } from './published-figures.ts';
import { quantizationForm } from './quantization-form.ts';
import { accuracyOf, type LabelledPhoto, rankPhotos } from './rankings.ts';
import { type MachineState, measureRounds, type RoundSamples } from './rounds.ts';

export interface MeasureOptions {
  readonly models: readonly Model[];
  /** A fresh engine; each call starts its own workers. */
  readonly newEngine: () => WorkerEngine;
  readonly secondsEach: number;
  readonly machine: () => Promise<MachineState>;
  readonly imageDir?: readonly LabelledPhoto[];
  readonly imagenetDir?: readonly LabelledPhoto[];
  /** Photos for agreement where no others are given. */
  readonly samples: readonly LabelledPhoto[];
  readonly coco?: CocoSet;
  /** Name of the model that agreement is told against; absent: the one with most multiply-accumulates. */
  readonly reference?: string;
}

export interface Measured {
  readonly models: readonly ComparedModel[];
  readonly reference?: string;
  readonly agreementPhotos?: number;
}

/** Inferences of one turn of a round. */
const turn = 5;

export async function measureModels(options: MeasureOptions): Promise<Measured> {
  const { models, newEngine } = options;
  const footprints: Footprint[] = [];
  const progress = startProgress('loading each model alone', models.length);
  for (const [at, model] of models.entries()) {
    footprints.push(await measureFootprint(newEngine(), model));
    progress.update(at + 1, model.name);
  }
  progress.end();
  const engine = newEngine();
  try {
    const loaded: LoadedModel[] = [];
    for (const { pair } of models) loaded.push(await engine.load(pair));
    const rounds = await latencies(options, engine, loaded);
    const counted = await Promise.all(
      models.map((model, at) => facts(model, loaded[at]!, footprints[at]!, rounds[at]!)),
    );
    const said = await opinions(options, engine, loaded, counted);
    return { ...said, models: counted.map((model, at) => ({ ...model, ...said.models[at] })) };
  } finally {
    await engine.stop();
  }
}

async function latencies(
  { secondsEach, machine, models }: MeasureOptions,
  engine: WorkerEngine,
  loaded: readonly LoadedModel[],
): Promise<RoundSamples[]> {
  const progress = startProgress(`running ${models.length} models in turns`, 1);
  const runners = loaded.map((model) => {
    const input = grayPicture(model);
    return { run: () => engine.infer(model.name, [input]) };
  });
  const samples = await measureRounds({
    runners,
    durationMs: secondsEach * 1000,
    turn,
    machine,
    onProgress: (done) => progress.update(done),
  });
  progress.end();
  return samples;
}

/** All that needs no photos. */
async function facts(
  { name, pair }: Model,
  { backend, sha256, threads }: LoadedModel,
  footprint: Footprint,
  { invokeMs, roundTripMs, ...pace }: RoundSamples,
): Promise<ComparedModel> {
  const { path } = backend === 'edgetpu' ? pair.edgetpu! : pair.cpu;
  const bytes = await readFile(path);
  const file = readModel(bytes, path);
  const original = backend === 'edgetpu' ? undefined : makersFile(pair.cpu);
  // A derived file may compute a little twice: what the network is counts in the file of its maker.
  const network = original === undefined ? file : readModel(await readFile(original), original);
  const { macs, parameters } = modelCost(network);
  const { macs: macsHere, operators } = modelCost(file);
  const { xnnpack, compiledForEdgeTpu } = delegateCoverage(file);
  const taken = operators.reduce((sum, operator, at) => sum + (xnnpack[at] === undefined ? operator.macs : 0), 0);
  const form = quantizationForm(file);
  const quantization = original === undefined ? form : `${form}, from ${quantizationForm(network)}`;
  const architecture = architectureOf(name);
  const published = architecture === undefined ? undefined : publishedFigures(architecture);
  return {
    name,
    sha256,
    backend,
    quantization,
    ...(threads === undefined ? {} : { threads }),
    ...(architecture === undefined ? {} : { architecture }),
    bytes: bytes.length,
    macs,
    parameters,
    arenaBytes: plannedArenaBytes(file),
    ...footprint,
    invokeMs: summarise(invokeMs),
    roundTripMs: summarise(roundTripMs),
    ...pace,
    ...(compiledForEdgeTpu || macsHere === 0 ? {} : { xnnpackShare: taken / macsHere }),
    compiledForEdgeTpu,
    ...(published === undefined ? {} : { published }),
    checks: published === undefined || compiledForEdgeTpu ? [] : checkCounts(countedOf(network), published),
  };
}

/** The path of the model that a derived file was made of; undefined where there is none but in an archive. */
function makersFile({ derivedFrom }: Model['pair']['cpu']): string | undefined {
  const isUnpacked = derivedFrom?.recipes.some((recipe) => recipe.startsWith('unzip'));
  return isUnpacked === false ? derivedFrom?.path : undefined;
}

interface Opinions {
  readonly models: readonly Partial<ComparedModel>[];
  readonly reference?: string;
  readonly agreementPhotos?: number;
}

/** What the models say of photos: boxes for detectors, labels for classifiers. */
async function opinions(
  options: MeasureOptions,
  engine: WorkerEngine,
  loaded: readonly LoadedModel[],
  counted: readonly ComparedModel[],
): Promise<Opinions> {
  const { models, coco, imageDir, imagenetDir, samples } = options;
  if (models.every(({ task }) => task === 'detect')) {
    if (coco === undefined) return { models: models.map(() => ({})) };
    const found: Partial<ComparedModel>[] = [];
    for (const [at, model] of models.entries()) {
      const categoryOf = categories(coco, model.labels);
      const boxes = await detectAll({ engine, model, loaded: loaded[at]!, set: coco, categoryOf, fit: 'auto' });
      const { map, ap50 } = cocoMap(coco.truths, boxes.found);
      found.push({ map, ap50 });
    }
    return { models: found };
  }
  const classifiers = models.map((model, at) => ({ model, loaded: loaded[at]!, engine }));
  const ranked = async (title: string, photos: readonly LabelledPhoto[] | undefined) => {
    if (photos === undefined) return undefined;
    const progress = startProgress(title, photos.length);
    const rankings = await rankPhotos(classifiers, photos, (done) => progress.update(done));
    progress.end();
    return rankings;
  };
  const own = await ranked('photos of --image-dir', imageDir);
  const imagenet = await ranked('photos of --imagenet-dir', imagenetDir);
  const common = own ?? imagenet ?? (await ranked('sample photos', samples));
  const reference = referenceAt(options, counted);
  const agreeing = reference === undefined || common === undefined || common.photos.length === 0 ? undefined : common;
  return {
    models: models.map((model, at) => ({
      ...(own === undefined ? {} : { accuracy: accuracyOf(model, own.photos, own.of[at]!) }),
      ...(imagenet === undefined ? {} : { imagenet: accuracyOf(model, imagenet.photos, imagenet.of[at]!) }),
      ...(agreeing !== undefined && at !== reference && sameLabels(model, models[reference!]!)
        ? { agreement: agreement(agreeing.of[at]!, agreeing.of[reference!]!) }
        : {}),
    })),
    ...(agreeing === undefined ? {} : { reference: models[reference!]!.name, agreementPhotos: agreeing.photos.length }),
  };
}

/** The named one, else the largest that has labels. */
function referenceAt({ models, reference }: MeasureOptions, counted: readonly ComparedModel[]): number | undefined {
  if (models.length < 2) return undefined;
  if (reference !== undefined) return models.findIndex(({ name }) => name === reference);
  const labelled = counted.map(({ macs }, at) => ({ macs, at })).filter(({ at }) => models[at]!.labels !== undefined);
  return labelled.length < 2 ? undefined : labelled.toSorted((a, b) => b.macs - a.macs)[0]!.at;
}

function sameLabels({ labels: one }: Model, { labels: other }: Model): boolean {
  return (
    one !== undefined &&
    other !== undefined &&
    one.length === other.length &&
    one.every((label, at) => label === other[at])
  );
}
