/** What the pixels of a picture are for a graph: which real numbers 0 and 255 become, found from how the graph begins. */
import { type Binary, type Graph, isConstant, type Node, type Value } from './graph.ts';
import { channelChange } from './passes/fold-into-weights.ts';
import type { Range } from './quantize/ranges.ts';

export interface InputMeaning {
  /** Real values of a pixel of 0 and of 255. */
  readonly range: Range;
  /** How it is known, as the end of a sentence. */
  readonly origin: string;
  readonly isAssumed: boolean;
}

/** What the first nodes make of a pixel: factor * x + offset, by channel or for all alike. */
export interface LeadingScaling {
  readonly nodes: readonly Node[];
  readonly factor: readonly number[];
  readonly offset: readonly number[];
}

/** The usual way to give pictures to MobileNets, where a graph says nothing. */
const assumed: Range = { low: -1, high: 1 };

const usual: readonly Range[] = [
  { low: 0, high: 255 },
  { low: 0, high: 1 },
  { low: -1, high: 1 },
];

/** @param given by the user; it wins */
export function inputMeaning(graph: Graph, given: Range | undefined): InputMeaning {
  if (given !== undefined) return { range: given, origin: 'given', isAssumed: false };
  const trained = graph.inputs[0] === undefined ? undefined : graph.ranges?.get(graph.inputs[0]);
  const known =
    trained === undefined ? graph.inputRange : { range: trained, origin: 'found: it was trained in 8 bits' };
  if (known !== undefined) return { range: known.range, origin: known.origin, isAssumed: false };
  const scaling = leadingScaling(graph);
  const found = scaling.nodes.length === 0 ? undefined : rangeBefore(scaling);
  if (found === undefined) return { range: assumed, origin: 'assumed', isAssumed: true };
  return { range: found, origin: `found: the graph begins with ${scalingText(scaling)}`, isAssumed: false };
}

/** Follows the input through what only scales it. */
export function leadingScaling(graph: Graph): LeadingScaling {
  const nodes: Node[] = [];
  let factor = [1];
  let offset = [0];
  let value: Value | undefined = graph.inputs[0];
  while (value !== undefined && !graph.outputs.includes(value)) {
    const users: Node[] = graph.nodes.filter(({ inputs }) => inputs.includes(value!));
    const [node] = users;
    if (node === undefined || users.length > 1) break;
    if (node.kind === 'binary') {
      const next = scaled(node, factor, offset);
      if (next === undefined) break;
      ({ factor, offset } = next);
    } else if (isChannelTurn(node)) {
      factor = factor.toReversed();
      offset = offset.toReversed();
    } else if (node.kind !== 'resize') {
      break;
    }
    nodes.push(node);
    value = node.output;
  }
  return { nodes, factor, offset };
}

/** Red, green, blue the other way round. */
const isChannelTurn = (node: Node): boolean =>
  node.kind === 'slice' &&
  node.steps !== undefined &&
  node.steps.every((step, at) => step === (at === node.steps!.length - 1 ? -1 : 1));

function scaled(node: Binary, factor: readonly number[], offset: readonly number[]) {
  if (node.activation !== 'NONE') return undefined;
  const [a, b] = node.inputs;
  // A constant less the picture.
  if (node.operation === 'SUB' && isConstant(a)) {
    const from = Array.from(a.data);
    return { factor: pairwise(factor, [-1], times), offset: pairwise(from, offset, (c, before) => c - before) };
  }
  const change = channelChange(node);
  if (change === undefined || b === undefined) return undefined;
  const by = Array.from(change.factor?.data ?? [1]);
  const add = Array.from(change.offset?.data ?? [0]);
  return {
    factor: pairwise(factor, by, times),
    offset: pairwise(pairwise(offset, by, times), add, (before, more) => before + more),
  };
}

const times = (one: number, other: number): number => one * other;

/** A single number stands for all channels. */
function pairwise(a: readonly number[], b: readonly number[], join: (a: number, b: number) => number): number[] {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, at) =>
    join(a[a.length === 1 ? 0 : at]!, b[b.length === 1 ? 0 : at]!),
  );
}

/**
 * Of the usual ranges the one that scaling turns into what networks compute with: numbers of the size of 1, about evenly on both sides of 0.
 * Where none does, but pixels lose an average in the middle of 0..255 (as Caffe's networks have it), it is 0..255.
 */
function rangeBefore({ factor, offset }: LeadingScaling): Range | undefined {
  const mean = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
  const [by, add] = [mean(factor), mean(offset)];
  if (by === 0) return undefined;
  const judged = usual.map((range) => {
    const ends = [range.low * by + add, range.high * by + add];
    const size = Math.max(...ends.map(Math.abs));
    return {
      range,
      isSized: size >= 0.4 && size <= 8,
      lean: Math.abs(ends[0]! + ends[1]!) / Math.abs(ends[1]! - ends[0]!),
    };
  });
  const [best] = judged.filter(({ isSized }) => isSized).sort((a, b) => a.lean - b.lean);
  if (best !== undefined) return best.range;
  const middle = -add / by;
  return middle > 50 && middle < 200 ? usual[0] : undefined;
}

const short = (number: number): string => String(Number(number.toPrecision(4)));

function scalingText({ factor, offset }: LeadingScaling): string {
  const text = (numbers: readonly number[]) =>
    new Set(numbers).size === 1 ? short(numbers[0]!) : `(${numbers.map(short).join(', ')})`;
  return `pixel * ${text(factor)} + ${text(offset)}`;
}

/** Below this, values that a network's first weights see are all alike: a black picture. */
const leastContrast = 0.05;

/** True when what the first weights see of all photos together is next to one single number. */
export function isUniform({ low, high }: Range): boolean {
  return high - low < leastContrast * Math.max(1, Math.abs(low), Math.abs(high));
}
