/** A Keras model as a GraphDef: every layer becomes the TensorFlow nodes that it stands for, the last of them named like it. */
import { InputError } from '../../../errors.ts';
import type { GraphDef, GraphNode, TensorValue } from '../graph-def.ts';
import type { KerasLayer, KerasModel } from './keras-config.ts';
import { kerasLayers } from './keras-layers.ts';
import type { KerasWeights } from './layer-writer.ts';

/** @throws InputError listing every layer that goby can't convert */
export function kerasGraph(model: KerasModel, weights: KerasWeights, source: string): GraphDef {
  const nodes = new Map<string, GraphNode>();
  const constants = new Map<string, TensorValue>();
  const unknown = unknownLayers(model);
  if (unknown.length > 0) {
    const list = unknown.map(({ className, name }) => `${className} (${name})`).join(', ');
    throw new InputError(`${source} uses layers that goby can't convert: ${list}.`);
  }
  const writeModel = (inner: KerasModel, prefix: string, given?: readonly string[]): Map<string, string> => {
    const references = new Map<string, string>();
    for (const layer of inner.layers) {
      const inputs = layer.inputs.map((name) => references.get(name)!);
      if (layer.className === 'InputLayer' && given !== undefined) {
        references.set(layer.name, given[inner.inputs.indexOf(layer.name)] ?? given[0]!);
      } else if (layer.model !== undefined) {
        const outputs = writeModel(layer.model, `${prefix}${layer.name}/`, inputs);
        references.set(layer.name, outputs.get(layer.model.outputs[0]!)!);
      } else {
        references.set(layer.name, writeLayer({ layer, inputs, prefix, weights, nodes, constants, source }));
      }
    }
    return references;
  };
  const references = writeModel(model, '');
  return { source, nodes, constants, outputs: model.outputs.map((name) => references.get(name)!) };
}

function unknownLayers({ layers }: KerasModel): KerasLayer[] {
  return layers.flatMap((layer) =>
    layer.model !== undefined ? unknownLayers(layer.model) : kerasLayers[layer.className] === undefined ? [layer] : [],
  );
}

interface LayerPlace {
  readonly layer: KerasLayer;
  readonly inputs: readonly string[];
  readonly prefix: string;
  readonly weights: KerasWeights;
  readonly nodes: Map<string, GraphNode>;
  readonly constants: Map<string, TensorValue>;
  readonly source: string;
}

function writeLayer({ layer, inputs, prefix, weights, nodes, constants, source }: LayerPlace): string {
  const own = `${prefix}${layer.name}`;
  const added: GraphNode[] = [];
  const constant = (name: string, value: TensorValue): string => {
    const full = `${own}/${name}`;
    constants.set(full, value);
    nodes.set(full, { name: full, op: 'Const', inputs: [], attributes: {} });
    return full;
  };
  const result = kerasLayers[layer.className]!({
    layer,
    inputs,
    constant,
    add: (op, from, attributes = {}) => {
      const node = { name: `${own}/${op}${added.length}`, op, inputs: from, attributes };
      added.push(node);
      return node.name;
    },
    weight: (name) => {
      const value = weights.get(`${layer.name}/${name}`);
      return value === undefined ? undefined : constant(name, value);
    },
  });
  if (typeof result !== 'string') throw new InputError(`${source}: the layer ${own} ${result.problem}.`);
  for (const node of added) {
    // The last one is the layer itself.
    const name = node.name === result ? own : node.name;
    nodes.set(name, { ...node, name });
  }
  return added.some(({ name }) => name === result) ? own : result;
}
