/** Writes GraphDefs as TensorFlow does (graph.proto, node_def.proto, attr_value.proto, tensor.proto). */
import { PbfWriter } from 'pbf';

/** As protobuf's JSON has it: `{ s: base64 }`, `{ list: { i: [...] } }` and so on. */
export type AttributeJson = Record<string, unknown>;

export interface NodeJson {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, AttributeJson>>;
}

export interface ConstantBytes {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly bytes: Uint8Array;
}

const types: Readonly<Record<string, number>> = {
  DT_FLOAT: 1,
  DT_INT32: 3,
  DT_UINT8: 4,
  DT_STRING: 7,
  DT_INT64: 9,
  DT_BOOL: 10,
  DT_RESOURCE: 20,
  float32: 1,
  int32: 3,
  bool: 10,
  string: 7,
};

export function frozenBytes(nodes: readonly NodeJson[], constants: ReadonlyMap<string, ConstantBytes>): Uint8Array {
  const writer = new PbfWriter();
  writeGraph(nodes, constants, writer);
  return writer.finish();
}

export function writeGraph(
  nodes: readonly NodeJson[],
  constants: ReadonlyMap<string, ConstantBytes>,
  writer: PbfWriter,
): void {
  for (const node of nodes) writer.writeMessage(1, writeNode(constants), node);
}

export const writeNode =
  (constants: ReadonlyMap<string, ConstantBytes>) =>
  ({ name, op, input = [], attr = {} }: NodeJson, writer: PbfWriter): void => {
    writer.writeStringField(1, name);
    writer.writeStringField(2, op);
    for (const one of input) writer.writeStringField(3, one);
    for (const [key, value] of Object.entries(attr)) writeEntry(writer, key, () => writeAttribute(value, writer));
    const constant = constants.get(name);
    if (op === 'Const' && constant !== undefined) {
      writeEntry(writer, 'value', () => writer.writeMessage(8, writeTensor, constant));
    }
  };

function writeEntry(writer: PbfWriter, key: string, write: () => void): void {
  writer.writeMessage(
    5,
    () => {
      writer.writeStringField(1, key);
      writer.writeMessage(2, write, undefined);
    },
    undefined,
  );
}

export function writeTensor({ shape, dtype, bytes }: ConstantBytes, writer: PbfWriter): void {
  writer.writeVarintField(1, types[dtype]!);
  writer.writeMessage(2, writeShape, shape);
  const isShort = dtype === 'float32' && bytes.length < 4 * shape.reduce((product, size) => product * size, 1);
  // One value may stand for all.
  if (isShort) writer.writePackedFloat(5, Array.from(new Float32Array(bytes.slice().buffer)));
  else writer.writeBytesField(4, bytes);
}

export function writeShape(shape: readonly number[], writer: PbfWriter): void {
  for (const size of shape) writer.writeMessage(2, () => writer.writeVarintField(1, size), undefined);
}

interface Lists {
  readonly s?: readonly string[];
  readonly i?: readonly string[];
  readonly f?: readonly number[];
  readonly type?: readonly string[];
}

function writeAttribute(value: AttributeJson, writer: PbfWriter): void {
  const { list, s, i, f, b, type, shape, func } = value as {
    list?: Lists;
    s?: string;
    i?: string;
    f?: number;
    b?: boolean;
    type?: string;
    shape?: { dim: readonly { size: string }[] };
    func?: { name: string };
  };
  if (list !== undefined) {
    writer.writeMessage(
      1,
      () => {
        for (const one of list.s ?? []) writer.writeBytesField(2, Buffer.from(one, 'base64'));
        writer.writePackedVarint(3, (list.i ?? []).map(Number));
        writer.writePackedFloat(4, [...(list.f ?? [])]);
        writer.writePackedVarint(
          6,
          (list.type ?? []).map((one) => types[one]!),
        );
      },
      undefined,
    );
  }
  if (s !== undefined) writer.writeBytesField(2, Buffer.from(s, 'base64'));
  if (i !== undefined) writer.writeVarintField(3, Number(i));
  if (f !== undefined) writer.writeFloatField(4, f);
  if (b !== undefined) writer.writeBooleanField(5, b);
  if (type !== undefined) writer.writeVarintField(6, types[type] ?? 0);
  if (shape !== undefined) {
    writer.writeMessage(
      7,
      writeShape,
      shape.dim.map(({ size }) => Number(size)),
    );
  }
  if (func !== undefined) writer.writeMessage(10, () => writer.writeStringField(1, func.name), undefined);
}
