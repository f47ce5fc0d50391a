/** Reads a TensorFlow.js graph model: model.json with the GraphDef, and the weights in the shards beside it. */
import { readFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { z } from 'zod';
import { InputError, sentence } from '../../../errors.ts';
import { type Attribute, dataTypeName, type GraphDef, type GraphNode, type TensorValue } from '../graph-def.ts';
import { readWeights, weightEntrySchema } from './weights.ts';

/** protobuf's JSON: 64-bit integers are strings, bytes are base64, or lists of byte values in old files. */
const textSchema = z.union([z.string(), z.array(z.int())]);
const integerSchema = z.union([z.string(), z.number()]);
const typeSchema = z.union([z.string(), z.number()]);
const shapeSchema = z.object({
  dim: z.array(z.object({ size: integerSchema.optional() })).optional(),
  unknownRank: z.boolean().optional(),
});
const attributeSchema = z.object({
  s: textSchema.optional(),
  i: integerSchema.optional(),
  f: z.number().optional(),
  b: z.boolean().optional(),
  type: typeSchema.optional(),
  shape: shapeSchema.optional(),
  list: z
    .object({
      s: z.array(textSchema).optional(),
      i: z.array(integerSchema).optional(),
      f: z.array(z.number()).optional(),
      type: z.array(typeSchema).optional(),
    })
    .optional(),
});
const nodeSchema = z.object({
  name: z.string(),
  op: z.string(),
  input: z.array(z.string()).optional(),
  attr: z.record(z.string(), attributeSchema).optional(),
});

export const manifestSchema = z.array(z.object({ paths: z.array(z.string()), weights: z.array(weightEntrySchema) }));

const modelSchema = z.object({
  modelTopology: z.object({ node: z.array(nodeSchema) }),
  weightsManifest: manifestSchema,
});

/** @throws InputError when a file is missing, short or not what it should be */
export async function readTensorflowJs(file: string, json: unknown): Promise<GraphDef> {
  const parsed = modelSchema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new InputError(`${file} is no TensorFlow.js graph model: ${issue.path.join('.')}: ${issue.message}.`);
  }
  const { modelTopology, weightsManifest } = parsed.data;
  const weights = await readManifest(file, weightsManifest);
  const nodes = new Map(modelTopology.node.map((node) => [node.name, graphNode(node)]));
  const constants = new Map<string, TensorValue>();
  for (const { name, op } of nodes.values()) {
    if (op !== 'Const') continue;
    const value = weights.get(name);
    if (value !== undefined) constants.set(name, value);
  }
  return { source: file, nodes, constants };
}

/** All weights by name. Shards lie beside the model file, and nowhere else. */
export async function readManifest(
  file: string,
  manifest: z.output<typeof manifestSchema>,
): Promise<Map<string, TensorValue>> {
  const weights = new Map<string, TensorValue>();
  for (const { paths, weights: entries } of manifest) {
    const shards = await Promise.all(paths.map((path) => readShard(file, path)));
    for (const [name, value] of readWeights(entries, Buffer.concat(shards), file)) weights.set(name, value);
  }
  return weights;
}

async function readShard(file: string, path: string): Promise<Uint8Array> {
  const inside = normalize(path);
  if (inside.startsWith('..') || inside.startsWith('/')) {
    throw new InputError(`${file} names the weights file ${path}, which lies outside of its folder.`);
  }
  try {
    return await readFile(join(dirname(file), inside));
  } catch (error) {
    throw new InputError(`${file} needs the weights file ${path} beside it, which can't be read: ${sentence(error)}.`, {
      remedy: 'Fetch all shards of the model.',
      cause: error,
    });
  }
}

function graphNode({ name, op, input = [], attr = {} }: z.output<typeof nodeSchema>): GraphNode {
  const attributes: Record<string, Attribute> = {};
  for (const [key, value] of Object.entries(attr)) {
    const plain = plainAttribute(value);
    if (plain !== undefined) attributes[key] = plain;
  }
  return { name, op, inputs: input.filter((reference) => !reference.startsWith('^')), attributes };
}

const plainText = (text: string | readonly number[]): string =>
  typeof text === 'string' ? Buffer.from(text, 'base64').toString('latin1') : String.fromCharCode(...text);

function plainAttribute(value: z.output<typeof attributeSchema>): Attribute | undefined {
  if (value.s !== undefined) return plainText(value.s);
  if (value.i !== undefined) return Number(value.i);
  if (value.f !== undefined) return value.f;
  if (value.b !== undefined) return value.b;
  if (value.type !== undefined) return dataTypeName(value.type);
  if (value.shape !== undefined) return (value.shape.dim ?? []).map(({ size }) => Number(size ?? -1));
  if (value.list !== undefined) {
    const { s = [], i = [], f = [], type = [] } = value.list;
    if (s.length > 0) return s.map(plainText);
    if (i.length > 0) return i.map(Number);
    return f.length > 0 ? f : type.map(dataTypeName);
  }
  return undefined;
}
