/** Keras models made by code in the exact form in which Keras 2 and 3 save them, with an evaluation of their own by TensorFlow.js. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import hdf5 from 'h5wasm/node';
import { packFiles } from '../../../src/models/tflite-file/associated-files.ts';
import { noise } from './tiny-graph.ts';

export type Form = 2 | 3;

interface Weight {
  /** As Keras 2 calls it. */
  readonly name: string;
  readonly shape: readonly number[];
  data: Float32Array;
}

type Compute = (inputs: readonly tf.Tensor[]) => tf.Tensor;

interface Layer {
  readonly className: string;
  readonly name: string;
  readonly module: string;
  readonly config: Record<string, unknown>;
  readonly inputs: readonly string[];
  /** Arguments of functions, in place of plain tensors. */
  readonly args?: readonly (string | number)[];
  readonly weights: readonly Weight[];
  readonly compute: Compute;
  /** Sets averages of a batch normalisation to those of what it sees. */
  readonly settle?: (input: tf.Tensor) => void;
  readonly net?: KerasNet;
}

const size = (shape: readonly number[]): number => shape.reduce((product, one) => product * one, 1);

export class KerasNet {
  readonly form: Form;
  readonly name: string;
  readonly layers: Layer[] = [];
  #seed: number;
  #counts = new Map<string, number>();

  constructor(form: Form, { name = 'functional', seed = 1 } = {}) {
    this.form = form;
    this.name = name;
    this.#seed = seed;
  }

  input(side: number, channels = 3): string {
    const shape = [null, side, side, channels];
    const config = this.form === 2 ? { batch_input_shape: shape, dtype: 'float32' } : { batch_shape: shape };
    return this.#add({ className: 'InputLayer', name: 'input_1', config, inputs: [], compute: ([x]) => x! });
  }

