/** Clamps: chains become one, ReLUs move into the operator before them, and what is left becomes minima and maxima. */
import type { Clamp, FusedActivation, Node, Value } from '../graph.ts';
import { type Pass, rewrite } from './rewriting.ts';

/** min(max(min(max(x, a), b), c), d) is one clamp. */
export const joinClamps: Pass = (graph) =>
  rewrite(graph, (node, rewriting) => {
    if (node.kind !== 'clamp') return;
    const before = rewriting.producer(node.inputs[0]);
    if (before?.kind !== 'clamp' || !rewriting.usedOnce(before.output)) return;
    const bounded = (limit: number) => Math.min(Math.max(limit, node.low), node.high);
    rewriting.drop(before);
    rewriting.replace(node, { ...node, inputs: before.inputs, low: bounded(before.low), high: bounded(before.high) });
  });

/** The fused activation that a clamp is, if it is one. */
export function reluOf({ low, high }: Pick<Clamp, 'low' | 'high'>): FusedActivation | undefined {
  if (low === 0 && high === Number.POSITIVE_INFINITY) return 'RELU';
  if (low === 0 && high === 6) return 'RELU6';
  return low === -1 && high === 1 ? 'RELU_N1_TO_1' : undefined;
}

export const fuseActivations: Pass = (graph) =>
  rewrite(graph, (node, rewriting) => {
    if (node.kind !== 'clamp') return;
    const activation = reluOf(node);
    const before = rewriting.producer(node.inputs[0]);
    if (activation === undefined || before === undefined || !rewriting.usedOnce(before.output)) return;
    if (!takesActivation(before)) return;
    rewriting.drop(before);
    rewriting.replace(node, { ...before, activation, output: node.output } as Node);
  });

function takesActivation(node: Node): boolean {
  if (!('activation' in node) || node.activation !== 'NONE') return false;
  return node.kind !== 'binary' || !['MAXIMUM', 'MINIMUM'].includes(node.operation);
}

/** Clamps that TensorFlow Lite has no ReLU for. */
export const spellOutClamps: Pass = (graph) => ({
  ...graph,
  nodes: graph.nodes.flatMap((node) => (node.kind === 'clamp' && reluOf(node) === undefined ? bounds(node) : [node])),
});

function bounds({ name, inputs, output, low, high }: Clamp): Node[] {
  const limit = (kind: string, number: number): Value => ({
    name: `${name}/${kind}`,
    shape: [],
    data: Float32Array.of(number),
  });
  const common = { kind: 'binary', activation: 'NONE' } as const;
  const above: Node = {
    ...common,
    name,
    operation: 'MAXIMUM',
    inputs: [inputs[0]!, limit('low', low)],
    output: high === Number.POSITIVE_INFINITY ? output : { name: `${name}/above`, shape: output.shape },
  };
  if (high === Number.POSITIVE_INFINITY) return [above];
  const input = low === Number.NEGATIVE_INFINITY ? inputs[0]! : above.output;
  const below: Node = { ...common, name, operation: 'MINIMUM', inputs: [input, limit('high', high)], output };
  return low === Number.NEGATIVE_INFINITY ? [below] : [above, below];
}
