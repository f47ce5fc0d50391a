/** What each layer of Keras is in TensorFlow's nodes. */
import type { Attribute } from '../graph-def.ts';
import { activate } from './keras-activations.ts';
import type { KerasLayer } from './keras-config.ts';
import { imageLayers } from './keras-image-layers.ts';
import { isNamedLambda, lambdaImporter, operationImporter } from './keras-operations.ts';
import type { LayerImporter, LayerWriter, Problem } from './layer-writer.ts';

const numbers = (value: unknown, otherwise: readonly number[]): number[] =>
  typeof value === 'number' ? [value, value] : Array.isArray(value) ? value.map(Number) : [...otherwise];

const integers = (values: readonly number[], shape: readonly number[] = [values.length]) => ({
  shape,
  data: Int32Array.from(values),
});

const isChannelsFirst = ({ layer }: LayerWriter): boolean => layer.config['data_format'] === 'channels_first';

function windowAttributes(writer: LayerWriter): Record<string, Attribute> {
  const { config } = writer.layer;
  const [strideHeight = 1, strideWidth = 1] = numbers(config['strides'], [1, 1]);
  const [dilationHeight = 1, dilationWidth = 1] = numbers(config['dilation_rate'], [1, 1]);
  const isFirst = isChannelsFirst(writer);
  const sizes = (height: number, width: number) => (isFirst ? [1, 1, height, width] : [1, height, width, 1]);
  return {
    strides: sizes(strideHeight, strideWidth),
    dilations: sizes(dilationHeight, dilationWidth),
    padding: String(config['padding'] ?? 'valid').toUpperCase(),
    data_format: isFirst ? 'NCHW' : 'NHWC',
  };
}

const formatOf = (writer: LayerWriter) => ({ data_format: isChannelsFirst(writer) ? 'NCHW' : 'NHWC' });

/** Kernel, then bias, then activation. */
const weighted =
  (op: string, kernelName: string): LayerImporter =>
  (writer) => {
    const kernel = writer.weight(kernelName) ?? writer.weight('kernel');
    if (kernel === undefined) return { problem: `lacks its weight ${kernelName}` };
    const groups = Number(writer.layer.config['groups'] ?? 1);
    if (groups !== 1 && op !== 'Conv2D') return { problem: `has ${groups} groups, which goby can't convert` };
    const attributes = op === 'MatMul' ? {} : windowAttributes(writer);
    const product = writer.add(op, [writer.inputs[0]!, kernel], attributes);
    return finished(writer, product, op === 'MatMul' ? {} : formatOf(writer));
  };

function finished(writer: LayerWriter, product: string, format: Record<string, Attribute>): string | Problem {
  const bias = writer.weight('bias');
  const sum = bias === undefined ? product : writer.add('BiasAdd', [product, bias], format);
  return activate(writer, sum, writer.layer.config['activation']);
}

/** Its output's sizes follow from those of its input, unless output_padding says otherwise. */
const transposed: LayerImporter = (writer) => {
  const { config } = writer.layer;
  const kernel = writer.weight('kernel');
  if (kernel === undefined) return { problem: 'lacks its weight kernel' };
  if ((config['output_padding'] ?? null) !== null)
    return { problem: "has an output_padding, which goby can't convert" };
  const sizes = writer.constant('sizes', integers([-1, -1, -1, -1]));
  const grown = writer.add('Conv2DBackpropInput', [sizes, kernel, writer.inputs[0]!], windowAttributes(writer));
  return finished(writer, grown, formatOf(writer));
};

/** (x - mean) / sqrt(variance + epsilon) of each picture itself, over the last axes. */
const layerNormalisation: LayerImporter = (writer) => {
  const { config } = writer.layer;
  if (config['rms_scaling'] === true) return { problem: "scales by rms, which goby can't convert" };
  const axes = [config['axis'] ?? -1].flat().map(Number);
  const [input] = writer.inputs;
  const over = writer.constant('axes', integers(axes));
  const difference = writer.add('Sub', [input!, writer.add('Mean', [input!, over], { keep_dims: true })]);
  const variance = writer.add('Mean', [writer.add('Mul', [difference, difference]), over], { keep_dims: true });
  const shifted = writer.add('AddV2', [variance, writer.constant('epsilon', Number(config['epsilon'] ?? 1e-3))]);
  const plain = writer.add('Mul', [difference, writer.add('Rsqrt', [shifted])]);
  const gamma = writer.weight('gamma');
  const beta = writer.weight('beta');
  const scaled = gamma === undefined ? plain : writer.add('Mul', [plain, gamma]);
  return beta === undefined ? scaled : writer.add('AddV2', [scaled, beta]);
};

