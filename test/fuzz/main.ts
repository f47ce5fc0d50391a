/**
 * `npm run fuzz`: mutated inputs for everything that takes what strangers write.
 * `npm run fuzz -- jpeg outbox --inputs 100000 --seed 7 --json`
 * `npm run fuzz -- --keep` also keeps, in test/fixtures/fuzz, an input for each thing that can come of one.
 */
import { parseArgs } from 'node:util';
import { startProgress } from '../../src/terminal/progress.ts';
import { table } from '../../src/terminal/table.ts';
import { scoped } from '../faults/scope.ts';
import { Corpus } from './corpus.ts';
import { type FuzzReport, runTarget } from './run-target.ts';
import { fuzzTargets } from './targets.ts';

const defaultInputs = 15_000;
/** Each may end a process. */
const workerInputs = 1000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    inputs: { type: 'string' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});
const reports = await scoped(async (scope) => {
  const targets = await fuzzTargets(scope.folder());
  const names = positionals.length > 0 ? positionals : Object.keys(targets);
  const numbers = [values.inputs ?? '1', values.seed];
  if (names.some((name) => !Object.hasOwn(targets, name)) || !numbers.every((text) => /^\d{1,9}$/.test(text))) {
    console.error(
      `Usage: npm run fuzz -- [${Object.keys(targets).join(' | ')}]... [--inputs COUNT] [--seed N] [--keep] [--json]`,
    );
    process.exit(64);
  }
  const done: FuzzReport[] = [];
  for (const name of names) {
    const inputs = Number(values.inputs ?? (name === 'tflite-worker' ? workerInputs : defaultInputs));
    const progress = startProgress(name, inputs);
    const seed = Number(values.seed);
    const corpus = new Corpus(name);
    const report = await runTarget(name, targets[name]!, {
      inputs,
      seed,
      onProgress: (count) => progress.update(count),
      ...(values.keep ? { onOutcome: (outcome, input) => corpus.offer(outcome, input) } : {}),
    });
    if (values.keep) corpus.write();
    done.push(report);
    progress.end();
  }
  return done;
});
if (values.json) console.log(JSON.stringify(reports, undefined, 2));
else {
  const rows = reports.map(({ target, inputs, failed, slowestMs, growthBytes }) => [
    target,
    inputs,
    failed,
    slowestMs.toFixed(0),
    `${(growthBytes / 1e6).toFixed(1)} MB`,
  ]);
  console.log(table(['target', 'inputs', 'failed', 'slowest, ms', 'growth'], rows));
  for (const { target, failures } of reports)
    for (const { error, input } of failures) console.log(`\n${target}: ${error}\n${input}`);
}
process.exit(reports.every(({ failed }) => failed === 0) ? 0 : 1);
