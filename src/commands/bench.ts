/** `goby bench`: what this machine does, as a table and as JSON. Compare ratios of one run, not times of two. */
import { Command } from 'commander';
import { addConfigOptions, type ConfigOptions, configFrom } from '../config/config-options.ts';
import type { Engine } from '../flow/infer/engine.ts';
import { hasEdgetpu, openEngine } from '../flow/infer/open-engine.ts';
import { silentLogger } from '../logger.ts';
import type { Model } from '../models/model.ts';
import { resolveModel } from '../models/resolve.ts';
import { wholeOption } from '../terminal/number-options.ts';
import { startProgress } from '../terminal/progress.ts';
import { table } from '../terminal/table.ts';
import { type BothWays, measureBothWays } from '../workshop/bench/both-ways.ts';
import { benchFarCommand } from '../workshop/bench/far.ts';
import type { FrameLatency, Picture } from '../workshop/bench/frame-latency.ts';
import { type FrameSize, parseSize } from '../workshop/bench/frame-size.ts';
import { describeMachine, machineLine } from '../workshop/bench/machine.ts';
import { proportionalSetBytes } from '../workshop/bench/memory.ts';
import { benchMemoryCommand } from '../workshop/bench/memory-command.ts';
import { benchMotionCommand } from '../workshop/bench/motion.ts';
import { measureOutbox, type OutboxBench } from '../workshop/bench/outbox-throughput.ts';
import { benchPageCommand } from '../workshop/bench/page.ts';
import { jpegPicture, readPhotos } from '../workshop/bench/photos.ts';
import { measurePipeline, type PipelineBench } from '../workshop/bench/pipeline-throughput.ts';
import type { Summary } from '../workshop/bench/samples.ts';
import { benchTrackingCommand } from '../workshop/bench/tracking.ts';
import { measureWorkerOverhead, type WorkerOverhead } from '../workshop/bench/worker-overhead.ts';
import { yuvPicture } from '../workshop/bench/yuv-frames.ts';

interface BenchOptions extends ConfigOptions {
  readonly model: readonly string[];
  readonly count: number;
  readonly memoryFrames: number;
  readonly photos?: string;
  readonly outbox?: boolean;
  readonly regions?: number;
  readonly size: FrameSize;
  readonly json?: boolean;
}

interface ModelBench {
  readonly model: string;
  readonly sha256: string;
  readonly backend: string;
  readonly worker: WorkerOverhead;
  readonly pipeline: PipelineBench;
  /** By the format of the frames: without inference, from the frame's last byte to its messages at MQTT. */
  readonly latency: Readonly<Record<'jpeg' | 'yuv420', FrameLatency>>;
  /** The same for frames of which parts are looked at. */
  readonly inRegions?: Readonly<Record<'jpeg' | 'yuv420', InRegions>>;
  readonly memory?: MemoryBench;
}

interface InRegions {
  readonly latency: FrameLatency;
  readonly pipeline: PipelineBench;
  /** p95 of everything but inference, by that of frames that are looked at whole. */
  readonly p95Ratio: number;
}

/** Agent and worker together, proportional set size. */
interface MemoryBench {
  readonly bytes: number;
  readonly fromFrame: number;
  readonly toFrame: number;
  readonly growthBytes: number;
}

/** Frames before memory is taken as settled. */
const settledFrames = 1000;
const outboxEvents = 30_000;

