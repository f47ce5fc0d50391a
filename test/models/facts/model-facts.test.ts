/** What a file says of itself: outputs, scores, pixels, labels; told from graphs that a test builds. */
import { readFileSync } from 'node:fs';
import test from 'ava';
import { anchorsFor } from '../../../src/flow/interpret/blazeface.ts';
import { readFacts } from '../../../src/models/facts/model-facts.ts';
import { blazefaceAnchors } from '../../../src/models/facts/output-reading.ts';
import { yoloGrid } from '../../../src/models/facts/yolo-grid.ts';
import { packFiles } from '../../../src/models/tflite-file/associated-files.ts';
import { ownMetadata, withMetadata } from '../../../src/models/tflite-file/metadata.ts';
import type { TfliteModel } from '../../../src/models/tflite-file/tflite-model.ts';
import { writeModel } from '../../../src/models/tflite-file/write-model.ts';
import { shared, testRequiring } from '../../requiring.ts';
import { GraphBuilder } from '../graph-builder.ts';
import {
  blazefaceModel,
  classifierModel,
  compiledModel,
  constantModel,
  type SsdOutput,
  ssdModel,
} from '../sample-models.ts';

const factsOf = (model: TfliteModel | Uint8Array, rest: Partial<Parameters<typeof readFacts>[1]> = {}) =>
  readFacts(model instanceof Uint8Array ? model : writeModel(model), { name: 'a.tflite', ...rest });

const outputsOf = (...args: Parameters<typeof factsOf>) => {
  const { outputs } = factsOf(...args);
  return 'refusal' in outputs ? outputs.refusal : outputs;
};

const zeros = (...shape: number[]): number[] => Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 0);
const output = (...shape: number[]) => ({ shape, values: zeros(...shape) });

test('the last operator says what the scores are, through what only carries them', (t) => {
  t.deepEqual(outputsOf(classifierModel([1, 2], 'SOFTMAX')), {
    decoder: 'classification',
    classes: 2,
    scores: 'softmax',
  });
  t.deepEqual(outputsOf(classifierModel([1, 2], 'LOGISTIC')), {
    decoder: 'classification',
    classes: 2,
    scores: 'sigmoid',
  });
  const graph = new GraphBuilder();
  const picture = graph.tensor([1, 1, 1, 3]);
  const weights = graph.constant([2, 1, 1, 3], [1, 2, 3, 4, 5, 6]);
  const bias = graph.constant([2], [0, 0]);
  const scores = graph.tensor([1, 1, 1, 2]);
  const size = graph.constant([2], [1, 2], { type: 'INT32' });
  const flat = graph.tensor([1, 2]);
  graph.operator('CONV_2D', [picture, weights, bias], [scores]);
  graph.operator('RESHAPE', [scores, size], [flat]);
  t.deepEqual(outputsOf(graph.model([picture], [flat])), { decoder: 'classification', classes: 2, scores: 'logits' });
  t.deepEqual(
    outputsOf(graph.model([picture], [scores])),
    { decoder: 'classification', classes: 2, scores: 'logits' },
    '[1, 1, 1, n]',
  );
});

test('a softmax that is written out is one too', (t) => {
  const graph = new GraphBuilder();
  const picture = graph.tensor([1, 1, 1, 3]);
  const logits = graph.constant([1, 2], [1, 2]);
  const [powers, sum, shares] = [graph.tensor([1, 2]), graph.tensor([1, 1]), graph.tensor([1, 2])];
  graph.operator('EXP', [logits], [powers]);
  graph.operator('SUM', [powers, graph.constant([1], [1], { type: 'INT32' })], [sum]);
  graph.operator('DIV', [powers, sum], [shares]);
  t.like(outputsOf(graph.model([picture], [shares])), { scores: 'softmax' });
});

test('points of an eye are no scores; the two shares of a single sigmoid are', (t) => {
  const joined = (...counts: number[]) => {
    const graph = new GraphBuilder();
    const parts = counts.map((count) => graph.constant([1, count], zeros(1, count)));
    const all = graph.tensor([1, counts.reduce((sum, count) => sum + count, 0)]);
    graph.operator('CONCATENATION', parts, [all]);
    return graph.model([graph.tensor([1, 64, 64, 3])], [all]);
  };
  t.regex(String(outputsOf(joined(213, 15))), /228 numbers put together of 2 parts, as no classifier does/);
  t.like(outputsOf(joined(1, 1)), { decoder: 'classification', classes: 2 });
});

