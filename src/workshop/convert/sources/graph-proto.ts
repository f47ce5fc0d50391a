/** A GraphDef as protobuf (tensorflow/core/framework/{graph,node_def,attr_value,function,op_def}.proto): nodes, constants, functions. */
import type { PbfReader } from 'pbf';
import { InputError } from '../../../errors.ts';
import { type Attribute, dataTypeName, type FunctionDef, type GraphNode, type TensorValue } from '../graph-def.ts';
import { type Fields, readInner, readInteger, readNumbers, readText, readView } from './protobuf.ts';
import { readTensor, shapeFields, type TensorMessage, tensorValue } from './tensor-proto.ts';

export interface GraphMessage {
  readonly nodes: NodeMessage[];
  readonly functions: FunctionMessage[];
}

interface NodeMessage {
  name: string;
  op: string;
  readonly inputs: string[];
  readonly attributes: Record<string, Attribute>;
  tensor: TensorMessage | undefined;
}

interface FunctionMessage {
  name: string;
  readonly inputs: string[];
  readonly outputs: string[];
  readonly nodes: NodeMessage[];
  readonly results: Map<string, string>;
}

/** More than any graph has; hostile files have more. */
const mostNodes = 1_000_000;

interface AttributeMessage {
  value?: Attribute | undefined;
  tensor?: TensorMessage;
}

interface ListMessage {
  readonly texts: string[];
  readonly numbers: number[];
  readonly types: string[];
}

const latin = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

const listFields: Fields<ListMessage> = {
  2: ({ texts }, reader) => {
    texts.push(latin(readView(reader)));
  },
  3: ({ numbers }, reader) => readNumbers(reader, numbers, readInteger),
  4: ({ numbers }, reader) => readNumbers(reader, numbers, (one) => one.readFloat()),
  5: ({ numbers }, reader) => readNumbers(reader, numbers, readInteger),
  6: ({ types }, reader) => {
    const codes: number[] = [];
    readNumbers(reader, codes, readInteger);
    types.push(...codes.map(dataTypeName));
  },
};

const functionReferenceFields: Fields<{ name: string }> = {
  1: (reference, reader) => {
    reference.name = readText(reader);
  },
};

const attributeFields: Fields<AttributeMessage> = {
  1: (attribute, reader) => {
    const { texts, numbers, types } = readInner(reader, listFields, { texts: [], numbers: [], types: [] });
    attribute.value = texts.length > 0 ? texts : numbers.length > 0 ? numbers : types;
  },
  2: (attribute, reader) => {
    attribute.value = latin(readView(reader));
  },
  3: (attribute, reader) => {
    attribute.value = readInteger(reader);
  },
  4: (attribute, reader) => {
    attribute.value = reader.readFloat();
  },
  5: (attribute, reader) => {
    attribute.value = reader.readBoolean();
  },
  6: (attribute, reader) => {
    attribute.value = dataTypeName(readInteger(reader));
  },
  7: (attribute, reader) => {
    attribute.value = readInner(reader, shapeFields, []);
  },
  8: (attribute, reader) => {
    attribute.tensor = readTensor(reader);
  },
  10: (attribute, reader) => {
    attribute.value = readInner(reader, functionReferenceFields, { name: '' }).name;
  },
};

interface Entry {
  key: string;
  readonly attribute: AttributeMessage;
}

const attributeEntryFields: Fields<Entry> = {
  1: (entry, reader) => {
    entry.key = readText(reader);
  },
  2: ({ attribute }, reader) => {
    readInner(reader, attributeFields, attribute);
  },
};

const nodeFields: Fields<NodeMessage> = {
  1: (node, reader) => {
    node.name = readText(reader);
  },
  2: (node, reader) => {
    node.op = readText(reader);
  },
  3: ({ inputs }, reader) => {
    inputs.push(readText(reader));
  },
  5: (node, reader) => {
    const { key, attribute } = readInner<Entry>(reader, attributeEntryFields, { key: '', attribute: {} });
    if (attribute.value !== undefined) node.attributes[key] = attribute.value;
    if (key === 'value' && attribute.tensor !== undefined) node.tensor = attribute.tensor;
  },
};

function readNode(reader: PbfReader, nodes: NodeMessage[]): void {
  if (nodes.length >= mostNodes) throw new Error(`it has more than ${mostNodes} nodes`);
  nodes.push(readInner(reader, nodeFields, { name: '', op: '', inputs: [], attributes: {}, tensor: undefined }));
}

const argumentFields: Fields<{ name: string }> = {
  1: (argument, reader) => {
    argument.name = readText(reader);
  },
};

const signatureFields: Fields<FunctionMessage> = {
  1: (definition, reader) => {
    definition.name = readText(reader);
  },
  2: ({ inputs }, reader) => {
    inputs.push(readInner(reader, argumentFields, { name: '' }).name);
  },
  3: ({ outputs }, reader) => {
    outputs.push(readInner(reader, argumentFields, { name: '' }).name);
  },
};

const resultFields: Fields<{ key: string; value: string }> = {
  1: (entry, reader) => {
    entry.key = readText(reader);
  },
  2: (entry, reader) => {
    entry.value = readText(reader);
  },
};

const functionFields: Fields<FunctionMessage> = {
  1: (definition, reader) => {
    readInner(reader, signatureFields, definition);
  },
  3: ({ nodes }, reader) => readNode(reader, nodes),
  4: ({ results }, reader) => {
    const { key, value } = readInner(reader, resultFields, { key: '', value: '' });
    results.set(key, value);
  },
};

const libraryFields: Fields<GraphMessage> = {
  1: ({ functions }, reader) => {
    functions.push(
      readInner(reader, functionFields, { name: '', inputs: [], outputs: [], nodes: [], results: new Map() }),
    );
  },
};

export const graphFields: Fields<GraphMessage> = {
  1: ({ nodes }, reader) => readNode(reader, nodes),
  2: (graph, reader) => {
    readInner(reader, libraryFields, graph);
  },
};

export interface PlainNodes {
  readonly nodes: ReadonlyMap<string, GraphNode>;
  readonly constants: ReadonlyMap<string, TensorValue>;
  readonly texts: ReadonlyMap<string, readonly string[]>;
}

/** Nodes by name with the values of the constants among them. @throws InputError naming a constant that is damaged */
export function plainNodes(messages: readonly NodeMessage[], source: string): PlainNodes {
  const nodes = new Map<string, GraphNode>();
  const constants = new Map<string, TensorValue>();
  const texts = new Map<string, readonly string[]>();
  for (const { name, op, inputs, attributes, tensor } of messages) {
    nodes.set(name, { name, op, inputs: inputs.filter((one) => !one.startsWith('^')), attributes });
    if (op !== 'Const' || tensor === undefined) continue;
    constants.set(name, tensorValue(tensor, name, source));
    if (tensor.texts.length > 0) texts.set(name, tensor.texts);
  }
  return { nodes, constants, texts };
}

export function plainFunctions({ functions }: GraphMessage, source: string): ReadonlyMap<string, FunctionDef> {
  return new Map(
    functions.map(({ name, inputs, outputs, nodes, results }) => {
      const lacking = outputs.find((output) => !results.has(output));
      if (lacking !== undefined)
        throw new InputError(`${source}: the function ${name} doesn't give its output ${lacking}.`);
      return [name, { ...plainNodes(nodes, source), inputs, outputs: outputs.map((output) => results.get(output)!) }];
    }),
  );
}
