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
const node: Node = { kind: 'unary', operation: 'ABS', name: 'sum', inputs: [pixels], output: sum };
const graph: Graph = { inputs: [pixels], nodes: [node], outputs: [sum], outputNames: ['sum'] };
const measured: Calibration = {
  ranges: new Map([[sum, { low: -1.23456789, high: 98765.4321 }]]),
  means: new Map([[pixels, Float64Array.of(0.1, -3.0000001, 1e-20)]]),
};
const source = 'calibration.json';

test('what is kept is given back to the bit, and to within what it was rounded by', (t) => {
  const kept = rounded(measured);
  t.deepEqual(readCalibration(graph, calibrationText(kept), source), kept);
  t.deepEqual(rounded(kept), kept);
  t.deepEqual(kept.ranges.get(sum), measured.ranges.get(sum));
  t.deepEqual([...kept.means.get(pixels)!], [...measured.means.get(pixels)!].map(Math.fround));
});

test('another graph, and what is no calibration, are refused in a sentence', (t) => {
  const text = calibrationText(rounded(measured));
  const other = (change: Partial<Graph>, message: RegExp) =>
    t.throws(() => readCalibration({ ...graph, ...change }, text, source), { instanceOf: InputError, message });
  other(
    { nodes: [{ ...node, output: value('total', 3) }] },
    /calibration\.json is .* another graph: .* no range of total/,
  );
  other({ inputs: [value('pixels', 1)] }, /means of 3 channels of pixels, which has 1/);
  for (const wrong of ['', '[]', '{"version":2}', text.replace('-1.23456789', '1'), text.replace('"low"', '"least"')])
    t.throws(() => readCalibration(graph, wrong, source), {
      instanceOf: InputError,
      message: /json is no calibration/,
    });
});

test('a file that is not there is named', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'goby-calibration-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const file = join(folder, 'kept.json');
  await t.throwsAsync(openCalibration(file), { instanceOf: InputError, message: /kept\.json can't be read/ });
  await writeFile(file, calibrationText(rounded(measured)));
  t.deepEqual((await openCalibration(file))(graph), rounded(measured));
});