test('of several outputs the softmax is read', (t) => {
  const model = constantModel([
    { ...output(1, 4), last: 'LOGISTIC' },
    { ...output(1, 3), last: 'SOFTMAX' },
  ]);
  t.like(outputsOf(model), { decoder: 'classification', classes: 3, roles: { scores: 1 } });
  t.regex(factsOf(model).notes.join(), /Of its 2 outputs only the scores/);
});

test('the outputs of a detector are told by its operator, whatever their order', (t) => {
  const found = [{ box: [0, 0, 1, 1], classIndex: 2, score: 0.9 }] as const;
  for (const order of [
    ['boxes', 'classes', 'scores', 'count'],
    ['scores', 'boxes', 'count', 'classes'],
    ['count', 'scores', 'classes', 'boxes'],
  ] as const satisfies readonly (readonly SsdOutput[])[]) {
    const { roles, classes } = outputsOf(ssdModel(found, { classes: 7, order })) as {
      roles: Record<string, number>;
      classes: number;
    };
    t.deepEqual(roles, Object.fromEntries(order.map((name, at) => [name, at])) as Record<string, number>, order.join());
    t.is(classes, 7);
  }
});

test('without the operator names or the usual orders tell; with neither it is refused', (t) => {
  const rows = (names: readonly string[], ...shapes: readonly number[][]) =>
    outputsOf(
      constantModel(
        shapes.map((shape, at) => ({ ...output(...shape), name: names[at] ?? `StatefulPartitionedCall:${at}` })),
        { shape: [1, 64, 64, 3] },
      ),
    );
  t.like(rows([], [1, 5, 4], [1, 5], [1, 5], [1]), { roles: { boxes: 0, classes: 1, scores: 2, count: 3 } });
  t.like(rows([], [1, 5], [1, 5, 4], [1], [1, 5]), { roles: { scores: 0, boxes: 1, count: 2, classes: 3 } });
  t.like(rows(['a', 'detection_classes', 'detection_scores', 'b'], [1, 5, 4], [1, 5], [1, 5], [1]), {
    roles: { classes: 1, scores: 2 },
  });
  t.like(rows(['x', 'y', 'scores', 'z'], [1], [1, 5], [1, 5], [1, 5, 4]), {
    roles: { count: 0, classes: 1, scores: 2, boxes: 3 },
  });
  t.regex(
    String(rows([], [1, 5, 4], [1, 6], [1])),
    /\[1, 5, 4\], \[1, 6\], \[1\] are neither scores of classes nor boxes/,
  );
});

test('YOLO is told by the number of its boxes, in all its layouts', (t) => {
  const input = [1, 64, 64, 3];
  const cells = 64 + 16 + 4;
  t.deepEqual(yoloGrid(input, [1, 7, cells]), { boxes: cells, classes: 3, hasObjectness: false, boxesFirst: false });
  t.deepEqual(yoloGrid(input, [1, cells, 7]), { boxes: cells, classes: 3, hasObjectness: false, boxesFirst: true });
  t.deepEqual(yoloGrid(input, [1, 3 * cells, 8]), {
    boxes: 3 * cells,
    classes: 3,
    hasObjectness: true,
    boxesFirst: true,
  });
  t.deepEqual(yoloGrid([1, 640, 640, 3], [1, 84, 8400]), {
    boxes: 8400,
    classes: 80,
    hasObjectness: false,
    boxesFirst: false,
  });
  t.deepEqual(yoloGrid([1, 640, 640, 3], [1, 25_200, 85]), {
    boxes: 25_200,
    classes: 80,
    hasObjectness: true,
    boxesFirst: true,
  });
  t.deepEqual(yoloGrid([1, 320, 416, 3], [1, 5, 40 * 52 + 20 * 26 + 10 * 13])?.classes, 1);
  t.is(yoloGrid(input, [1, 4, cells]), undefined);
  t.is(yoloGrid(input, [1, 7, cells + 2]), undefined);
  t.like(outputsOf(constantModel([output(1, 7, cells)], { shape: input })), { decoder: 'yolo', classes: 3 });
});

test('FOMO is a coarse grid behind a softmax', (t) => {
  const grid = (last: 'SOFTMAX' | 'LOGISTIC', ...shape: number[]) =>
    outputsOf(constantModel([{ ...output(...shape), last }], { shape: [1, 96, 96, 1] }));
  t.deepEqual(grid('SOFTMAX', 1, 12, 12, 3), { decoder: 'fomo', classes: 2 });
  t.regex(String(grid('LOGISTIC', 1, 96, 96, 21)), /every pixel a class/);
});

