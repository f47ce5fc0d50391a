/** The whole of a training, in order: base, photos, features, head, file, trial, and only then the new model's place. */
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { LoadedConfig } from '../../config/load.ts';
import { InputError } from '../../errors.ts';
import { readModel } from '../../flatbuffer/read-model.ts';
import type { Backend, Engine } from '../../infer/engine.ts';
import { createWorkerEngine } from '../../infer/worker-engine.ts';
import { createLogger } from '../../logger.ts';
import { readModelFile } from '../../models/own-model.ts';
import { moveInto, putBytes } from '../../models/put-file.ts';
import { writeValidation } from '../../models/validation.ts';
import { type AppendOptions, appendHead } from '../../train/append-head.ts';
import { openFeatureCache } from '../../train/feature-cache.ts';
import type { FeatureSet } from '../../train/feature-set.ts';
import { logitRange } from '../../train/head.ts';
import { checkTrainable, photoName, readPhotoFolders } from '../../train/photo-folders.ts';
import type { SplitPercentages } from '../../train/split.ts';
import {
  readTrainingRecord,
  rememberExamples,
  type TrainingRecord,
  withTrainingRecord,
} from '../../train/training-record.ts';
import { judge, type Verdict } from '../../train/verdict.ts';
import { startProgress } from '../progress.ts';
import { type Base, featureFolder, findBase } from './base.ts';
import { fileBytes, tryModel } from './candidate.ts';
import { type EmbedResult, embedPhotos, type KnownPhoto, knowPhotos } from './embed-photos.ts';
import { type Fit, type FitOptions, features, fitHead, type LabelledSets, setsOf } from './fit.ts';
import { interruptible } from './interruptible.ts';
import type { Distortions } from './photo-views.ts';
import { embeddingPhase, headPhase, type Phase, type TrainingReport } from './report.ts';
import { reportPage } from './report-page.ts';
import { planViews } from './view-plan.ts';

export interface TrainRequest {
  readonly loaded: LoadedConfig;
  readonly imageDir: string;
  readonly output: string;
  readonly outputLabels: string;
  readonly architecture: string;
  readonly split: SplitPercentages;
  readonly fit: FitOptions;
  readonly mirror: boolean;
  readonly distortions: Distortions;
  /** A model of goby train to extend. */
  readonly addClass?: string;
  readonly html?: string;
}

/** The file may fall behind its float head by this share of the photos before float takes over behind the pooling layer. */
const patience = 0.005;

/** @throws GobyError; the old model stays in place then */
export async function trainModel(request: TrainRequest): Promise<TrainingReport> {
  const { loaded, imageDir, split } = request;
  const phases: Phase[] = [];
  const timed = async <Result>(name: string, work: () => Promise<Result>): Promise<Result> => {
    const fromMs = performance.now();
    const result = await work();
    phases.push({ name, seconds: (performance.now() - fromMs) / 1000 });
    return result;
  };
  const { classes, photos } = await readPhotoFolders(imageDir);
  const old = request.addClass === undefined ? undefined : await oldModel(request.addClass);
  if (old === undefined) checkTrainable(imageDir, classes, photos);
  const labels = labelsOf(classes, old, request.addClass);
  const base = await timed('base', () =>
    findBase(old?.architecture ?? request.architecture, loaded, old?.examples.size),
  );
  if (old !== undefined && old.baseSha256 !== base.file.sha256) {
    throw new InputError(
      `${request.addClass} was made from another file of ${old.architecture} than the one that is here.`,
      {
        remedy: 'Train it again with all folders.',
      },
    );
  }
  const engine = createWorkerEngine({
    config: { ...loaded.config.infer, deadlineMs: Math.max(30_000, loaded.config.infer.deadlineMs) },
    library: loaded.config.infer.library ?? loaded.places.runtimeLibrary,
    logger: createLogger({ part: 'worker', threshold: { level: 'error' }, format: 'text', write: console.error }),
  });
  try {
    const known = await timed('reading photos', () => knowPhotos(photos));
    const extractor = await engine.load({
      name: 'features',
      cpu: base.file,
      ...(base.compiled === undefined ? {} : { edgetpu: base.compiled.file }),
    });
    const size = extractor.outputs.reduce((sum, { shape }) => sum + shape.at(-1)!, 0);
    // Features of the Edge TPU differ by a step here and there: they are kept apart.
    const cache = await openFeatureCache(featureFolder(loaded.places.stateDir), extractor.sha256, size);
    const result = await timed(embeddingPhase, () =>
      interruptible(known.photos.length, imageDir, async (signal) => {
        const progress = startProgress('embedding photos', known.photos.length);
        try {
          return await embedPhotos(known.photos, {
            engine,
            loaded: extractor,
            cache,
            viewsOf: planViews(known.photos, request),
            onProgress: (done) => progress.update(done),
            signal,
          });
        } finally {
          await cache.close();
          progress.end();
        }
      }),
    );
    for (const { photo, reason } of result.unreadable) console.error(`goby: left out: ${photo.file} ${reason}.`);
    const sets = setsOf(result.embedded, labels, split);
    if (sets.training.length === 0) throw new InputError(`None of the photos in ${imageDir} can be read.`);
    const fitted = fitHead(sets, old?.examples, request.fit);
    phases.push({ name: `${headPhase} (${request.fit.method})`, seconds: fitted.seconds });
    const proof = { request, base, sets, fitted };
    const made = await timed('writing and trying the file', () => proven(engine, { ...proof, old }));
    return await finish({ ...proof, made, phases, backend: extractor.backend, result, copies: known.copies });
  } finally {
    await engine.stop();
  }
}

