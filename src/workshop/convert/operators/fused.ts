/** TensorFlow's fused operators (`_FusedConv2D`, `_FusedMatMul`): a bias, a batch norm and an activation inside one node. */
import { InputError } from '../../../errors.ts';
import type { UnaryOperation, Value } from '../graph.ts';
import { numberOf, textsOf } from '../graph-def.ts';
import { addParametricRelu, clampOf } from './activation.ts';
import { constantAt, type ImportCall } from './family.ts';
import { addNormalisation } from './normalisation.ts';

/**
 * Adds a node and then, as separate nodes, what `fused_ops` names. Passes put them together again.
 * @param extra position of the first input that belongs to the fused operations
 * @param addCore adds the operator itself; without suffix when nothing is fused
 */
export function finishFused(
  call: ImportCall,
  shape: readonly number[],
  extra: number,
  addCore: (suffix?: string) => Value,
): Value {
  const operations = textsOf(call.node, 'fused_ops');
  let value = addCore(operations.length === 0 ? undefined : 'core');
  for (const [at, operation] of operations.entries()) {
    const suffix = at === operations.length - 1 ? undefined : operation;
    if (operation === 'BiasAdd') {
      const inputs = [value, constantAt(call, extra)];
      value = call.add({ kind: 'binary', operation: 'ADD', inputs, activation: 'NONE' }, shape, suffix);
    } else if (operation === 'FusedBatchNorm') {
      const epsilon = numberOf(call.node, 'epsilon', 0.0001);
      const [gamma, beta, mean, variance] = [0, 1, 2, 3].map((offset) => constantAt(call, extra + offset));
      value = addNormalisation(call, value, { gamma, beta, mean: mean!, variance: variance!, epsilon }, suffix);
    } else {
      const range = clampOf(operation);
      const other = range === undefined ? fusedActivation(call, { operation, input: value, extra, suffix }) : undefined;
      if (other !== undefined) {
        value = other;
        continue;
      }
      if (range === undefined) {
        throw new InputError(
          `${call.node.name} (${call.node.op}) has ${operation} fused into it, which goby doesn't know.`,
        );
      }
      value = call.add({ kind: 'clamp', inputs: [value], ...range }, shape, suffix);
    }
  }
  return value;
}

const unaries: Readonly<Record<string, UnaryOperation | undefined>> = { Elu: 'ELU', Sigmoid: 'LOGISTIC', Tanh: 'TANH' };

interface FusedActivation {
  readonly operation: string;
  readonly input: Value;
  readonly extra: number;
  readonly suffix: string | undefined;
}

function fusedActivation(call: ImportCall, { operation, input, extra, suffix }: FusedActivation): Value | undefined {
  const unary = unaries[operation];
  if (unary !== undefined) return call.add({ kind: 'unary', operation: unary, inputs: [input] }, input.shape, suffix);
  // Behind the bias, of which there is one in any case.
  if (operation === 'Prelu') return addParametricRelu(call, input, constantAt(call, extra + 1), suffix);
  if (operation !== 'LeakyRelu') return undefined;
  const alpha = numberOf(call.node, 'leakyrelu_alpha', 0.2);
  return call.add({ kind: 'leakyRelu', inputs: [input], alpha }, input.shape, suffix);
}
