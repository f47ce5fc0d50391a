/** The architecture of a Keras model, as its JSON has it: layers, and which feeds which. */
import { z } from 'zod';
import { InputError } from '../../../errors.ts';

const layerSchema = z.object({
  class_name: z.string(),
  name: z.string().optional(),
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
      input_layers: z.array(z.unknown()).optional(),
      output_layers: z.array(z.unknown()).optional(),
    }),
    // The oldest Sequential models are only their list of layers.
    z
      .array(layerSchema)
      .transform((layers) => ({ name: undefined, layers, input_layers: undefined, output_layers: undefined })),
  ]),
});

export interface KerasLayer {
  readonly name: string;
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Names of the layers whose outputs it takes, in order. */
  readonly inputs: readonly string[];
  /** A model used as a layer. */
  readonly model?: KerasModel;
}

export interface KerasModel {
  /** Each behind those that it takes. */
  readonly layers: readonly KerasLayer[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** @throws InputError when it is no Keras model, or a layer is used twice */
export function readKerasConfig(json: unknown, source: string): KerasModel {
  const parsed = modelSchema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new InputError(`${source} has no Keras model in it: ${issue.path.join('.')}: ${issue.message}.`);
  }
  const { class_name: className, config } = parsed.data;
  const isSequential = className === 'Sequential';
  const layers = config.layers.map((layer, at) =>
    readLayer(layer, source, isSequential ? previous(config.layers, at) : undefined),
  );
  const names = layers.map(({ name }) => name);
  if (isSequential) return sequential(layers);
  return {
    layers: inOrder(layers, source),
    inputs: namesIn(config.input_layers ?? [], names),
    outputs: namesIn(config.output_layers ?? [], names),
  };
}

const nameOf = (layer: LayerJson): string => layer.name ?? String(layer.config['name'] ?? layer.class_name);
const previous = (layers: readonly LayerJson[], at: number): string[] => (at === 0 ? [] : [nameOf(layers[at - 1]!)]);

function readLayer(layer: LayerJson, source: string, given: readonly string[] | undefined): KerasLayer {
  const name = nameOf(layer);
  const calls = layer.inbound_nodes ?? [];
  if (calls.length > 1)
    throw new InputError(`${source}: the layer ${name} is used ${calls.length} times; goby converts layers used once.`);
  const isModel = ['Sequential', 'Functional', 'Model'].includes(layer.class_name);
  return {
    name,
    className: layer.class_name,
    config: layer.config,
    inputs: given ?? tensorNames(calls[0]),
    ...(isModel ? { model: readKerasConfig({ class_name: layer.class_name, config: layer.config }, source) } : {}),
  };
}

/** A Sequential model without InputLayer says its input's shape in its first layer. */
function sequential(layers: readonly KerasLayer[]): KerasModel {
  const [first] = layers;
  const outputs = layers.slice(-1).map(({ name }) => name);
  if (first === undefined || first.className === 'InputLayer') {
    return { layers, inputs: layers.slice(0, 1).map(({ name }) => name), outputs };
  }
  const name = `${first.name}_input`;
  const own = first.config['batch_input_shape'] ?? first.config['batch_shape'] ?? innerShape(first);
  const input: KerasLayer = { name, className: 'InputLayer', config: { batch_input_shape: own }, inputs: [] };
  return { layers: [input, { ...first, inputs: [name] }, ...layers.slice(1)], inputs: [name], outputs };
}

const innerShape = ({ model }: KerasLayer): unknown => {
  const input = model?.layers.find(({ className }) => className === 'InputLayer');
  return input?.config['batch_input_shape'] ?? input?.config['batch_shape'];
};

/** Layer names in one call: `[["name", 0, 0, {}], ...]`, or Keras 3's nested objects with `keras_history`. */
function tensorNames(call: unknown): string[] {
  if (Array.isArray(call)) {
    if (typeof call[0] === 'string' && typeof call[1] === 'number') return [call[0]];
    return call.flatMap(tensorNames);
  }
  if (typeof call !== 'object' || call === null) return [];
  const history = (call as { keras_history?: unknown }).keras_history;
  if (Array.isArray(history)) return [String(history[0])];
  return Object.values(call).flatMap(tensorNames);
}

/** `[["name", 0, 0], ...]`, or `["name", 0, 0]` where there is only one. */
function namesIn(list: readonly unknown[], names: readonly string[]): string[] {
  if (typeof list[0] === 'string') return names.includes(list[0]) ? [list[0]] : [];
  return list.flatMap((entry) => (Array.isArray(entry) && names.includes(String(entry[0])) ? [String(entry[0])] : []));
}

function inOrder(layers: readonly KerasLayer[], source: string): KerasLayer[] {
  const placed = new Set<string>();
  const order: KerasLayer[] = [];
  let waiting = [...layers];
  while (waiting.length > 0) {
    const ready = waiting.filter(({ inputs }) => inputs.every((input) => placed.has(input)));
    if (ready.length === 0) throw new InputError(`${source}: the layer ${waiting[0]!.name} takes what no layer gives.`);
    for (const layer of ready) placed.add(layer.name);
    order.push(...ready);
    waiting = waiting.filter(({ name }) => !placed.has(name));
  }
  return order;
}
