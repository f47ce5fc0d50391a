/** The appended post-processing: refusals, and boxes that come out where the anchors say. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { InputError } from '../../../src/errors.ts';
import { convertGraph } from '../../../src/workshop/convert/convert-graph.ts';
import { anchorCentres } from '../../../src/workshop/convert/detection-post-process.ts';
import { readSource } from '../../../src/workshop/convert/sources/read-source.ts';
import { testRequiring } from '../../requiring.ts';
import { createEngine, runModel } from './run-model.ts';
import { TinyGraph } from './tiny-graph.ts';

let folder: string;
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'goby-detections-'));
});
test.after.always(() => rm(folder, { recursive: true, force: true }));

/** Two anchors, two classes and background; the input [1,14] holds 8 box encodings and then 6 scores. */
function detector(): TinyGraph {
  const graph = new TinyGraph();
  graph.input('x', [1, 14]);
  graph.node('boxes/part', 'Slice', ['x', graph.integers('b0', [0, 0]), graph.integers('b1', [1, 8])]);
  graph.node('boxes', 'Reshape', ['boxes/part', graph.integers('bs', [1, 2, 4])]);
  graph.node('scores/part', 'Slice', ['x', graph.integers('s0', [0, 8]), graph.integers('s1', [1, 6])]);
  graph.node('scores', 'Reshape', ['scores/part', graph.integers('ss', [1, 2, 3])]);
  graph.node('anchors', 'Identity', [graph.floats('grid', [1, 2, 4], [0, 0, 0.5, 0.5, 0.5, 0.5, 1, 1])]);
  return graph;
}

test('anchors become centres and sizes', (t) => {
  t.deepEqual(Array.from(anchorCentres(Float32Array.of(0, 0.25, 0.5, 1))), [0.25, 0.625, 0.5, 0.75]);
});

test('outputs that are no boxes and scores are refused with their shapes', async (t) => {
  const def = await readSource(await detector().write(join(folder, 'wrong')));
  await t.throwsAsync(convertGraph(def, { cut: { outputs: ['scores', 'boxes'] }, detections: { maxDetections: 20 } }), {
    instanceOf: InputError,
    message: /wants boxes \[1, 2, 4\] and scores \[1, 2, 4\], and the graph gives \[1, 2, 3\] and \[1, 2, 4\]/,
  });
  await t.throwsAsync(
    convertGraph(def, { cut: { outputs: ['boxes', 'scores'] }, detections: { maxDetections: 20, anchors: 'bs' } }),
    { instanceOf: InputError, message: /has no anchors \[2, 4\] named bs/ },
  );
});

testRequiring([{ kind: 'runtime' }], 'boxes are decoded by their anchors, best first', async (t) => {
  const def = await readSource(await detector().write(join(folder, 'right')));
  const request = { cut: { outputs: ['boxes', 'scores'] }, detections: { maxDetections: 20 } } as const;
  const { model } = await convertGraph(def, request);
  // The first anchor as it is, class 1; the second moved by half its height down, class 0.
  const input = Float32Array.of(0, 0, 0, 0, 5, 0, 0, 0, 0.1, 0.2, 0.7, 0.1, 0.9, 0.05);
  const engine = createEngine();
  try {
    const { outputs } = await runModel(engine, folder, model, new Uint8Array(input.buffer));
    const [boxes, classes, scores, count] = outputs;
    const rounded = (values: Float32Array, digits: number) => Array.from(values, (one) => Number(one.toFixed(digits)));
    t.true(count![0]! >= 2);
    t.deepEqual(rounded(scores!.subarray(0, 2), 3), [0.9, 0.7]);
    t.deepEqual(Array.from(classes!.subarray(0, 2)), [0, 1]);
    t.deepEqual(rounded(boxes!.subarray(0, 8), 4), [0.75, 0.5, 1.25, 1, 0, 0, 0.5, 0.5]);
  } finally {
    await engine.stop();
  }
});
