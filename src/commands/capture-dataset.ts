/** `goby capture-dataset`: fills class folders for `goby train` from the camera. */
import { Command } from 'commander';
import { addConfigOptions, configFrom } from '../config/config-options.ts';
import type { LoadedConfig } from '../config/load.ts';
import { ConfigError } from '../errors.ts';
import type { Camera, CameraStatus } from '../flow/capture/camera.ts';
import { createCamera } from '../flow/capture/create-camera.ts';
import { createLogger, type Logger } from '../logger.ts';
import { fractionOption, secondsOption, wholeOption } from '../terminal/number-options.ts';
import { startProgress } from '../terminal/progress.ts';
import { table } from '../terminal/table.ts';
import { CaptureLoop } from '../workshop/dataset/capture-loop.ts';
import { DatasetSession } from '../workshop/dataset/dataset-session.ts';
import { createDatasetDetector } from '../workshop/dataset/detector.ts';
import { readKeys } from '../workshop/dataset/keys.ts';
import { type CaptureDatasetOptions, modeOf } from '../workshop/dataset/options.ts';

export function captureDatasetCommand(): Command {
  return addConfigOptions(new Command('capture-dataset'))
    .description('fill folders of photos, one per class, from the camera: by key, by time, or when something is seen')
    .requiredOption('--output <folder>', 'where the class folders are')
    .option('--classes <names>', 'names of the classes, with commas between them; key 1 is the first', commaList, [])
    .option('--class <name>', 'with --interval or --on-detection: the class of every photo')
    .option('--camera <name>', 'a camera of the configuration (default: the first)')
    .option('--interval <seconds>', 'a photo every so often', secondsOption('--interval', 0.1, 86_400))
    .option('--on-detection <label>', "a photo whenever the camera's model sees this label")
    .option('--model <model>', 'with --on-detection: another model than the camera has')
    .option('--min-score <score>', 'with --on-detection: confidence threshold', fractionOption('--min-score'), 0.5)
    .option('--crop', 'with --on-detection: cut out what was seen, as a second stage does')
    .option(
      '--margin <share>',
      'with --crop: enlarge the box by this share at each end',
      fractionOption('--margin'),
      0.2,
    )
    .option(
      '--similar <bits>',
      'leave out what differs in at most so many of 64 bits',
      wholeOption('--similar', 0, 64),
      4,
    )
    .option('--no-similar', 'keep every photo, also if nothing moved')
    .option('--count <photos>', 'stop when a class has so many', wholeOption('--count', 1, 1_000_000))
    .option('--keep-free-mb <MB>', 'leave so much of the disk free', wholeOption('--keep-free-mb', 0, 10_000_000), 200)
    .option('--json', 'print the counts as JSON at the end')
    .addHelpText(
      'after',
      `
Examples:
  goby capture-dataset --output dataset --classes pikachu,no-pikachu
  goby capture-dataset --output dataset --class empty --interval 10 --count 100
  goby capture-dataset --output faces --class happy --model face-detection-short-range --on-detection face --crop

Keys: 1 to 9 take a photo of that class, q ends. Then: goby train --image-dir dataset`,
    )
    .action(captureDataset);
}

interface Given extends Omit<CaptureDatasetOptions, 'similar'> {
  readonly similar: number | false;
}

async function captureDataset({ similar, ...given }: Given): Promise<void> {
  const options: CaptureDatasetOptions = { ...given, similar: similar === false ? -1 : similar };
  const { mode } = modeOf(options);
  const loaded = configFrom(options);
  const logger = stderrLogger();
  const { name, config } = cameraOf(loaded, options.camera);
  const detector =
    options.onDetection === undefined
      ? undefined
      : await createDatasetDetector({
          loaded,
          model: options.model ?? config.model,
          label: options.onDetection,
          minScore: options.minScore,
          logger,
        });
  try {
    const reading = startProgress(`reading ${options.output}`, 1);
    const session = await DatasetSession.open({ options, detector, reading, onChange: show });
    reading.end();
    const camera = createCamera({ name, config, photos: loaded.places.photos, logger: logger.child(name) });
    await capture({ session, camera, usesKeys: mode === 'keys' });
    report(session, options.json === true);
  } finally {
    await detector?.stop();
  }
}

function cameraOf({ config }: LoadedConfig, wanted: string | undefined) {
  const names = Object.keys(config.cameras);
  const name = wanted ?? names[0]!;
  if (!Object.hasOwn(config.cameras, name)) {
    throw new ConfigError(`There is no camera ${name} under cameras (${names.join(', ')}).`, {
      remedy: 'Name one of them with --camera.',
    });
  }
  return { name, config: config.cameras[name]! };
}

async function capture({
  session,
  camera,
  usesKeys,
}: {
  session: DatasetSession;
  camera: Camera;
  usesKeys: boolean;
}): Promise<void> {
  let inputEnded = false;
  const loop = new CaptureLoop({
    isWanted: () => session.isWanted(performance.now()),
    take: async (frame) => {
      await session.take(frame);
      if (session.isFull || (inputEnded && !session.hasPresses)) loop.end();
    },
    onSkip: ({ message }) => console.error(`goby: ${message}`),
  });
  const finish = (): void => loop.end();
  const stopKeys = usesKeys
    ? readKeys(
        process.stdin,
        (key) => {
          if (key === 'q') inputEnded = true;
          else if (!inputEnded) session.press(key);
          if (inputEnded && !session.hasPresses) loop.end();
          else loop.wake();
        },
        () => {
          inputEnded = true;
          if (!session.hasPresses) loop.end();
        },
      )
    : () => undefined;
  process.once('SIGINT', finish);
  process.once('SIGTERM', finish);
  if (session.isFull) loop.end();
  camera.start({ onFrame: (frame) => loop.offer(frame), onStatus: (status) => tellStatus(status, loop) });
  try {
    await loop.ended;
  } finally {
    stopKeys();
    process.off('SIGINT', finish);
    process.off('SIGTERM', finish);
    await camera.stop();
  }
}

function tellStatus({ state, detail }: CameraStatus, loop: CaptureLoop): void {
  if (state === 'ended') loop.endAfterNewest();
  if (state === 'reconnecting' || state === 'ended') console.error(`goby: ${detail}`);
}

/** In place on a terminal, a line each elsewhere. */
function show(line: string): void {
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[2K${line}` : `${line}\n`);
}

function report(session: DatasetSession, json: boolean): void {
  if (process.stderr.isTTY) process.stderr.write('\n');
  const counts = session.counts();
  if (json) console.log(JSON.stringify(counts, undefined, 2));
  else {
    const rows = counts.map(({ class: name, photos, taken, alike }) => [name, photos, taken, alike]);
    console.log(table(['class', 'photos', 'taken now', 'left out as nearly the same'], rows));
  }
}

function commaList(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function stderrLogger(): Logger {
  return createLogger({
    part: 'capture',
    threshold: { level: 'warn' },
    format: 'text',
    write: (line) => process.stderr.write(`${line}\n`),
  });
}
