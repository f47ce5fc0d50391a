/** Detectors of other makers, with boxes known in closed form: YOLO in its layouts and types, FOMO, SSD without post-processing. */
import test from 'ava';
import type { InferenceResult, LoadedModel } from '../../../src/flow/infer/engine.ts';
import { createDecode, type Decoded } from '../../../src/flow/interpret/decode.ts';
import type { TensorSpec, TensorType } from '../../../src/flow/preprocess/tensor.ts';
import { wholePlacement } from '../../../src/geometry/boxes.ts';
import { ssdAnchors } from '../../../src/models/facts/ssd-anchors.ts';
import type { Decoder, Model } from '../../../src/models/model.ts';

interface Known {
  readonly shape: readonly number[];
  readonly values: readonly number[];
  readonly type?: TensorType;
  readonly scale?: number;
  readonly zeroPoint?: number;
  readonly name?: string;
}

function decode(
  decoder: Decoder,
  inputShape: readonly number[],
  known: readonly Known[],
  rest: Partial<Model> = {},
  minScore = 0.3,
): Decoded[] {
  const spec = ({ shape, type = 'float32', scale = 0, zeroPoint = 0, name = 'out' }: Known, index = 0): TensorSpec => ({
    index,
    name,
    type,
    shape,
    scale,
    zeroPoint,
  });
  const loaded: LoadedModel = {
    name: 'm',
    backend: 'cpu',
    sha256: '',
    inputs: [spec({ shape: inputShape, values: [] })],
    outputs: known.map(spec),
  };
  const outputs = known.map((one, index) => {
    const { type = 'float32', scale = 0, zeroPoint = 0, values } = one;
    const stored = type === 'float32' ? values : values.map((value) => Math.round(value / scale) + zeroPoint);
    const bytes =
      type === 'float32'
        ? new Uint8Array(Float32Array.from(stored).buffer)
        : type === 'int8'
          ? new Uint8Array(Int8Array.from(stored).buffer)
          : Uint8Array.from(stored);
    return { spec: spec(one, index), bytes };
  });
  const result: InferenceResult = { model: loaded, outputs, invokeMs: 0, roundTripMs: 0 };
  return createDecode({ model: { name: 'm', decoder, ...rest }, loaded, minScore, maxDetections: 20 })(
    result,
    wholePlacement,
  );
}

const near = (found: readonly Decoded[], digits = 2) =>
  found.map(({ classIndex, score, box }) => ({
    classIndex,
    score: Number(score.toFixed(digits)),
    box: box?.map((side) => Number(side.toFixed(digits))),
  }));

const input = [1, 64, 64, 3];
const cells = 64 + 16 + 4;

/** One box a row: centre and size as fractions, [objectness], one score a class. */
type Row = readonly number[];

/** Rows at cells of the grid, zeros elsewhere, in a layout. */
function grid(
  rows: ReadonlyMap<number, Row>,
  { boxes, numbers, boxesFirst }: { boxes: number; numbers: number; boxesFirst: boolean },
): number[] {
  const values = Array.from({ length: boxes * numbers }, () => 0);
  for (const [box, row] of rows)
    for (const [number, value] of row.entries())
      values[boxesFirst ? box * numbers + number : number * boxes + box] = value;
  return values;
}

const rows = new Map<number, Row>([
  [3, [0.25, 0.5, 0.3, 0.4, 0.05, 0.9, 0]],
  // The same thing again, a little off: suppressed.
  [4, [0.26, 0.5, 0.3, 0.4, 0, 0.8, 0]],
  // Another class at the same place stays.
  [5, [0.25, 0.5, 0.3, 0.4, 0.7, 0, 0]],
  [80, [0.75, 0.75, 0.2, 0.2, 0, 0, 0.6]],
  [81, [0.5, 0.5, 0.2, 0.2, 0.2, 0, 0]],
]);
const expected = [
  { classIndex: 1, score: 0.9, box: [0.1, 0.3, 0.4, 0.7] },
  { classIndex: 0, score: 0.7, box: [0.1, 0.3, 0.4, 0.7] },
  { classIndex: 2, score: 0.6, box: [0.65, 0.65, 0.85, 0.85] },
];

