/** Activations of Keras by name, as TensorFlow's nodes. */
import type { LayerWriter, Problem } from './layer-writer.ts';

type Activation = (writer: LayerWriter, input: string) => string;

const node =
  (op: string): Activation =>
  (writer, input) =>
    writer.add(op, [input]);

/** min(max(x + 3, 0), 6) / 6: what MobileNet V3 has in all of its versions. */
const relu6Sigmoid: Activation = (writer, input) => {
  const shifted = writer.add('AddV2', [input, writer.constant('three', 3)]);
  const bounded = writer.add('Relu6', [shifted]);
  return writer.add('Mul', [bounded, writer.constant('sixth', 1 / 6)]);
};

/** min(max(0.2 x + 0.5, 0), 1): what Keras called a hard sigmoid before version 3. */
const olderHardSigmoid: Activation = (writer, input) => {
  const scaled = writer.add('Mul', [input, writer.constant('fifth', 0.2)]);
  const shifted = writer.add('AddV2', [scaled, writer.constant('half', 0.5)]);
  const above = writer.add('Maximum', [shifted, writer.constant('zero', 0)]);
  return writer.add('Minimum', [above, writer.constant('one', 1)]);
};

const swish: Activation = (writer, input) => writer.add('Mul', [input, writer.add('Sigmoid', [input])]);

const hardSwish: Activation = (writer, input) => writer.add('Mul', [input, relu6Sigmoid(writer, input)]);

const leakyRelu: Activation = (writer, input) => writer.add('LeakyRelu', [input], { alpha: 0.2 });

/** x * tanh(log(1 + exp(x))) */
const mish: Activation = (writer, input) =>
  writer.add('Mul', [input, writer.add('Tanh', [writer.add('Softplus', [input])])]);

/** Keras 3's gelu and TensorFlow's are by erf unless they say otherwise; TensorFlow.js calls the form with tanh gelu_new. */
const gelu: Activation = (writer, input) =>
  writer.add('Gelu', [input], { form: writer.kwargs['approximate'] === undefined ? 'erf' : approximateForm(writer) });

function approximateForm({ kwargs }: LayerWriter): string {
  const given = kwargs['approximate'];
  return typeof given === 'object' && given.value === true ? 'tanh' : 'erf';
}

const activations: Readonly<Record<string, Activation | undefined>> = {
  linear: (_, input) => input,
  relu: node('Relu'),
  relu6: node('Relu6'),
  sigmoid: node('Sigmoid'),
  softmax: node('Softmax'),
  tanh: node('Tanh'),
  elu: node('Elu'),
  exponential: node('Exp'),
  swish,
  silu: swish,
  hard_sigmoid: (writer, input) => (writer.majorVersion >= 3 ? relu6Sigmoid : olderHardSigmoid)(writer, input),
  hard_silu: hardSwish,
  hard_swish: hardSwish,
  leaky_relu: leakyRelu,
  softplus: node('Softplus'),
  softsign: node('Softsign'),
  selu: node('Selu'),
  gelu,
  gelu_new: (writer, input) => writer.add('Gelu', [input], { form: 'tanh' }),
  log_softmax: node('LogSoftmax'),
  mish,
};

/** TensorFlow.js says hardSigmoid, Keras 3 may say `{ class_name: 'function', config: 'relu6' }`, Keras 2 custom>relu6. */
function nameOf(activation: unknown): string {
  if (typeof activation === 'string') {
    const plain = activation.replace(/^.*>/, '');
    return plain.replaceAll(/([a-z])([A-Z])/g, '$1_$2').toLowerCase();
  }
  if (typeof activation !== 'object' || activation === null) return 'linear';
  const { config, class_name: className, registered_name: registered } = activation as Record<string, unknown>;
  if (typeof config === 'string') return nameOf(config);
  const inner = (config as { name?: unknown } | null)?.name;
  return nameOf([inner, registered, className].find((name) => typeof name === 'string') ?? 'linear');
}

export const isActivation = (activation: unknown): boolean => activations[nameOf(activation)] !== undefined;

/** @param activation as a layer's config has it; absent: linear */
export function activate(writer: LayerWriter, input: string, activation: unknown): string | Problem {
  const name = nameOf(activation);
  const known = activations[name];
  return known === undefined
    ? { problem: `has the activation ${name}, which goby can't convert` }
    : known(writer, input);
}
