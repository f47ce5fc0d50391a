/** The whole of a training, in order: base, photos, features, head, file, trial, and only then the new model's place. */
import { createHash } from 'node:crypto';
import type { LoadedConfig } from '../../config/load.ts';
import { InputError } from '../../errors.ts';
import { openEngine } from '../../flow/infer/open-engine.ts';
import { createLogger } from '../../logger.ts';
import { distinctLabels } from '../../models/labels/distinct-labels.ts';
import { labelFileText } from '../../models/labels/label-file-text.ts';
import type { Backend } from '../../models/model-file.ts';
import { readModelFile } from '../../models/own-model.ts';
import { readModel } from '../../models/tflite-file/read-model.ts';
import { writeValidation } from '../../models/validation.ts';
import { moveInto, putBytes } from '../../system/files/put-file.ts';
import { interruptible } from '../../terminal/interruptible.ts';
import type { StartProgress } from '../../terminal/progress.ts';
import { wilsonInterval } from '../evaluate/interval.ts';
import type { Verdict } from '../evaluate/verdict.ts';
import { adviceFor, checkTrainable, countsOf, photoName, readPhotoFolders } from '../photos/photo-folders.ts';
import type { Distortions } from '../photos/photo-views.ts';
import { appendHead } from './append-head.ts';
import { featureFolder, findBase } from './base.ts';
import { fileBytes } from './candidate.ts';
import { countWarnings } from './class-counts.ts';
import { type EmbedResult, embedPhotos } from './embed-photos.ts';
import { openFeatureCache } from './feature-cache.ts';
import { type FitOptions, fitHead, setsOf } from './fit.ts';
import { knowPhotos } from './known-photos.ts';
import { type Proof, type Proven, proveFile } from './prove-file.ts';
import { basePhase, embeddingPhase, headPhase, type Phase, startPhase, type TrainingReport } from './report.ts';
import { reportPage } from './report-page.ts';
import type { SplitPercentages } from './split.ts';
import { readTrainingRecord, type TrainingRecord } from './training-record.ts';
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
  /** How each stage tells how far it is. */
  readonly startProgress: StartProgress;
}