test('YOLO 8 and later: [1, 4 + classes, n] and turned, as fractions and in pixels', (t) => {
  for (const boxesFirst of [false, true]) {
    const values = grid(rows, { boxes: cells, numbers: 7, boxesFirst });
    const shape = boxesFirst ? [1, cells, 7] : [1, 7, cells];
    t.deepEqual(near(decode('yolo', input, [{ shape, values }])), expected, `boxes first: ${boxesFirst}`);
    const inPixels = new Map(
      [...rows].map(([box, row]) => [box, row.map((value, number) => (number < 4 ? 64 * value : value))]),
    );
    t.deepEqual(
      near(decode('yolo', input, [{ shape, values: grid(inPixels, { boxes: cells, numbers: 7, boxesFirst }) }])),
      expected,
      `pixels, boxes first: ${boxesFirst}`,
    );
  }
});

test('YOLO in 8 bits: int8 and uint8 with one scale for boxes and scores', (t) => {
  const values = grid(rows, { boxes: cells, numbers: 7, boxesFirst: false });
  for (const [type, zeroPoint] of [
    ['int8', -128],
    ['uint8', 0],
  ] as const) {
    const found = decode('yolo', input, [{ shape: [1, 7, cells], values, type, scale: 1 / 255, zeroPoint }]);
    t.is(found.length, 3);
    for (const [at, { box, score, classIndex }] of found.entries()) {
      t.is(classIndex, expected[at]!.classIndex);
      t.true(Math.abs(score - expected[at]!.score) < 0.01);
      t.true(
        box!.every((side, corner) => Math.abs(side - expected[at]!.box[corner]!) < 0.01),
        `${box}`,
      );
    }
  }
});

test('YOLO 5: three boxes a cell, each with a score of its own that its classes are multiplied with', (t) => {
  const five = new Map<number, Row>([
    [10, [0.25, 0.5, 0.3, 0.4, 0.9, 0.1, 0.8]],
    [200, [0.75, 0.75, 0.2, 0.2, 0.2, 1, 0]],
    [201, [0.5, 0.75, 0.2, 0.2, 1, 0.5, 0.2]],
  ]);
  const boxes = 3 * cells;
  const values = grid(five, { boxes, numbers: 7, boxesFirst: true });
  t.deepEqual(near(decode('yolo', input, [{ shape: [1, boxes, 7], values }])), [
    { classIndex: 1, score: 0.72, box: [0.1, 0.3, 0.4, 0.7] },
    { classIndex: 0, score: 0.5, box: [0.4, 0.65, 0.6, 0.85] },
  ]);
});

test('YOLO that sorted out its boxes itself: rows in pixels and as fractions, whatever the order of score and class', (t) => {
  const rows = [
    [6.4, 19.2, 25.6, 44.8, 0.9, 1],
    [41.6, 41.6, 54.4, 54.4, 0.6, 2],
    [0, 0, 1, 1, 0.2, 0],
    // No box, no number, no class, no score.
    [9, 9, 9, 20, 0.8, 0],
    [Number.NaN, 0, 9, 9, 0.8, 0],
    [1, 1, 9, 9, 0.8, 1.5],
    [1, 1, 9, 9, 7, 0],
    [0, 0, 0, 0, 0, 0],
  ];
  const found = [
    { classIndex: 1, score: 0.9, box: [0.1, 0.3, 0.4, 0.7] },
    { classIndex: 2, score: 0.6, box: [0.65, 0.65, 0.85, 0.85] },
  ];
  const shape = [1, rows.length, 6];
  t.deepEqual(near(decode('yolo', input, [{ shape, values: rows.flat() }])), found);
  const fractions = rows.map((row) => row.map((value, at) => (at < 4 ? value / 64 : value)));
  t.deepEqual(near(decode('yolo', input, [{ shape, values: fractions.flat() }])), found);
  const turned = rows.map(([a, b, c, d, score, kind]) => [a!, b!, c!, d!, kind!, score!]);
  const roles = { rows: 0, score: 5, class: 4 };
  t.deepEqual(near(decode('yolo', input, [{ shape, values: turned.flat() }], { roles })), found);
});

