/** `goby compare`: which MobileNet should run on this board? Cost, latency and accuracy side by side. */
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { addConfigOptions, type ConfigOptions, configFrom } from '../config/config-options.ts';
import { ConfigError, exitCode, isExpected, sentence } from '../errors.ts';
import { openEngine } from '../flow/infer/open-engine.ts';
import { silentLogger } from '../logger.ts';
import type { Model } from '../models/model.ts';
import { putBytes } from '../system/files/put-file.ts';
import { kernelFiles } from '../system/measure/kernel-files.ts';
import { cpuTemperatureC } from '../system/measure/temperature.ts';
import { readThrottling, vcgencmd } from '../system/measure/throttling.ts';
import { secondsOption, wholeOption } from '../terminal/number-options.ts';
import { table } from '../terminal/table.ts';
import { describeMachine } from '../workshop/bench/machine.ts';
import { candidate, candidateNames } from '../workshop/compare/candidates.ts';
import type { Comparison } from '../workshop/compare/comparison.ts';
import { comparisonPage } from '../workshop/compare/comparison-page.ts';
import {
  columnTitle,
  comparisonCsv,
  comparisonNotes,
  filledColumns,
  threadsText,
} from '../workshop/compare/comparison-table.ts';
import { measureModels } from '../workshop/compare/measure-models.ts';
import type { LabelledPhoto } from '../workshop/compare/rankings.ts';
import type { MachineState } from '../workshop/compare/rounds.ts';
import { versionVerdict } from '../workshop/compare/version-verdict.ts';
import { readCocoSet } from '../workshop/evaluate/coco-annotations.ts';
import { readPhotoFolders } from '../workshop/photos/photo-folders.ts';

interface CompareOptions extends ConfigOptions {
  readonly detectors?: boolean;
  readonly duration: number;
  readonly threads?: number;
  readonly imageDir?: string;
  readonly imagenetDir?: string;
  readonly coco?: string;
  readonly reference?: string;
  readonly html?: string;
  readonly csv?: string;
  readonly json?: boolean;
}

export function compareCommand(): Command {
  return addConfigOptions(new Command('compare'))
    .description('compare MobileNets on this machine: cost, memory, latency, accuracy, beside what is published')
    .argument(
      '[model...]',
      'catalog names, names of models.own or .tflite files (default: every MobileNet that is here)',
    )
    .option('--detectors', 'compare detectors instead of classifiers')
    .option('--duration <seconds>', 'how long each model runs', secondsOption('--duration', 0.05, 86_400), 10)
    .option('--threads <number>', 'threads of one inference (default: infer.threads)', wholeOption('--threads', 1, 8))
    .option('--image-dir <folder>', 'your photos, one folder per class: top-1 and top-5')
    .option('--imagenet-dir <folder>', 'photos in folders named by ImageNet labels, such as "tiger cat"')
    .option('--coco <folder>', 'annotated photos for --detectors: images/ and instances.json')
    .option('--reference <model>', 'model that the others are held against, by name or path (default: the largest)')
    .option('--html <file>', 'write a page with the accuracy-latency plot')
    .option('--csv <file>', 'write the table as CSV')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  goby compare --html compare.html\n  goby compare mobilenet_v1_0.25_128_quant mine.tflite --image-dir photos --duration 60\n  goby compare --detectors --coco coco80 --json',
    )
    .action(compare);
}

