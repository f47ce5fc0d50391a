/** The architecture of a Keras model, as its JSON has it: layers, and which call of a layer feeds which. */
import { z } from 'zod';
import { InputError } from '../../../errors.ts';

const layerSchema = z.object({
  class_name: z.string(),
  module: z.string().nullish(),
  name: z.string().nullish(),
  config: z.record(z.string(), z.unknown()),
  inbound_nodes: z.array(z.unknown()).optional(),
});
type LayerJson = z.output<typeof layerSchema>;

const modelSchema = z.object({
  class_name: z.string(),
  config: z.union([
    z.object({
      name: z.string().optional(),
      layers: z.array(layerSchema),
      input_layers: z.unknown().optional(),
      output_layers: z.unknown().optional(),
    }),
    // The oldest Sequential models are only their list of layers.
    z
      .array(layerSchema)
      .transform((layers) => ({ name: undefined, layers, input_layers: undefined, output_layers: undefined })),
  ]),
});

/** One output of one call of a layer. */
export interface KerasTensor {
  readonly layer: string;
  /** Number of the call, and its key. */
  readonly node: number;
  readonly call: string;
  readonly output: number;
}

/** What a layer is called with: tensors, and constants of any kind. */
export type KerasArgument = KerasTensor | { readonly value: unknown };

export const isTensor = (argument: KerasArgument | undefined): argument is KerasTensor =>
  argument !== undefined && 'call' in argument;

/** A call of a layer. One that is used twice is called twice, with the same weights. */
export interface KerasLayer {
  readonly name: string;
  /** The name, and for further calls their number. */
  readonly key: string;
  readonly className: string;
  /** Where the class is from, such as keras.layers or keras.src.ops.numpy; Keras 2 doesn't say. */
  readonly module: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** In order, lists laid flat. */
  readonly args: readonly KerasArgument[];
  readonly kwargs: Readonly<Record<string, KerasArgument>>;
  /** A model used as a layer. */
  readonly model?: KerasModel;
}

export interface KerasModel {
  /** Each behind those that it takes. */
  readonly layers: readonly KerasLayer[];
  /** Keys of the input layers. */
  readonly inputs: readonly string[];
  readonly outputs: readonly KerasTensor[];
  /** Names of layers and their classes in the order in which the file has them, each once: files of weights count by it. */
  readonly order: readonly { readonly name: string; readonly className: string }[];
}

/** Models inside of models; more is no architecture. */
const deepest = 32;

/** @throws InputError when it is no Keras model */
export function readKerasConfig(json: unknown, source: string, depth = 0): KerasModel {
  if (depth > deepest) throw new InputError(`${source} has models inside of models, more than ${deepest} deep.`);
  const parsed = modelSchema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new InputError(`${source} has no Keras model in it: ${issue.path.join('.')}: ${issue.message}.`);
  }
  const { class_name: className, config } = parsed.data;
  const order = config.layers.map((layer) => ({ name: nameOf(layer), className: layer.class_name }));
  const innerModel = (layer: LayerJson): { readonly model?: KerasModel } =>
    ['Sequential', 'Functional', 'Model'].includes(layer.class_name) && layer.config['layers'] !== undefined
      ? { model: readKerasConfig({ class_name: layer.class_name, config: layer.config }, source, depth + 1) }
      : {};
  if (className === 'Sequential') return sequential(config.layers, innerModel, order);
  const layers = config.layers.flatMap((layer) => calls(layer, innerModel(layer)));
  const plain = referenceReader(layers, tensorsIn(config.output_layers));
  const settled = layers.map((layer) => ({
    ...layer,
    args: layer.args.map(plain),
    kwargs: Object.fromEntries(Object.entries(layer.kwargs).map(([name, argument]) => [name, plain(argument)])),
  }));
  return {
    layers: inOrder(settled, source),
    inputs: tensorsIn(config.input_layers).map(({ call }) => call),
    outputs: tensorsIn(config.output_layers).map(plain).filter(isTensor),
    order,
  };
}

/**
 * References to the calls that there are. Keras counts those of a model inside of another from 1: its call 0 is the one that made it,
 * and isn't saved. So the highest number says from where a model's calls are counted.
 */
function referenceReader(layers: readonly KerasLayer[], outputs: readonly KerasTensor[]) {
  const models = new Set(layers.filter(({ model }) => model !== undefined).map(({ key }) => key));
  const inner = new Set(layers.filter(({ model }) => model !== undefined).map(({ name }) => name));
  const used = [...layers.flatMap(({ args, kwargs }) => [...args, ...Object.values(kwargs)]), ...outputs].filter(
    isTensor,
  );
  const fromOne = new Set(
    used.filter(({ layer, call }) => inner.has(layer) && !models.has(call)).map(({ layer }) => layer),
  );
  return <A extends KerasArgument>(argument: A): A | KerasTensor => {
    if (!isTensor(argument) || !fromOne.has(argument.layer) || argument.node === 0) return argument;
    return { ...argument, node: argument.node - 1, call: keyOf(argument.layer, argument.node - 1) };
  };
}

const nameOf = (layer: LayerJson): string => layer.name ?? String(layer.config['name'] ?? layer.class_name);
const keyOf = (name: string, node: number): string => (node === 0 ? name : `${name}/call_${node}`);

