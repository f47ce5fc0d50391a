/** The first nodes of a graph made fit for 8 bits: scaling of pixels costs no operator and no rounding. */
import { type Graph, type Node, useCounts, type Value } from '../graph.ts';
import { leadingScaling } from '../input-range.ts';
import { channelChange, foldIntoWeights } from '../passes/fold-into-weights.ts';
import type { Pass } from '../passes/rewriting.ts';
import { sameShape } from '../shapes.ts';
import type { Range } from './ranges.ts';

/**
 * An 8-bit picture has a scale of its own: factors and offsets for all channels alike move into it, and its pixels go in as they
 * are. @param range real values of a pixel of 0 and of 255 @returns the graph behind them, and the range that its input has then
 */
export function absorbScaling(graph: Graph, range: Range): { graph: Graph; range: Range } {
  const input = graph.inputs[0]!;
  let absorbed = 0;
  let { low, high } = range;
  const { nodes } = leadingScaling(graph);
  for (const node of nodes) {
    if (node.kind !== 'binary') break;
    const change = channelChange(node);
    const [by] = change?.factor?.data ?? [1];
    const [add] = change?.offset?.data ?? [0];
    const isForAll = change !== undefined && (change.factor ?? change.offset)!.data.length === 1;
    if (!isForAll || !(by! > 0) || !sameShape(node.output.shape, input.shape)) break;
    [low, high] = [low * by! + add!, high * by! + add!];
    absorbed += 1;
  }
  if (absorbed === 0) return { graph, range };
  const gone = new Set(nodes.slice(0, absorbed));
  const last = nodes[absorbed - 1]!.output;
  const stand = (value: Value): Value => (value === last ? input : value);
  const left = graph.nodes
    .filter((node) => !gone.has(node))
    .map((node): Node => (node.inputs.includes(last) ? { ...node, inputs: node.inputs.map(stand) } : node));
  return { graph: { ...graph, nodes: left }, range: { low, high } };
}

/**
 * Factors and offsets by channel that stand alone become a depthwise convolution of one pixel: one rounding where MUL and ADD
 * have two, and a scale for each channel.
 */
export const scaleByConvolution: Pass = (graph) => {
  const counts = useCounts(graph);
  const made = new Set<Value>();
  const nodes = graph.nodes.map((node): Node => {
    if (node.kind !== 'binary' || node.activation !== 'NONE') return node;
    const change = channelChange(node);
    const { shape } = node.output;
    const channels = shape.at(-1) ?? 1;
    const constant = change?.factor ?? change?.offset;
    const isByChannel = constant?.data.length === channels && channels > 1 && shape.length === 4;
    if (change === undefined || !isByChannel || !sameShape(change.value.shape, shape)) return node;
    // Folding puts the offset behind a factor into the convolution that the factor became.
    if (made.has(change.value) && counts.get(change.value) === 1) return node;
    made.add(node.output);
    const factor = Float32Array.from(change.factor?.data ?? new Float32Array(channels).fill(1));
    const offset = Float32Array.from(change.offset?.data ?? new Float32Array(channels));
    return {
      kind: 'depthwise',
      name: node.name,
      inputs: [
        change.value,
        { name: `${node.name}/factor`, shape: [1, 1, 1, channels], data: factor },
        { name: `${node.name}/offset`, shape: [channels], data: offset },
      ],
      output: node.output,
      window: { height: 1, width: 1, ...steps, padding: 'VALID' },
      activation: 'NONE',
    };
  });
  return made.size === 0 ? graph : foldIntoWeights({ ...graph, nodes });
};

const steps = { strideHeight: 1, strideWidth: 1, dilationHeight: 1, dilationWidth: 1 };