async function oldModel(path: string): Promise<TrainingRecord> {
  return readTrainingRecord(readModel(await readModelFile(path, '--add-class'), path), path);
}

function labelsOf(classes: readonly string[], old: TrainingRecord | undefined, path: string | undefined): string[] {
  if (old === undefined) return [...classes];
  const fresh = classes.filter((name) => !old.labels.includes(name));
  if (fresh.length === 0) {
    throw new InputError(`${path} knows ${classes.join(', ')} already.`, {
      remedy: 'Put the photos of the new class into a folder with its name.',
    });
  }
  return [...old.labels, ...fresh];
}

interface Proof {
  readonly request: TrainRequest;
  readonly base: Base;
  readonly sets: LabelledSets;
  readonly fitted: Fit;
  readonly old: TrainingRecord | undefined;
}

interface Made {
  /** Where the proven file lies, beside its future place. */
  readonly path: string;
  readonly bytes: Uint8Array;
  /** On the test photos. */
  readonly verdict: Verdict;
  /** All photos that it was tried on, and how many of them it knew. */
  readonly tried: { readonly photos: readonly KnownPhoto[]; readonly right: number };
  readonly options: AppendOptions;
}

/** With fewer test photos than this the validation photos help to judge the file. */
const fewPhotos = 50;

/** Writes the model aside and runs it; behind the pooling layer float takes over where 8 bits lose too much. */
async function proven(engine: Engine, { request, base, sets, fitted, old }: Proof): Promise<Made> {
  const { labels, testing, validation, training } = sets;
  const own = features(training, labels, false);
  const examples = rememberExamples(old === undefined ? own : joined(old.examples, own), labels.length);
  const record = { architecture: base.architecture, baseSha256: base.file.sha256, labels, examples };
  const helping = testing.length < fewPhotos ? validation : [];
  // Where no photo was kept back, the file has at least to run.
  const photos = [...testing, ...helping].length > 0 ? [...testing, ...helping] : training.slice(0, 5);
  const right = fitted.testing.right + (helping.length > 0 ? fitted.validation.right : 0);
  const attempt = async (tail: AppendOptions['tail']): Promise<Made> => {
    const options: AppendOptions = { tail, logits: logitRange(fitted.head, own.rows) };
    const model = appendHead(base.extractor, fitted.head, options);
    const bytes = fileBytes(withTrainingRecord(model, record), labels);
    const path = join(dirname(request.output), `.${basename(request.output)}.${tail}`);
    const progress = startProgress(`trying the ${tail} file`, photos.length);
    try {
      const answers = await tryModel({
        engine,
        bytes,
        path,
        labels,
        photos: photos.map(({ photo }) => photo),
        onProgress: (done) => progress.update(done),
      });
      const verdict = judge(answers.slice(0, testing.length), labels.length);
      const tried = { photos: photos.map(({ photo }) => photo), right: judge(answers, labels.length).right };
      return { path, bytes, verdict, options, tried };
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    } finally {
      progress.end();
    }
  };
  const quantized = await attempt('quantized');
  if (quantized.tried.right >= right - patience * photos.length || fitted.testing.photos === 0) return quantized;
  const float = await attempt('float');
  const [kept, other] = float.tried.right > quantized.tried.right ? [float, quantized] : [quantized, float];
  await rm(other.path, { force: true });
  return kept;
}

