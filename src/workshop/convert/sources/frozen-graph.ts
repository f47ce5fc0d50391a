/** Reads a frozen GraphDef (.pb), in which all variables are constants. */
import protobuf from 'protobufjs';
import { z } from 'zod';
import { InputError, sentence } from '../../../errors.ts';
import type { ConstantData } from '../graph.ts';
import { type Attribute, dataTypeName, type GraphDef, type GraphNode, type TensorValue } from '../graph-def.ts';
import { sizeOf } from '../shapes.ts';
import { halfToFloat } from './weights.ts';

/** The part of tensorflow/core/framework/{graph,node_def,attr_value,tensor,tensor_shape}.proto that is read here. */
const protocol = `
syntax = "proto3";
message Dim { int64 size = 1; }
message Shape { repeated Dim dim = 2; bool unknown_rank = 3; }
message Tensor {
  int32 dtype = 1;
  Shape tensor_shape = 2;
  bytes tensor_content = 4;
  repeated float float_val = 5 [packed = true];
  repeated double double_val = 6 [packed = true];
  repeated int32 int_val = 7 [packed = true];
  repeated int64 int64_val = 10 [packed = true];
  repeated bool bool_val = 11 [packed = true];
  repeated int32 half_val = 13 [packed = true];
}
message List {
  repeated bytes s = 2;
  repeated int64 i = 3 [packed = true];
  repeated float f = 4 [packed = true];
  repeated bool b = 5 [packed = true];
  repeated int32 type = 6 [packed = true];
}
message Attr {
  oneof value {
    List list = 1;
    bytes s = 2;
    int64 i = 3;
    float f = 4;
    bool b = 5;
    int32 type = 6;
    Shape shape = 7;
    Tensor tensor = 8;
  }
}
message Node {
  string name = 1;
  string op = 2;
  repeated string input = 3;
  map<string, Attr> attr = 5;
}
message Graph { repeated Node node = 1; }
`;

const bytesSchema = z.instanceof(Uint8Array);
const shapeSchema = z.object({ dim: z.array(z.object({ size: z.coerce.number().default(0) })).default([]) });
const numbers = z.array(z.coerce.number()).optional();
const tensorSchema = z.object({
  dtype: z.int(),
  tensorShape: shapeSchema.optional(),
  tensorContent: bytesSchema.optional(),
  floatVal: numbers,
  doubleVal: numbers,
  intVal: numbers,
  int64Val: numbers,
  halfVal: numbers,
  boolVal: z.array(z.boolean()).optional(),
});
const attributeSchema = z.object({
  s: bytesSchema.optional(),
  i: z.coerce.number().optional(),
  f: z.number().optional(),
  b: z.boolean().optional(),
  type: z.int().optional(),
  shape: shapeSchema.optional(),
  tensor: tensorSchema.optional(),
  list: z
    .object({ s: z.array(bytesSchema).optional(), i: numbers, f: numbers, type: z.array(z.int()).optional() })
    .optional(),
});
const graphSchema = z.object({
  node: z.array(
    z.object({
      name: z.string().default(''),
      op: z.string().default(''),
      input: z.array(z.string()).default([]),
      attr: z.record(z.string(), attributeSchema).default({}),
    }),
  ),
});

/** @throws InputError when it is no GraphDef, or holds variables */
export function readFrozenGraph(bytes: Uint8Array, source: string): GraphDef {
  const decoded = graphSchema.safeParse(decode(bytes, source));
  if (!decoded.success || decoded.data.node.length === 0) throw notAGraph(source);
  const nodes = new Map<string, GraphNode>();
  const constants = new Map<string, TensorValue>();
  const variables: string[] = [];
  for (const { name, op, input, attr } of decoded.data.node) {
    const attributes: Record<string, Attribute> = {};
    for (const [key, value] of Object.entries(attr)) {
      const plain = plainAttribute(value);
      if (plain !== undefined) attributes[key] = plain;
    }
    nodes.set(name, { name, op, inputs: input.filter((one) => !one.startsWith('^')), attributes });
    const tensor = attr['value']?.tensor;
    if (op === 'Const' && tensor !== undefined) constants.set(name, tensorValue(tensor, name, source));
    if (/^(VariableV2|Variable|VarHandleOp|ReadVariableOp)$/.test(op)) variables.push(name);
  }
  if (variables.length > 0) {
    throw new InputError(`${source} is not frozen: it has ${variables.length} variables, such as ${variables[0]}.`, {
      remedy: 'Freeze it first, so that variables become constants.',
    });
  }
  return { source, nodes, constants };
}

