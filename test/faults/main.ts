/**
 * `npm run test:faults`: every fault, often, and a table of what became of the events.
 * `npm run test:faults -- broker-killed --times 5 --json`
 */
import { parseArgs } from 'node:util';
import { startProgress } from '../../src/terminal/progress.ts';
import { table } from '../../src/terminal/table.ts';
import { agentFaults } from './agent-faults.ts';
import { type Fault, outboxFaults } from './outbox-faults.ts';
import { type FaultResult, isGood } from './result.ts';
import { smallDiskProblem } from './small-disk.ts';

const faults: Readonly<Record<string, Fault>> = { ...outboxFaults, ...agentFaults };
/** As the issue asks for; the others fewer, since each takes seconds. */
const often: Readonly<Record<string, number>> = { 'broker-killed': 100, 'process-killed': 100 };
const otherTimes = 10;
/** What the issue asks for, on a machine that does nothing else. */
const longestRecoveryMs = 3000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { times: { type: 'string' }, json: { type: 'boolean', default: false } },
});
const unknown = positionals.filter((name) => !Object.hasOwn(faults, name));
if (unknown.length > 0 || (values.times !== undefined && !/^[1-9]\d{0,4}$/.test(values.times))) {
  console.error(`Usage: npm run test:faults -- [${Object.keys(faults).join(' | ')}]... [--times COUNT] [--json]`);
  process.exit(64);
}

const results: FaultResult[] = [];
const failures: string[] = [];
const unmountable = smallDiskProblem();
for (const name of positionals.length > 0 ? positionals : Object.keys(faults)) {
  if (name.endsWith('disk-full') && unmountable !== undefined) {
    console.error(`${name} is left out: ${unmountable}`);
    continue;
  }
  const times = Number(values.times ?? often[name] ?? otherTimes);
  const progress = startProgress(name, times);
  try {
    results.push(await faults[name]!(times, (done) => progress.update(done)));
  } catch (error) {
    // Hours may have gone into the others: their rows are printed all the same.
    failures.push(`${name} came to no end: ${(error as Error).stack}`);
  }
  progress.end();
}
if (values.json) console.log(JSON.stringify(results, undefined, 2));
else {
  const rows = results.map((row) => [
    row.fault,
    row.times,
    row.sent,
    row.received,
    row.lost,
    row.reordered,
    row.unmarked,
    seconds(row.worstNoticedMs),
    seconds(row.worstRecoveryMs),
    row.outputs,
  ]);
  const header = ['fault', 'times', 'sent', 'received', 'lost', 'reordered', 'unmarked', 'noticed', 'back', 'outputs'];
  console.log(table(header, rows));
}
for (const failure of failures) console.error(failure);
const isDone = failures.length === 0 && results.every((row) => isGood(row) && isQuick(row));
process.exit(isDone ? 0 : 1);

function isQuick({ worstRecoveryMs = 0 }: FaultResult): boolean {
  return worstRecoveryMs < longestRecoveryMs;
}

/** The worst of all times. */
function seconds(ms: number | undefined): string {
  return ms === undefined ? '-' : `${(ms / 1000).toFixed(2)} s`;
}
