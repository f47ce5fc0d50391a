#!/usr/bin/env node
/**
 * goby's worker against predict() of tfjs-tflite-node, the npm package with the same TensorFlow Lite library, on one model.
 * The package is installed in a folder of its own, outside the project: it compiles native code and is nothing a Pi should need.
 *
 *   node scripts/bench-tfjs-tflite.mjs MODEL.tflite [COUNT] [--json]
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const [model, count = '30'] = process.argv.slice(2).filter((argument) => argument !== '--json');
const json = process.argv.includes('--json');
if (model === undefined || !existsSync(model) || !(Number(count) >= 5)) {
  console.error('Usage: node scripts/bench-tfjs-tflite.mjs MODEL.tflite [COUNT, at least 5] [--json]');
  process.exit(64);
}

const packages = ['tfjs-tflite-node@0.0.2', '@tensorflow/tfjs-core@4.22.0', '@tensorflow/tfjs-backend-cpu@4.22.0'];
const folder = join(tmpdir(), 'goby-bench-tfjs-tflite');
if (!existsSync(join(folder, 'node_modules', 'tfjs-tflite-node', 'build', 'Release', 'node_tflite_binding.node'))) {
  console.error(`Installing ${packages.join(', ')} in ${folder} ...`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  const install = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...packages], {
    cwd: folder,
    stdio: ['ignore', 2, 2],
  });
  if (install.status !== 0) {
    console.error('npm could not install or compile them: the network, python3, make and g++ are needed.');
    process.exit(69);
  }
}

const predict = `
require('@tensorflow/tfjs-backend-cpu');
const tf = require('@tensorflow/tfjs-core');
const { loadTFLiteModel } = require('tfjs-tflite-node');
console.warn = () => undefined;
loadTFLiteModel(process.argv[1]).then((model) => {
  const input = tf.zeros(model.inputs[0].shape, model.inputs[0].dtype);
  const times = [];
  for (let index = -3; index < Number(process.argv[2]); index++) {
    const from = performance.now();
    const output = model.predict(input);
    for (const tensor of output instanceof tf.Tensor ? [output] : Object.values(output)) tensor.dataSync();
    if (index >= 0) times.push(performance.now() - from);
  }
  times.sort((a, b) => a - b);
  console.log(JSON.stringify({ median: times[Math.ceil(times.length / 2) - 1], p95: times[Math.ceil(times.length * 0.95) - 1] }));
});`;

/** The last line of a program's output, as JSON. */
function run(program, args, cwd) {
  const { stdout, status } = spawnSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  if (status !== 0) throw new Error(`${program} ${args[0]} ended with ${status}`);
  return stdout;
}

const path = resolve(model);
const root = fileURLToPath(new URL('..', import.meta.url));
const goby = ['scripts/goby.mjs', 'bench', '--model', path, '--count', String(Math.max(30, Number(count))), '--json'];
// In turns, so that a machine that slows down meanwhile is fair to both.
const rounds = [1, 2].map(() => ({
  tfjs: JSON.parse(run(process.execPath, ['-e', predict, path, count], folder).trim().split('\n').at(-1)),
  goby: JSON.parse(run(process.execPath, goby, root)),
}));
const best = (values) => Math.min(...values);
const tfjsMs = best(rounds.map(({ tfjs }) => tfjs.median));
const gobyMs = best(rounds.map((round) => round.goby.results[0].worker.roundTripMs.median));
const { machine, results } = rounds[0].goby;
const result = {
  machine,
  model: path,
  sha256: results[0].sha256,
  backend: results[0].backend,
  tfjsMs,
  gobyMs,
  ratio: tfjsMs / gobyMs,
};
if (json) console.log(JSON.stringify(result, undefined, 2));
else {
  console.log(
    `${machine.processor}, ${machine.cores} cores, Node ${machine.node}; sha256 ${result.sha256.slice(0, 12)}; median of the better of two rounds`,
  );
  console.log(`tfjs-tflite-node predict()    ${tfjsMs.toFixed(1)} ms`);
  console.log(`goby worker round trip        ${gobyMs.toFixed(1)} ms  (${result.backend})`);
  console.log(`ratio                         ${result.ratio.toFixed(1)}`);
}
