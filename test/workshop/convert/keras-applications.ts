/** Networks of keras.applications, layer by layer as they build them, with random weights. */
import * as tf from '@tensorflow/tfjs-core';
import { type Form, KerasNet } from './keras-net.ts';

interface Size {
  readonly side: number;
  readonly classes: number;
  /** Width multiplier. */
  readonly alpha?: number;
}

/** Channels as a multiple of 8, never below 90 % of what is wanted. */
function wide(channels: number): number {
  const rounded = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}

const add = (net: KerasNet, inputs: readonly string[]): string =>
  net.plain('Add', {}, inputs, ([a, b]) => tf.add(a!, b!));
const multiply = (net: KerasNet, inputs: readonly string[]): string =>
  net.plain('Multiply', {}, inputs, ([a, b]) => tf.mul(a!, b!));
const dropout = (net: KerasNet, input: string): string =>
  net.plain('Dropout', { rate: 0.2, noise_shape: [null, 1, 1, 1] }, [input], ([x]) => x!);

export function mobilenetV1(form: Form, { side, classes, alpha = 0.25 }: Size): KerasNet {
  const net = new KerasNet(form, { name: 'mobilenet' });
  let x = net.relu6(net.norm(net.conv(net.input(side), Math.floor(32 * alpha), 3, { strides: 2, name: 'conv1' })));
  const blocks = [
    [64, 1],
    [128, 2],
    [128, 1],
    [256, 2],
    [256, 1],
    [512, 2],
    [512, 1],
    [512, 1],
    [1024, 2],
    [1024, 1],
  ];
  for (const [filters = 0, strides = 1] of blocks) {
    if (strides === 2) {
      x = net.plain(
        'ZeroPadding2D',
        {
          padding: [
            [0, 1],
            [0, 1],
          ],
        },
        [x],
        ([value]) =>
          tf.pad(value!, [
            [0, 0],
            [0, 1],
            [0, 1],
            [0, 0],
          ]),
      );
    }
    x = net.relu6(net.norm(net.depthwise(x, 3, { strides, padding: strides === 1 ? 'same' : 'valid' })));
    x = net.relu6(net.norm(net.conv(x, Math.floor(filters * alpha), 1)));
  }
  x = dropout(net, net.average(x, true));
  x = net.conv(x, classes, 1, { bias: true, isHead: true, name: 'conv_preds' });
  x = net.plain('Reshape', { target_shape: [classes] }, [x], ([value]) => tf.reshape(value!, [-1, classes]));
  net.activation(x, 'softmax');
  return net;
}

/** @param top what the transfer-learning tutorial calls include_top */
export function mobilenetV2(form: Form, { side, classes, alpha = 0.35 }: Size, { top = true } = {}): KerasNet {
  const net = new KerasNet(form, { name: `mobilenetv2_${alpha}_${side}`, seed: 500 });
  const input = net.input(side);
  let x = net.relu6(net.norm(net.conv(input, wide(32 * alpha), 3, { strides: 2, name: 'Conv1' })));
  let size = side / 2;
  const blocks = [
    [1, 16, 1],
    [6, 24, 2],
    [6, 24, 1],
    [6, 32, 2],
    [6, 32, 1],
    [6, 64, 2],
    [6, 64, 1],
    [6, 96, 1],
    [6, 160, 2],
    [6, 160, 1],
    [6, 320, 1],
  ];
  for (const [expansion = 1, filters = 0, strides = 1] of blocks) {
    const from = x;
    const into = net.channels(from);
    if (expansion > 1) x = net.relu6(net.norm(net.conv(x, expansion * into, 1)));
    if (strides === 2) x = net.pad(x, 3, size);
    x = net.relu6(net.norm(net.depthwise(x, 3, { strides, padding: strides === 1 ? 'same' : 'valid' })));
    x = net.norm(net.conv(x, wide(filters * alpha), 1));
    size = Math.ceil(size / strides);
    if (strides === 1 && net.channels(x) === into) x = add(net, [from, x]);
  }
  x = net.relu6(net.norm(net.conv(x, 320, 1, { name: 'Conv_1' })));
  if (top) net.dense(net.average(x), classes);
  return net;
}

