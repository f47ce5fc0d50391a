/** `goby bench --regions` and `goby bench memory`: a real model and worker, as JSON and as a table. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import test from 'ava';
import { places, testRequiring } from '../../requiring.ts';

const model = ['--model', 'face-detection-short-range'];

function bench(...args: string[]) {
  const main = ['--import=tsx', join(places.root, 'src', 'main.ts'), 'bench'];
  return spawnSync(process.execPath, [...main, ...args], { cwd: places.root, encoding: 'utf8' });
}

testRequiring(
  [{ kind: 'runtime' }, { kind: 'samples' }],
  'frames that are looked at in parts are measured beside whole ones, JPEG and YUV420 apart',
  (t) => {
    t.timeout(300_000);
    const { status, stdout, stderr } = bench(
      ...model,
      '--count',
      '10',
      '--size',
      '320x240',
      '--regions',
      '2',
      '--json',
    );
    t.is(status, 0, stderr);
    const [{ latency, inRegions }] = JSON.parse(stdout).results;
    for (const format of ['jpeg', 'yuv420']) {
      const { pipeline, p95Ratio, latency: found } = inRegions[format];
      t.is(p95Ratio, found.overheadMs.p95 / latency[format].overheadMs.p95);
      t.true(pipeline.framesPerSecond > 0 && pipeline.share > 0 && pipeline.share <= 1.5);
    }
  },
);

testRequiring(
  [{ kind: 'runtime' }, { kind: 'samples' }],
  'memory of agent and worker, each kind of frame in processes of its own',
  (t) => {
    t.timeout(300_000);
    const options = [...model, '--size', '320x240', '--frames', '10'];
    const { status, stdout, stderr } = bench('memory', ...options, '--regions', '0', '--json');
    t.is(status, 0, stderr);
    const { measured } = JSON.parse(stdout);
    const runs = measured.map(({ format, regions }: { format: string; regions: number }) => `${format} ${regions}`);
    t.deepEqual(runs, ['yuv420 0', 'jpeg 0']);
    // Node, a worker and a library alone are more than fifty megabytes.
    for (const { memoryBytes } of measured) t.true(memoryBytes > 50e6 && memoryBytes < 1e9);
    const parts = bench('memory', ...options, '--only', 'yuv420', '--regions', '2');
    t.true(JSON.parse(parts.stdout).memoryBytes > 50e6);
    const failed = bench('memory', '--model', 'no-such-model', '--frames', '10');
    t.not(failed.status, 0);
    t.regex(failed.stderr, /no-such-model/);
    t.notRegex(failed.stderr, / at .*\.ts/);
  },
);

test('a size of an odd number is refused with an example', (t) => {
  t.regex(bench('memory', '--size', '321x240').stderr, /expected even numbers from 64 to 4096, such as 1280x720/);
});
