/** Padding that the operator behind it can do, reshapes that do nothing or twice, and nodes that nobody needs. */
import { type Constant, type Graph, hasWeights, type Node, type Pad, type Value } from '../graph.ts';
import { samePadding, sameShape } from '../shapes.ts';
import { type Pass, rewrite } from './rewriting.ts';

/** Zeros around a picture and then VALID is SAME where they are the zeros that SAME adds; ((0,1),(0,1)) with stride 2 is. */
export const fusePadding: Pass = (graph) =>
  rewrite(graph, (node, rewriting) => {
    if (node.kind !== 'convolution' && node.kind !== 'depthwise') return;
    const before = rewriting.producer(node.inputs[0]);
    if (before?.kind !== 'pad' || !rewriting.usedOnce(before.output) || !isSame(before, node)) return;
    rewriting.drop(before);
    const inputs = [before.inputs[0]!, ...node.inputs.slice(1)];
    rewriting.replace(node, { ...node, inputs, window: { ...node.window, padding: 'SAME' } });
  });

function isSame(pad: Pad, { window }: Extract<Node, { readonly kind: 'convolution' | 'depthwise' }>): boolean {
  const [, height = 0, width = 0] = pad.inputs[0]!.shape;
  const reach = (size: number, dilation: number) => (size - 1) * dilation + 1;
  const wanted = [
    [0, 0],
    samePadding(height, reach(window.height, window.dilationHeight), window.strideHeight),
    samePadding(width, reach(window.width, window.dilationWidth), window.strideWidth),
    [0, 0],
  ];
  return window.padding === 'VALID' && wanted.every((margin, at) => sameShape(margin, pad.margins[at] ?? []));
}

export const joinReshapes: Pass = (graph) =>
  rewrite(graph, (node, rewriting) => {
    if (node.kind !== 'reshape') return;
    const [input] = node.inputs;
    if (sameShape(input!.shape, node.output.shape)) {
      rewriting.drop(node);
      rewriting.redirect(node.output, input!);
      return;
    }
    const before = rewriting.producer(input);
    if (before?.kind === 'reshape') rewriting.replace(node, { ...node, inputs: before.inputs });
  });

/** Keeps what the outputs need. */
export const dropUnneeded: Pass = (graph) => {
  const needed = new Set<Value>(graph.outputs);
  const kept: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!needed.has(node.output)) continue;
    kept.push(node);
    for (const value of node.inputs) needed.add(value);
  }
  return { ...graph, nodes: kept.reverse() };
};

/** XNNPACK takes convolutions only with a bias, and quantizing wants one to put roundings into. */
export const giveBiases: Pass = (graph: Graph) => ({
  ...graph,
  nodes: graph.nodes.map((node) => {
    if (!hasWeights(node) || node.inputs.length > 2) return node;
    const channels = node.inputs[1]!.shape.at(node.kind === 'depthwise' ? -1 : 0)!;
    const bias: Constant = { name: `${node.name}/bias`, shape: [channels], data: new Float32Array(channels) };
    return { ...node, inputs: [...node.inputs, bias] };
  }),
});
