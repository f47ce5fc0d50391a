/** `goby bench far`: what is seen of small and distant things with a few looks a frame, beside the whole frame alone. */
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Command } from 'commander';
import { addConfigOptions, type ConfigOptions, configFrom } from '../../config/config-options.ts';
import { ConfigError, InputError } from '../../errors.ts';
import { openEngine } from '../../flow/infer/open-engine.ts';
import { createModelRunner } from '../../flow/model-runner.ts';
import { silentLogger } from '../../logger.ts';
import { resolveModel } from '../../models/resolve.ts';
import { wholeOption } from '../../terminal/number-options.ts';
import { startProgress } from '../../terminal/progress.ts';
import { type CocoSet, readCocoSet } from '../evaluate/coco-annotations.ts';
import { filmText, photosText, scenesText, tallyJson } from './far/far-text.ts';
import { cacheFileOf, createLooks, type Look } from './far/looks.ts';
import { type FilmBench, measureFilm } from './far/measure-film.ts';
import { measurePhotos, type PhotosBench } from './far/measure-photos.ts';
import { measureScenes, type ScenesBench } from './far/measure-scenes.ts';
import { type FarStage, farStageOf } from './far/person-cut-outs.ts';
import { describeMachine, machineLine } from './machine.ts';

interface FarOptions extends ConfigOptions {
  readonly videos?: string;
  readonly dataset?: string;
  readonly seed: number;
  readonly scenes: number;
  readonly model: string;
  readonly label: readonly string[];
  readonly framesPerSecond: number;
  readonly frames: number;
  readonly maxInferences: number;
  readonly keep?: string;
  readonly json?: boolean;
}

const films = /\.(mp4|mkv|mov|avi|webm)$/i;
const usualLabels = ['person', 'car'];
const sceneSeconds = 20;
const sceneFramesPerSecond = 5;
const sceneSizes = [
  { widthPx: 1280, heightPx: 720 },
  { widthPx: 1920, heightPx: 1080 },
];
/** The default model takes up to a second where many programs run. */
const deadlineMs = 60_000;

export function benchFarCommand(): Command {
  return addConfigOptions(new Command('far'))
    .description(
      'measure looks at regions: what is found of what exhaustive tiling finds, and of persons of known height',
    )
    .option('--videos <folder>', 'folder of films: mp4, mkv, mov, avi or webm')
    .option(
      '--dataset <folder>',
      'folder with images/ and instances.json of COCO, for scenes of persons of known height',
    )
    .option('--seed <number>', 'seed of the first scene', wholeOption('--seed', 0, 1_000_000_000), 1)
    .option('--scenes <count>', `scenes of ${sceneSeconds} s of each size`, wholeOption('--scenes', 0, 10_000), 6)
    .option('--model <model>', 'catalog name, name of models.own or path of a .tflite file', 'default')
    .option(
      '--label <label>',
      `what to look for; repeatable (default: ${usualLabels.join(' and ')})`,
      (value: string, before: readonly string[]) => [...before, value],
      [],
    )
    .option('--frames-per-second <number>', 'of a film', wholeOption('--frames-per-second', 1, 60), 10)
    .option('--frames <count>', 'of a film at most', wholeOption('--frames', 2, 1_000_000), 120)
    .option('--max-inferences <count>', 'looks at a frame', wholeOption('--max-inferences', 1, 64), 4)
    .option('--keep <folder>', 'keep there what the model sees, so that the next run of the same films is quick')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  goby bench far --videos films --dataset coco80')
    .action(benchFar);
}