export function benchCommand(): Command {
  return (
    addConfigOptions(new Command('bench'))
      .description('measure this machine: worker overhead, pipeline throughput, memory')
      .option(
        '--model <model>',
        'catalog name, name of models.own or path of a .tflite file; repeatable (default: the default model)',
        (value: string, before: readonly string[]) => [...before, value],
        [],
      )
      .option('--count <count>', 'inferences per measurement', wholeOption('--count', 10, 1_000_000), 300)
      .option(
        '--memory-frames <count>',
        `frames through the pipeline for the growth of memory; 0: not measured, else over ${settledFrames}`,
        wholeOption('--memory-frames', 0, 10_000_000),
        0,
      )
      .option('--photos <folder>', 'photos to use as frames (default: the sample photos)')
      .option('--size <width>x<height>', 'size of the frames', parseSize, { widthPx: 640, heightPx: 480 })
      .option(
        '--regions <count>',
        'also measure frames of which so many parts are looked at, beside those that are looked at whole',
        wholeOption('--regions', 1, 32),
      )
      .option('--outbox', `measure instead how fast ${outboxEvents} events are made durable, and drained to a broker`)
      .option('--json', 'print JSON')
      .addHelpText(
        'after',
        '\nExample:\n  goby bench --model tf2_mobilenet_v2_1.0_224_ptq --memory-frames 10000 --json',
      )
      .action((options: BenchOptions) => (options.outbox ? benchOutbox(options) : bench(options)))
      // Options behind the name of a subcommand are its own.
      .enablePositionalOptions()
      .addCommand(benchTrackingCommand())
      .addCommand(benchMotionCommand())
      .addCommand(benchFarCommand())
      .addCommand(benchMemoryCommand())
      .addCommand(benchPageCommand())
  );
}

async function benchOutbox(options: BenchOptions): Promise<void> {
  const { config, places } = configFrom(options);
  const machine = describeMachine();
  const result = await withProgress('outbox', outboxEvents, (onProgress) =>
    measureOutbox({ config, stateDir: places.stateDir, events: outboxEvents, onProgress }),
  );
  if (options.json) console.log(JSON.stringify({ machine, outbox: result }, undefined, 2));
  else console.log(`${machineLine(machine)}\n${result.events} events\n\n${outboxTable(result)}`);
}

function outboxTable({ durablePerSecond, syncIntervalMs, broker, drainedPerSecond, lost }: OutboxBench): string {
  return table(
    ['measured', 'events a second'],
    [
      [`made durable, synced every ${syncIntervalMs} ms`, durablePerSecond.toFixed(0)],
      [`drained to ${broker} on loopback`, drainedPerSecond.toFixed(0)],
      ['lost', lost.toFixed(0)],
    ],
  );
}

async function bench(options: BenchOptions): Promise<void> {
  const loaded = configFrom(options);
  const { config, places } = loaded;
  const names = options.model.length > 0 ? options.model : ['default'];
  const { widthPx, heightPx } = options.size;
  const photos = await readPhotos(options.photos ?? places.photos, widthPx, heightPx);
  const edgetpu = hasEdgetpu(config.infer);
  const machine = describeMachine();
  const results: ModelBench[] = [];
  for (const name of names) {
    const model = await resolveModel({ name, config: config.models, places, edgetpu });
    const engine = openEngine(loaded, silentLogger);
    try {
      results.push(await benchModel({ model, engine, photos, options }));
    } finally {
      await engine.stop();
    }
  }
  if (options.json) {
    console.log(
      JSON.stringify(
        { machine, threads: config.infer.threads, frame: `${widthPx}x${heightPx} JPEG`, results },
        undefined,
        2,
      ),
    );
    return;
  }
  console.log(machineLine(machine));
  console.log(
    `infer.threads ${config.infer.threads}, ${options.count} inferences, ${widthPx}x${heightPx} JPEG frames\n`,
  );
  console.log(resultTable(results));
}