function plainLayer(layer: LayerJson, node: number): Omit<KerasLayer, 'args' | 'kwargs'> {
  const name = nameOf(layer);
  const { class_name: className, module, config } = layer;
  return { name, key: keyOf(name, node), className, module: module ?? '', config };
}

function calls(layer: LayerJson, model: { readonly model?: KerasModel }): KerasLayer[] {
  const nodes = layer.inbound_nodes ?? [];
  const given = nodes.length === 0 ? [undefined] : nodes;
  return given.map((call, node) => ({ ...plainLayer(layer, node), ...callOf(call), ...model }));
}

/** A Sequential model without InputLayer says its input's shape in its first layer. */
function sequential(
  layers: readonly LayerJson[],
  innerModel: (layer: LayerJson) => { readonly model?: KerasModel },
  order: KerasModel['order'],
): KerasModel {
  const chain: KerasLayer[] = [];
  const [first] = layers;
  if (first !== undefined && first.class_name !== 'InputLayer') {
    const name = `${nameOf(first)}_input`;
    const shape =
      first.config['batch_input_shape'] ?? first.config['batch_shape'] ?? innerShape(innerModel(first).model);
    const config = { batch_input_shape: shape };
    chain.push({ name, key: name, className: 'InputLayer', module: '', config, args: [], kwargs: {} });
  }
  for (const layer of layers) {
    const before = chain.at(-1);
    const args = before === undefined ? [] : [firstOutput(before)];
    chain.push({ ...plainLayer(layer, 0), ...innerModel(layer), args, kwargs: {} });
  }
  const inputs = chain.slice(0, 1).map(({ key }) => key);
  return { layers: chain, inputs, outputs: chain.slice(-1).map(firstOutput), order };
}

const firstOutput = ({ name, key }: KerasLayer): KerasTensor => ({ layer: name, node: 0, call: key, output: 0 });

function innerShape(model: KerasModel | undefined): unknown {
  const input = model?.layers.find(({ className }) => className === 'InputLayer');
  return input?.config['batch_input_shape'] ?? input?.config['batch_shape'];
}

/** `[["name", 0, 0, {...}], ...]` of Keras 2, or `{ args, kwargs }` of Keras 3. */
function callOf(call: unknown): Pick<KerasLayer, 'args' | 'kwargs'> {
  if (Array.isArray(call)) {
    const entries = isReference(call) ? [call] : call;
    const args = entries.flatMap((entry) => (isReference(entry) ? [referenceOf(entry)] : []));
    const named: unknown = Array.isArray(entries[0]) ? entries[0][3] : undefined;
    return { args, kwargs: namedArguments(named) };
  }
  const { args = [], kwargs = {} } = (call ?? {}) as { args?: unknown[]; kwargs?: unknown };
  return { args: args.flatMap(argumentsIn), kwargs: namedArguments(kwargs) };
}

function namedArguments(kwargs: unknown): Record<string, KerasArgument> {
  if (typeof kwargs !== 'object' || kwargs === null) return {};
  return Object.fromEntries(
    Object.entries(kwargs).map(([name, value]) => [name, argumentsIn(value)[0] ?? { value }] as const),
  );
}

/** `["name", node, tensor]`, with or without arguments behind; a constant is written as a layer of its own name. */
const isReference = (value: unknown): value is [string, number, unknown, ...unknown[]] =>
  Array.isArray(value) && typeof value[0] === 'string' && typeof value[1] === 'number';

function referenceOf([name, node, tensor]: readonly [string, number, unknown, ...unknown[]]): KerasArgument {
  if (name === '_CONSTANT_VALUE') return { value: tensor };
  return { layer: name, node, call: keyOf(name, node), output: Number(tensor) };
}

function argumentsIn(value: unknown): KerasArgument[] {
  if (isReference(value)) return [referenceOf(value)];
  if (Array.isArray(value)) {
    const inner = value.flatMap(argumentsIn);
    return inner.some(isTensor) ? inner : [{ value }];
  }
  const history = (value as { config?: { keras_history?: unknown } } | null)?.config?.keras_history;
  return isReference(history) ? [referenceOf(history)] : [{ value }];
}

/** `[["name", 0, 0], ...]`, `["name", 0, 0]` where there is only one, or a table of them. */
function tensorsIn(list: unknown): KerasTensor[] {
  if (isReference(list)) return [referenceOf(list)].filter(isTensor);
  if (typeof list !== 'object' || list === null) return [];
  return Object.values(list).flatMap(tensorsIn);
}

function inOrder(layers: readonly KerasLayer[], source: string): KerasLayer[] {
  const placed = new Set<string>();
  const order: KerasLayer[] = [];
  const needs = ({ args, kwargs }: KerasLayer) => [...args, ...Object.values(kwargs)].filter(isTensor);
  let waiting = [...layers];
  while (waiting.length > 0) {
    const ready = waiting.filter((layer) => needs(layer).every(({ call }) => placed.has(call)));
    if (ready.length === 0) throw new InputError(`${source}: the layer ${waiting[0]!.name} takes what no layer gives.`);
    for (const { key } of ready) placed.add(key);
    order.push(...ready);
    waiting = waiting.filter(({ key }) => !placed.has(key));
  }
  return order;
}
