/** x * min(max(x + 3, 0), 6) / 6, in the five nodes that MobileNet V3 has it in, is one operator. */
import { type Binary, isConstant, type Node, type Value } from '../graph.ts';
import { type Pass, type Rewriting, rewrite } from './rewriting.ts';

export const fuseHardSwish: Pass = (graph) =>
  rewrite(graph, (node, rewriting) => {
    const found = shareTimesValue(node, rewriting) ?? valueTimesShare(node, rewriting);
    if (found === undefined) return;
    for (const gone of found.gone) rewriting.drop(gone);
    rewriting.replace(node, {
      kind: 'unary',
      operation: 'HARD_SWISH',
      name: node.name,
      inputs: [found.value],
      output: node.output,
    });
  });

interface Found {
  readonly value: Value;
  readonly gone: readonly Node[];
}

/** (x * bounded) / 6 */
function shareTimesValue(node: Node, rewriting: Rewriting): Found | undefined {
  const product = timesSixth(node, rewriting);
  if (product?.kind !== 'binary' || !isPlain(product, 'MUL')) return undefined;
  const found = boundedOf(product, rewriting);
  return found === undefined ? undefined : { value: found.value, gone: [product, ...found.gone] };
}

/** x * (bounded / 6) */
function valueTimesShare(node: Node, rewriting: Rewriting): Found | undefined {
  if (!isPlain(node, 'MUL')) return undefined;
  for (const [share, value] of [node.inputs, node.inputs.toReversed()]) {
    const scaled = once(share, rewriting);
    const bounded = scaled === undefined ? undefined : timesSixth(scaled, rewriting);
    const gone = bounded === undefined ? undefined : boundedFrom(bounded, value!, rewriting);
    if (gone !== undefined) return { value: value!, gone: [scaled!, ...gone] };
  }
  return undefined;
}

function boundedOf(product: Binary, rewriting: Rewriting): Found | undefined {
  for (const [share, value] of [product.inputs, product.inputs.toReversed()]) {
    const bounded = once(share, rewriting);
    const gone = bounded === undefined ? undefined : boundedFrom(bounded, value!, rewriting);
    if (gone !== undefined) return { value: value!, gone };
  }
  return undefined;
}

/** min(max(x + 3, 0), 6) of this x: the nodes that make it. */
function boundedFrom(bounded: Node, value: Value, rewriting: Rewriting): Node[] | undefined {
  if (bounded.kind !== 'clamp' || bounded.low !== 0 || bounded.high !== 6) return undefined;
  const shifted = once(bounded.inputs[0], rewriting);
  if (shifted === undefined || !isPlain(shifted, 'ADD')) return undefined;
  const [a, b] = shifted.inputs;
  const isShift = (a === value && isNumber(b, 3)) || (b === value && isNumber(a, 3));
  return isShift ? [bounded, shifted] : undefined;
}

/** What is multiplied by a sixth, where the node is that. */
function timesSixth(node: Node, rewriting: Rewriting): Node | undefined {
  if (!isPlain(node, 'MUL')) return undefined;
  const [a, b] = node.inputs;
  if (isNumber(b, 1 / 6)) return once(a, rewriting);
  return isNumber(a, 1 / 6) ? once(b, rewriting) : undefined;
}

const isPlain = (node: Node, operation: Binary['operation']): node is Binary =>
  node.kind === 'binary' && node.operation === operation && node.activation === 'NONE';

const once = (value: Value | undefined, rewriting: Rewriting): Node | undefined =>
  value !== undefined && rewriting.usedOnce(value) ? rewriting.producer(value) : undefined;

const isNumber = (value: Value | undefined, number: number): boolean =>
  isConstant(value) && value.data.length === 1 && Math.abs(value.data[0]! - number) < 1e-6;