function notAGraph(source: string, cause?: unknown): InputError {
  const why = cause === undefined ? '' : ` (${sentence(cause)})`;
  return new InputError(`${source} is no TensorFlow GraphDef${why}.`, {
    remedy: 'A SavedModel has to be frozen to a GraphDef first.',
    cause,
  });
}

function decode(bytes: Uint8Array, source: string): unknown {
  try {
    const type = protobuf.parse(protocol).root.lookupType('Graph');
    return type.toObject(type.decode(bytes), { longs: Number });
  } catch (error) {
    throw notAGraph(source, error);
  }
}

const latin = (text: Uint8Array): string => Buffer.from(text).toString('latin1');

function plainAttribute(value: z.output<typeof attributeSchema>): Attribute | undefined {
  if (value.s !== undefined) return latin(value.s);
  if (value.i !== undefined) return value.i;
  if (value.f !== undefined) return value.f;
  if (value.b !== undefined) return value.b;
  if (value.type !== undefined) return dataTypeName(value.type);
  if (value.shape !== undefined) return value.shape.dim.map(({ size }) => size);
  if (value.list === undefined) return undefined;
  const { s = [], i = [], f = [], type = [] } = value.list;
  if (s.length > 0) return s.map(latin);
  if (i.length > 0) return i;
  return f.length > 0 ? f : type.map(dataTypeName);
}

/** More values than any model for a Pi has in one constant; a damaged shape asks for more. */
const greatestConstant = 2 ** 28;

/** A shorter list of values stands for one whose last value goes on to the end. */
function tensorValue(tensor: z.output<typeof tensorSchema>, name: string, source: string): TensorValue {
  const shape = (tensor.tensorShape?.dim ?? []).map(({ size }) => size);
  const size = sizeOf(shape);
  if (!(size >= 0 && size <= greatestConstant)) {
    throw new InputError(`${source}: the constant ${name} has the impossible shape [${shape.join(', ')}].`);
  }
  const type = dataTypeName(tensor.dtype);
  const isInteger = /INT|BOOL/.test(type);
  const content = tensor.tensorContent;
  const listed =
    content !== undefined && content.length > 0
      ? contentValues(type, content)
      : (tensor.floatVal ??
        tensor.doubleVal ??
        tensor.intVal ??
        tensor.int64Val ??
        halves(tensor.halfVal) ??
        tensor.boolVal?.map(Number) ??
        []);
  if (listed === undefined || listed.length > size || (listed.length === 0 && size > 0 && type === 'DT_STRING')) {
    // Strings and other types that no picture model computes with: unknown where they are used.
    return { shape: [0], data: new Float32Array() };
  }
  if (listed.length < size && content !== undefined && content.length > 0) {
    throw new InputError(`${source}: the constant ${name} is cut off: ${listed.length} of ${size} values are there.`);
  }
  const last = listed.at(-1) ?? 0;
  const data: ConstantData = isInteger ? new Int32Array(size).fill(last) : new Float32Array(size).fill(last);
  data.set(listed);
  return { shape, data };
}

const halves = (values: readonly number[] | undefined): number[] | undefined => values?.map(halfToFloat);

function contentValues(type: string, content: Uint8Array): number[] | Float32Array | Int32Array | undefined {
  const { buffer } = new Uint8Array(content);
  switch (type) {
    case 'DT_FLOAT':
      return new Float32Array(buffer);
    case 'DT_DOUBLE':
      return Array.from(new Float64Array(buffer));
    case 'DT_HALF':
      return Array.from(new Uint16Array(buffer), halfToFloat);
    case 'DT_INT32':
      return new Int32Array(buffer);
    case 'DT_INT64':
      return Array.from(new BigInt64Array(buffer), Number);
    case 'DT_UINT8':
    case 'DT_BOOL':
      return Array.from(new Uint8Array(buffer));
    default:
      return undefined;
  }
}