const separable: LayerImporter = (writer) => {
  const [depthwise, pointwise] = [writer.weight('depthwise_kernel'), writer.weight('pointwise_kernel')];
  if (depthwise === undefined || pointwise === undefined) return { problem: 'lacks its kernels' };
  const spread = writer.add('DepthwiseConv2dNative', [writer.inputs[0]!, depthwise], windowAttributes(writer));
  const mixed = writer.add('Conv2D', [spread, pointwise], {
    strides: [1, 1, 1, 1],
    padding: 'VALID',
    ...formatOf(writer),
  });
  return finished(writer, mixed, formatOf(writer));
};

const normalisation: LayerImporter = (writer) => {
  const mean = writer.weight('moving_mean');
  const variance = writer.weight('moving_variance');
  if (mean === undefined || variance === undefined) return { problem: 'lacks its moving mean or variance' };
  const { config } = writer.layer;
  const [axis] = numbers(config['axis'], [-1]);
  const epsilon = Number(config['epsilon'] ?? 1e-3);
  // Without scale or centre Keras stores none: a factor of 1 and an offset of 0 for all channels stand in.
  const gamma = writer.weight('gamma') ?? writer.constant('gamma', { shape: [1], data: Float32Array.of(1) });
  const beta = writer.weight('beta') ?? writer.constant('beta', { shape: [1], data: Float32Array.of(0) });
  return writer.add('FusedBatchNormV3', [writer.inputs[0]!, gamma, beta, mean, variance], {
    epsilon,
    data_format: axis === 1 ? 'NCHW' : 'NHWC',
  });
};

const pool =
  (op: string): LayerImporter =>
  (writer) => {
    const [height = 2, width = 2] = numbers(writer.layer.config['pool_size'], [2, 2]);
    const [down = height, across = width] = numbers(writer.layer.config['strides'], [height, width]);
    const sizes = (a: number, b: number) => (isChannelsFirst(writer) ? [1, 1, a, b] : [1, a, b, 1]);
    const attributes = { ...windowAttributes(writer), strides: sizes(down, across) };
    return writer.add(op, [writer.inputs[0]!], { ...attributes, ksize: sizes(height, width) });
  };

const globalPool =
  (op: string): LayerImporter =>
  (writer) => {
    const axes = isChannelsFirst(writer) ? [2, 3] : [1, 2];
    return writer.add(op, [writer.inputs[0]!, writer.constant('axes', integers(axes))], {
      keep_dims: writer.layer.config['keepdims'] === true,
    });
  };

const relu: LayerImporter = (writer) => {
  const { max_value: highest, negative_slope: slope = 0, threshold = 0 } = writer.layer.config;
  if (Number(threshold) !== 0) return { problem: `has the threshold ${threshold}, which goby can't convert` };
  const above =
    Number(slope) === 0
      ? writer.add('Relu', [writer.inputs[0]!])
      : writer.add('LeakyRelu', [writer.inputs[0]!], { alpha: Number(slope) });
  if (highest === undefined || highest === null) return above;
  return writer.add('Minimum', [above, writer.constant('max_value', Number(highest))]);
};

/** max(x, 0) + alpha * min(x, 0), alpha by channel. */
const parametricRelu: LayerImporter = (writer) => {
  const alpha = writer.weight('alpha');
  if (alpha === undefined) return { problem: 'lacks its weight alpha' };
  return writer.add('Prelu', [writer.inputs[0]!, alpha]);
};

const softmax: LayerImporter = (writer) => {
  const axes = [writer.layer.config['axis'] ?? -1].flat();
  return axes.length === 1
    ? writer.add('Softmax', [writer.inputs[0]!], { axis: Number(axes[0]) })
    : { problem: `goes over the axes ${axes.join(', ')}, and goby converts one` };
};

const reshapeTo = (writer: LayerWriter, shape: readonly number[]): string =>
  writer.add('Reshape', [writer.inputs[0]!, writer.constant('shape', integers(shape))]);

const chained =
  (op: string): LayerImporter =>
  ({ inputs, add }) =>
    inputs.slice(1).reduce((left, right) => add(op, [left, right]), inputs[0]!);

