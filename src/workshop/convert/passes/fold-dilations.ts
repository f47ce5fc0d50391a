/** A convolution between a picture taken apart and put together again is one dilated convolution. */
import {
  type BatchToSpace,
  type Convolution,
  type Depthwise,
  isConstant,
  type Node,
  producers,
  type SpaceToBatch,
  useCounts,
  type Value,
} from '../graph.ts';
import { samePadding } from '../shapes.ts';
import type { Pass } from './rewriting.ts';

interface Match {
  readonly apart: SpaceToBatch;
  readonly convolution: Convolution | Depthwise;
  /** Element by element, between the convolution and the end. */
  readonly between: readonly Node[];
  readonly together: BatchToSpace;
}

export const foldDilations: Pass = (graph) => {
  const made = producers(graph);
  const counts = useCounts(graph);
  const matches = graph.nodes
    .filter((node) => node.kind === 'batchToSpace')
    .map((together) => matchOf(together, made, counts))
    .filter((match) => match !== undefined);
  if (matches.length === 0) return graph;
  const stands = new Map<Node, readonly Node[]>(matches.flatMap(dilated));
  return { ...graph, nodes: graph.nodes.flatMap((node) => stands.get(node) ?? [node]) };
};

function matchOf(
  together: BatchToSpace,
  made: ReadonlyMap<Value, Node>,
  counts: ReadonlyMap<Value, number>,
): Match | undefined {
  const between: Node[] = [];
  let value: Value = together.inputs[0]!;
  for (;;) {
    const node = made.get(value);
    if (node === undefined || counts.get(value) !== 1) return undefined;
    if (node.kind === 'convolution' || node.kind === 'depthwise') {
      const apart = made.get(node.inputs[0]!);
      const isFitting = apart?.kind === 'spaceToBatch' && apart.block.join() === together.block.join() && isPlain(node);
      if (!isFitting || marginsOf(apart, together).some((margin) => margin < 0)) return undefined;
      return { apart, convolution: node, between: between.toReversed(), together };
    }
    const [flowing, ...more] = node.inputs.filter((input) => !isConstant(input));
    if (flowing === undefined || more.length > 0 || !isByChannel(node)) return undefined;
    between.push(node);
    value = flowing;
  }
}

const isPlain = ({ window }: Convolution | Depthwise): boolean =>
  window.strideHeight * window.strideWidth * window.dilationHeight * window.dilationWidth === 1 &&
  (window.padding === 'VALID' || window.height * window.width === 1);

/** The same for every place of a picture, however large that is. */
function isByChannel(node: Node): boolean {
  if (node.kind === 'unary' || node.kind === 'clamp' || node.kind === 'leakyRelu') return true;
  return (
    node.kind === 'binary' &&
    node.inputs.filter(isConstant).every(({ shape }) => shape.slice(0, -1).every((size) => size === 1))
  );
}

/** What is cut off behind is less to pad with: top, bottom, left, right. */
const marginsOf = (apart: SpaceToBatch, together: BatchToSpace): number[] =>
  apart.edges.flat().map((edge, at) => edge - together.edges.flat()[at]!);

function dilated({ apart, convolution, between, together }: Match): [Node, readonly Node[]][] {
  const picture = apart.inputs[0]!;
  const [top = 0, bottom = 0, left = 0, right = 0] = marginsOf(apart, together);
  const [dilationHeight, dilationWidth] = apart.block;
  const { window } = convolution;
  const reaches = [(window.height - 1) * dilationHeight + 1, (window.width - 1) * dilationWidth + 1];
  const same = reaches.flatMap((reach, at) => samePadding(picture.shape[at + 1]!, reach, 1));
  const isSame = same.join() === [top, bottom, left, right].join();
  const isPadded = !isSame && top + bottom + left + right > 0;
  const padded: Value = {
    name: `${convolution.name}/padded`,
    shape: [picture.shape[0]!, picture.shape[1]! + top + bottom, picture.shape[2]! + left + right, picture.shape[3]!],
  };
  const pad: Node = {
    kind: 'pad',
    name: padded.name,
    inputs: [picture],
    output: padded,
    margins: [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ],
  };
  // The last of them makes what the picture put together was.
  const chain = [convolution, ...between];
  const outputs = chain.map((node, at) =>
    at === chain.length - 1 ? together.output : { name: node.output.name, shape: together.output.shape },
  );
  const first: Node = {
    ...convolution,
    inputs: [isPadded ? padded : picture, ...convolution.inputs.slice(1)],
    output: outputs[0]!,
    window: { ...window, dilationHeight, dilationWidth, padding: isSame ? 'SAME' : 'VALID' },
  };
  const rest = between.map((node, at): [Node, readonly Node[]] => {
    const inputs = node.inputs.map((input) => (isConstant(input) ? input : outputs[at]!));
    return [node, [{ ...node, inputs, output: outputs[at + 1]! } as Node]];
  });
  return [[convolution, isPadded ? [pad, first] : [first]], ...rest, [together, []]];
}
