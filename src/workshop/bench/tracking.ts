/** `goby bench tracking`: does the tracker keep identities, and what does it cost? */
import { Command } from 'commander';
import { configSchema } from '../../config/schema.ts';
import { wholeOption } from '../../terminal/number-options.ts';
import { startProgress } from '../../terminal/progress.ts';
import { table } from '../../terminal/table.ts';
import { readCocoSet } from '../evaluate/coco-annotations.ts';
import { idf1, mota, type TrackingCounts } from '../evaluate/tracking-metrics.ts';
import { describeMachine } from './machine.ts';
import { measureTrackerTime } from './sequences/measure-tracker-time.ts';
import { measureTracking, type TrackingBench } from './sequences/measure-tracking.ts';
import { cutOutsOf } from './sequences/scene.ts';
import { usualErrors } from './sequences/simulated-detector.ts';

interface TrackingOptions {
  readonly coco: string;
  readonly seed: number;
  readonly sequences: number;
  readonly json?: boolean;
}

const frameRates = [3, 5, 15];
const seconds = 60;

export function benchTrackingCommand(): Command {
  return new Command('tracking')
    .description('measure the tracker on scenes composed from annotated photos: IDF1, MOTA, time')
    .requiredOption('--coco <folder>', 'folder with images/ and instances.json')
    .option('--seed <number>', 'seed of the first sequence', wholeOption('--seed', 0, 1_000_000_000), 1)
    .option('--sequences <count>', `sequences of ${seconds} s at each rate`, wholeOption('--sequences', 1, 10_000), 40)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExample:\n  goby bench tracking --coco coco80\n\nThe noise of the tracker was tuned on seeds from 1001 on; the default seeds were never used for it.',
    )
    .action(benchTracking);
}

async function benchTracking({ coco, seed, sequences, json = false }: TrackingOptions): Promise<void> {
  const set = await readCocoSet(coco);
  const cutOuts = cutOutsOf(set);
  const { holdMs, tracking } = configSchema.parse({}).cameras['camera']!;
  const seeds = Array.from({ length: sequences }, (_, at) => seed + at);
  const progress = startProgress('sequences', frameRates.length * sequences);
  let done = 0;
  const results = frameRates.map((framesPerSecond) =>
    measureTracking({
      set,
      cutOuts,
      seeds,
      framesPerSecond,
      seconds,
      errors: usualErrors,
      settings: { ...tracking, holdMs },
      onSequence: () => progress.update(++done),
    }),
  );
  progress.end();
  const time = measureTrackerTime();
  const machine = describeMachine();
  if (json) {
    const told = results.map((result) => ({
      ...result,
      tracker: figures(result.tracker),
      greedy: figures(result.greedy),
    }));
    console.log(JSON.stringify({ machine, seeds: [seeds[0], seeds.at(-1)], errors: usualErrors, results: told, time }));
    return;
  }
  console.log(
    `${machine.processor}, Node ${machine.node}; seeds ${seeds[0]} to ${seeds.at(-1)}, ${seconds} s each, ` +
      `${usualErrors.missed * 100} % missed, ${usualErrors.falseBoxes} false boxes a look\n`,
  );
  console.log(
    table(
      [
        'frames a second',
        'boxes',
        'IDF1',
        'MOTA',
        'switches',
        'greedy IDF1',
        'greedy MOTA',
        'greedy switches',
        'IDF1 above greedy',
      ],
      results.map(row),
    ),
  );
  const { median, p95 } = time.updateMs;
  console.log(`\nOne update for ${time.objects} objects: ${median.toFixed(3)} ms median, ${p95.toFixed(3)} ms p95`);
}

function row({ framesPerSecond, tracker, greedy }: TrackingBench): (string | number)[] {
  const own = figures(tracker);
  const other = figures(greedy);
  return [
    framesPerSecond,
    tracker.truths,
    own.idf1.toFixed(3),
    own.mota.toFixed(3),
    own.switches,
    other.idf1.toFixed(3),
    other.mota.toFixed(3),
    other.switches,
    (own.idf1 - other.idf1).toFixed(3),
  ];
}

function figures(counts: TrackingCounts): TrackingCounts & { readonly idf1: number; readonly mota: number } {
  return { idf1: idf1(counts), mota: mota(counts), ...counts };
}
