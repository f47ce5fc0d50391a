/** What each layer of Keras is in TensorFlow's nodes. */
import type { Attribute } from '../graph-def.ts';
import type { LayerWriter } from './layer-writer.ts';

/** The reference of the layer's output, or why it can't be converted, as the end of a sentence. */
type LayerImporter = (writer: LayerWriter) => string | { readonly problem: string };

const numbers = (value: unknown, otherwise: readonly number[]): number[] =>
  typeof value === 'number' ? [value, value] : Array.isArray(value) ? value.map(Number) : [...otherwise];

const integers = (values: readonly number[], shape: readonly number[] = [values.length]) => ({
  shape,
  data: Int32Array.from(values),
});

const activations: Readonly<Record<string, string | undefined>> = {
  relu: 'Relu',
  relu6: 'Relu6',
  sigmoid: 'Sigmoid',
  softmax: 'Softmax',
  tanh: 'Tanh',
  elu: 'Elu',
  exponential: 'Exp',
};

function activate(writer: LayerWriter, input: string, activation: unknown): string | { problem: string } {
  const name = typeof activation === 'string' ? activation : 'linear';
  if (name === 'linear') return input;
  if (name === 'swish' || name === 'silu') return writer.add('Mul', [input, writer.add('Sigmoid', [input])]);
  const op = activations[name];
  return op === undefined
    ? { problem: `has the activation ${name}, which goby can't convert` }
    : writer.add(op, [input]);
}

function windowAttributes({ layer }: LayerWriter): Record<string, Attribute> {
  const [strideHeight = 1, strideWidth = 1] = numbers(layer.config['strides'], [1, 1]);
  const [dilationHeight = 1, dilationWidth = 1] = numbers(layer.config['dilation_rate'], [1, 1]);
  return {
    strides: [1, strideHeight, strideWidth, 1],
    dilations: [1, dilationHeight, dilationWidth, 1],
    padding: String(layer.config['padding'] ?? 'valid').toUpperCase(),
    data_format: layer.config['data_format'] === 'channels_first' ? 'NCHW' : 'NHWC',
  };
}

/** Kernel, then bias, then activation. */
const weighted =
  (op: string, kernelName: string): LayerImporter =>
  (writer) => {
    const kernel = writer.weight(kernelName) ?? writer.weight('kernel');
    if (kernel === undefined) return { problem: `lacks its weight ${kernelName}` };
    const groups = Number(writer.layer.config['groups'] ?? 1);
    if (groups !== 1) return { problem: `has ${groups} groups, which goby can't convert` };
    const attributes = op === 'MatMul' ? {} : windowAttributes(writer);
    const product = writer.add(op, [writer.inputs[0]!, kernel], attributes);
    const bias = writer.weight('bias');
    const sum = bias === undefined ? product : writer.add('BiasAdd', [product, bias]);
    return activate(writer, sum, writer.layer.config['activation']);
  };

const separable: LayerImporter = (writer) => {
  const [depthwise, pointwise] = [writer.weight('depthwise_kernel'), writer.weight('pointwise_kernel')];
  if (depthwise === undefined || pointwise === undefined) return { problem: 'lacks its kernels' };
  const spread = writer.add('DepthwiseConv2dNative', [writer.inputs[0]!, depthwise], windowAttributes(writer));
  const mixed = writer.add('Conv2D', [spread, pointwise], { strides: [1, 1, 1, 1], padding: 'VALID' });
  const bias = writer.weight('bias');
  return activate(
    writer,
    bias === undefined ? mixed : writer.add('BiasAdd', [mixed, bias]),
    writer.layer.config['activation'],
  );
};

const normalisation: LayerImporter = (writer) => {
  const mean = writer.weight('moving_mean');
  const variance = writer.weight('moving_variance');
  if (mean === undefined || variance === undefined) return { problem: 'lacks its moving mean or variance' };
  const epsilon = Number(writer.layer.config['epsilon'] ?? 1e-3);
  // Without scale or centre Keras stores none: a factor of 1 and an offset of 0 for all channels stand in.
  const gamma = writer.weight('gamma') ?? writer.constant('gamma', { shape: [1], data: Float32Array.of(1) });
  const beta = writer.weight('beta') ?? writer.constant('beta', { shape: [1], data: Float32Array.of(0) });
  return writer.add('FusedBatchNormV3', [writer.inputs[0]!, gamma, beta, mean, variance], { epsilon });
};

