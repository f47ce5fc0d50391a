/** Operators of pictures whose channels come first (NCHW): turned, computed with channels last, and turned back. */
import type { Value } from '../graph.ts';
import { type Attribute, type GraphNode, numbersOf, textOf } from '../graph-def.ts';
import type { ImportCall, Importer } from './family.ts';

const toLast = [0, 2, 3, 1];
const toFirst = [0, 3, 1, 2];

const reordered = (shape: readonly number[], order: readonly number[]): number[] => order.map((at) => shape[at]!);

export const isChannelsFirst = (node: GraphNode): boolean => textOf(node, 'data_format', '') === 'NCHW';

/** The importer for both layouts. Of values of other ranks (a bias of rows) the format means nothing. */
export const eitherLayout =
  (importLast: Importer): Importer =>
  (call) => {
    const [input, ...others] = call.inputs;
    if (!isChannelsFirst(call.node)) return importLast(call);
    const node = { ...call.node, attributes: withChannelsLast(call.node) };
    if (input?.shape.length !== 4) return importLast({ ...call, node });
    const turned = turn(call, input, toLast, 'channels-last');
    // The last step of the importer has no suffix, and is no longer the last.
    const inner: ImportCall = {
      ...call,
      node,
      inputs: [turned, ...others],
      add: (draft, shape, suffix) => call.add(draft, shape, suffix ?? 'last'),
    };
    const result = importLast(inner);
    return turn(call, Array.isArray(result) ? (result[0] as Value) : (result as Value), toFirst);
  };

function turn(call: ImportCall, value: Value, order: readonly number[], suffix?: string): Value {
  return call.add({ kind: 'transpose', inputs: [value], order }, reordered(value.shape, order), suffix);
}

function withChannelsLast(node: GraphNode): Record<string, Attribute> {
  const attributes: Record<string, Attribute> = { ...node.attributes, data_format: 'NHWC' };
  for (const name of ['strides', 'dilations', 'ksize']) {
    const sizes = numbersOf(node, name);
    if (sizes?.length === 4) attributes[name] = reordered(sizes, toLast);
  }
  const margins = numbersOf(node, 'explicit_paddings');
  if (margins?.length === 8)
    attributes['explicit_paddings'] = toLast.flatMap((at) => margins.slice(2 * at, 2 * at + 2));
  return attributes;
}