function joined(one: FeatureSet, other: FeatureSet): FeatureSet {
  return { size: other.size, rows: [...one.rows, ...other.rows], labels: [...one.labels, ...other.labels] };
}

interface Finish extends Omit<Proof, 'old'> {
  readonly made: Made;
  readonly phases: readonly Phase[];
  readonly backend: Backend;
  readonly result: EmbedResult;
  readonly copies: number;
}

/** The proven file takes its place, with its labels, its twin and its report. */
async function finish(input: Finish): Promise<TrainingReport> {
  const { request, base, sets, fitted, made, result, copies } = input;
  const { labels, training, validation, testing } = sets;
  const { output, outputLabels } = request;
  // Before the model: an agent that runs takes the new file as soon as it is there, and holds it to these photos.
  await writeValidation(output, made.bytes, made.tried);
  await moveInto(made.path, output);
  await putBytes(Buffer.from(`${labels.join('\n')}\n`), outputLabels);
  let edgetpuModel: string | undefined;
  if (base.compiled !== undefined) {
    edgetpuModel = output.replace(/(\.tflite)?$/, '_edgetpu.tflite');
    const twin = appendHead(base.compiled.model, fitted.head, made.options);
    await putBytes(fileBytes(twin, labels), edgetpuModel);
  }
  const report: TrainingReport = {
    model: output,
    labelsFile: outputLabels,
    sha256: createHash('sha256').update(made.bytes).digest('hex'),
    bytes: made.bytes.length,
    ...(edgetpuModel === undefined ? {} : { edgetpuModel }),
    architecture: base.architecture,
    base: base.name,
    backend: input.backend,
    method: request.fit.method,
    labels,
    photos: { training: training.length, validation: validation.length, testing: testing.length },
    perClass: labels.map((label) => training.filter(({ photo }) => photo.className === label).length),
    unreadable: result.unreadable.map(({ photo, reason }) => ({ photo: photoName(photo), reason })),
    copies,
    validation: fitted.validation,
    testing: fitted.testing,
    quantized: made.verdict,
    tail: made.options.tail,
    ...(fitted.weightDecay === undefined ? {} : { weightDecay: fitted.weightDecay }),
    ...(fitted.steps === undefined ? {} : { steps: fitted.steps }),
    curve: fitted.curve,
    phases: input.phases,
    ...(result.onceSeconds === undefined ? {} : { onceSeconds: result.onceSeconds }),
    inferences: result.inferences,
    notes: notesOf(input),
  };
  if (request.html !== undefined) await putBytes(Buffer.from(await reportPage(report, request.imageDir)), request.html);
  return report;
}

/** What a reader of the report should know beside its figures. */
function notesOf({ base, result, copies, made, sets }: Finish): string[] {
  return [
    ...(base.note === undefined ? [] : [base.note]),
    ...(result.unreadable.length === 0
      ? []
      : [`${result.unreadable.length} photos could not be read and were left out.`]),
    ...(copies === 0 ? [] : [`${copies} copies of photos were left out.`]),
    ...(made.options.tail === 'float'
      ? ['In 8 bits the head lost more than half a point, so it was written in float.']
      : []),
    ...(sets.testing.length === 0
      ? ['No photo fell into the test set: nothing is known of its accuracy. Add photos.']
      : []),
    ...(sets.validation.length === 0
      ? ['No photo fell into the validation set: the head was chosen on the training photos.']
      : []),
  ];
}
