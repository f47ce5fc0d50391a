/** Factors and offsets per channel move into the weights and bias before them: what is left of batch normalisation, and biases. */
import { type Binary, type Constant, hasWeights, isConstant, type NodeOf, type Value } from '../graph.ts';
import { sameShape } from '../shapes.ts';
import { type Pass, type Rewriting, rewrite } from './rewriting.ts';

type Weighted = NodeOf<'convolution' | 'depthwise' | 'transposedConvolution' | 'dense'>;

export const foldIntoWeights: Pass = (graph) =>
  rewrite(graph, (node, rewriting) => {
    if (node.kind !== 'binary' || node.activation !== 'NONE') return;
    const change = channelChange(node);
    // A constant of more dimensions would change the shape, which weights can't.
    if (change === undefined || !sameShape(change.value.shape, node.output.shape)) return;
    const before = rewriting.producer(change.value);
    if (before === undefined || !rewriting.usedOnce(change.value)) return;
    if (hasWeights(before)) {
      foldIntoOne(node, before, change, rewriting);
    } else if (change.factor === undefined && before.kind === 'binary' && before.operation === 'ADD') {
      pushBackThroughSum(node, before, change, rewriting);
    }
  });

export interface ChannelChange {
  /** What is multiplied or added to. */
  readonly value: Value;
  readonly factor?: Constant;
  readonly offset?: Constant;
}

/** The node as a factor or offset by channel (or for all channels alike), if it is one. */
export function channelChange({ operation, inputs: [a, b] }: Binary): ChannelChange | undefined {
  const [value, constant] = isConstant(a) ? [b, a] : [a, b];
  if (value === undefined || isConstant(value) || !isConstant(constant)) return undefined;
  const channels = value.shape.at(-1) ?? 1;
  const size = constant.data.length;
  if (size !== 1 && (size !== channels || constant.shape.at(-1) !== channels)) return undefined;
  if (operation === 'ADD') return { value, offset: constant };
  if (operation === 'MUL') return { value, factor: constant };
  // Only x - c and x / c: the other way round is no change by channel.
  if (constant === a) return undefined;
  if (operation === 'SUB') return { value, offset: mapped(constant, (number) => -number) };
  return operation === 'DIV' ? { value, factor: mapped(constant, (number) => 1 / number) } : undefined;
}

const mapped = (constant: Constant, change: (number: number) => number): Constant => ({
  ...constant,
  data: Float32Array.from(constant.data, change),
});

/** @returns undefined where an activation stands between */
function changedWeights(node: Weighted, { factor, offset }: ChannelChange): readonly Value[] | undefined {
  const [input, filter, bias] = node.inputs;
  if (('activation' in node && node.activation !== 'NONE') || !isConstant(filter)) return undefined;
  const isDepthwise = node.kind === 'depthwise';
  const channels = filter.shape.at(isDepthwise ? -1 : 0)!;
  const at = (constant: Constant | undefined, channel: number, otherwise: number): number =>
    constant === undefined ? otherwise : constant.data[constant.data.length === 1 ? 0 : channel]!;
  const perChannel = filter.data.length / channels;
  const channelOf = (position: number) => (isDepthwise ? position % channels : Math.floor(position / perChannel));
  const scaled =
    factor === undefined
      ? filter.data
      : Float32Array.from(filter.data, (weight, position) => weight * at(factor, channelOf(position), 1));
  const shifted = Float32Array.from(
    { length: channels },
    (_, channel) => (isConstant(bias) ? bias.data[channel]! : 0) * at(factor, channel, 1) + at(offset, channel, 0),
  );
  const name = isConstant(bias) ? bias.name : `${node.name}/bias`;
  return [input!, { ...filter, data: scaled }, { name, shape: [channels], data: shifted }];
}

function foldIntoOne(node: Binary, before: Weighted, change: ChannelChange, rewriting: Rewriting): void {
  const inputs = changedWeights(before, change);
  if (inputs === undefined) return;
  rewriting.drop(before);
  rewriting.replace(node, { ...before, inputs, output: node.output });
}

/** (convolution + skip) + c = (convolution + c) + skip: grappler leaves residuals with their offset behind the sum. */
function pushBackThroughSum(node: Binary, sum: Binary, change: ChannelChange, rewriting: Rewriting): void {
  if (sum.activation !== 'NONE') return;
  for (const value of sum.inputs) {
    const source = rewriting.producer(value);
    if (source === undefined || !hasWeights(source) || !rewriting.usedOnce(value)) continue;
    const inputs = changedWeights(source, change);
    if (inputs === undefined) continue;
    // A name of its own: it is no longer the value that the source graph has under the old one.
    const shifted = { name: `${value.name}/shifted`, shape: value.shape };
    rewriting.replace(source, { ...source, inputs, output: shifted });
    rewriting.drop(sum);
    const summands = sum.inputs.map((one) => (one === value ? shifted : one));
    rewriting.replace(node, { ...sum, inputs: summands, output: node.output });
    return;
  }
}
