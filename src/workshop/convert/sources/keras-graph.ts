/** A Keras model as a GraphDef: every layer becomes the TensorFlow nodes that it stands for, the last of them named like it. */
import { InputError } from '../../../errors.ts';
import type { GraphDef, GraphNode, TensorValue } from '../graph-def.ts';
import { isTensor, type KerasArgument, type KerasLayer, type KerasModel } from './keras-config.ts';
import { layerImporter, layerReason } from './keras-layers.ts';
import type { KerasWeights } from './layer-writer.ts';

export interface KerasSource {
  readonly model: KerasModel;
  readonly weights: KerasWeights;
  readonly source: string;
  /** Of Keras. */
  readonly majorVersion: number;
}

/** @throws InputError listing every layer that goby can't convert */
export function kerasGraph(from: KerasSource): GraphDef {
  const { model, source } = from;
  const unknown = unknownLayers(model);
  if (unknown.length > 0) {
    const list = unknown.map((layer) => `${layer.className} (${layer.name})${layerReason(layer)}`).join(', ');
    throw new InputError(`${source} uses layers that goby can't convert: ${list}.`, {
      remedy: 'Where a layer holds Python code, save the model as a graph: model.export("folder").',
    });
  }
  const graph = { nodes: new Map<string, GraphNode>(), constants: new Map<string, TensorValue>() };
  const outputs = new ModelWriter(from, graph).write(model, [], undefined);
  return { source, ...graph, outputs };
}

function unknownLayers({ layers }: KerasModel): KerasLayer[] {
  return layers.flatMap((layer) =>
    layer.model !== undefined ? unknownLayers(layer.model) : layerImporter(layer) === undefined ? [layer] : [],
  );
}

interface WrittenGraph {
  readonly nodes: Map<string, GraphNode>;
  readonly constants: Map<string, TensorValue>;
}

class ModelWriter {
  readonly #from: KerasSource;
  readonly #graph: WrittenGraph;

  constructor(from: KerasSource, graph: WrittenGraph) {
    this.#from = from;
    this.#graph = graph;
  }

  /** @param given references for the inputs of a model inside of another @returns references of the outputs */
  write(model: KerasModel, path: readonly string[], given: readonly string[] | undefined, calls = path): string[] {
    const made = new Map<string, readonly string[]>();
    const reference = (argument: KerasArgument): string | { readonly value: unknown } =>
      isTensor(argument) ? (made.get(argument.call)?.[argument.output] ?? '') : argument;
    for (const layer of model.layers) {
      const args = layer.args.map(reference);
      const inputs = args.filter((one) => typeof one === 'string');
      if (layer.className === 'InputLayer' && given !== undefined) {
        made.set(layer.key, [given[model.inputs.indexOf(layer.key)] ?? given[0] ?? '']);
      } else if (layer.model !== undefined) {
        made.set(layer.key, this.write(layer.model, [...path, layer.name], inputs, [...calls, layer.key]));
      } else {
        const kwargs = Object.fromEntries(
          Object.entries(layer.kwargs).map(([name, argument]) => [name, reference(argument)]),
        );
        made.set(layer.key, [this.#layer({ layer, args, kwargs, inputs, path, calls })]);
      }
    }
    return model.outputs.map(({ call, output }) => made.get(call)?.[output] ?? '');
  }

  #layer(call: LayerCall): string {
    const { layer, inputs, args, kwargs, path } = call;
    const { nodes, constants } = this.#graph;
    const { weights, source, majorVersion } = this.#from;
    const own = [...call.calls, layer.key].join('/');
    const added: GraphNode[] = [];
    const constant = (name: string, value: TensorValue | number): string => {
      const full = `${own}/${name}`;
      constants.set(full, typeof value === 'number' ? { shape: [], data: Float32Array.of(value) } : value);
      nodes.set(full, { name: full, op: 'Const', inputs: [], attributes: {} });
      return full;
    };
    const stored = weights.of(path, layer);
    const result = layerImporter(layer)!({
      layer,
      majorVersion,
      inputs,
      args,
      kwargs,
      constant,
      add: (op, from, attributes = {}) => {
        const node = { name: `${own}/${op}${added.length}`, op, inputs: from, attributes };
        added.push(node);
        return node.name;
      },
      weight: (name) => {
        const value = stored.get(name);
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
}

interface LayerCall {
  readonly layer: KerasLayer;
  readonly inputs: readonly string[];
  readonly args: readonly (string | { readonly value: unknown })[];
  readonly kwargs: Readonly<Record<string, string | { readonly value: unknown }>>;
  /** Names of the models around it, which weights lie by, and keys of their calls, which nodes are named by. */
  readonly path: readonly string[];
  readonly calls: readonly string[];
}