const average: LayerImporter = (writer) => {
  const sum = chained('AddV2')(writer) as string;
  return writer.add('Mul', [sum, writer.constant('share', 1 / writer.inputs.length)]);
};

const passOn: LayerImporter = ({ inputs }) => inputs[0]!;

const layers: Readonly<Record<string, LayerImporter | undefined>> = {
  InputLayer: ({ layer, add }) => {
    const shape = layer.config['batch_input_shape'] ?? layer.config['batch_shape'];
    const sizes = Array.isArray(shape) ? shape.map((size) => (size === null ? -1 : Number(size))) : [];
    return add('Placeholder', [], { shape: sizes, dtype: layer.config['dtype'] === 'uint8' ? 'DT_UINT8' : 'DT_FLOAT' });
  },
  Conv2D: weighted('Conv2D', 'kernel'),
  Conv2DTranspose: transposed,
  LayerNormalization: layerNormalisation,
  DepthwiseConv2D: weighted('DepthwiseConv2dNative', 'depthwise_kernel'),
  SeparableConv2D: separable,
  Dense: weighted('MatMul', 'kernel'),
  BatchNormalization: normalisation,
  SyncBatchNormalization: normalisation,
  ReLU: relu,
  LeakyReLU: (writer) => {
    const alpha = Number(writer.layer.config['alpha'] ?? writer.layer.config['negative_slope'] ?? 0.3);
    return writer.add('LeakyRelu', [writer.inputs[0]!], { alpha });
  },
  PReLU: parametricRelu,
  ELU: (writer) => {
    const alpha = Number(writer.layer.config['alpha'] ?? 1);
    return writer.add(alpha === 1 ? 'Elu' : 'ScaledElu', [writer.inputs[0]!], { alpha });
  },
  Activation: (writer) => activate(writer, writer.inputs[0]!, writer.layer.config['activation']),
  Softmax: softmax,
  Add: chained('AddV2'),
  Subtract: chained('Sub'),
  Multiply: chained('Mul'),
  Maximum: chained('Maximum'),
  Minimum: chained('Minimum'),
  Average: average,
  Concatenate: (writer) => {
    const axis = Number(writer.layer.config['axis'] ?? -1);
    return writer.add('ConcatV2', [...writer.inputs, writer.constant('axis', integers([axis], []))]);
  },
  MaxPooling2D: pool('MaxPool'),
  AveragePooling2D: pool('AvgPool'),
  GlobalAveragePooling2D: globalPool('Mean'),
  GlobalMaxPooling2D: globalPool('Max'),
  Flatten: (writer) =>
    // Of pictures whose channels come first Keras puts these last before it lays them flat.
    isChannelsFirst(writer)
      ? writer.add('Reshape', [
          writer.add('ChannelsLast', [writer.inputs[0]!]),
          writer.constant('shape', integers([1, -1])),
        ])
      : reshapeTo(writer, [1, -1]),
  Reshape: (writer) => reshapeTo(writer, [1, ...numbers(writer.layer.config['target_shape'], [-1])]),
  Permute: (writer) => {
    const order = [0, ...numbers(writer.layer.config['dims'], [1, 2, 3])];
    return writer.add('Transpose', [writer.inputs[0]!, writer.constant('order', integers(order))]);
  },
  // Only while training do they change anything.
  Dropout: passOn,
  SpatialDropout1D: passOn,
  SpatialDropout2D: passOn,
  AlphaDropout: passOn,
  GaussianDropout: passOn,
  GaussianNoise: passOn,
  ActivityRegularization: passOn,
  Identity: passOn,
  ...imageLayers,
};

/** Names of Keras 1 and of TensorFlow's contrib, and marks of custom objects, in front of the class. */
const plainClass = (name: string): string =>
  name
    .replace(/^.*>/, '')
    .replace(/V[12]$/, '')
    .replace(/^Convolution2D$/, 'Conv2D');

export function layerImporter(layer: KerasLayer): LayerImporter | undefined {
  const operation = operationImporter(layer);
  if (operation !== undefined) return operation;
  if (layer.className === 'Lambda') return isNamedLambda(layer) ? lambdaImporter : undefined;
  return layers[plainClass(layer.className)];
}

/** Why a layer isn't known, to stand behind its name. */
export function layerReason({ className, config, name }: KerasLayer): string {
  if (className === 'Lambda') return ' holds Python code';
  return className === 'TFOpLambda' ? `: the function ${String(config['function'] ?? name)}` : '';
}