/** MobileNetV3Small: Keras 2 has its hard swish in functions, Keras 3 as an activation. */
export function mobilenetV3(form: Form, { side, classes, alpha = 1 }: Size): KerasNet {
  const net = new KerasNet(form, { name: 'MobilenetV3small', seed: 900 });
  const hardSigmoid = (x: string) => net.operation('multiply', [net.relu6(net.operation('add', [x, 3])), 1 / 6]);
  const hardSwish = (x: string) => (form === 2 ? multiply(net, [x, hardSigmoid(x)]) : net.activation(x, 'hard_silu'));
  let x = net.rescale(net.input(side), 1 / 127.5, -1);
  x = hardSwish(net.norm(net.conv(x, 16, 3, { strides: 2, name: 'Conv' })));
  let size = side / 2;
  const blocks = [
    [1, 16, 3, 2, true, false],
    [4.5, 24, 3, 2, false, false],
    [88 / 24, 24, 3, 1, false, false],
    [4, 40, 5, 2, true, true],
    [6, 40, 5, 1, true, true],
    [3, 48, 5, 1, true, true],
    [6, 96, 5, 2, true, true],
    [6, 96, 5, 1, true, true],
  ] as const;
  for (const [at, [expansion, filters, kernel, strides, squeezes, isHard]] of blocks.entries()) {
    const activate = (value: string) =>
      isHard ? hardSwish(value) : net.plain('ReLU', { max_value: null }, [value], ([one]) => tf.relu(one!));
    const from = x;
    const into = net.channels(from);
    if (at > 0) x = activate(net.norm(net.conv(x, wide(into * expansion), 1)));
    if (strides === 2) x = net.pad(x, kernel, size);
    x = activate(net.norm(net.depthwise(x, kernel, { strides, padding: strides === 1 ? 'same' : 'valid' })));
    size = Math.ceil(size / strides);
    if (squeezes) {
      const channels = net.channels(x);
      const squeezed = net.conv(net.average(x, true), wide(channels / 4), 1, { bias: true });
      const relu = net.plain('ReLU', { max_value: null }, [squeezed], ([one]) => tf.relu(one!));
      x = multiply(net, [x, hardSigmoid(net.conv(relu, channels, 1, { bias: true }))]);
    }
    x = net.norm(net.conv(x, wide(filters * alpha), 1));
    if (strides === 1 && into === net.channels(x)) x = add(net, [from, x]);
  }
  x = hardSwish(net.norm(net.conv(x, wide(net.channels(x) * 6), 1)));
  x = hardSwish(net.conv(net.average(x, true), 256, 1, { bias: true }));
  x = net.conv(dropout(net, x), classes, 1, { bias: true, isHead: true, name: 'Logits' });
  x = net.plain('Flatten', { data_format: 'channels_last' }, [x], ([value]) => tf.reshape(value!, [-1, classes]));
  net.activation(x, 'softmax');
  return net;
}

/** EfficientNetB0, with the second Rescaling that comes with ImageNet's weights; alpha makes it narrower. */
export function efficientnetB0(form: Form, { side, classes, alpha = 1 }: Size): KerasNet {
  const net = new KerasNet(form, { name: 'efficientnetb0', seed: 1300 });
  let x = net.normalization(net.rescale(net.input(side), 1 / 255));
  x = net.rescale(
    x,
    [0.229, 0.224, 0.225].map((deviation) => 1 / Math.sqrt(deviation)),
  );
  let size = side;
  x = net.conv(net.pad(x, 3, size), wide(32 * alpha), 3, { strides: 2, padding: 'valid', name: 'stem_conv' });
  x = net.activation(net.norm(x), 'swish');
  size = Math.ceil(size / 2);
  const blocks = [
    [3, 1, 16, 1, 1],
    [3, 2, 24, 6, 2],
    [5, 2, 40, 6, 2],
    [3, 3, 80, 6, 2],
    [5, 3, 112, 6, 1],
    [5, 4, 192, 6, 2],
    [3, 1, 320, 6, 1],
  ] as const;
  for (const [kernel, repeats, width, expansion, firstStrides] of blocks) {
    const filters = wide(width * alpha);
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      const strides = repeat === 0 ? firstStrides : 1;
      const from = x;
      const into = net.channels(from);
      if (expansion !== 1) x = net.activation(net.norm(net.conv(x, into * expansion, 1)), 'swish');
      if (strides === 2) x = net.pad(x, kernel, size);
      x = net.activation(
        net.norm(net.depthwise(x, kernel, { strides, padding: strides === 1 ? 'same' : 'valid' })),
        'swish',
      );
      size = Math.ceil(size / strides);
      const channels = net.channels(x);
      const squeezed = net.plain('Reshape', { target_shape: [1, 1, channels] }, [net.average(x)], ([value]) =>
        tf.reshape(value!, [-1, 1, 1, channels]),
      );
      const reduced = net.conv(squeezed, Math.max(1, into / 4), 1, { bias: true, activation: 'swish' });
      x = multiply(net, [x, net.conv(reduced, channels, 1, { bias: true, activation: 'sigmoid' })]);
      x = net.norm(net.conv(x, filters, 1));
      if (strides === 1 && into === filters) x = add(net, [dropout(net, x), from]);
    }
  }
  x = net.activation(net.norm(net.conv(x, wide(1280 * alpha), 1, { name: 'top_conv' })), 'swish');
  net.dense(dropout(net, net.average(x)), classes);
  return net;
}

/** The transfer-learning tutorial: augmentation, preprocess_input, a base without its top, a new head. */
export function transferLearning(form: Form, { side, classes }: Size): KerasNet {
  const net = new KerasNet(form, { name: 'transfer', seed: 1700 });
  const augmentation = new KerasNet(form, { name: 'data_augmentation' });
  const flipped = augmentation.plain(
    'RandomFlip',
    { mode: 'horizontal', seed: null },
    [augmentation.input(side)],
    ([x]) => x!,
  );
  augmentation.plain('RandomRotation', { factor: [-0.2, 0.2], fill_mode: 'reflect' }, [flipped], ([x]) => x!);
  const varied = net.nested(net.input(side), augmentation);
  const scaled = net.operation('subtract', [net.operation('divide', [varied, 127.5]), 1]);
  const features = net.nested(scaled, mobilenetV2(form, { side, classes }, { top: false }));
  net.dense(dropout(net, net.average(features)), classes);
  return net;
}
