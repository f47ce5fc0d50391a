/** A calibration as a file: what it gives back, and what is refused. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { InputError } from '../../../src/errors.ts';
import type { Graph, Node, Value } from '../../../src/workshop/convert/graph.ts';
import type { Calibration } from '../../../src/workshop/convert/quantize/calibrate.ts';
import {
  calibrationText,
  openCalibration,
  readCalibration,
  rounded,
} from '../../../src/workshop/convert/quantize/kept-calibration.ts';

const value = (name: string, channels: number): Value => ({ name, shape: [1, channels] });
const [pixels, sum] = [value('pixels', 3), value('sum', 3)];
const one: Value = { ...value('one', 3), data: Float32Array.of(1, 1, 1) };
const node: Node = {
  kind: 'binary',
  operation: 'ADD',
  activation: 'NONE',
  name: 'sum',
  inputs: [pixels, one],
  output: sum,
};
const graph: Graph = { inputs: [pixels], nodes: [node], outputs: [sum], outputNames: ['sum'] };
const of = { graph, inputRange: { low: -1, high: 1 } };
const measured: Calibration = {
  ranges: new Map([[sum, { low: -1.23456789, high: 98765.4321 }]]),
  means: new Map([[pixels, Float64Array.of(0.1, -3.0000001, 1e-20)]]),
};
const source = 'calibration.json';

test('what is kept is given back to the bit, and to within what it was rounded by', (t) => {
  const kept = rounded(measured);
  t.deepEqual(readCalibration(of, calibrationText(kept, of), source), kept);
  t.deepEqual(rounded(kept), kept);
  t.deepEqual(kept.ranges.get(sum), measured.ranges.get(sum));
  t.deepEqual([...kept.means.get(pixels)!], [...measured.means.get(pixels)!].map(Math.fround));
});

test('another graph, and what is no calibration, are refused in a sentence', (t) => {
  const text = calibrationText(rounded(measured), of);
  const other = (change: Partial<Graph>, message: RegExp) =>
    t.throws(() => readCalibration({ ...of, graph: { ...graph, ...change } }, text, source), {
      instanceOf: InputError,
      message,
    });
  other(
    { nodes: [{ ...node, output: value('total', 3) }] },
    /calibration\.json is .* another graph: .* no range of total/,
  );
  other({ inputs: [value('pixels', 1)] }, /means of 3 channels of pixels, which has 1/);
  const two = { ...one, data: Float32Array.of(1, 1, 2) };
  other({ nodes: [{ ...node, inputs: [pixels, two] }] }, /other weights/);
  other({ nodes: [{ ...node, activation: 'RELU' }] }, /other weights/);
  t.throws(() => readCalibration({ ...of, inputRange: { low: 0, high: 1 } }, text, source), {
    message: /range of pixels/,
  });
  for (const wrong of ['', '[]', '{"version":2}', text.replace('-1.23456789', '1'), text.replace('"low"', '"least"')])
    t.throws(() => readCalibration(of, wrong, source), {
      instanceOf: InputError,
      message: /json is no calibration/,
    });
});

test('a file that is not there is named', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'goby-calibration-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const file = join(folder, 'kept.json');
  await t.throwsAsync(openCalibration(file), { instanceOf: InputError, message: /kept\.json can't be read/ });
  await writeFile(file, calibrationText(rounded(measured), of));
  t.deepEqual((await openCalibration(file))(of), rounded(measured));
});
