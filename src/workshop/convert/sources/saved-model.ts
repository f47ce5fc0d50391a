/** Reads a SavedModel: its graph with the functions in their places, and the variables of its checkpoint as constants. */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { InputError, sentence } from '../../../errors.ts';
import { nearNames } from '../../../text/near-names.ts';
import { type GraphDef, type GraphNode, referredNode, type TensorValue } from '../graph-def.ts';
import { type GraphMessage, graphFields, plainFunctions, plainNodes } from './graph-proto.ts';
import { inlineFunctions, reachable } from './inline-functions.ts';
import { type Fields, readInner, readProtobuf, readText } from './protobuf.ts';
import { openTensorBundle, type TensorBundle } from './tensor-bundle.ts';

interface Signature {
  key: string;
  readonly inputs: Tensor[];
  readonly outputs: Tensor[];
}

interface Tensor {
  key: string;
  name: string;
}

interface MetaGraph {
  readonly graph: GraphMessage;
  readonly signatures: Signature[];
}

const tensorInfoFields: Fields<Tensor> = {
  1: (tensor, reader) => {
    tensor.name = readText(reader);
  },
};

const tensorEntryFields: Fields<Tensor> = {
  1: (tensor, reader) => {
    tensor.key = readText(reader);
  },
  2: (tensor, reader) => {
    readInner(reader, tensorInfoFields, tensor);
  },
};

const signatureFields: Fields<Signature> = {
  1: ({ inputs }, reader) => {
    inputs.push(readInner(reader, tensorEntryFields, { key: '', name: '' }));
  },
  2: ({ outputs }, reader) => {
    outputs.push(readInner(reader, tensorEntryFields, { key: '', name: '' }));
  },
};

const signatureEntryFields: Fields<Signature> = {
  1: (signature, reader) => {
    signature.key = readText(reader);
  },
  2: (signature, reader) => {
    readInner(reader, signatureFields, signature);
  },
};

const metaGraphFields: Fields<MetaGraph> = {
  2: ({ graph }, reader) => {
    readInner(reader, graphFields, graph);
  },
  5: ({ signatures }, reader) => {
    signatures.push(readInner(reader, signatureEntryFields, { key: '', inputs: [], outputs: [] }));
  },
};

const savedModelFields: Fields<MetaGraph[]> = {
  2: (graphs, reader) => {
    graphs.push(readInner(reader, metaGraphFields, { graph: { nodes: [], functions: [] }, signatures: [] }));
  },
};

/** Signatures that save, load or set up, and compute nothing. */
const isInner = ({ key, outputs }: Signature): boolean => key.startsWith('__') || outputs.length === 0;

/**
 * @param folder that holds saved_model.pb
 * @param wanted key of a signature; absent: serving_default, else the first
 * @throws InputError when a file is missing or damaged
 */
export async function readSavedModel(folder: string, wanted?: string): Promise<GraphDef> {
  const file = join(folder, 'saved_model.pb');
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new InputError(`${file} can't be read: ${sentence(cause)}.`, {
      remedy: 'Expected is the folder of a SavedModel, with saved_model.pb and variables/ in it.',
      cause,
    });
  });
  const empty: MetaGraph[] = [];
  const graphs = readProtobuf(bytes, savedModelFields, empty, { source: file, what: 'SavedModel' });
  const found = graphs.find(({ signatures }) => signatures.some((one) => !isInner(one))) ?? graphs[0];
  if (found === undefined) throw new InputError(`${file} holds no graph.`);
  const signature = chosen(found.signatures, wanted, file);
  const source = basename(folder);
  const whole: GraphDef = {
    source: folder,
    ...plainNodes(found.graph.nodes, source),
    functions: plainFunctions(found.graph, source),
  };
  const outputs = signature.outputs.map(({ name }) => name);
  const restoring = restoringNodes(whole);
  const inlined = inlineFunctions(whole, [...outputs, ...restoring]);
  const frozen = await freeze(inlined, outputs, join(folder, 'variables', 'variables'));
  return { ...frozen, inputs: signature.inputs.map(({ name }) => referredNode(name)), outputs };
}

