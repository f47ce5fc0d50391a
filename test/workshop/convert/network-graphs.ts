/** Networks in the forms that training scripts leave them in: slim's batch normalisation, retrain.py's new head. */
import { flag, float, ints, noise, TinyGraph, text } from './tiny-graph.ts';

const window = (stride: number) => ({
  strides: ints(1, stride, stride, 1),
  dilations: ints(1, 1, 1, 1),
  padding: text('SAME'),
  data_format: text('NHWC'),
});

/** Weights as training leaves them: as large as keeps activations in their range. */
export function weights(graph: TinyGraph, name: string, shape: readonly number[], fanIn: number): string {
  const size = shape.reduce((product, one) => product * one, 1);
  const scale = Math.sqrt(6 / fanIn);
  const seed = Array.from(name).reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 65_521, 7);
  return graph.floats(
    name,
    shape,
    noise(size, seed).map((value) => value * scale),
  );
}

/** As `tf.nn.batch_normalization` leaves it in a frozen graph of slim: eight nodes, each variable behind an Identity. */
export function slimNormalisation(graph: TinyGraph, scope: string, input: string, channels: number): string {
  const own = `${scope}/BatchNorm`;
  const read = (name: string, seed: number, change: (value: number) => number): string =>
    graph.node(`${own}/${name}/read`, 'Identity', [
      graph.floats(`${own}/${name}`, [channels], noise(channels, seed).map(change)),
    ]);
  const [gamma, beta, mean, variance] = [
    read('gamma', 3, (value) => 1 + value / 3),
    read('beta', 4, (value) => value / 2),
    read('moving_mean', 5, (value) => value / 4),
    read('moving_variance', 6, (value) => 0.6 + value / 3),
  ];
  const step = `${own}/batchnorm`;
  graph.node(`${step}/add`, 'Add', [variance, graph.floats(`${step}/add/y`, [], [0.001])]);
  graph.node(`${step}/Rsqrt`, 'Rsqrt', [`${step}/add`]);
  graph.node(`${step}/mul`, 'Mul', [`${step}/Rsqrt`, gamma]);
  graph.node(`${step}/mul_1`, 'Mul', [input, `${step}/mul`]);
  graph.node(`${step}/mul_2`, 'Mul', [mean, `${step}/mul`]);
  graph.node(`${step}/sub`, 'Sub', [beta, `${step}/mul_2`]);
  return graph.node(`${step}/add_1`, 'Add', [`${step}/mul_1`, `${step}/sub`]);
}

/** A MobileNet V1 of slim as far as its pooled features, unfused; its input is `input`. @returns the pooled features */
export function slimMobilenet(graph: TinyGraph, side: number, widths: readonly number[]): string {
  graph.input('input', [1, side, side, 3]);
  const [stem = 8, ...rest] = widths;
  let name = 'MobilenetV1/Conv2d_0';
  const convolve = (scope: string, input: string, size: number, into: number, out: number, stride: number): string => {
    const filter = weights(graph, `${scope}/weights`, [size, size, into, out], size * size * into);
    graph.node(`${scope}/weights/read`, 'Identity', [filter]);
    graph.node(`${scope}/convolution`, 'Conv2D', [input, `${scope}/weights/read`], window(stride));
    return graph.node(`${scope}/Relu6`, 'Relu6', [slimNormalisation(graph, scope, `${scope}/convolution`, out)]);
  };
  let value = convolve(name, 'input', 3, 3, stem, 2);
  let channels = stem;
  for (const [at, width] of rest.entries()) {
    name = `MobilenetV1/Conv2d_${at + 1}_depthwise`;
    const filter = weights(graph, `${name}/depthwise_weights`, [3, 3, channels, 1], 9);
    graph.node(`${name}/depthwise`, 'DepthwiseConv2dNative', [value, filter], window(at % 2 === 1 ? 2 : 1));
    value = graph.node(`${name}/Relu6`, 'Relu6', [slimNormalisation(graph, name, `${name}/depthwise`, channels)]);
    value = convolve(`MobilenetV1/Conv2d_${at + 1}_pointwise`, value, 1, channels, width, 1);
    channels = width;
  }
  const left = side / 2 ** (1 + Math.floor(rest.length / 2));
  graph.node('MobilenetV1/Logits/AvgPool_1a/AvgPool', 'AvgPool', [value], {
    strides: ints(1, 2, 2, 1),
    ksize: ints(1, left, left, 1),
    padding: text('VALID'),
    data_format: text('NHWC'),
  });
  graph.node('MobilenetV1/Logits/Dropout_1b/Identity', 'Identity', ['MobilenetV1/Logits/AvgPool_1a/AvgPool']);
  graph.node('MobilenetV1/Predictions/Reshape', 'Reshape', [
    'MobilenetV1/Logits/Dropout_1b/Identity',
    graph.integers('MobilenetV1/Predictions/Reshape/shape', [-1, channels]),
  ]);
  return 'MobilenetV1/Predictions/Reshape';
}

/**
 * What retrain.py writes: the network, a placeholder for bottlenecks with the network as its default, and the new layer.
 * @param placeholder TensorFlow.js frees the value behind a PlaceholderWithDefault too early: its reference has an Identity there
 */
export function retrainedGraph(
  side: number,
  widths: readonly number[],
  classes: number,
  placeholder: 'PlaceholderWithDefault' | 'Identity' = 'PlaceholderWithDefault',
): TinyGraph {
  const graph = new TinyGraph();
  const features = slimMobilenet(graph, side, widths);
  const channels = widths.at(-1)!;
  graph.node('input_1/BottleneckInputPlaceholder', placeholder, [features], {
    dtype: { type: 'DT_FLOAT' },
    shape: { shape: { dim: [{ size: '-1' }, { size: String(channels) }] } },
  });
  const layer = 'final_training_ops';
  graph.node(`${layer}/weights/final_weights/read`, 'Identity', [
    weights(graph, `${layer}/weights/final_weights`, [channels, classes], channels / 4),
  ]);
  graph.node(`${layer}/biases/final_biases/read`, 'Identity', [
    graph.floats(`${layer}/biases/final_biases`, [classes]),
  ]);
  const product = `${layer}/Wx_plus_b/MatMul`;
  const inputs = ['input_1/BottleneckInputPlaceholder', `${layer}/weights/final_weights/read`];
  graph.node(product, 'MatMul', inputs, { transpose_a: flag(false), transpose_b: flag(false) });
  graph.node(`${layer}/Wx_plus_b/add`, 'Add', [product, `${layer}/biases/final_biases/read`]);
  graph.node('final_result', 'Softmax', [`${layer}/Wx_plus_b/add`]);
  return graph;
}

/** The batch normalisation of the graph that retrain.py fetches as inception_v3. */
export function globalNormalisation(graph: TinyGraph, name: string, input: string, channels: number): string {
  return graph.node(
    name,
    'BatchNormWithGlobalNormalization',
    [
      input,
      graph.floats(`${name}/mean`, [channels]),
      graph.floats(
        `${name}/variance`,
        [channels],
        noise(channels, 2).map((value) => value / 2 + 0.7),
      ),
      graph.floats(`${name}/beta`, [channels]),
      graph.floats(`${name}/gamma`, [channels]),
    ],
    { variance_epsilon: float(0.001), scale_after_normalization: flag(false) },
  );
}
