/** Functions that stand in a Keras model as layers: `x / 127.5 - 1`, `tf.nn.relu6(x)` and the like. */
import { activate, isActivation } from './keras-activations.ts';
import type { KerasLayer } from './keras-config.ts';
import type { LayerImporter, LayerWriter } from './layer-writer.ts';

const isValue = (argument: unknown): argument is { readonly value: unknown } =>
  typeof argument === 'object' && argument !== null && 'value' in argument;

/** The operands in order: tensors and numbers, by position or named x and y. */
function operands(writer: LayerWriter, names: readonly string[]): string[] {
  const named = names.flatMap((name) => writer.kwargs[name] ?? []);
  return [...writer.args, ...named]
    .filter((argument) => !isValue(argument) || isNumbers(argument.value))
    .map((argument, at) => (isValue(argument) ? constantOf(writer, argument.value, at) : argument));
}

const isNumbers = (value: unknown): boolean =>
  typeof value === 'number' || (Array.isArray(value) && value.every((one) => typeof one === 'number'));

function constantOf(writer: LayerWriter, value: unknown, at: number): string {
  if (typeof value === 'number') return writer.constant(`operand${at}`, value);
  const numbers = (value as number[]).map(Number);
  return writer.constant(`operand${at}`, { shape: [numbers.length], data: Float32Array.from(numbers) });
}

const binary =
  (op: string): LayerImporter =>
  (writer) => {
    // A constant that comes first, as in 1 - x, is written before the tensor, which is then named y.
    const [a, b] = operands(writer, ['y', 'x2', 'b']);
    if (a === undefined || b === undefined) return { problem: `lacks an operand of ${op}` };
    return writer.add(op, [a, b]);
  };

const unary =
  (op: string): LayerImporter =>
  (writer) =>
    writer.add(op, [writer.inputs[0]!]);

const activation =
  (name: string): LayerImporter =>
  (writer) =>
    activate(writer, writer.inputs[0]!, name);

const kwarg = (writer: LayerWriter, name: string): unknown => {
  const value = writer.kwargs[name];
  return isValue(value) ? value.value : writer.layer.config[name];
};

const mean: LayerImporter = (writer) => {
  const axis = kwarg(writer, 'axis');
  const axes = (Array.isArray(axis) ? axis : [axis]).map(Number);
  if (axes.some((one) => !Number.isInteger(one))) return { problem: 'goes over axes that are not known' };
  const reference = writer.constant('axes', { shape: [axes.length], data: Int32Array.from(axes) });
  return writer.add('Mean', [writer.inputs[0]!, reference], { keep_dims: kwarg(writer, 'keepdims') === true });
};

const reshape: LayerImporter = (writer) => {
  const shape = kwarg(writer, 'shape') ?? kwarg(writer, 'newshape') ?? writer.args.find(isValue)?.value;
  if (!Array.isArray(shape)) return { problem: 'has a shape that is not known' };
  const sizes = shape.map((size, at) => (at === 0 && (size === null || size === -1) ? 1 : Number(size ?? -1)));
  return writer.add('Reshape', [
    writer.inputs[0]!,
    writer.constant('shape', { shape: [sizes.length], data: Int32Array.from(sizes) }),
  ]);
};

/** Inputs lie between pixels, which are floats already. */
const passOn: LayerImporter = ({ inputs }) => inputs[0]!;

/** By the names of Keras 3's operations and, behind `tf.`, of those that Keras 2 wraps. */
const operations: Readonly<Record<string, LayerImporter | undefined>> = {
  add: binary('AddV2'),
  __add__: binary('AddV2'),
  subtract: binary('Sub'),
  sub: binary('Sub'),
  multiply: binary('Mul'),
  mul: binary('Mul'),
  truedivide: binary('RealDiv'),
  true_divide: binary('RealDiv'),
  truediv: binary('RealDiv'),
  divide: binary('RealDiv'),
  maximum: binary('Maximum'),
  minimum: binary('Minimum'),
  square: unary('Square'),
  sqrt: unary('Sqrt'),
  rsqrt: unary('Rsqrt'),
  exp: unary('Exp'),
  log: unary('Log'),
  absolute: unary('Abs'),
  abs: unary('Abs'),
  negative: unary('Neg'),
  relu: activation('relu'),
  relu6: activation('relu6'),
  sigmoid: activation('sigmoid'),
  silu: activation('silu'),
  swish: activation('swish'),
  tanh: activation('tanh'),
  softmax: activation('softmax'),
  gelu: activation('gelu'),
  elu: activation('elu'),
  selu: activation('selu'),
  softplus: activation('softplus'),
  leakyrelu: activation('leaky_relu'),
  hardsilu: activation('hard_silu'),
  hardswish: activation('hard_silu'),
  hardsigmoid: activation('hard_sigmoid'),
  mean,
  reduce_mean: mean,
  reshape,
  cast: passOn,
  identity: passOn,
  stop_gradient: passOn,
};

/** What the function is called, without where it is from: `tf.math.truediv` is truediv. */
function operationName({ className, module, config, name }: KerasLayer): string | undefined {
  if (className === 'TFOpLambda') {
    const called = String(config['function'] ?? config['name'] ?? name);
    return called.replace(/_\d+$/, '').split('.').at(-1)?.toLowerCase();
  }
  return /(^|\.)ops(\.|$)/.test(module) ? className.toLowerCase() : undefined;
}

/** Undefined for layers that are no function, or one that goby doesn't know. */
export function operationImporter(layer: KerasLayer): LayerImporter | undefined {
  const name = operationName(layer);
  return name === undefined ? undefined : operations[name];
}

/** A Lambda layer around a named function, such as relu6; one with code of its own can't be read. */
export const lambdaImporter: LayerImporter = (writer) =>
  activate(writer, writer.inputs[0]!, writer.layer.config['function']);

export const isNamedLambda = ({ config }: KerasLayer): boolean =>
  config['function_type'] !== 'lambda' && isActivation(config['function']) && config['function'] !== undefined;