test('YOLO that sorted out its boxes itself, in four outputs: x before y, and only as many as are counted', (t) => {
  const outputs = [
    { shape: [1, 3, 4], values: [0.1, 0.3, 0.4, 0.7, 0.65, 0.65, 0.85, 0.85, 0.1, 0.1, 0.9, 0.9] },
    { shape: [1, 3], values: [0.9, 0.6, 0.9] },
    { shape: [1, 3], values: [1, 2, 0] },
    { shape: [1], values: [2] },
  ];
  const roles = { boxes: 0, scores: 1, classes: 2, count: 3 };
  t.deepEqual(near(decode('yolo', input, outputs, { roles })), [
    { classIndex: 1, score: 0.9, box: [0.1, 0.3, 0.4, 0.7] },
    { classIndex: 2, score: 0.6, box: [0.65, 0.65, 0.85, 0.85] },
  ]);
});

test('YOLO: what is no number is left out, and another shape is refused', (t) => {
  const odd = new Map<number, Row>([
    [0, [Number.NaN, 0.5, 0.3, 0.4, 0.9, 0, 0]],
    [1, [0.5, 0.5, 0, 0.4, 0.9, 0, 0]],
    [2, [0.5, 0.5, 0.1, 0.1, Number.NaN, 0.5, 0]],
  ]);
  const values = grid(odd, { boxes: cells, numbers: 7, boxesFirst: false });
  t.deepEqual(near(decode('yolo', input, [{ shape: [1, 7, cells], values }])), [
    { classIndex: 1, score: 0.5, box: [0.45, 0.45, 0.55, 0.55] },
  ]);
  t.throws(() => decode('yolo', input, [{ shape: [1, 7, 100], values: [] }]), {
    message: /is no YOLO detector: its outputs \[1, 7, 100\]/,
  });
});

test('FOMO: cells of a class that touch are one thing, with the best score among them', (t) => {
  const size = 12;
  const values: number[] = Array.from({ length: size * size * 3 }, (_, at) => (at % 3 === 0 ? 1 : 0));
  const put = (x: number, y: number, classIndex: number, score: number) => {
    values[(y * size + x) * 3 + classIndex + 1] = score;
  };
  put(2, 3, 0, 0.8);
  put(3, 4, 0, 0.9); // by a corner
  put(9, 9, 0, 0.5);
  put(3, 3, 1, 0.7); // another class in between
  put(0, 11, 1, 0.2);
  const found = near(decode('fomo', [1, 96, 96, 3], [{ shape: [1, size, size, 3], values }]));
  const twelfth = (cell: number) => Number((cell / size).toFixed(2));
  t.deepEqual(found, [
    { classIndex: 0, score: 0.9, box: [twelfth(2), twelfth(3), twelfth(4), twelfth(5)] },
    { classIndex: 1, score: 0.7, box: [twelfth(3), twelfth(3), twelfth(4), twelfth(4)] },
    { classIndex: 0, score: 0.5, box: [twelfth(9), twelfth(9), twelfth(10), twelfth(10)] },
  ]);
  const bits = decode(
    'fomo',
    [1, 96, 96, 3],
    [{ shape: [1, size, size, 3], values, type: 'int8', scale: 1 / 256, zeroPoint: -128 }],
  );
  t.deepEqual(
    bits.map(({ classIndex }) => classIndex),
    [0, 1, 0],
  );
});

