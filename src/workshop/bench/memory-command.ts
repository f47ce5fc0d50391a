/** `goby bench memory`: what agent and worker take after so many frames, each kind of frame in processes of its own. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Command, Option } from 'commander';
import { addConfigOptions, type ConfigOptions, configFrom } from '../../config/config-options.ts';
import { GobyError } from '../../errors.ts';
import { hasEdgetpu, openEngine } from '../../flow/infer/open-engine.ts';
import { silentLogger } from '../../logger.ts';
import { resolveModel } from '../../models/resolve.ts';
import { wholeOption } from '../../terminal/number-options.ts';
import { startProgress } from '../../terminal/progress.ts';
import { table } from '../../terminal/table.ts';
import { measureFrameLatency, type Picture } from './frame-latency.ts';
import { type FrameSize, parseSize } from './frame-size.ts';
import { describeMachine, machineLine } from './machine.ts';
import { jpegPicture, readPhotos } from './photos.ts';
import { yuvPicture } from './yuv-frames.ts';

const formats = ['yuv420', 'jpeg'] as const;
type Format = (typeof formats)[number];

interface MemoryOptions extends ConfigOptions {
  readonly model: string;
  readonly size: FrameSize;
  readonly regions: number;
  readonly frames: number;
  readonly photos?: string;
  /** Measured in this very process: what the command starts itself with. */
  readonly only?: Format;
  readonly json?: boolean;
}

/** So many pictures are shown in turn: a camera has about as many buffers. */
const mostPictures = 4;

export function benchMemoryCommand(): Command {
  return addConfigOptions(new Command('memory'))
    .description('measure the memory of agent and worker (proportional set size), with regions and without')
    .option('--model <model>', 'catalog name, name of models.own or path of a .tflite file', 'default')
    .option('--size <width>x<height>', 'size of the frames', parseSize, { widthPx: 1280, heightPx: 720 })
    .option(
      '--regions <count>',
      'parts of a frame that are looked at; 0: all of it once',
      wholeOption('--regions', 0, 32),
      4,
    )
    .option('--frames <count>', 'frames before memory is read', wholeOption('--frames', 10, 1_000_000), 500)
    .option('--photos <folder>', 'photos to use as frames (default: the sample photos)')
    .addOption(new Option('--only <format>', 'one measurement, in this process').choices([...formats]))
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  goby bench memory --size 1920x1080')
    .action((options: MemoryOptions) =>
      options.only === undefined ? benchAll(options) : benchOne(options, options.only),
    );
}

async function benchOne(options: MemoryOptions, format: Format): Promise<void> {
  const loaded = configFrom(options);
  const { config, places } = loaded;
  const { size, regions, frames } = options;
  const photos = await readPhotos(options.photos ?? places.photos, size.widthPx, size.heightPx, mostPictures);
  const pictures =
    format === 'jpeg' ? photos.map((bytes) => jpegPicture(bytes, size)) : await yuvPictures(photos, size);
  const model = await resolveModel({
    name: options.model,
    config: config.models,
    places,
    edgetpu: hasEdgetpu(config.infer),
  });
  const engine = openEngine(loaded, silentLogger);
  try {
    const measured = await measureFrameLatency({
      ...{ model, loaded: await engine.load(model.pair), engine, pictures, count: frames },
      regions: regions === 0 ? undefined : regions,
      onProgress: () => undefined,
    });
    console.log(JSON.stringify({ memoryBytes: measured.memoryBytes }));
  } finally {
    await engine.stop();
  }
}

async function yuvPictures(photos: readonly Uint8Array[], { widthPx, heightPx }: FrameSize): Promise<Picture[]> {
  const pictures: Picture[] = [];
  for (const photo of photos) pictures.push(await yuvPicture(photo, widthPx, heightPx));
  return pictures;
}

async function benchAll(options: MemoryOptions): Promise<void> {
  const { size, regions, frames, json = false } = options;
  const runs = formats.flatMap((format) => [...new Set([regions, 0])].map((count) => ({ format, count })));
  const progress = startProgress('memory', runs.length);
  const measured: { format: Format; regions: number; memoryBytes: number }[] = [];
  for (const { format, count } of runs) {
    measured.push({ format, regions: count, memoryBytes: await apart(['--only', format, '--regions', String(count)]) });
    progress.update(measured.length);
  }
  progress.end();
  const machine = describeMachine();
  if (json) {
    console.log(JSON.stringify({ machine, frame: size, frames, measured }, undefined, 2));
    return;
  }
  console.log(
    `${machineLine(machine)}\n${size.widthPx}x${size.heightPx}, after ${frames} frames: gate, ${options.model}, tracker, snapshots, MQTT\n`,
  );
  const rows = measured.map(({ format, regions: count, memoryBytes }) => [
    format === 'jpeg' ? 'JPEG' : 'YUV420',
    count === 0 ? 'whole frame' : `${count} regions`,
    `${(memoryBytes / 1e6).toFixed(1)} MB`,
  ]);
  console.log(table(['frames', 'looked at', 'agent and worker'], rows));
}

/** Behind the last option of this call: the later one counts. @returns bytes */
async function apart(options: readonly string[]): Promise<number> {
  const [script, ...rest] = process.argv.slice(1);
  const args = [...process.execArgv, script!, ...rest, ...options];
  const { stdout } = await promisify(execFile)(process.execPath, args).catch((error: { stderr?: string }) => {
    throw new GobyError(`A process that was to be measured failed: ${error.stderr?.trim().split('\n').at(-1) ?? ''}`);
  });
  return (JSON.parse(stdout) as { memoryBytes: number }).memoryBytes;
}