  conv(
    input: string,
    filters: number,
    kernel: number,
    {
      strides = 1,
      padding = 'same',
      bias = false,
      activation = 'linear',
      isHead = false,
      name = undefined as string | undefined,
    } = {},
  ): string {
    const into = this.channels(input);
    const weights = [this.#weight('kernel', [kernel, kernel, into, filters], kernel * kernel * into)];
    if (bias) weights.push(this.#weight('bias', [filters], 60));
    const [kernelWeight, biasWeight] = weights;
    return this.#add({
      className: 'Conv2D',
      ...(name === undefined ? {} : { name }),
      config: {
        filters,
        kernel_size: [kernel, kernel],
        strides: [strides, strides],
        padding,
        data_format: 'channels_last',
        dilation_rate: [1, 1],
        groups: 1,
        activation,
        use_bias: bias,
      },
      inputs: [input],
      weights,
      compute: ([x]) => {
        const made = tf.conv2d(x as tf.Tensor4D, tensor(kernelWeight!) as tf.Tensor4D, strides, padding as 'same');
        return activated(biasWeight === undefined ? made : tf.add(made, tensor(biasWeight)), activation);
      },
      ...(!isHead
        ? {}
        : {
            settle: (x) =>
              calm(kernelWeight!, (kernel) => tf.conv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, 1, 'same')),
          }),
    });
  }

  depthwise(input: string, kernel: number, { strides = 1, padding = 'same', multiplier = 1 } = {}): string {
    const weight = this.#weight(
      'depthwise_kernel',
      [kernel, kernel, this.channels(input), multiplier],
      kernel * kernel,
    );
    return this.#add({
      className: 'DepthwiseConv2D',
      config: {
        kernel_size: [kernel, kernel],
        strides: [strides, strides],
        padding,
        depth_multiplier: multiplier,
        data_format: 'channels_last',
        dilation_rate: [1, 1],
        activation: 'linear',
        use_bias: false,
      },
      inputs: [input],
      weights: [weight],
      compute: ([x]) => tf.depthwiseConv2d(x as tf.Tensor4D, tensor(weight) as tf.Tensor4D, strides, padding as 'same'),
    });
  }

  separable(input: string, filters: number): string {
    const into = this.channels(input);
    const weights = [
      this.#weight('depthwise_kernel', [3, 3, into, 1], 9),
      this.#weight('pointwise_kernel', [1, 1, into, filters], into),
      this.#weight('bias', [filters], 60),
    ];
    const [depthwise, pointwise, bias] = weights;
    return this.#add({
      className: 'SeparableConv2D',
      config: {
        filters,
        kernel_size: [3, 3],
        strides: [1, 1],
        padding: 'same',
        depth_multiplier: 1,
        activation: 'relu',
      },
      inputs: [input],
      weights,
      compute: ([x]) => {
        const spread = tf.depthwiseConv2d(x as tf.Tensor4D, tensor(depthwise!) as tf.Tensor4D, 1, 'same');
        return tf.relu(tf.add(tf.conv2d(spread, tensor(pointwise!) as tf.Tensor4D, 1, 'valid'), tensor(bias!)));
      },
    });
  }

  norm(input: string, { scale = true, center = true, epsilon = 1e-3 } = {}): string {
    const channels = this.channels(input);
    const weight = (name: string, change: (value: number) => number): Weight => ({
      name,
      shape: [channels],
      data: Float32Array.from(noise(channels, this.#next()), change),
    });
    const gamma = weight('gamma', (value) => 1 + value / 4);
    const beta = weight('beta', (value) => value / 2);
    const mean = weight('moving_mean', (value) => value / 4);
    const variance = weight('moving_variance', (value) => 1 + value / 3);
    const [means, variances] = [mean.data.slice(), variance.data.slice()];
    return this.#add({
      className: 'BatchNormalization',
      config: { axis: this.form === 2 ? [3] : -1, momentum: 0.99, epsilon, center, scale },
      inputs: [input],
      weights: [...(scale ? [gamma] : []), ...(center ? [beta] : []), mean, variance],
      compute: ([x]) => {
        const factor = tf.rsqrt(tf.add(tensor(variance), epsilon));
        const scaled = tf.mul(tf.sub(x!, tensor(mean)), scale ? tf.mul(factor, tensor(gamma)) : factor);
        return center ? tf.add(scaled, tensor(beta)) : scaled;
      },
      // One size for all channels: a few pictures are too few to know each of them.
      settle: (x) => {
        const squares = (tf.mean(tf.square(x)).dataSync() as Float32Array)[0]!;
        variance.data = Float32Array.from(variances, (share) => share * squares);
        mean.data = Float32Array.from(means, (share) => share * Math.sqrt(squares));
      },
    });
  }

  relu6(input: string, how: 'layer' | 'activation' = 'layer'): string {
    const config = how === 'activation' ? { activation: 'relu6' } : { max_value: 6, negative_slope: 0, threshold: 0 };
    return this.#add({
      className: how === 'activation' ? 'Activation' : 'ReLU',
      config,
      inputs: [input],
      compute: ([x]) => tf.clipByValue(x!, 0, 6),
    });
  }

  activation(input: string, name: string): string {
    // Keras 3 writes functions of its own by name too.
    return this.#add({
      className: 'Activation',
      config: { activation: name },
      inputs: [input],
      compute: ([x]) => activated(x!, name),
    });
  }

  /** A layer whose computation is a function of its inputs; anything without weights. */
  plain(className: string, config: Record<string, unknown>, inputs: readonly string[], compute: Compute): string {
    return this.#add({ className, config, inputs, compute });
  }

  pad(input: string, kernel: number, side: number): string {
    // correct_pad of keras.applications.
    const adjust = 1 - (side % 2);
    const [before, behind] = [Math.floor(kernel / 2) - adjust, Math.floor(kernel / 2)];
    const padding = [
      [before, behind],
      [before, behind],
    ];
    return this.#add({
      className: 'ZeroPadding2D',
      config: { padding, data_format: 'channels_last' },
      inputs: [input],
      compute: ([x]) =>
        tf.pad(x!, [
          [0, 0],
          [before, behind],
          [before, behind],
          [0, 0],
        ]),
    });
  }

  average(input: string, keepdims = false): string {
    return this.#add({
      className: 'GlobalAveragePooling2D',
      config: { data_format: 'channels_last', keepdims },
      inputs: [input],
      compute: ([x]) => tf.mean(x!, [1, 2], keepdims),
    });
  }

  dense(input: string, units: number, activation = 'softmax'): string {
    const into = this.channels(input);
    const weights = [this.#weight('kernel', [into, units], into / 8), this.#weight('bias', [units], 20)];
    const [kernel, bias] = weights;
    return this.#add({
      className: 'Dense',
      config: { units, activation, use_bias: true },
      inputs: [input],
      weights,
      compute: ([x]) =>
        activated(tf.add(tf.matMul(x as tf.Tensor2D, tensor(kernel!) as tf.Tensor2D), tensor(bias!)), activation),
      settle: (x) => calm(kernel!, (own) => tf.matMul(x as tf.Tensor2D, own as tf.Tensor2D)),
    });
  }

  /** (x - mean) / sqrt(variance), adapted or given. */
  normalization(input: string, given = false): string {
    const mean = { name: 'mean', shape: [3], data: Float32Array.of(0.485, 0.456, 0.406) };
    const variance = { name: 'variance', shape: [3], data: Float32Array.of(0.0524, 0.0502, 0.0506) };
    const count = { name: 'count', shape: [], data: Float32Array.of(0) };
    const stated = given
      ? { mean: [[[[...mean.data]]]], variance: [[[[...variance.data]]]] }
      : { mean: null, variance: null };
    return this.#add({
      className: 'Normalization',
      config: { axis: [3], invert: false, ...stated },
      inputs: [input],
      weights: given ? [] : this.form === 2 ? [mean, variance, count] : [mean, variance],
      compute: ([x]) => tf.div(tf.sub(x!, tensor(mean)), tf.sqrt(tensor(variance))),
    });
  }

  rescale(input: string, scale: number | readonly number[], offset = 0): string {
    return this.#add({
      className: 'Rescaling',
      config: { scale, offset },
      inputs: [input],
      compute: ([x]) => tf.add(tf.mul(x!, typeof scale === 'number' ? scale : tf.tensor1d([...scale])), offset),
    });
  }

  /** `x + 3`, `x * (1 / 6)`, `x / 127.5`: functions that become layers. */
  operation(op: 'add' | 'subtract' | 'multiply' | 'divide', args: readonly (string | number)[]): string {
    const names = {
      add: ['tf.__operators__.add', 'Add'],
      subtract: ['tf.math.subtract', 'Subtract'],
      multiply: ['tf.math.multiply', 'Multiply'],
      divide: ['tf.math.truediv', 'TrueDivide'],
    }[op];
    const inputs = args.filter((one) => typeof one === 'string');
    return this.#add({
      className: this.form === 2 ? 'TFOpLambda' : names[1]!,
      module: this.form === 2 ? '' : 'keras.src.ops.numpy',
      ...(this.form === 2 ? { name: `${names[0]}${this.#counted(`tf.${op}`)}` } : {}),
      config: this.form === 2 ? { function: names[0] } : {},
      inputs,
      args,
      compute: (given) => {
        let next = 0;
        const [a, b] = args.map((one) => (typeof one === 'number' ? tf.scalar(one) : given[next++]!));
        return { add: tf.add, subtract: tf.sub, multiply: tf.mul, divide: tf.div }[op](a!, b!);
      },
    });
  }

  /** Another model as a layer. */
  nested(input: string, net: KerasNet): string {
    return this.#add({
      className: 'Functional',
      name: net.name,
      config: net.#config(),
      inputs: [input],
      net,
      compute: ([x]) => net.compute(x!),
      settle: (x) => {
        net.#walk(x, true);
      },
    });
  }

  /** Channels of what a layer gives. */
  channels(name: string): number {
    const { className, config, inputs, weights, net } = this.layers.find((layer) => layer.name === name)!;
    if (className === 'InputLayer')
      return Number(((config['batch_input_shape'] ?? config['batch_shape']) as number[])[3]);
    if (config['filters'] !== undefined) return Number(config['filters']);
    if (config['units'] !== undefined) return Number(config['units']);
    if (className === 'DepthwiseConv2D') return weights[0]!.shape[2]! * weights[0]!.shape[3]!;
    if (className === 'Concatenate') return inputs.reduce((sum, one) => sum + this.channels(one), 0);
    if (className === 'Reshape') return Number((config['target_shape'] as number[]).at(-1));
    return net === undefined ? this.channels(inputs[0]!) : net.channels(net.layers.at(-1)!.name);
  }

  compute(x: tf.Tensor): tf.Tensor {
    return this.#walk(x, false);
  }

  /** The answer to a picture. */
  predict(values: Float32Array, shape: readonly number[]): Float32Array {
    return tf.tidy(() => this.compute(tf.tensor(values, [...shape])).dataSync() as Float32Array);
  }

  /** Makes every batch normalisation that of a trained model: its averages are those of these pictures. */
  settle(values: readonly Float32Array[], shape: readonly number[]): void {
    const all = new Float32Array(values.length * size(shape));
    values.forEach((one, at) => {
      all.set(one, at * size(shape));
    });
    tf.tidy(() => {
      this.#walk(tf.tensor(all, [values.length, ...shape.slice(1)]), true);
    });
  }

  #walk(x: tf.Tensor, isSettling: boolean): tf.Tensor {
    const made = new Map<string, tf.Tensor>();
    for (const { className, name, inputs, compute, settle } of this.layers) {
      const given = className === 'InputLayer' ? [x] : inputs.map((one) => made.get(one)!);
      if (isSettling) settle?.(given[0]!);
      made.set(name, compute(given));
    }
    return made.get(this.layers.at(-1)!.name)!;
  }

  #add(layer: Omit<Layer, 'name' | 'module' | 'weights'> & Partial<Layer>): string {
    const name = layer.name ?? `${snakeCase(layer.className)}${this.#counted(layer.className)}`;
    const module = layer.module ?? 'keras.layers';
    this.layers.push({ weights: [], ...layer, name, module, config: { ...layer.config, name } });
    return name;
  }

  #counted(what: string): string {
    const count = this.#counts.get(what) ?? 0;
    this.#counts.set(what, count + 1);
    return count === 0 ? '' : `_${count}`;
  }

  #next(): number {
    this.#seed += 1;
    return this.#seed;
  }

  /** He et al.'s range: activations keep their size from layer to layer. */
  #weight(name: string, shape: readonly number[], fanIn: number): Weight {
    const range = Math.sqrt(6 / fanIn);
    return { name, shape, data: Float32Array.from(noise(size(shape), this.#next()), (value) => value * range) };
  }

  #config() {
    const last = this.layers.at(-1)!.name;
    const [first] = this.layers;
    return {
      name: this.name,
      layers: this.layers.map((layer) => this.#layerJson(layer)),
      input_layers: [[first!.name, 0, 0]],
      output_layers: [[last, 0, 0]],
    };
  }

  #layerJson({ className, name, module, config, inputs, args }: Layer) {
    if (this.form === 2) {
      const [first, ...others] = args ?? [];
      const calls = inputs.map((one) => [one, 0, 0, {}]);
      const isConstantFirst = typeof first === 'number';
      const named = others.map((one) => (typeof one === 'number' ? one : [one, 0, 0]));
      const operation = [
        [
          isConstantFirst ? '_CONSTANT_VALUE' : first,
          isConstantFirst ? -1 : 0,
          isConstantFirst ? first : 0,
          { y: named[0], name: null },
        ],
      ];
      const nodes = className === 'InputLayer' ? [] : [args === undefined ? calls : operation];
      return { class_name: className, config, name, inbound_nodes: nodes };
    }
    const tensor = (from: string) => ({
      class_name: '__keras_tensor__',
      config: { shape: [null], dtype: 'float32', keras_history: [from, 0, 0] },
    });
    const given = inputs.map(tensor);
    const merged = ['Add', 'Multiply', 'Concatenate', 'Subtract', 'Average'].includes(className) && args === undefined;
    const positional = args?.map((one) => (typeof one === 'string' ? tensor(one) : one)) ?? (merged ? [given] : given);
    return {
      module,
      class_name: className,
      config,
      registered_name: null,
      build_config: { input_shape: [null] },
      name,
      inbound_nodes: className === 'InputLayer' ? [] : [{ args: positional, kwargs: {} }],
    };
  }

  json() {
    return {
      module: 'keras.src.models.functional',
      class_name: 'Functional',
      config: this.#config(),
      registered_name: 'Functional',
    };
  }

  /** As model.save("x.h5") writes it. */
  async writeH5(path: string): Promise<void> {
    await hdf5.ready;
    const file = new hdf5.File(path, 'w');
    file.create_attribute('model_config', JSON.stringify(this.json()));
    file.create_attribute('keras_version', this.form === 2 ? '2.11.0' : '3.4.1');
    file.create_attribute('backend', 'tensorflow');
    const root = file.create_group('model_weights');
    for (const layer of this.layers) {
      root.create_group(layer.name);
      for (const { path: inner, weight } of weightPaths(layer)) {
        const dataset = this.form === 2 ? `${inner}/${weight.name}:0` : `${inner}/${newName(layer, weight.name)}`;
        writeDataset(root, `${layer.name}/${dataset}`, weight);
      }
    }
    file.close();
  }

  /** As model.save("x.keras") writes it. @param isNoted newer versions note the layer's name beside its weights */
  async writeKeras(path: string, isNoted = true): Promise<void> {
    await hdf5.ready;
    const store = `${path}.weights.h5`;
    const file = new hdf5.File(store, 'w');
    this.#writeStore(file, '', isNoted);
    file.close();
    const text = (value: unknown) => Buffer.from(JSON.stringify(value));
    const metadata = { keras_version: this.form === 2 ? '2.13.1' : '3.4.1', date_saved: '2026-01-01@00:00:00' };
    const parts = [
      { name: 'metadata.json', bytes: text(metadata) },
      { name: 'config.json', bytes: text(this.json()) },
      { name: 'model.weights.h5', bytes: readFileSync(store) },
    ];
    writeFileSync(path, packFiles(new Uint8Array(), parts));
    rmSync(store);
  }

  #writeStore(file: InstanceType<typeof hdf5.File>, prefix: string, isNoted: boolean): void {
    const container = `${prefix}${this.form === 2 ? '_layer_checkpoint_dependencies' : 'layers'}`;
    const counts = new Map<string, number>();
    file.create_group(container);
    for (const layer of this.layers) {
      const own = snakeCase(layer.className);
      const count = counts.get(own) ?? 0;
      counts.set(own, count + 1);
      const group = `${container}/${own}${count === 0 ? '' : `_${count}`}`;
      file.create_group(group);
      const vars = file.create_group(`${group}/vars`);
      if (isNoted) vars.create_attribute('name', layer.name);
      layer.weights.forEach((weight, at) => {
        vars.create_dataset({ name: String(at), data: weight.data, shape: [...weight.shape] });
      });
      if (layer.net !== undefined) layer.net.#writeStore(file, `${group}/`, isNoted);
    }
  }
}

