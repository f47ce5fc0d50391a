/** The appended post-processing: refusals, and boxes that come out where the anchors say. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { toObject } from 'flatbuffers/js/flexbuffers.js';
import { InputError } from '../../../src/errors.ts';
import type { TfliteModel } from '../../../src/models/tflite-file/tflite-model.ts';
import { convertGraph } from '../../../src/workshop/convert/convert-graph.ts';
import { anchorCentres } from '../../../src/workshop/convert/detection-post-process.ts';
import { readSource } from '../../../src/workshop/convert/sources/read-source.ts';
import { testRequiring } from '../../requiring.ts';
import { createEngine, runModel } from './run-model.ts';
import { flag, float, int, ints, TinyGraph, text } from './tiny-graph.ts';

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

/** A detector of a 2x2 grid whose anchors are worked out from the size of its features, as the object detection API does. */
function griddedDetector(): TinyGraph {
  const graph = new TinyGraph();
  graph.input('x', [1, 4, 4, 3]);
  graph.node('features', 'Conv2D', ['x', graph.floats('filter', [3, 3, 3, 7])], {
    strides: ints(1, 2, 2, 1),
    dilations: ints(1, 1, 1, 1),
    padding: text('SAME'),
  });
  graph.node('flat', 'Reshape', ['features', graph.integers('flat/shape', [1, -1, 7])]);
  graph.node('parts', 'SplitV', ['flat', graph.integers('sizes', [4, 3]), graph.integers('last', [2], [])], {
    num_split: int(2),
  });
  graph.node('boxes', 'Identity', ['parts']);
  graph.node('scores', 'Sigmoid', ['parts:1']);
  // Rows and columns of the grid.
  graph.node('shape', 'Shape', ['features']);
  const masks = { begin_mask: int(0), end_mask: int(0), ellipsis_mask: int(0), new_axis_mask: int(0) };
  const size = (name: string, at: number): string =>
    graph.node(
      name,
      'StridedSlice',
      [
        'shape',
        graph.integers(`${name}/b`, [at]),
        graph.integers(`${name}/e`, [at + 1]),
        graph.integers(`${name}/s`, [1]),
      ],
      { ...masks, shrink_axis_mask: int(1) },
    );
  const centres = (name: string, count: string): string => {
    graph.node(`${name}/range`, 'Range', [
      graph.integers(`${name}/0`, [0], []),
      count,
      graph.integers(`${name}/1`, [1], []),
    ]);
    graph.node(`${name}/float`, 'Cast', [`${name}/range`], { DstT: { type: 'DT_FLOAT' } });
    graph.node(`${name}/middle`, 'AddV2', [`${name}/float`, graph.floats(`${name}/half`, [], [0.5])]);
    graph.node(`${name}/count`, 'Cast', [count], { DstT: { type: 'DT_FLOAT' } });
    return graph.node(`${name}/centre`, 'RealDiv', [`${name}/middle`, `${name}/count`]);
  };
  const [rows, columns] = [size('rows', 1), size('columns', 2)];
  const [y, x] = [centres('y', rows), centres('x', columns)];
  graph.node('y/column', 'ExpandDims', [y, graph.integers('one', [1], [])]);
  graph.node('y/times', 'Pack', [graph.integers('once', [1], []), columns], { axis: int(0), N: int(2) });
  graph.node('y/grid', 'Tile', ['y/column', 'y/times']);
  graph.node('x/row', 'ExpandDims', [x, graph.integers('zero', [0], [])]);
  graph.node('x/times', 'Pack', [rows, graph.integers('once2', [1], [])], { axis: int(0), N: int(2) });
  graph.node('x/grid', 'Tile', ['x/row', 'x/times']);
  graph.node('both', 'Pack', ['y/grid', 'x/grid'], { axis: int(2), N: int(2) });
  graph.node('pairs', 'Reshape', ['both', graph.integers('pairs/shape', [-1, 2])]);
  graph.node('half', 'Sqrt', [graph.floats('quarter', [], [0.0625])]);
  graph.node('low', 'Sub', ['pairs', 'half']);
  graph.node('high', 'Add', ['pairs', 'half']);
  graph.node('grid', 'ConcatV2', ['low', 'high', graph.integers('axis', [1], [])], { N: int(2) });
  return graph;
}

const quarters = [0.25, 0.25, 0.5, 0.5, 0.25, 0.75, 0.5, 0.5, 0.75, 0.25, 0.5, 0.5, 0.75, 0.75, 0.5, 0.5];

test('anchors that the graph works out are found', async (t) => {
  const def = await readSource(await griddedDetector().write(join(folder, 'worked-out')));
  for (const anchors of [undefined, 'grid']) {
    const { model } = await convertGraph(def, {
      cut: { outputs: ['boxes', 'scores'] },
      detections: { maxDetections: 20, anchors },
    });
    t.deepEqual(anchorsOf(model), quarters);
  }
});

test('the post-processing that a graph ends with is kept, with its own settings', async (t) => {
  const graph = griddedDetector();
  const anchors = graph.floats('anchors', [4, 4], quarters);
  graph.node('TFLite_Detection_PostProcess', 'TFLite_Detection_PostProcess', ['boxes', 'scores', anchors], {
    max_detections: int(7),
    max_classes_per_detection: int(1),
    nms_score_threshold: float(0.25),
    nms_iou_threshold: float(0.5),
    num_classes: int(2),
    use_regular_nms: flag(false),
    y_scale: float(10),
    x_scale: float(10),
    h_scale: float(5),
    w_scale: float(5),
  });
  const path = join(folder, 'tflite_graph.pb');
  await writeFile(path, graph.frozen());
  const names = ['', ':1', ':2', ':3'].map((suffix) => `TFLite_Detection_PostProcess${suffix}`);
  for (const outputs of [undefined, names]) {
    const { model } = await convertGraph(await readSource(path), { cut: { outputs } });
    const { tensors, operators, outputs: found } = model.subgraphs[0]!;
    t.deepEqual(
      found.map((index) => tensors[index]!.name),
      names,
    );
    t.deepEqual(tensors[found[0]!]!.shape, [1, 7, 4]);
    t.deepEqual(anchorsOf(model), quarters);
    const options = toObject(Uint8Array.from(operators.at(-1)!.customOptions!).buffer) as Record<string, unknown>;
    t.like(options, { max_detections: 7, nms_score_threshold: 0.25, num_classes: 2, use_regular_nms: false });
  }
});

function anchorsOf(model: TfliteModel): number[] {
  const { tensors } = model.subgraphs[0]!;
  const tensor = tensors.findLast(({ shape }) => shape.join() === '4,4')!;
  return Array.from(new Float32Array(new Uint8Array(model.buffers[tensor.buffer]!).buffer));
}
