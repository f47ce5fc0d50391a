/** Functions that TensorFlow Lite (2.9) has no operator for, by their parts. */
import type { BinaryOperation, UnaryOperation, Value } from '../graph.ts';
import { numberOf, textOf } from '../graph-def.ts';
import { broadcastShape } from '../shapes.ts';
import { type ImportCall, type Importer, type Importers, inputAt } from './family.ts';

/** Appends nodes one by one; `last` makes the one that bears the source's name. */
class Steps {
  readonly #call: ImportCall;
  #count = 0;

  constructor(call: ImportCall) {
    this.#call = call;
  }

  readonly #suffix = (isLast: boolean): string | undefined => (isLast ? undefined : `step${this.#count++}`);

  number(value: number): Value {
    return { name: `${this.#call.node.name}/number${this.#count++}`, shape: [], data: Float32Array.of(value) };
  }

  unary(operation: UnaryOperation, input: Value, isLast = false): Value {
    return this.#call.add({ kind: 'unary', operation, inputs: [input] }, input.shape, this.#suffix(isLast));
  }

  binary(operation: BinaryOperation, a: Value, b: Value | number, isLast = false): Value {
    const inputs = [a, typeof b === 'number' ? this.number(b) : b];
    const shape = broadcastShape(a.shape, inputs[1]!.shape, this.#call.node.name);
    return this.#call.add({ kind: 'binary', operation, inputs, activation: 'NONE' }, shape, this.#suffix(isLast));
  }

  clamp(input: Value, low: number, high: number): Value {
    return this.#call.add({ kind: 'clamp', inputs: [input], low, high }, input.shape, this.#suffix(false));
  }
}

/** max(x, 0) + log(1 + exp(-|x|)), which overflows nowhere. */
const importSoftplus: Importer = (call) => {
  const steps = new Steps(call);
  const input = inputAt(call, 0);
  const fading = steps.unary('EXP', steps.unary('NEG', steps.unary('ABS', input)));
  const rest = steps.unary('LOG', steps.binary('ADD', fading, 1));
  return steps.binary('ADD', rest, steps.clamp(input, 0, Number.POSITIVE_INFINITY), true);
};

/** x / (1 + |x|) */
const importSoftsign: Importer = (call) => {
  const steps = new Steps(call);
  const input = inputAt(call, 0);
  return steps.binary('DIV', input, steps.binary('ADD', steps.unary('ABS', input), 1), true);
};

/** max(x, 0) * positive + elu(min(x, 0)) * negative: ELU with an alpha, and SELU. */
function addScaledElu(call: ImportCall, positive: number, negative: number): Value {
  const steps = new Steps(call);
  const input = inputAt(call, 0);
  const below = steps.unary('ELU', steps.clamp(input, Number.NEGATIVE_INFINITY, 0));
  const above = steps.clamp(input, 0, Number.POSITIVE_INFINITY);
  const scaled = positive === 1 ? above : steps.binary('MUL', above, positive);
  return steps.binary('ADD', scaled, steps.binary('MUL', below, negative), true);
}

/** Constants of SELU (Klambauer et al. 2017, "Self-Normalizing Neural Networks", appendix). */
const selu = { scale: 1.0507009873554805, alpha: 1.6732632423543772 };

/**
 * erf(x) = tanh(x * p(x^2)) for |x| up to 3.2, where it is 1 to 6e-6. p was fitted to artanh(erf(x)) / x by least squares; the
 * largest error of the whole is below 2e-5.
 */
const errorFunction = { reach: 3.2, factors: [1.1282882, 0.10336956, -0.0010999891, -0.00015486324] };

function addErrorFunction(steps: Steps, input: Value, isLast = false): Value {
  const bounded = steps.clamp(input, -errorFunction.reach, errorFunction.reach);
  const square = steps.binary('MUL', bounded, bounded);
  const [first = 0, ...others] = errorFunction.factors.toReversed();
  let sum = steps.binary('MUL', square, first);
  for (const [at, factor] of others.entries()) {
    sum = steps.binary('ADD', sum, factor);
    if (at < others.length - 1) sum = steps.binary('MUL', sum, square);
  }
  return steps.unary('TANH', steps.binary('MUL', bounded, sum), isLast);
}

/** x / 2 * (1 + erf(x / sqrt(2))), or its form with tanh (Hendrycks and Gimpel 2016). */
const importGelu: Importer = (call) => {
  const steps = new Steps(call);
  const input = inputAt(call, 0);
  const half = steps.binary('MUL', input, 0.5);
  if (textOf(call.node, 'form', '') !== 'tanh') {
    const bell = addErrorFunction(steps, steps.binary('MUL', input, Math.SQRT1_2));
    return steps.binary('MUL', half, steps.binary('ADD', bell, 1), true);
  }
  const square = steps.binary('MUL', input, input);
  const factor = steps.binary(
    'ADD',
    steps.binary('MUL', square, 0.044715 * Math.sqrt(2 / Math.PI)),
    Math.sqrt(2 / Math.PI),
  );
  const bell = steps.unary('TANH', steps.binary('MUL', input, factor));
  return steps.binary('MUL', half, steps.binary('ADD', bell, 1), true);
};

/** x - max - log(sum(exp(x - max))): the logarithm of a share that rounds to 0 is still a number. */
const importLogSoftmax: Importer = (call) => {
  const steps = new Steps(call);
  const input = inputAt(call, 0);
  const last = input.shape.length - 1;
  const kept = input.shape.with(last, 1);
  const greatest = call.add(
    { kind: 'extreme', operation: 'REDUCE_MAX', inputs: [input], axes: [last] },
    kept,
    'greatest',
  );
  const below = steps.binary('SUB', input, greatest);
  const average = call.add(
    { kind: 'mean', inputs: [steps.unary('EXP', below)], axes: [last], keepDims: true },
    kept,
    'average',
  );
  const sum = steps.binary('MUL', average, input.shape[last]!);
  return steps.binary('SUB', below, steps.unary('LOG', sum), true);
};

export const composedImporters: Importers = {
  Softplus: importSoftplus,
  Softsign: importSoftsign,
  Selu: (call) => addScaledElu(call, selu.scale, selu.scale * selu.alpha),
  // Keras' ELU with an alpha of its own: TensorFlow's operator has none.
  ScaledElu: (call) => addScaledElu(call, 1, numberOf(call.node, 'alpha', 1)),
  Erf: (call) => addErrorFunction(new Steps(call), inputAt(call, 0), true),
  Gelu: importGelu,
  LogSoftmax: importLogSoftmax,
};
