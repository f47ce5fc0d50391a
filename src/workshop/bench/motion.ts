/** `goby bench motion`: does the motion gate open in time, and what does it save? */
import { Command } from 'commander';
import { configSchema } from '../../config/schema.ts';
import { wholeOption } from '../../terminal/number-options.ts';
import { startProgress } from '../../terminal/progress.ts';
import { table } from '../../terminal/table.ts';
import { readCocoSet } from '../evaluate/coco-annotations.ts';
import { describeMachine } from './machine.ts';
import type { Summary } from './samples.ts';
import { type GatedInferences, measureMotion } from './sequences/measure-motion.ts';
import { cutOutsOf } from './sequences/scene.ts';

interface MotionOptions {
  readonly coco: string;
  readonly seed: number;
  readonly scenes: number;
  readonly json?: boolean;
}

const framesPerSecond = 5;
const seconds = 60;

export function benchMotionCommand(): Command {
  return new Command('motion')
    .description('measure the motion gate on rendered scenes: entries seen in time, inferences saved')
    .requiredOption('--coco <folder>', 'folder with images/ and instances.json')
    .option('--seed <number>', 'seed of the first scene', wholeOption('--seed', 0, 1_000_000_000), 1)
    .option(
      '--scenes <count>',
      `scenes of ${seconds} s, each with and without people`,
      wholeOption('--scenes', 1, 1000),
      30,
    )
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  goby bench motion --coco coco80')
    .action(benchMotion);
}

async function benchMotion({ coco, seed, scenes, json = false }: MotionOptions): Promise<void> {
  const set = await readCocoSet(coco);
  const cutOuts = cutOutsOf(set);
  const config = configSchema.parse({}).cameras['camera']!.motion;
  const progress = startProgress('scenes', scenes);
  let done = 0;
  const result = await measureMotion({
    set,
    cutOuts,
    seeds: Array.from({ length: scenes }, (_, at) => seed + at),
    framesPerSecond,
    seconds,
    config,
    onScene: () => progress.update(++done),
  });
  progress.end();
  const machine = describeMachine();
  if (json) {
    console.log(JSON.stringify({ machine, seeds: [seed, seed + scenes - 1], framesPerSecond, config, ...result }));
    return;
  }
  const savedRow = (title: string, { gated, ungated }: GatedInferences) => [
    title,
    share(ungated - gated, ungated),
    `${ungated} inferences`,
  ];
  const share = (part: number, whole: number) => (whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)} %`);
  console.log(
    `${machine.processor}, Node ${machine.node}; seeds ${seed} to ${seed + scenes - 1}, ${seconds} s each at ${framesPerSecond} frames a second, 640x480 JPEG\n`,
  );
  console.log(
    table(
      ['measured', 'share', 'of'],
      [
        ['entries seen within 1 s', share(result.seenInTime, result.entries), `${result.entries} entries`],
        ['entries into stillness', share(result.intoStillness, result.entries), `${result.entries} entries`],
        ['inferences saved, still scenes', share(result.saved, result.stillFrames), `${result.stillFrames} frames`],
        [
          'inferences saved, scenes with entries',
          share(result.savedWithEntries, result.framesWithEntries),
          `${result.framesWithEntries} frames`,
        ],
        savedRow('the same in regions, still scenes', result.inRegions.still),
        savedRow('the same in regions, scenes with entries', result.inRegions.withEntries),
      ],
    ),
  );
  const { judgeMs, decodeMs, idle } = result;
  const aMinute = (inferences: number) => ((60 * inferences) / Math.max(1, idle.seconds)).toFixed(1);
  console.log(
    `\nInferences a minute while idle: ${aMinute(idle.whole)} of whole frames, ${aMinute(idle.inRegions)} in regions`,
  );
  const ms = ({ median, p95 }: Summary) => `${median.toFixed(2)} ms median, ${p95.toFixed(2)} ms p95`;
  console.log(`\nOne verdict on a JPEG frame: ${ms(judgeMs)}; to decode it for a model of 300x300: ${ms(decodeMs)}`);
}
