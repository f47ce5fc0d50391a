/** Values that 8-bit kernels give on a scale of their own get the scale of what they are joined with. */
import type { Constant, Node, Value } from '../graph.ts';
import { producers } from '../graph.ts';
import { fixedScale, sharesScale } from '../quantize/scales.ts';
import type { Pass } from './rewriting.ts';

/**
 * A concatenation of 8-bit values has one scale. A sigmoid's is fixed to 0..1, and would cut off what it is joined with, such as the
 * boxes beside the scores of a detector. A product with 1 in between may have any scale.
 */
export const separateScales: Pass = (graph) => {
  const made = producers(graph);
  const scaleOf = (value: Value): string | undefined => {
    let node = made.get(value);
    while (node !== undefined && sharesScale(node) && node.inputs.length === 1) node = made.get(node.inputs[0]!);
    if (node?.kind === 'concatenation') {
      const [first, ...others] = node.inputs.map(scaleOf);
      return others.every((other) => other === first) ? first : undefined;
    }
    const scale = node === undefined ? undefined : fixedScale(node);
    return scale === undefined ? undefined : `${scale.scale} ${scale.zeroPoint}`;
  };
  const nodes = graph.nodes.flatMap((node): Node[] => {
    if (node.kind !== 'concatenation') return [node];
    const scales = node.inputs.map(scaleOf);
    if (new Set(scales).size === 1) return [node];
    const added: Node[] = [];
    const inputs = node.inputs.map((input, at) => {
      if (scales[at] === undefined) return input;
      const name = `${node.name}/scaled${at}`;
      const one: Constant = { name: `${name}/one`, shape: [], data: Float32Array.of(1) };
      const output: Value = { name, shape: input.shape };
      added.push({ kind: 'binary', operation: 'MUL', activation: 'NONE', name, inputs: [input, one], output });
      return output;
    });
    return [...added, { ...node, inputs }];
  });
  return { ...graph, nodes };
};
