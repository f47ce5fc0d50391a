/** Golden tests, operator by operator: the converted float model against TensorFlow.js on the same numbers. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Engine } from '../../../src/flow/infer/engine.ts';
import { convertGraph } from '../../../src/workshop/convert/convert-graph.ts';
import { readSource } from '../../../src/workshop/convert/sources/read-source.ts';
import { testRequiring } from '../../requiring.ts';
import { slimNormalisation } from './network-graphs.ts';
import { createEngine, largestDifference, reference, runModel } from './run-model.ts';
import { flag, float, int, ints, noise, TinyGraph, text, texts } from './tiny-graph.ts';

/** Boxes and scores of a whole detector must be within 1e-4; a single operator within a tenth of that. */
const tolerance = 1e-5;

let folder: string;
let engine: Engine;
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'goby-operators-'));
  engine = createEngine();
});
test.after.always(async () => {
  await engine?.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Case {
  readonly shape?: readonly number[];
  /** Shifts the input, for functions that aren't defined everywhere. */
  readonly offset?: number;
  /** Builds from `x` on; the last node is the output. */
  readonly build: (graph: TinyGraph) => string;
  /** Operators of the written file. */
  readonly operators: readonly string[];
}

const picture = [1, 9, 8, 3];
const window = (stride: number, padding: string, dilation = 1) => ({
  strides: ints(1, stride, stride, 1),
  dilations: ints(1, dilation, dilation, 1),
  padding: text(padding),
  data_format: text('NHWC'),
});
const pool = (padding: string) => ({ ...window(2, padding), ksize: ints(1, 3, 2, 1) });
const normalisation = (graph: TinyGraph, input: string, channels: number) =>
  graph.node(
    'norm',
    'FusedBatchNormV3',
    [
      input,
      graph.floats('gamma', [channels]),
      graph.floats('beta', [channels]),
      graph.floats('mean', [channels]),
      graph.floats(
        'variance',
        [channels],
        noise(channels, 9).map((value) => value + 1.5),
      ),
    ],
    { epsilon: float(0.001), is_training: flag(false), data_format: text('NHWC') },
  );
const convolution = (graph: TinyGraph, name = 'conv', into = 3, out = 4) =>
  graph.node(name, 'Conv2D', ['x', graph.floats(`${name}/filter`, [3, 3, into, out])], window(1, 'SAME'));
/** `a`: the picture in blocks of 2 x 2. */
const takenApart = (graph: TinyGraph, edges: readonly number[]) =>
  graph.node('a', 'SpaceToBatchND', ['x', graph.integers('block', [2, 2]), graph.integers('edges', edges, [2, 2])]);
const putTogether = (graph: TinyGraph, input: string, edges: readonly number[]) =>
  graph.node('y', 'BatchToSpaceND', [
    input,
    graph.integers('block back', [2, 2]),
    graph.integers('cut off', edges, [2, 2]),
  ]);
const unary = (op: string, offset = 0): Case => ({
  offset,
  build: (graph) => graph.node('y', op, ['x']),
  operators: [{ Sigmoid: 'LOGISTIC', LeakyRelu: 'LEAKY_RELU' }[op] ?? op.toUpperCase()],
});

const cases: Readonly<Record<string, Case>> = {
  'Conv2D, SAME': { build: (graph) => convolution(graph), operators: ['CONV_2D'] },
  'Conv2D, VALID with stride 2': {
    build: (graph) => graph.node('y', 'Conv2D', ['x', graph.floats('f', [3, 2, 3, 5])], window(2, 'VALID')),
    operators: ['CONV_2D'],
  },
  'Conv2D, dilated': {
    build: (graph) => graph.node('y', 'Conv2D', ['x', graph.floats('f', [3, 3, 3, 2])], window(1, 'SAME', 2)),
    operators: ['CONV_2D'],
  },
  'depthwise convolution': {
    build: (graph) =>
      graph.node('y', 'DepthwiseConv2dNative', ['x', graph.floats('f', [3, 3, 3, 1])], window(2, 'SAME')),
    operators: ['DEPTHWISE_CONV_2D'],
  },
  'depthwise convolution with multiplier 2': {
    build: (graph) =>
      graph.node('y', 'DepthwiseConv2dNative', ['x', graph.floats('f', [3, 3, 3, 2])], window(1, 'VALID')),
    operators: ['DEPTHWISE_CONV_2D'],
  },
  'fused convolution with bias and ReLU6': {
    build: (graph) =>
      graph.node('y', '_FusedConv2D', ['x', graph.floats('f', [1, 1, 3, 4]), graph.floats('bias', [4])], {
        ...window(1, 'SAME'),
        fused_ops: texts('BiasAdd', 'Relu6'),
        num_args: int(1),
        epsilon: float(0),
      }),
    operators: ['CONV_2D'],
  },
  'fused depthwise convolution': {
    build: (graph) =>
      graph.node('y', 'FusedDepthwiseConv2dNative', ['x', graph.floats('f', [3, 3, 3, 1]), graph.floats('bias', [3])], {
        ...window(1, 'SAME'),
        fused_ops: texts('BiasAdd', 'Relu'),
        num_args: int(1),
      }),
    operators: ['DEPTHWISE_CONV_2D'],
  },
  'batch normalisation folds into the convolution': {
    build: (graph) => normalisation(graph, convolution(graph), 4),
    operators: ['CONV_2D'],
  },
  'batch normalisation folds into the depthwise convolution': {
    build: (graph) => {
      graph.node('spread', 'DepthwiseConv2dNative', ['x', graph.floats('f', [3, 3, 3, 2])], window(1, 'SAME'));
      return normalisation(graph, 'spread', 6);
    },
    operators: ['DEPTHWISE_CONV_2D'],
  },
  'batch normalisation of its own': { build: (graph) => normalisation(graph, 'x', 3), operators: ['MUL', 'ADD'] },
  'an offset behind a residual moves back into the convolution': {
    build: (graph) => {
      const left = convolution(graph, 'left', 3, 3);
      graph.node('sum', 'AddN', [left, 'x'], { N: int(2) });
      graph.node('offset', 'Add', ['sum', graph.floats('c', [3])]);
      return graph.node('y', 'Relu6', ['offset']);
    },
    operators: ['CONV_2D', 'ADD'],
  },
  'a convolution used twice is not changed by what follows one use': {
    build: (graph) => {
      const conv = convolution(graph);
      graph.node('scaled', 'Mul', [conv, graph.floats('factor', [4])]);
      return graph.node('y', 'Add', [conv, 'scaled']);
    },
    operators: ['CONV_2D', 'MUL', 'ADD'],
  },
  'ReLU6 from minimum and maximum': {
    build: (graph) => {
      const conv = convolution(graph);
      graph.node('scaled', 'Mul', [conv, graph.floats('eight', [], [8])]);
      graph.node('relu', 'Relu', ['scaled']);
      graph.node('below', 'Minimum', ['relu', graph.floats('six', [], [6])]);
      return graph.node('y', 'Maximum', ['below', graph.floats('zero', [], [0])]);
    },
    operators: ['CONV_2D'],
  },
  'a clamp that is no ReLU': {
    build: (graph) => {
      graph.node('below', 'Minimum', ['x', graph.floats('high', [], [0.5])]);
      return graph.node('y', 'Maximum', ['below', graph.floats('low', [], [-0.25])]);
    },
    operators: ['MAXIMUM', 'MINIMUM'],
  },
  'padding of a whole picture, then VALID with stride 2, is SAME': {
    shape: [1, 8, 8, 3],
    build: (graph) => {
      graph.node('pad', 'Pad', ['x', graph.integers('margins', [0, 0, 0, 1, 0, 1, 0, 0], [4, 2])]);
      return graph.node('y', 'Conv2D', ['pad', graph.floats('f', [3, 3, 3, 4])], window(2, 'VALID'));
    },
    operators: ['CONV_2D'],
  },
  'other padding stays': {
    shape: [1, 8, 8, 3],
    build: (graph) => {
      graph.node('pad', 'Pad', ['x', graph.integers('margins', [0, 0, 1, 1, 1, 1, 0, 0], [4, 2])]);
      return graph.node('y', 'Conv2D', ['pad', graph.floats('f', [3, 3, 3, 4])], window(2, 'VALID'));
    },
    operators: ['PAD', 'CONV_2D'],
  },
  MatMul: {
    shape: [1, 7],
    build: (graph) => {
      graph.node('product', 'MatMul', ['x', graph.floats('w', [5, 7])], {
        transpose_a: flag(false),
        transpose_b: flag(true),
      });
      return graph.node('y', 'BiasAdd', ['product', graph.floats('bias', [5])]);
    },
    operators: ['FULLY_CONNECTED'],
  },
  'an offset that adds dimensions stays': {
    shape: [1, 7],
    build: (graph) => {
      const flags = { transpose_a: flag(false), transpose_b: flag(false) };
      graph.node('product', 'MatMul', ['x', graph.floats('w', [7, 5])], flags);
      return graph.node('y', 'Add', ['product', graph.floats('c', [1, 1, 5])]);
    },
    operators: ['FULLY_CONNECTED', 'ADD'],
  },
  'fused MatMul': {
    shape: [1, 7],
    build: (graph) =>
      graph.node('y', '_FusedMatMul', ['x', graph.floats('w', [7, 5]), graph.floats('bias', [5])], {
        fused_ops: texts('BiasAdd', 'Relu'),
        num_args: int(1),
        transpose_a: flag(false),
        transpose_b: flag(false),
      }),
    operators: ['FULLY_CONNECTED'],
  },
  'sums of three': {
    build: (graph) => {
      graph.node('a', 'Sigmoid', ['x']);
      graph.node('b', 'Tanh', ['x']);
      return graph.node('y', 'AddN', ['x', 'a', 'b'], { N: int(3) });
    },
    operators: ['TANH', 'LOGISTIC', 'ADD', 'ADD'],
  },
  'sum, difference, product, quotient with broadcasting': {
    build: (graph) => {
      graph.node('sum', 'AddV2', [graph.floats('one', []), 'x']);
      graph.node('difference', 'Sub', [graph.floats('row', [8, 3]), 'sum']);
      graph.node('product', 'Mul', ['difference', graph.floats('column', [9, 1, 1])]);
      return graph.node('y', 'RealDiv', ['product', graph.floats('three', [3], [2, 3, 4])]);
    },
    operators: ['ADD', 'SUB', 'MUL', 'MUL'],
  },
  'minimum and maximum of two values': {
    build: (graph) => {
      graph.node('a', 'Tanh', ['x']);
      graph.node('low', 'Minimum', ['x', 'a']);
      return graph.node('y', 'Maximum', ['low', graph.floats('row', [8, 3])]);
    },
    operators: ['TANH', 'MINIMUM', 'MAXIMUM'],
  },
  'ClipByValue, to any range': {
    build: (graph) =>
      graph.node('y', 'ClipByValue', ['x', graph.floats('low', [], [-0.5]), graph.floats('high', [], [0.25])]),
    operators: ['MAXIMUM', 'MINIMUM'],
  },
  'ClipByValue that is a ReLU': {
    build: (graph) =>
      graph.node('y', 'ClipByValue', ['x', graph.floats('low', [], [0]), graph.floats('high', [], [6])]),
    operators: ['RELU6'],
  },
  Relu: unary('Relu'),
  Relu6: unary('Relu6', 5.5),
  Sigmoid: unary('Sigmoid'),
  Tanh: unary('Tanh'),
  Exp: unary('Exp'),
  Log: unary('Log', 2),
  Abs: unary('Abs'),
  Neg: unary('Neg'),
  Sqrt: unary('Sqrt', 2),
  Rsqrt: unary('Rsqrt', 2),
  Square: unary('Square'),
  Elu: unary('Elu'),
  LeakyRelu: { ...unary('LeakyRelu'), build: (graph) => graph.node('y', 'LeakyRelu', ['x'], { alpha: float(0.1) }) },
  Softmax: { shape: [1, 12], build: (graph) => graph.node('y', 'Softmax', ['x']), operators: ['SOFTMAX'] },
  'largest of a window': {
    build: (graph) => graph.node('y', 'MaxPool', ['x'], pool('SAME')),
    operators: ['MAX_POOL_2D'],
  },
  'average of a window': {
    build: (graph) => graph.node('y', 'AvgPool', ['x'], pool('VALID')),
    operators: ['AVERAGE_POOL_2D'],
  },
  'mean that drops its dimensions': {
    build: (graph) => graph.node('y', 'Mean', ['x', graph.integers('axes', [1, 2])], { keep_dims: flag(false) }),
    operators: ['MEAN', 'RESHAPE'],
  },
  'mean that keeps its dimensions, negative axes': {
    build: (graph) => graph.node('y', 'Mean', ['x', graph.integers('axes', [-2, -3])], { keep_dims: flag(true) }),
    operators: ['MEAN'],
  },
  'reshape, expand and squeeze are one': {
    build: (graph) => {
      graph.node('flat', 'Reshape', ['x', graph.integers('shape', [1, -1, 3])]);
      graph.node('wide', 'ExpandDims', ['flat', graph.integers('axis', [1], [])]);
      return graph.node('y', 'Squeeze', ['wide'], { squeeze_dims: ints(0) });
    },
    operators: ['RESHAPE'],
  },
  'a shape worked out from a shape': {
    build: (graph) => {
      graph.node('shape', 'Shape', ['x'], { out_type: { type: 'DT_INT32' } });
      const [from, to, one] = [graph.integers('from', [0]), graph.integers('to', [1]), graph.integers('one', [1])];
      const masks = ['begin_mask', 'end_mask', 'ellipsis_mask', 'new_axis_mask'].map((name) => [name, int(0)]);
      graph.node('batch', 'StridedSlice', ['shape', from, to, one], {
        ...Object.fromEntries(masks),
        shrink_axis_mask: int(1),
      });
      graph.node('wanted', 'Pack', ['batch', graph.integers('rest', [-1], []), graph.integers('three', [3], [])], {
        axis: int(0),
        N: int(3),
      });
      return graph.node('y', 'Reshape', ['x', 'wanted']);
    },
    operators: ['RESHAPE'],
  },
  ConcatV2: {
    build: (graph) => {
      graph.node('a', 'Tanh', ['x']);
      return graph.node('y', 'ConcatV2', ['x', 'a', graph.integers('axis', [-1], [])], { N: int(2) });
    },
    operators: ['TANH', 'CONCATENATION'],
  },
  Transpose: {
    build: (graph) => graph.node('y', 'Transpose', ['x', graph.integers('order', [0, 3, 1, 2])]),
    operators: ['TRANSPOSE'],
  },
  Slice: {
    build: (graph) =>
      graph.node('y', 'Slice', ['x', graph.integers('begin', [0, 2, 1, 0]), graph.integers('size', [1, 4, -1, 2])]),
    operators: ['SLICE'],
  },
  'two halves, swapped': {
    build: (graph) => {
      graph.node('halves', 'Split', [graph.integers('axis', [3], []), 'x'], { num_split: int(3) });
      const parts = ['halves:2', 'halves', 'halves:1', graph.integers('to', [3], [])];
      return graph.node('y', 'ConcatV2', parts, { N: int(3) });
    },
    operators: ['SLICE', 'SLICE', 'SLICE', 'CONCATENATION'],
  },
  'parts of given sizes': {
    build: (graph) => {
      const sizes = [graph.integers('sizes', [2, -1, 3]), graph.integers('axis', [1], [])];
      graph.node('parts', 'SplitV', ['x', ...sizes], { num_split: int(3) });
      return graph.node('y', 'Tanh', ['parts:1']);
    },
    operators: ['SLICE', 'TANH'],
  },
  'one value by row': {
    build: (graph) => {
      graph.node('rows', 'Unpack', ['x'], { axis: int(1), num: int(9) });
      return graph.node('y', 'Pack', ['rows:4', 'rows'], { axis: int(-1), N: int(2) });
    },
    operators: ['SLICE', 'SLICE', 'RESHAPE', 'RESHAPE', 'CONCATENATION'],
  },
  'StridedSlice with masks': {
    build: (graph) => {
      const [from, to] = [graph.integers('from', [0, 7, 1, -1]), graph.integers('to', [0, -1, 0, 0])];
      const steps = graph.integers('steps', [1, -2, 1, 1]);
      const masks = { begin_mask: int(1), end_mask: int(5), ellipsis_mask: int(0), new_axis_mask: int(0) };
      return graph.node('y', 'StridedSlice', ['x', from, to, steps], { ...masks, shrink_axis_mask: int(8) });
    },
    operators: ['STRIDED_SLICE', 'RESHAPE'],
  },
  'colours the other way round': {
    build: (graph) => {
      const [from, to] = [graph.integers('from', [0, 0]), graph.integers('to', [0, 0])];
      const steps = graph.integers('steps', [1, -1]);
      const masks = { begin_mask: int(2), end_mask: int(2), new_axis_mask: int(0), shrink_axis_mask: int(0) };
      return graph.node('y', 'StridedSlice', ['x', from, to, steps], { ...masks, ellipsis_mask: int(1) });
    },
    operators: ['STRIDED_SLICE'],
  },
  Tile: {
    build: (graph) => graph.node('y', 'Tile', ['x', graph.integers('times', [1, 2, 1, 3])]),
    operators: ['CONCATENATION', 'CONCATENATION'],
  },
  'sum over a picture': {
    build: (graph) => graph.node('y', 'Sum', ['x', graph.integers('axes', [1, 2])], { keep_dims: flag(false) }),
    operators: ['MEAN', 'RESHAPE', 'MUL'],
  },
  'largest of a picture': {
    build: (graph) => graph.node('y', 'Max', ['x', graph.integers('axes', [1, 2])], { keep_dims: flag(false) }),
    operators: ['MAX_POOL_2D', 'RESHAPE'],
  },
  'powers, and squares of differences': {
    offset: 2,
    build: (graph) => {
      graph.node('root', 'Pow', ['x', graph.floats('half', [], [0.5])]);
      graph.node('same', 'Pow', ['root', graph.floats('one', [], [1])]);
      return graph.node('y', 'SquaredDifference', ['same', graph.floats('row', [8, 3])]);
    },
    operators: ['SQRT', 'SUB', 'SQUARE'],
  },
  'what has only constants is worked out': {
    build: (graph) => {
      const pair = graph.floats('pair', [2, 3]);
      graph.node('first', 'Slice', [pair, graph.integers('b', [1, 0]), graph.integers('s', [1, 3])]);
      graph.node('turned', 'Transpose', ['first', graph.integers('order', [1, 0])]);
      graph.node('flat', 'Squeeze', ['turned'], { squeeze_dims: ints(1) });
      graph.node('grown', 'Exp', ['flat']);
      graph.node('joined', 'ConcatV2', ['grown', 'flat', graph.integers('axis', [0], [])], { N: int(2) });
      graph.node('total', 'Mean', ['joined', graph.integers('axes', [0])], { keep_dims: flag(false) });
      graph.node(
        'count',
        'Range',
        ['r0', 'r1', 'r2'].map((name, at) => graph.floats(name, [], [[0], [3], [1]][at])),
      );
      graph.node('factor', 'Mul', [graph.node('up', 'AddV2', ['count', 'total']), 'grown']);
      graph.node('filled', 'Fill', [graph.integers('three', [3]), graph.floats('half', [], [0.5])]);
      graph.node('wide', 'Tile', ['filled', graph.integers('once', [1])]);
      graph.node('offset', 'Sub', [graph.node('s2', 'Sigmoid', ['factor']), 'wide']);
      return graph.node('y', 'Add', ['x', 'offset']);
    },
    operators: ['ADD'],
  },
  'batch normalisation of eight nodes folds': {
    build: (graph) => slimNormalisation(graph, 'own', convolution(graph), 4),
    operators: ['CONV_2D'],
  },
  'resize, bilinear': {
    build: (graph) =>
      graph.node('y', 'ResizeBilinear', ['x', graph.integers('size', [13, 5])], {
        align_corners: flag(false),
        half_pixel_centers: flag(true),
      }),
    operators: ['RESIZE_BILINEAR'],
  },
  'resize, nearest': {
    build: (graph) =>
      graph.node('y', 'ResizeNearestNeighbor', ['x', graph.integers('size', [18, 16])], {
        align_corners: flag(false),
        half_pixel_centers: flag(false),
      }),
    operators: ['RESIZE_NEAREST_NEIGHBOR'],
  },
  'transposed convolution, SAME': {
    build: (graph) =>
      graph.node(
        'y',
        'Conv2DBackpropInput',
        [graph.integers('sizes', [1, 18, 16, 5]), graph.floats('f', [3, 3, 5, 3]), 'x'],
        window(2, 'SAME'),
      ),
    operators: ['TRANSPOSE_CONV'],
  },
  'transposed convolution, VALID, with a bias and a ReLU': {
    build: (graph) => {
      const sizes = graph.integers('sizes', [1, 20, 17, 5]);
      graph.node('a', 'Conv2DBackpropInput', [sizes, graph.floats('f', [4, 3, 5, 3]), 'x'], window(2, 'VALID'));
      graph.node('b', 'BiasAdd', ['a', graph.floats('bias', [5])]);
      return graph.node('y', 'Relu', ['b']);
    },
    operators: ['TRANSPOSE_CONV', 'RELU'],
  },
  'dilated convolution as TensorFlow 1 writes it': {
    build: (graph) => {
      takenApart(graph, [2, 3, 2, 2]);
      graph.node('b', 'Conv2D', ['a', graph.floats('f', [3, 3, 3, 4])], window(1, 'VALID'));
      return putTogether(graph, 'b', [0, 1, 0, 0]);
    },
    operators: ['CONV_2D'],
  },
  'dilated depthwise convolution with its bias before it is put together': {
    build: (graph) => {
      takenApart(graph, [2, 3, 2, 2]);
      graph.node('b', 'DepthwiseConv2dNative', ['a', graph.floats('f', [3, 3, 3, 2])], window(1, 'VALID'));
      graph.node('c', 'BiasAdd', ['b', graph.floats('bias', [6])]);
      graph.node('d', 'Relu6', ['c']);
      return putTogether(graph, 'd', [0, 1, 0, 0]);
    },
    operators: ['DEPTHWISE_CONV_2D'],
  },
  'dilated convolution with zeros that SAME does not have': {
    build: (graph) => {
      takenApart(graph, [4, 3, 4, 4]);
      graph.node('b', 'Conv2D', ['a', graph.floats('f', [3, 3, 3, 4])], window(1, 'VALID'));
      return putTogether(graph, 'b', [0, 1, 0, 0]);
    },
    operators: ['PAD', 'CONV_2D'],
  },
  'a batch that is put together without a convolution': {
    build: (graph) => {
      takenApart(graph, [0, 1, 0, 0]);
      graph.node('b', 'AddV2', ['a', graph.floats('c', [3])]);
      return putTogether(graph, 'b', [0, 1, 0, 0]);
    },
    operators: ['SPACE_TO_BATCH_ND', 'ADD', 'BATCH_TO_SPACE_ND'],
  },
  DepthToSpace: {
    shape: [1, 4, 4, 8],
    build: (graph) => graph.node('y', 'DepthToSpace', ['x'], { block_size: int(2), data_format: text('NHWC') }),
    operators: ['DEPTH_TO_SPACE'],
  },
  MirrorPad: {
    build: (graph) =>
      graph.node('y', 'MirrorPad', ['x', graph.integers('p', [0, 0, 1, 1, 2, 1, 0, 0], [4, 2])], {
        mode: text('reflect'),
      }),
    operators: ['MIRROR_PAD'],
  },
  'PadV2 with another number than 0': {
    build: (graph) =>
      graph.node('y', 'PadV2', [
        'x',
        graph.integers('p', [0, 0, 1, 1, 2, 1, 0, 0], [4, 2]),
        graph.floats('v', [], [-1]),
      ]),
    operators: ['ADD', 'PAD', 'ADD'],
  },
  'Max and Min over channels': {
    build: (graph) => {
      graph.node('high', 'Max', ['x', graph.integers('a', [3])], { keep_dims: flag(true) });
      graph.node('low', 'Min', ['x', graph.integers('b', [-1])], { keep_dims: flag(true) });
      return graph.node('y', 'Sub', ['high', 'low']);
    },
    operators: ['REDUCE_MIN', 'REDUCE_MAX', 'SUB'],
  },
  'GatherV2: channels in another order': {
    build: (graph) => graph.node('y', 'GatherV2', ['x', graph.integers('i', [2, 0]), graph.integers('ax', [-1], [])]),
    operators: ['SLICE', 'SLICE', 'CONCATENATION'],
  },
  Softplus: {
    build: (graph) => graph.node('y', 'Softplus', ['x']),
    operators: ['ABS', 'NEG', 'EXP', 'ADD', 'LOG', 'RELU', 'ADD'],
  },
  Selu: {
    build: (graph) => graph.node('y', 'Selu', ['x']),
    operators: ['MINIMUM', 'ELU', 'RELU', 'MUL', 'MUL', 'ADD'],
  },
  LogSoftmax: {
    shape: [2, 5],
    build: (graph) => graph.node('y', 'LogSoftmax', ['x']),
    operators: ['REDUCE_MAX', 'SUB', 'EXP', 'MEAN', 'MUL', 'LOG', 'SUB'],
  },
  'Pow of 3': {
    build: (graph) => graph.node('y', 'Pow', ['x', graph.floats('e', [], [3])]),
    operators: ['MUL', 'MUL'],
  },
  'Einsum as Keras writes it': {
    shape: [1, 6, 3],
    build: (graph) => graph.node('y', 'Einsum', ['x', graph.floats('w', [3, 5])], { equation: text('abc,cd->abd') }),
    operators: ['FULLY_CONNECTED'],
  },
  Prelu: {
    build: (graph) => graph.node('y', 'Prelu', ['x', graph.floats('a', [1, 1, 3])]),
    operators: ['MINIMUM', 'MUL', 'RELU', 'ADD'],
  },
  '_FusedConv2D with Prelu': {
    build: (graph) =>
      graph.node(
        'y',
        '_FusedConv2D',
        ['x', graph.floats('f', [3, 3, 3, 4]), graph.floats('b', [4]), graph.floats('a', [1, 1, 4])],
        { ...window(1, 'SAME'), fused_ops: texts('BiasAdd', 'Prelu'), num_args: int(2) },
      ),
    operators: ['CONV_2D', 'MINIMUM', 'MUL', 'RELU', 'ADD'],
  },
  '_FusedConv2D with LeakyRelu': {
    build: (graph) =>
      graph.node('y', '_FusedConv2D', ['x', graph.floats('f', [3, 3, 3, 4]), graph.floats('b', [4])], {
        ...window(1, 'SAME'),
        fused_ops: texts('BiasAdd', 'LeakyRelu'),
        leakyrelu_alpha: float(0.1),
        num_args: int(1),
      }),
    operators: ['CONV_2D', 'LEAKY_RELU'],
  },
  Identity: {
    build: (graph) => {
      graph.node('a', 'Tanh', ['x']);
      return graph.node('y', 'Identity', ['a']);
    },
    operators: ['TANH'],
  },
};

for (const [title, { shape = picture, offset = 0, build, operators }] of Object.entries(cases)) {
  testRequiring([{ kind: 'runtime' }], title, async (t) => {
    const graph = new TinyGraph();
    graph.input('x', shape);
    const output = build(graph);
    const size = shape.reduce((product, one) => product * one, 1);
    const values = Float32Array.from(noise(size, 7), (value) => value + offset);
    const def = await readSource(await graph.write(join(folder, title.replaceAll(/\W+/g, '-'))));
    const { model } = await convertGraph(def, { cut: { outputs: [output] } });
    const written = model.subgraphs[0]!.operators.map(({ opcodeIndex }) => model.operatorCodes[opcodeIndex]!.builtin);
    t.deepEqual(written, operators as typeof written);
    const expected = await reference(graph, { name: 'x', shape, values }, output);
    const found = await runModel(engine, folder, model, new Uint8Array(values.buffer));
    t.deepEqual(found.loaded.outputs[0]!.shape, expected.shape);
    t.is(found.loaded.outputs[0]!.name, output);
    const difference = largestDifference(found.outputs[0]!, expected.values);
    t.true(difference <= tolerance, `differs by ${difference}`);
  });
}