/** @throws GobyError; the old model stays in place then */
export async function trainModel(request: TrainRequest): Promise<TrainingReport> {
  const { loaded, imageDir, split, startProgress } = request;
  const startedMs = performance.now();
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
  const counts = countsOf(classes, photos);
  const labels = labelsOf(classes, old, request.addClass);
  // Before the work: names that no label can have.
  labelFileText(labels);
  const { note } = distinctLabels(labels);
  const warnings = [...countWarnings(counts), ...(note === undefined ? [] : [note])];
  for (const warning of warnings) console.error(`goby: ${warning}`);
  const engine = openEngine(
    loaded,
    createLogger({ part: 'worker', threshold: { level: 'error' }, format: 'text', write: console.error }),
    { infer: { deadlineMs: Math.max(30_000, loaded.config.infer.deadlineMs) } },
  );
  try {
    // The worker starts while the base is cut and written.
    void engine.start();
    const base = await timed(basePhase, () =>
      findBase(old?.architecture ?? request.architecture, loaded, startProgress),
    );
    if (old !== undefined && old.baseSha256 !== base.file.sha256) {
      throw new InputError(
        `${request.addClass} was made from another file of ${old.architecture} than the one that is here.`,
        {
          remedy: 'Train it again with all folders.',
        },
      );
    }
    const [known, extractor] = await timed(startPhase, () =>
      Promise.all([
        knowPhotos(photos),
        engine.load({
          name: 'features',
          cpu: base.file,
          ...(base.compiled === undefined ? {} : { edgetpu: base.compiled.file }),
        }),
      ]),
    );
    const size = extractor.outputs[0]!.shape.at(-1)!;
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
    for (const { photo, reason } of result.unreadable) {
      console.error(`goby: left out: ${photo.file} ${reason}.${adviceFor(photo.file)}`);
    }
    const sets = setsOf(result.embedded, labels, split, new Set(classes));
    if (sets.training.length === 0) throw new InputError(`None of the photos in ${imageDir} can be read.`);
    const fitted = fitHead(sets, old?.examples, request.fit);
    phases.push({ name: `${headPhase} (${request.fit.method})`, seconds: fitted.seconds });
    const { backend } = extractor;
    const proof = {
      engine,
      startProgress,
      output: request.output,
      base,
      featuresAreExact: backend !== 'edgetpu',
      sets,
      fitted,
      old,
    };
    const proven = await timed('writing and trying the file', () => proveFile(proof));
    const input = { request, base, sets, fitted, proven, backend, result, copies: known.copies, warnings };
    return await finish({ ...input, phases, startedMs });
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

interface Finish extends Pick<Proof, 'base' | 'sets' | 'fitted'> {
  readonly request: TrainRequest;
  readonly proven: Proven;
  readonly phases: readonly Phase[];
  /** When the run began, as performance.now() tells. */
  readonly startedMs: number;
  readonly backend: Backend;
  readonly result: EmbedResult;
  readonly copies: number;
  /** Of the classes, as they were told before the run. */
  readonly warnings: readonly string[];
}

/** The proven file takes its place, with its labels, its twin and its report. */
async function finish(input: Finish): Promise<TrainingReport> {
  const { request, base, sets, fitted, proven, result, copies } = input;
  const { labels, training, validation, testing } = sets;
  const { output, outputLabels } = request;
  // Before the model: an agent that runs takes the new file as soon as it is there, and holds it to these photos.
  await writeValidation(output, proven.bytes, proven.tried);
  await moveInto(proven.path, output);
  await putBytes(Buffer.from(labelFileText(labels)), outputLabels);
  let edgetpuModel: string | undefined;
  if (base.compiled !== undefined) {
    edgetpuModel = output.replace(/(\.tflite)?$/, '_edgetpu.tflite');
    const twin = appendHead(base.compiled.model, fitted.head);
    await putBytes(fileBytes(twin, labels), edgetpuModel);
  }
  const report: TrainingReport = {
    model: output,
    labelsFile: outputLabels,
    sha256: createHash('sha256').update(proven.bytes).digest('hex'),
    bytes: proven.bytes.length,
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
    quantized: proven.verdict,
    ...intervalOf(proven.verdict),
    ...(fitted.steps === undefined ? {} : { steps: fitted.steps }),
    curve: fitted.curve,
    tried: proven.tried.photos.length,
    fromPixels: proven.fromPixels,
    phases: input.phases,
    seconds: (performance.now() - input.startedMs) / 1000,
    ...(result.onceSeconds === undefined ? {} : { onceSeconds: result.onceSeconds }),
    inferences: result.inferences,
    notes: notesOf(input),
  };
  if (request.html !== undefined) await putBytes(Buffer.from(await reportPage(report, request.imageDir)), request.html);
  return report;
}

function intervalOf({ right, photos }: Verdict): Pick<TrainingReport, 'interval'> {
  const interval = wilsonInterval(right, photos);
  return interval === undefined ? {} : { interval };
}

/** What a reader of the report should know beside its figures. */
function notesOf({ base, result, copies, sets, warnings }: Finish): string[] {
  return [
    ...warnings,
    ...(base.note === undefined ? [] : [base.note]),
    ...(result.unreadable.length === 0
      ? []
      : [`${result.unreadable.length} photos could not be read and were left out.`]),
    ...(copies === 0 ? [] : [`${copies} copies of photos were left out.`]),
    ...(sets.testing.length === 0
      ? ['No photo fell into the test set: nothing is known of its accuracy. Add photos.']
      : []),
    ...(sets.validation.length === 0
      ? ['No photo fell into the validation set: the head was chosen on the training photos.']
      : []),
  ];
}