async function compare(names: string[], options: CompareOptions): Promise<void> {
  const loaded = configFrom(options);
  const { config, places } = loaded;
  const { detectors = false, duration, json = false } = options;
  const models = await usable(candidateNames(names, loaded, detectors), (name) => candidate(name, loaded, detectors));
  const { reference } = options;
  const referenceName = reference === undefined ? undefined : referenced(models, reference);
  if (reference !== undefined && referenceName === undefined) {
    throw new ConfigError(`--reference ${reference} is none of the compared models.`, {
      remedy: `They are: ${models.map(({ name }) => name).join(', ')}.`,
    });
  }
  const threads = options.threads ?? config.infer.threads;
  const { imageDir, imagenetDir, coco } = options;
  const [imageDirPhotos, imagenetPhotos, cocoSet] = await Promise.all([
    imageDir === undefined ? undefined : labelledPhotos(imageDir),
    imagenetDir === undefined ? undefined : labelledPhotos(imagenetDir),
    coco === undefined ? undefined : readCocoSet(coco),
  ]);
  const measured = await measureModels({
    models,
    newEngine: () => openEngine(loaded, silentLogger, { infer: { threads, deadlineMs: 60_000 } }),
    secondsEach: duration,
    machine: machineState(),
    samples: await samplePhotos(places.photos),
    ...(imageDirPhotos === undefined ? {} : { imageDir: imageDirPhotos }),
    ...(imagenetPhotos === undefined ? {} : { imagenetDir: imagenetPhotos }),
    ...(cocoSet === undefined ? {} : { coco: cocoSet }),
    ...(referenceName === undefined ? {} : { reference: referenceName }),
  });
  const machine = describeMachine();
  const versions = versionVerdict(measured.models);
  const comparison: Comparison = {
    machine: `${machine.board}, ${machine.processor}, ${machine.cores} cores, ${machine.memoryMb} MB, ${machine.architecture}, Linux ${machine.kernel}, Node ${machine.node}`,
    threads,
    secondsEach: duration,
    ...measured,
    ...(versions === undefined ? {} : { versions }),
  };
  if (options.html !== undefined) await putBytes(Buffer.from(comparisonPage(comparison)), options.html);
  if (options.csv !== undefined) await putBytes(Buffer.from(comparisonCsv(comparison)), options.csv);
  console.log(json ? JSON.stringify(comparison, undefined, 2) : text(comparison));
}

/** The name of the model that is meant by its name or by the path of its file. */
function referenced(models: readonly Model[], reference: string): string | undefined {
  const path = resolve(reference);
  return models.find(
    ({ name, pair: { cpu } }) =>
      name === reference || resolve(cpu.path) === path || resolve(cpu.derivedFrom?.path ?? cpu.path) === path,
  )?.name;
}

/** Temperature and throttling as the kernel or the firmware tell them now. */
function machineState(): () => Promise<MachineState> {
  const files = kernelFiles('/');
  const askFirmware = vcgencmd();
  return async () => {
    const [temperatureC, throttling] = await Promise.all([cpuTemperatureC(files), readThrottling(files, askFirmware)]);
    return { temperatureC, throttled: throttling && Object.values(throttling.now).some(Boolean) };
  };
}

/** A model that can't be used is told, and the others are compared. @throws the error when none is left */
async function usable(names: readonly string[], find: (name: string) => Promise<Model>): Promise<Model[]> {
  const models: Model[] = [];
  let lastError: unknown;
  for (const name of names) {
    try {
      models.push(await find(name));
    } catch (error) {
      if (!isExpected(error)) throw error;
      if (names.length === 1) throw error;
      lastError = error;
      console.error(`goby: ${name} is left out: ${sentence(error)}`);
      process.exitCode = exitCode.failed;
    }
  }
  if (models.length === 0) throw lastError;
  return models;
}

async function labelledPhotos(folder: string): Promise<readonly LabelledPhoto[]> {
  return (await readPhotoFolders(folder)).photos;
}

async function samplePhotos(folder: string): Promise<LabelledPhoto[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => /\.jpe?g$/i.test(name))
    .sort()
    .map((name) => ({ file: join(folder, name) }));
}

function text(comparison: Comparison): string {
  const columns = filledColumns(comparison);
  // Published figures stand behind a bar, so that nobody takes them for measured ones.
  const title = (column: (typeof columns)[number]): string =>
    column.published === true ? `| ${columnTitle(column)}` : columnTitle(column);
  const rows = comparison.models.map((model) => columns.map(({ cell }) => cell(model)));
  return [
    comparison.machine,
    `${threadsText(comparison)}, ${comparison.secondsEach} s each, in turns\n`,
    table(columns.map(title), rows),
    '',
    ...(comparison.versions === undefined ? [] : [comparison.versions]),
    ...comparisonNotes(comparison),
  ].join('\n');
}