test('what goby cannot read is said for what it is', (t) => {
  const said = (shapes: readonly number[][], input = [1, 192, 192, 3]) =>
    String(
      outputsOf(
        constantModel(
          shapes.map((shape) => output(...shape)),
          { shape: input },
        ),
      ),
    );
  t.regex(said([[1, 1, 17, 3]]), /where 17 points of a body are \(pose, as MoveNet does\)/);
  t.regex(said([[1, 6, 56]]), /points of several bodies/);
  t.regex(
    said([
      [1, 23, 17, 17],
      [1, 23, 17, 34],
    ]),
    /pose, as PoseNet does/,
  );
  t.regex(said([[1, 300, 6]]), /300 rows of 6 numbers, .* but nothing in the file says that it is one; .*nms=False/);
  t.regex(said([[1, 192, 192, 21]]), /segmentation, 21 classes on 192x192/);
  t.regex(said([[1, 192, 192, 1]]), /makes a picture of 192x192/);
  t.regex(said([[1, 6, 6, 1280]]), /features of a picture/);
  t.regex(said([[1, 1]]), /gives one number/);
  t.regex(
    said([
      [1, 116, 756],
      [1, 48, 48, 32],
    ]),
    /YOLO that gives the outlines of things/,
  );
  t.regex(
    said([
      [1, 1917, 4],
      [1, 1917, 91],
    ]),
    /encodings of 1917 boxes without their anchors/,
  );
  const features = constantModel([{ ...output(1, 1, 1, 64), last: 'RELU' }]);
  t.regex(String(outputsOf(features)), /features of a picture \(64 numbers\)/);
  t.like(
    outputsOf(features, { decoder: 'classification' }),
    { decoder: 'classification' },
    'unless it is said to be a classifier',
  );
});

test('a YOLO of another task is told by what its export packed, or by what its last operator joins', (t) => {
  const pose = writeModel(constantModel([output(1, 56, 84)], { shape: [1, 64, 64, 3] }));
  t.like(outputsOf(pose), { decoder: 'yolo', classes: 52 }, 'nothing says so');
  const packed = packFiles(pose, [
    { name: 'metadata.json', bytes: Buffer.from('{"task": "pose", "names": {"0": "person"}}') },
  ]);
  t.regex(String(outputsOf(packed)), /YOLO that gives the points of bodies/);
  const graph = new GraphBuilder();
  const picture = graph.tensor([1, 64, 64, 3]);
  const boxes = graph.constant([1, 5, 84], zeros(1, 5, 84));
  const points = graph.constant([1, 51, 84], zeros(1, 51, 84));
  const joined = graph.tensor([1, 56, 84]);
  graph.operator('CONCATENATION', [boxes, points], [joined]);
  t.regex(String(outputsOf(graph.model([picture], [joined]))), /YOLO that gives the points of bodies/);
});

test('a YOLO that sorts out its boxes itself is told by what sorts them, or by what its export packed', (t) => {
  const shape = [1, 64, 64, 3];
  const sortedModel = (order: readonly ('score' | 'class')[], type: 'FLOAT32' | 'INT8' = 'FLOAT32') => {
    const graph = new GraphBuilder();
    const picture = graph.tensor(shape);
    const scores = graph.constant([1, 8], zeros(8));
    const most = graph.constant([], [5], { type: 'INT32' });
    const best = graph.tensor([1, 5]);
    const which = graph.tensor([1, 5], { type: 'INT32' });
    graph.operator('TOPK_V2', [scores, most], [best, which]);
    const numbers = graph.tensor([1, 5]);
    graph.operator('CAST', [which], [numbers]);
    const columns = { score: graph.tensor([1, 5, 1]), class: graph.tensor([1, 5, 1]) };
    graph.operator('RESHAPE', [best], [columns.score]);
    graph.operator('RESHAPE', [numbers], [columns.class]);
    const rows = graph.tensor([1, 5, 6], { type });
    graph.operator(
      'CONCATENATION',
      [graph.constant([1, 5, 4], zeros(20)), ...order.map((one) => columns[one])],
      [rows],
    );
    return graph.model([picture], [rows]);
  };
  t.deepEqual(outputsOf(sortedModel(['score', 'class'])), { decoder: 'yolo', roles: { rows: 0, score: 4, class: 5 } });
  t.deepEqual(outputsOf(sortedModel(['class', 'score'])), { decoder: 'yolo', roles: { rows: 0, score: 5, class: 4 } });
  t.regex(String(outputsOf(sortedModel(['score', 'class'], 'INT8'))), /8 bits of one scale, .*nms=False/);
  t.like(factsOf(sortedModel(['score', 'class'])).input, { normalisation: { mean: 0, standardDeviation: 255 } });

  const described = (outputs: readonly number[][], task = 'detect') =>
    outputsOf(
      packFiles(
        writeModel(
          constantModel(
            outputs.map((one) => output(...one)),
            { shape },
          ),
        ),
        [{ name: 'metadata.json', bytes: Buffer.from(JSON.stringify({ task, names: { 0: 'full', 1: 'flat' } })) }],
      ),
    );
  t.like(described([[1, 300, 6]]), { decoder: 'yolo', roles: { rows: 0, score: 4, class: 5 } });
  t.like(described([[1, 84, 6]]), { decoder: 'yolo', classes: 2 }, 'as many boxes as cells: one for each');
  const four = [[1, 100, 4], [1, 100], [1, 100], [1]];
  t.like(described(four), { decoder: 'yolo', roles: { boxes: 0, classes: 1, scores: 2, count: 3 } });
  t.like(
    outputsOf(
      constantModel(
        four.map((one) => output(...one)),
        { shape },
      ),
    ),
    { decoder: 'ssd' },
    'nothing says YOLO',
  );
  t.regex(String(described([[1, 300, 57]], 'pose')), /neither scores of classes nor boxes/);
  t.like(outputsOf(constantModel([output(1, 300, 6)], { shape }), { decoder: 'yolo' }), { decoder: 'yolo' });
});