async function benchModel(input: {
  model: Model;
  engine: Engine;
  photos: readonly Uint8Array[];
  options: BenchOptions;
}): Promise<ModelBench> {
  const { model, engine, photos, options } = input;
  const { widthPx, heightPx } = options.size;
  const loaded = await engine.load(model.pair);
  const worker = await withProgress(`${model.name}: worker`, options.count, (onProgress) =>
    measureWorkerOverhead(engine, loaded, { count: options.count, onProgress }),
  );
  const jpegs = photos.map((bytes) => jpegPicture(bytes, options.size));
  const run = (count: number, title: string, pictures = jpegs, regions?: number) =>
    withProgress(`${model.name}: ${title}`, count, (onProgress) =>
      measurePipeline({ model, loaded, engine, pictures, regions, count, onProgress }),
    );
  const pipeline = await run(options.count, 'pipeline');
  const yuvs = await Promise.all(photos.map((bytes) => yuvPicture(bytes, widthPx, heightPx)));
  const { memoryFrames, regions } = options;
  const bothWays = (pictures: Picture[], title: string) =>
    withProgress(`${model.name}: ${title} to MQTT`, options.count, (onProgress) =>
      measureBothWays({ model, loaded, engine, pictures, count: options.count, regions, onProgress }),
    );
  const ways = { jpeg: await bothWays(jpegs, 'JPEG'), yuv420: await bothWays(yuvs, 'YUV420') };
  const latency = { jpeg: ways.jpeg.whole, yuv420: ways.yuv420.whole };
  const inRegionsOf = async (pictures: Picture[], title: string, { whole, inParts }: BothWays, count: number) => ({
    latency: inParts!,
    pipeline: await run(Math.ceil(options.count / count), `${title} in regions, pipeline`, pictures, count),
    p95Ratio: inParts!.overheadMs.p95 / whole.overheadMs.p95,
  });
  const inRegions =
    regions === undefined
      ? undefined
      : {
          jpeg: await inRegionsOf(jpegs, 'JPEG', ways.jpeg, regions),
          yuv420: await inRegionsOf(yuvs, 'YUV420', ways.yuv420, regions),
        };
  let memory: MemoryBench | undefined;
  if (memoryFrames > settledFrames) {
    await run(settledFrames, `memory, first ${settledFrames} frames`);
    const before = await proportionalSetBytes();
    await run(memoryFrames - settledFrames, `memory, up to ${memoryFrames} frames`);
    const bytes = await proportionalSetBytes();
    memory = { bytes, fromFrame: settledFrames, toFrame: memoryFrames, growthBytes: bytes - before };
  }
  return {
    model: model.name,
    sha256: loaded.sha256,
    backend: loaded.backend,
    worker,
    pipeline,
    latency,
    ...(inRegions ? { inRegions } : {}),
    ...(memory ? { memory } : {}),
  };
}

async function withProgress<Result>(
  title: string,
  total: number,
  work: (onProgress: (done: number) => void) => Promise<Result>,
): Promise<Result> {
  const progress = startProgress(title, total);
  try {
    return await work((done) => progress.update(done));
  } finally {
    progress.end();
  }
}

function resultTable(results: readonly ModelBench[]): string {
  const ms = ({ median, p95 }: Summary) => `${median.toFixed(2)} / ${p95.toFixed(2)}`;
  const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  return results
    .map(({ model, sha256, backend, worker, pipeline, latency, inRegions, memory }) =>
      [
        `${model}  sha256 ${sha256.slice(0, 12)}  ${backend}`,
        table(
          ['measured', 'median / p95'],
          [
            ['bare Invoke, ms', ms(worker.invokeMs)],
            [`worker round trip, ${worker.inputBytes} bytes in, ms`, ms(worker.roundTripMs)],
            ['worker round trip above Invoke, ms', ms(worker.overheadMs)],
            ['decode and resize, ms', ms(pipeline.preprocessMs)],
            ['pipeline, frames a second', pipeline.framesPerSecond.toFixed(1)],
            ['pipeline against 1 / Invoke', pipeline.share.toFixed(3)],
            ['frame to MQTT without inference, JPEG, ms', ms(latency.jpeg.overheadMs)],
            ['frame to MQTT without inference, YUV420, ms', ms(latency.yuv420.overheadMs)],
            ...(inRegions
              ? (['jpeg', 'yuv420'] as const).flatMap((format) => {
                  const { latency: found, pipeline: through, p95Ratio } = inRegions[format];
                  const name = format === 'jpeg' ? 'JPEG' : 'YUV420';
                  return [
                    [`in regions, ${name}: without inference, ms`, ms(found.overheadMs)],
                    [`in regions, ${name}: its p95 by that of whole frames`, p95Ratio.toFixed(2)],
                    [`in regions, ${name}: pipeline, frames a second`, through.framesPerSecond.toFixed(1)],
                    [`in regions, ${name}: pipeline against 1 / (inferences x Invoke)`, through.share.toFixed(3)],
                  ];
                })
              : []),
            ...(memory
              ? [
                  ['memory of agent and worker (PSS)', mb(memory.bytes)],
                  [`growth from frame ${memory.fromFrame} to ${memory.toFrame}`, mb(memory.growthBytes)],
                ]
              : []),
          ],
        ),
      ].join('\n'),
    )
    .join('\n\n');
}