async function benchFar(options: FarOptions): Promise<void> {
  const { videos, dataset, keep, json = false } = options;
  if (videos === undefined && dataset === undefined)
    throw new ConfigError('goby bench far needs --videos FOLDER, --dataset FOLDER or both.', {
      remedy: 'Give a folder of films, or of labelled photos as goby evaluate takes them.',
    });
  const files = videos === undefined ? [] : await filmsIn(videos);
  const set = dataset === undefined ? undefined : await readCocoSet(dataset);
  const loadedConfig = configFrom(options);
  const { config, places } = loadedConfig;
  const [configured] = Object.values(config.cameras);
  const { maxInferences: maxInferencesPerFrame } = options;
  const camera = { ...configured!, regions: { ...configured!.regions, maxInferencesPerFrame } };
  const labels = options.label.length > 0 ? options.label : usualLabels;
  const model = await resolveModel({ name: options.model, config: config.models, places });
  if (model.task !== 'detect')
    throw new ConfigError(`The model ${model.name} is made to ${model.task}; a detector is needed.`);
  const machine = describeMachine();
  const engine = openEngine(loadedConfig, silentLogger, { infer: { deadlineMs } });
  const results: { film: string; result: FilmBench }[] = [];
  const scenes: ScenesBench[] = [];
  let photos: PhotosBench | undefined;
  let sha256 = '';
  let backend = '';
  try {
    const loaded = await engine.load(model.pair);
    ({ sha256, backend } = loaded);
    const runner = createModelRunner({ model, loaded, engine, config: camera });
    const [, , inputPx] = loaded.inputs[0]!.shape;
    for (const file of files) {
      const { framesPerSecond } = options;
      const cacheFile = keep === undefined ? {} : { cacheFile: cacheFileOf(keep, file, framesPerSecond, loaded) };
      const look = await createLooks({ model, loaded, engine, ...cacheFile });
      const progress = startProgress(basename(file), options.frames);
      const result = await measureFilm({
        file,
        framesPerSecond,
        count: options.frames,
        look,
        inputPx: inputPx!,
        labels,
        camera,
        runner,
        onFrame: (done) => progress.update(done),
      }).finally(() => progress.end());
      results.push({ film: basename(file), result });
    }
    if (set !== undefined) {
      const lookAtAll = await createLooks({ model, loaded, engine, minScore: 0 });
      const progress = startProgress('whole photos', set.pictures.length);
      const onPhoto = (done: number) => progress.update(done);
      photos = await measurePhotos(set, { look: lookAtAll, minScore: camera.minScore, onPhoto }).finally(() =>
        progress.end(),
      );
    }
    const look = await createLooks({ model, loaded, engine });
    const stage = set === undefined || options.scenes === 0 ? undefined : await stageOf(set, look, camera.minScore);
    for (const size of stage === undefined ? [] : sceneSizes) {
      const progress = startProgress(
        `scenes ${size.widthPx}x${size.heightPx}`,
        options.scenes * sceneSeconds * sceneFramesPerSecond,
      );
      const result = await measureScenes({
        ...size,
        stage: stage!,
        seeds: Array.from({ length: options.scenes }, (_, at) => options.seed + at),
        seconds: sceneSeconds,
        framesPerSecond: sceneFramesPerSecond,
        look,
        camera,
        runner,
        onFrame: (done) => progress.update(done),
      }).finally(() => progress.end());
      scenes.push(result);
    }
  } finally {
    await engine.stop();
  }
  if (json) {
    const told = <Result extends FilmBench | ScenesBench>(result: Result) => ({
      ...result,
      withRegions: tallyJson(result.withRegions),
      wholeFrame: tallyJson(result.wholeFrame),
    });
    const head = {
      machine,
      model: model.name,
      sha256,
      backend,
      labels,
      minScore: camera.minScore,
      regions: camera.regions,
    };
    const { framesPerSecond, seed } = options;
    const films = results.map(({ film, result }) => ({ film, framesPerSecond, ...told(result) }));
    const composed = scenes.map((result) => ({ seed, framesPerSecond: sceneFramesPerSecond, ...told(result) }));
    console.log(
      JSON.stringify({ ...head, films, scenes: composed, ...(photos === undefined ? {} : { photos }) }, undefined, 2),
    );
    return;
  }
  console.log(machineLine(machine));
  console.log(`${model.name}  sha256 ${sha256.slice(0, 12)}  ${backend}`);
  console.log(
    `${labels.join(', ')}; minScore ${camera.minScore}, at most ${options.maxInferences} looks a frame; films at ${options.framesPerSecond}, scenes at ${sceneFramesPerSecond} frames a second\n`,
  );
  console.log(
    [
      ...results.map(({ film, result }) => filmText(film, result)),
      ...scenes.map(scenesText),
      ...(photos === undefined ? [] : [photosText(photos)]),
    ].join('\n\n'),
  );
}

function stageOf(set: CocoSet, look: Look, minScore: number): Promise<FarStage> {
  const progress = startProgress('persons for scenes', 1);
  return farStageOf(set, { look, minScore, onPerson: (share) => progress.update(share) }).finally(() => progress.end());
}

/** @throws InputError for a folder that isn't there, or has no films */
async function filmsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new InputError(`--videos: the folder ${folder} can't be read.`, { cause, remedy: 'Give a folder of films.' });
  });
  const files = names.filter((name) => films.test(name)).sort();
  if (files.length === 0) {
    throw new InputError(`--videos: ${folder} has no films.`, {
      remedy: 'Put films in there: mp4, mkv, mov, avi or webm.',
    });
  }
  return files.map((name) => join(folder, name));
}