test('labels of YOLO come out of the description that its export packs', (t) => {
  const model = writeModel(constantModel([output(1, 6, 84)], { shape: [1, 64, 64, 3] }));
  for (const [name, content] of [
    ['temp_meta.txt', "{'stride': 32, 'task': 'detect', 'imgsz': [64, 64], 'names': {0: 'full', 1: 'flat'}}"],
    ['metadata.json', '{"names": {"0": "full", "1": "flat"}, "task": "detect", "stride": 32}'],
    ['meta.txt', "{'stride': 32, 'names': ['full', 'flat']}"],
  ] as const) {
    const packed = packFiles(model, [{ name, bytes: Buffer.from(content) }]);
    t.deepEqual(factsOf(packed).labels?.labels, ['full', 'flat'], name);
  }
});

test('metadata says how pixels go in, how the picture is fitted, and which file has the labels', (t) => {
  const stated = (mean: number[], std: number[], input = {}) => {
    const model = withMetadata(classifierModel([1, 2], 'SOFTMAX', input), {
      subgraphMetadata: [
        {
          inputTensorMetadata: [{ processUnits: [{ options: { table: 'NormalizationOptions', mean, std } }] }],
          outputTensorMetadata: [{ associatedFiles: [{ name: 'second.txt', type: 'TENSOR_AXIS_LABELS' }] }],
          customMetadata: [ownMetadata({ fit: 'letterbox' })],
        },
      ],
    });
    return factsOf(
      packFiles(writeModel(model), [
        { name: 'labels.txt', bytes: Buffer.from('wrong\none\n') },
        { name: 'second.txt', bytes: Buffer.from('cat\ndog\n') },
      ]),
    );
  };
  const float = stated([0], [255]);
  t.like(float.input, { normalisation: { mean: 0, standardDeviation: 255 }, isAssumed: false });
  t.is(float.fit, 'letterbox');
  t.deepEqual(float.labels?.labels, ['cat', 'dog']);
  t.like(stated([123.5, 116.75, 104], [1]).input, {
    normalisation: { mean: [123.5, 116.75, 104], standardDeviation: 1 },
  });
  const quantized = { type: 'UINT8' as const, quantization: { scale: [1 / 128], zeroPoint: [128] } };
  t.is(
    (stated([127.5], [127.5], quantized).input as { normalisation?: unknown }).normalisation,
    undefined,
    'pixels go in as they are',
  );
  t.like(stated([0], [255], quantized).input, { normalisation: { mean: 0, standardDeviation: 255 } });
});