/** Paths below the layer's own group: for a model as a layer those of the layers inside. */
function weightPaths(layer: Layer, outer = ''): { path: string; weight: Weight }[] {
  if (layer.net !== undefined) return layer.net.layers.flatMap((inner) => weightPaths(inner, `${outer}`));
  return layer.weights.map((weight) => ({ path: `${outer}${layer.name}`, weight }));
}

const newName = ({ className }: Layer, name: string): string =>
  className === 'DepthwiseConv2D' && name === 'depthwise_kernel' ? 'kernel' : name;

function writeDataset(root: InstanceType<typeof hdf5.Group>, path: string, { shape, data }: Weight): void {
  const parts = path.split('/');
  let group = root;
  for (const part of parts.slice(0, -1)) {
    group = (group.keys().includes(part) ? group.get(part) : group.create_group(part)) as typeof root;
  }
  group.create_dataset({ name: parts.at(-1)!, data, shape: [...shape] });
}

const snakeCase = (name: string): string =>
  name
    .replaceAll(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();

/** Logits of a head that isn't sure of everything: about this large. */
const logitSize = 1.5;

function calm(kernel: Weight, multiply: (kernel: tf.Tensor) => tf.Tensor): void {
  const squares = tf.mean(tf.square(multiply(tensor(kernel)))).dataSync() as Float32Array;
  const factor = logitSize / Math.sqrt(squares[0]! + 1e-6);
  kernel.data = kernel.data.map((value) => value * factor);
}

const tensor = ({ data, shape }: Weight): tf.Tensor => tf.tensor(data, [...shape]);

function activated(x: tf.Tensor, name: string): tf.Tensor {
  const hard = (value: tf.Tensor) => tf.div(tf.clipByValue(tf.add(value, 3), 0, 6), 6);
  switch (name) {
    case 'linear':
      return x;
    case 'relu':
      return tf.relu(x);
    case 'relu6':
      return tf.clipByValue(x, 0, 6);
    case 'sigmoid':
      return tf.sigmoid(x);
    case 'softmax':
      return tf.softmax(x);
    case 'swish':
    case 'silu':
      return tf.mul(x, tf.sigmoid(x));
    case 'hard_silu':
    case 'hard_swish':
      return tf.mul(x, hard(x));
    case 'hard_sigmoid':
      return hard(x);
    case 'hard_sigmoid of Keras 2':
      return tf.clipByValue(tf.add(tf.mul(x, 0.2), 0.5), 0, 1);
    default:
      throw new Error(`the reference has no activation ${name}`);
  }
}