const pool =
  (op: string): LayerImporter =>
  (writer) => {
    const [height = 2, width = 2] = numbers(writer.layer.config['pool_size'], [2, 2]);
    const strides = numbers(writer.layer.config['strides'], [height, width]);
    const attributes = { ...windowAttributes(writer), strides: [1, strides[0]!, strides[1]!, 1] };
    return writer.add(op, [writer.inputs[0]!], { ...attributes, ksize: [1, height, width, 1] });
  };

const relu: LayerImporter = (writer) => {
  const { max_value: highest, negative_slope: slope = 0, threshold = 0 } = writer.layer.config;
  if (Number(threshold) !== 0) return { problem: `has the threshold ${threshold}, which goby can't convert` };
  if (Number(slope) !== 0) return writer.add('LeakyRelu', [writer.inputs[0]!], { alpha: Number(slope) });
  const above = writer.add('Relu', [writer.inputs[0]!]);
  if (highest === undefined || highest === null) return above;
  const limit = writer.constant('max_value', { shape: [], data: Float32Array.of(Number(highest)) });
  return writer.add('Minimum', [above, limit]);
};

const zeroPadding: LayerImporter = (writer) => {
  const given = writer.layer.config['padding'];
  const [rows, columns] = Array.isArray(given) ? given : [given, given];
  const margins = [0, 0, ...numbers(rows, [1, 1]), ...numbers(columns, [1, 1]), 0, 0];
  return writer.add('Pad', [writer.inputs[0]!, writer.constant('margins', integers(margins, [4, 2]))]);
};

const globalAverage: LayerImporter = (writer) =>
  writer.add('Mean', [writer.inputs[0]!, writer.constant('axes', integers([1, 2]))], {
    keep_dims: writer.layer.config['keepdims'] === true,
  });

const reshapeTo = (writer: LayerWriter, shape: readonly number[]): string =>
  writer.add('Reshape', [writer.inputs[0]!, writer.constant('shape', integers(shape))]);

const chained =
  (op: string): LayerImporter =>
  ({ inputs, add }) =>
    inputs.slice(1).reduce((left, right) => add(op, [left, right]), inputs[0]!);

const passOn: LayerImporter = ({ inputs }) => inputs[0]!;

export const kerasLayers: Readonly<Record<string, LayerImporter | undefined>> = {
  InputLayer: ({ layer, add }) => {
    const shape = layer.config['batch_input_shape'] ?? layer.config['batch_shape'];
    const sizes = Array.isArray(shape) ? shape.map((size) => (size === null ? -1 : Number(size))) : [];
    return add('Placeholder', [], { shape: sizes });
  },
  Conv2D: weighted('Conv2D', 'kernel'),
  DepthwiseConv2D: weighted('DepthwiseConv2dNative', 'depthwise_kernel'),
  SeparableConv2D: separable,
  Dense: weighted('MatMul', 'kernel'),
  BatchNormalization: normalisation,
  ReLU: relu,
  LeakyReLU: (writer) => {
    const alpha = Number(writer.layer.config['alpha'] ?? writer.layer.config['negative_slope'] ?? 0.3);
    return writer.add('LeakyRelu', [writer.inputs[0]!], { alpha });
  },
  Activation: (writer) => activate(writer, writer.inputs[0]!, writer.layer.config['activation']),
  Softmax: ({ inputs, add }) => add('Softmax', [inputs[0]!]),
  ZeroPadding2D: zeroPadding,
  Add: chained('Add'),
  Multiply: chained('Mul'),
  Concatenate: (writer) => {
    const axis = Number(writer.layer.config['axis'] ?? -1);
    return writer.add('ConcatV2', [...writer.inputs, writer.constant('axis', integers([axis], []))]);
  },
  MaxPooling2D: pool('MaxPool'),
  AveragePooling2D: pool('AvgPool'),
  GlobalAveragePooling2D: globalAverage,
  Flatten: (writer) => reshapeTo(writer, [1, -1]),
  Reshape: (writer) => reshapeTo(writer, [1, ...numbers(writer.layer.config['target_shape'], [-1])]),
  Dropout: passOn,
  SpatialDropout2D: passOn,
  GaussianNoise: passOn,
  Rescaling: (writer) => {
    const number = (value: unknown, otherwise: number) => ({
      shape: [],
      data: Float32Array.of(Number(value ?? otherwise)),
    });
    const scaled = writer.add('Mul', [
      writer.inputs[0]!,
      writer.constant('scale', number(writer.layer.config['scale'], 1)),
    ]);
    return writer.add('Add', [scaled, writer.constant('offset', number(writer.layer.config['offset'], 0))]);
  },
};