test('a Rescaling inside is seen, in the graph or by its name', (t) => {
  const scaledBy = (...steps: readonly (readonly ['MUL' | 'ADD' | 'SUB' | 'DIV', number | readonly number[]])[]) => {
    const graph = new GraphBuilder();
    const picture = graph.tensor([1, 1, 1, 3]);
    let at = picture;
    for (const [operator, by] of steps) {
      const values = typeof by === 'number' ? [by] : by;
      const next = graph.tensor([1, 1, 1, 3]);
      graph.operator(operator, [at, graph.constant([values.length], values)], [next]);
      at = next;
    }
    const scores = graph.tensor([1, 1, 1, 2]);
    graph.operator('CONV_2D', [at, graph.constant([2, 1, 1, 3], zeros(6)), graph.constant([2], [0, 0])], [scores]);
    const { input } = factsOf(graph.model([picture], [scores]));
    return 'refusal' in input ? input.refusal : (input.normalisation ?? 'assumed');
  };
  const pixels = { mean: 0, standardDeviation: 1 };
  const unit = { mean: 0, standardDeviation: 255 };
  t.deepEqual(scaledBy(['MUL', 1 / 255]), pixels);
  t.deepEqual(scaledBy(['MUL', 1 / 127.5], ['SUB', 1]), pixels);
  t.deepEqual(scaledBy(['DIV', 127.5], ['ADD', -1]), pixels);
  t.deepEqual(scaledBy(['SUB', [123.68, 116.78, 103.94]]), pixels);
  t.deepEqual(scaledBy(['MUL', 2], ['SUB', 1]), unit);
  t.deepEqual(scaledBy(['SUB', [0.485, 0.456, 0.406]], ['DIV', [0.229, 0.224, 0.225]]), unit);
  t.is(scaledBy(), 'assumed');
  const named = (name: string) => factsOf(classifierModel([1, 2], 'SOFTMAX', { name })).input;
  t.like(named('serving_default_rescaling_input:0'), { normalisation: pixels, isAssumed: false });
  t.like(named('serving_default_input_1:0'), { isAssumed: true });
  t.like(named('grayscaling_input'), { isAssumed: true });
});

test('inputs of another kind, and files for the Edge TPU alone, are told', (t) => {
  const refused = (shape: number[]) =>
    (factsOf(classifierModel([1, 2], 'SOFTMAX', { shape })).input as { refusal?: string }).refusal;
  t.regex(refused([1, 3, 224, 224])!, /channels of a picture first \(NCHW/);
  t.regex(refused([1, 8, 8, 4])!, /4 channels, and a picture has 1 or 3/);
  t.is(refused([1, 8, 8, 1]), undefined);
  t.true(factsOf(compiledModel()).compiledForEdgeTpu);
  t.like(outputsOf(compiledModel(5)), { decoder: 'classification', classes: 5 });
});

test("MediaPipe's face detectors are known by their numbers where their outputs have other names", (t) => {
  const names = ['Identity', 'Identity_1'] as const;
  for (const [side, anchors] of Object.entries(blazefaceAnchors)) {
    t.is(anchorsFor(Number(side)).length, anchors);
    t.like(outputsOf(blazefaceModel({ side: Number(side), anchors, names })), { decoder: 'blazeface', classes: 1 });
    t.regex(String(outputsOf(blazefaceModel({ side: Number(side), anchors: anchors - 1, names }))), /neither scores/);
  }
  t.regex(String(outputsOf(blazefaceModel({ side: 160, names }))), /neither scores/);
});

test('the task that the configuration names narrows what is looked for', (t) => {
  t.regex(String(outputsOf(blazefaceModel(), { task: 'classify' })), /neither scores/);
  t.like(outputsOf(blazefaceModel(), { task: 'detect' }), { decoder: 'blazeface' });
});

testRequiring([{ kind: 'mirror' }], 'files of others are what they are', (t) => {
  const facts = (name: string) => readFacts(readFileSync(shared(name)), { name });
  t.like(facts('cases/models/yolov8n_192.tflite').outputs, { decoder: 'yolo', classes: 1 });
  t.like(facts('cases/models/fomo_int8.tflite').outputs, { decoder: 'fomo', classes: 1 });
  t.like(facts('cases/models/ssd_v1_quant.tflite').outputs, { decoder: 'ssd', classes: 90 });
  t.like(facts('cases/models/keras_rescaling_inside_float.tflite'), {
    outputs: { decoder: 'classification', classes: 14, scores: 'logits' },
    input: { normalisation: { mean: 0, standardDeviation: 1 } },
  });
  t.like(facts('cases/models/fully_connected_v12_float.tflite').outputs, { classes: 3, scores: 'softmax' });
  t.like(facts('models/mobilenet_v1_1.0_224_quant_embedding_extractor.tflite').outputs, {
    refusal: 'it gives features of a picture (1024 numbers), not the scores of classes',
  });
});