test('SSD without post-processing: encodings against anchors, sigmoid or logits, background first, any order', (t) => {
  const anchors = ssdAnchors(300, 300);
  t.is(anchors.length, 1917);
  const [y, x, height, width] = anchors[1500]!;
  const encodings = Array.from({ length: 4 * anchors.length }, () => 0);
  // Half a height further down, twice as wide.
  encodings[4 * 1500] = 5;
  encodings[4 * 1500 + 3] = 5 * Math.log(2);
  const box = [x - width, y, x + width, y + height].map((side) => Number(Math.min(1, Math.max(0, side)).toFixed(2)));
  for (const logits of [false, true]) {
    const low = logits ? -9 : 0;
    const scores: number[] = Array.from({ length: 3 * anchors.length }, () => low);
    scores[3 * 1500] = logits ? 3 : 0.95; // background counts for nothing
    scores[3 * 1500 + 2] = logits ? Math.log(4) : 0.8;
    const outputs: Known[] = [
      { shape: [1, 1917, 4], values: encodings, name: 'raw_outputs/box_encodings' },
      { shape: [1, 1917, 3], values: scores, name: 'raw_outputs/class_predictions' },
    ];
    const one = [{ classIndex: 1, score: 0.8, box }];
    t.deepEqual(near(decode('ssd-raw', [1, 300, 300, 3], outputs)), one, `told from the values, logits: ${logits}`);
    t.deepEqual(near(decode('ssd-raw', [1, 300, 300, 3], outputs.toReversed())), one, 'turned');
    const stated = { scores: logits ? 'logits' : 'sigmoid', roles: { boxes: 0, scores: 1 } } as const;
    t.deepEqual(near(decode('ssd-raw', [1, 300, 300, 3], outputs, stated)), one, 'as the graph says');
  }
  t.throws(
    () =>
      decode(
        'ssd-raw',
        [1, 320, 320, 3],
        [
          { shape: [1, 1917, 4], values: [] },
          { shape: [1, 1917, 3], values: [] },
        ],
      ),
    { message: /is no MobileNet SSD without post-processing/ },
  );
});

test('SSD outputs are read by their roles', (t) => {
  const known: Known[] = [
    { shape: [1, 2], values: [0.9, 0.8], name: 'StatefulPartitionedCall:1' },
    { shape: [1, 2, 4], values: [0.1, 0.2, 0.5, 0.6, 0, 0, 1, 1], name: 'StatefulPartitionedCall:3' },
    { shape: [1], values: [2], name: 'StatefulPartitionedCall:0' },
    { shape: [1, 2], values: [4, 0], name: 'StatefulPartitionedCall:2' },
  ];
  const found = [
    { classIndex: 4, score: 0.9, box: [0.2, 0.1, 0.6, 0.5] },
    { classIndex: 0, score: 0.8, box: [0, 0, 1, 1] },
  ];
  t.deepEqual(near(decode('ssd', input, known, { roles: { scores: 0, boxes: 1, count: 2, classes: 3 } })), found);
  t.deepEqual(near(decode('ssd', input, known)), found, 'the order of TensorFlow 2.6 is known without them');
});

test('classifiers: sigmoids stay as they are, logits and their logarithms become shares, one sigmoid tells two labels', (t) => {
  const scored = (values: readonly number[], rest: Partial<Model>) =>
    near(decode('classification', input, [{ shape: [1, values.length], values }], rest, 0));
  t.deepEqual(
    scored([0.277, 0.9], { scores: 'sigmoid' }).map(({ score }) => score),
    [0.9, 0.28],
  );
  t.deepEqual(scored([0.277], { scores: 'sigmoid' }), [{ classIndex: 0, score: 0.28, box: undefined }]);
  t.deepEqual(
    scored([0.277], { scores: 'sigmoid', labels: ['cat', 'dog'] }).map(({ classIndex, score }) => [classIndex, score]),
    [
      [0, 0.72],
      [1, 0.28],
    ],
  );
  t.deepEqual(
    scored([0.2, 0.3], { scores: 'logits' }).map(({ score }) => score),
    [0.52, 0.48],
    'although they could be shares',
  );
  t.deepEqual(
    scored([Math.log(0.3), Math.log(0.7)], { scores: 'log-softmax' }).map(({ score }) => score),
    [0.7, 0.3],
  );
  t.throws(() => decode('classification', input, [{ shape: [1, 12, 12, 2], values: [] }]), {
    message: /gives \[1, 12, 12, 2\], which is no score/,
  });
});
