/** What a classifier's numbers are, told by the last operator of its graph. */
import type { ScoreKind } from '../model.ts';
import type { GraphWalk } from './graph-walk.ts';

/** Operators whose results can be any number: scores before a softmax. */
const weighing = new Set(['FULLY_CONNECTED', 'CONV_2D', 'BATCH_MATMUL', 'ADD', 'MUL', 'SUB']);

/** Undefined: it can't be told, as where the Edge TPU's operator hides the graph. */
export function scoreKind(walk: GraphWalk, output: number): ScoreKind | undefined {
  const origin = walk.originOf(output);
  if (origin === undefined) return undefined;
  const name = walk.nameOf(origin);
  if (name === 'SOFTMAX') return 'softmax';
  if (name === 'LOGISTIC') return 'sigmoid';
  if (name === 'LOG_SOFTMAX') return 'log-softmax';
  if (name === 'DIV' && isSoftmaxInParts(walk, origin.inputs)) return 'softmax';
  return weighing.has(name) ? 'logits' : undefined;
}

/** Powers divided by their sum. */
function isSoftmaxInParts(walk: GraphWalk, [powers = -1, sum = -1]: readonly number[]): boolean {
  const [one, other] = [powers, sum].map((index) => walk.originOf(index));
  return one !== undefined && walk.nameOf(one) === 'EXP' && other !== undefined && walk.nameOf(other) === 'SUM';
}