function chosen(signatures: readonly Signature[], wanted: string | undefined, file: string): Signature {
  const usable = signatures.filter((one) => !isInner(one));
  const keys = usable.map(({ key }) => key);
  const own = usable.find(({ key }) => key === (wanted ?? 'serving_default'));
  const signature = own ?? (wanted === undefined ? usable[0] : undefined);
  if (signature !== undefined) return signature;
  if (usable.length === 0) {
    throw new InputError(`${file} has no signature that gives anything.`, {
      remedy:
        'Save the model with a signature: model.export(folder), or tf.saved_model.save(model, folder, signatures=...).',
    });
  }
  const near = nearNames(wanted ?? '', keys);
  throw new InputError(`${file} has no signature ${wanted}.`, {
    remedy: `It has ${(near.length > 0 ? near : keys).join(', ')}.`,
  });
}

/** Nodes that call the function which loads variables. */
function restoringNodes({ nodes, functions }: GraphDef): string[] {
  const restores = (name: unknown) =>
    [...(functions?.get(String(name))?.nodes.values() ?? [])].some(({ op }) => op === 'RestoreV2');
  return [...nodes.values()].filter(({ attributes }) => restores(attributes['f'])).map(({ name }) => name);
}

/** What the outputs need, with the constants that the checkpoint has for its variables. */
async function freeze(def: GraphDef, outputs: readonly string[], prefix: string): Promise<GraphDef> {
  const needed = reachable(def, outputs);
  const handles = new Map<string, string>();
  const follow = (reference: string | undefined): GraphNode | undefined => {
    let node = def.nodes.get(referredNode(reference ?? ''));
    for (let steps = 0; node !== undefined && /^Identity(N)?$/.test(node.op) && steps < 64; steps += 1) {
      const at = node.op === 'IdentityN' ? Number(reference?.split(':')[1] ?? 0) : 0;
      reference = node.inputs[at];
      node = def.nodes.get(referredNode(reference ?? ''));
    }
    return node;
  };
  const read = [...needed.nodes.values()].flatMap((node): { node: GraphNode; variable: GraphNode }[] => {
    if (/^Variable(V2)?$/.test(node.op)) return [{ node, variable: node }];
    const variable = node.op === 'ReadVariableOp' ? follow(node.inputs[0]) : undefined;
    return variable === undefined ? [] : [{ node, variable }];
  });
  if (read.length === 0) return needed;
  const bundle = await openTensorBundle(prefix);
  for (const { node, key } of restored(def)) {
    const variable = follow(node);
    if (variable !== undefined) handles.set(variable.name, key);
  }
  const nodes = new Map(needed.nodes);
  const constants = new Map(needed.constants);
  const values = new Map<string, TensorValue>();
  for (const { node, variable } of read) {
    const key = keyOf(variable, handles.get(variable.name), bundle, def.source);
    const value = values.get(key) ?? (await bundle.read(key));
    values.set(key, value);
    constants.set(node.name, value);
    nodes.set(node.name, { name: node.name, op: 'Const', inputs: [], attributes: {} });
  }
  return { ...needed, nodes, constants };
}

/** Which key of the checkpoint is loaded into which variable: assignments that take what RestoreV2 gives. */
function restored(def: GraphDef): { node: string; key: string }[] {
  const found: { node: string; key: string }[] = [];
  for (const node of def.nodes.values()) {
    if (!/^Assign(VariableOp)?$/.test(node.op)) continue;
    let reference = node.inputs[1];
    let from = def.nodes.get(referredNode(reference ?? ''));
    while (from?.op === 'Identity') {
      reference = from.inputs[0];
      from = def.nodes.get(referredNode(reference ?? ''));
    }
    if (from?.op !== 'RestoreV2') continue;
    const names = def.texts?.get(referredNode(from.inputs[1] ?? '')) ?? [];
    const key = names[Number(reference?.split(':')[1] ?? 0)];
    if (key !== undefined) found.push({ node: node.inputs[0] ?? '', key });
  }
  return found;
}

/** By how it is loaded, else by its name. @throws InputError when the checkpoint has nothing for it */
function keyOf(variable: GraphNode, loaded: string | undefined, bundle: TensorBundle, source: string): string {
  const own = String(variable.attributes['shared_name'] ?? '') || variable.name;
  const names = [loaded, own, `${own}/.ATTRIBUTES/VARIABLE_VALUE`, variable.name];
  const key = names.find((name) => name !== undefined && bundle.has(name));
  if (key !== undefined) return key;
  throw new InputError(`${source}: the variable ${own} has no value in its checkpoint.`);
}
