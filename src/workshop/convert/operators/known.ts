/** Operators that are only worked out when converting: what shapes, anchors and conditions are made of. */
import { InputError } from '../../../errors.ts';
import { type Constant, type ConstantData, isConstant, type Value } from '../graph.ts';
import { flagOf, textOf } from '../graph-def.ts';
import { calculated } from '../passes/evaluate.ts';
import { broadcastView, stridesOf, viewOf } from '../passes/views.ts';
import { broadcastShape, plainAxes, sizeOf } from '../shapes.ts';
import { constantAt, type ImportCall, type Importer, type Importers, inputAt, integers, numbersAt } from './family.ts';

const likeOf = (data: ConstantData, size: number): ConstantData =>
  data instanceof Int32Array ? new Int32Array(size) : new Float32Array(size);

const named = ({ node }: ImportCall, shape: readonly number[], data: ConstantData): Constant => ({
  name: node.name,
  shape,
  data,
});

/** Of one known value, element by element. */
const each =
  (change: (value: number) => number): Importer =>
  (call) => {
    const { shape, data } = constantAt(call, 0);
    return named(call, shape, data instanceof Int32Array ? data.map(change) : data.map(change));
  };

/** Of two known values with broadcasting. */
const both =
  (calculate: (a: number, b: number) => number, { isFlag = false } = {}): Importer =>
  (call) => {
    const [a, b] = [constantAt(call, 0), constantAt(call, 1)];
    const shape = broadcastShape(a.shape, b.shape, call.node.name);
    const data = calculated(a, b, shape, calculate);
    return named(call, shape, isFlag ? Int32Array.from(data) : data);
  };

/** Over axes of one known value. */
const reduced =
  (join: (a: number, b: number) => number): Importer =>
  (call) => {
    const { shape, data } = constantAt(call, 0);
    const axes = plainAxes(numbersAt(call, 1), shape.length, call.node.name);
    const kept = shape.map((size, at) => (axes.includes(at) ? 1 : size));
    const into = likeOf(data, sizeOf(kept));
    const strides = stridesOf(kept).map((stride, at) => (axes.includes(at) ? 0 : stride));
    const position = viewOf(shape, strides);
    const isSet = new Uint8Array(into.length);
    data.forEach((value: number, at: number) => {
      const to = position(at);
      into[to] = isSet[to] === 0 ? value : join(into[to]!, value);
      isSet[to] = 1;
    });
    const isKept = flagOf(call.node, 'keep_dims') || flagOf(call.node, 'keepdims');
    return named(call, isKept ? kept : shape.filter((_, at) => !axes.includes(at)), into);
  };

/** More elements than any table of anchors has; a damaged graph asks for more. */
const mostElements = 2 ** 24;

function checkSize({ node }: ImportCall, size: number): void {
  if (size >= 0 && size <= mostElements) return;
  throw new InputError(`${node.name} (${node.op}) makes ${size} numbers, which no model needs.`);
}

function importRange(call: ImportCall): Value {
  const [start, limit, step] = [0, 1, 2].map((at) => numbersAt(call, at)[0] ?? 0) as [number, number, number];
  const count = Math.max(0, Math.ceil((limit - start) / step));
  checkSize(call, count);
  const numbers = Array.from({ length: count }, (_, at) => start + at * step);
  const isInteger = constantAt(call, 0).data instanceof Int32Array;
  return named(call, [count], isInteger ? Int32Array.from(numbers) : Float32Array.from(numbers));
}

function importFill(call: ImportCall): Value {
  const shape = numbersAt(call, 0);
  const { data } = constantAt(call, 1);
  checkSize(call, sizeOf(shape));
  return named(call, shape, likeOf(data, sizeOf(shape)).fill(data[0] ?? 0));
}

const importLike =
  (number: number): Importer =>
  (call) => {
    const { shape, data } = inputAt(call, 0);
    checkSize(call, sizeOf(shape));
    return named(call, shape, likeOf(data ?? new Float32Array(), sizeOf(shape)).fill(number));
  };

function importBroadcast(call: ImportCall): Value {
  const { shape: own, data } = constantAt(call, 0);
  const shape = numbersAt(call, 1);
  checkSize(call, sizeOf(shape));
  const position = broadcastView(own, shape);
  const into = likeOf(data, sizeOf(shape));
  return named(
    call,
    shape,
    into.map((_: number, at: number) => data[position(at)]!),
  );
}

/** Rows of a table by known numbers. */
function importGather(call: ImportCall): Value {
  const source = inputAt(call, 0);
  const indices = constantAt(call, 1);
  const [axis = 0] = plainAxes(
    [call.inputs[2] === undefined ? 0 : (numbersAt(call, 2)[0] ?? 0)],
    source.shape.length,
    call.node.name,
  );
  if (!isConstant(source)) return gathered(call, source, indices, axis);
  const { shape, data } = source;
  const inner = sizeOf(shape.slice(axis + 1));
  const outer = sizeOf(shape.slice(0, axis));
  const into = likeOf(data, outer * indices.data.length * inner);
  let position = 0;
  for (let row = 0; row < outer; row += 1) {
    for (const index of indices.data) {
      const from = (row * shape[axis]! + index) * inner;
      into.set(data.subarray(from, from + inner), position);
      position += inner;
    }
  }
  return named(call, [...shape.slice(0, axis), ...indices.shape, ...shape.slice(axis + 1)], into);
}

/** Of a value that flows: slices of it, joined. */
function gathered(call: ImportCall, source: Value, indices: Constant, axis: number): Value {
  const size = source.shape[axis]!;
  const places = Array.from(indices.data, (index) => (index < 0 ? index + size : index));
  if (indices.shape.length > 1 || places.length > mostGathered || places.some((at) => at < 0 || at >= size)) {
    throw new InputError(
      `${call.node.name} (${call.node.op}) gathers ${places.length} parts of ${source.name}; goby converts up to ${mostGathered} in one row.`,
    );
  }
  const part = source.shape.with(axis, 1);
  const isOne = indices.shape.length === 0;
  const parts = places.map((at, number) =>
    call.add(
      { kind: 'slice', inputs: [source], begin: source.shape.map((_, dimension) => (dimension === axis ? at : 0)) },
      part,
      isOne || places.length > 1 ? `part${number}` : undefined,
    ),
  );
  if (isOne) return call.add({ kind: 'reshape', inputs: parts }, source.shape.toSpliced(axis, 1));
  if (parts.length === 1) return parts[0]!;
  return call.add({ kind: 'concatenation', inputs: parts, axis }, source.shape.with(axis, parts.length));
}

/** Each is an operator of its own. */
const mostGathered = 64;

/** By a known condition: one value for all, or element by element. */
function importSelect(call: ImportCall): Value {
  const condition = constantAt(call, 0);
  const [yes, no] = [inputAt(call, 1), inputAt(call, 2)];
  if (condition.data.length === 1) return condition.data[0] === 0 ? no : yes;
  const [a, b] = [constantAt(call, 1), constantAt(call, 2)];
  const shape = broadcastShape(broadcastShape(condition.shape, a.shape, call.node.name), b.shape, call.node.name);
  const [at, left, right] = [condition, a, b].map(({ shape: own }) => broadcastView(own, shape));
  const into = likeOf(a.data, sizeOf(shape));
  return named(
    call,
    shape,
    into.map((_: number, index: number) =>
      condition.data[at!(index)] === 0 ? b.data[right!(index)]! : a.data[left!(index)]!,
    ),
  );
}

/** Of numbers that flow it must change nothing but their type: pixels that become floats. */
function importCast(call: ImportCall): Value {
  const input = inputAt(call, 0);
  const wanted = textOf(call.node, 'DstT', 'DT_FLOAT');
  const isFloat = /FLOAT|HALF|DOUBLE/.test(wanted);
  if (isConstant(input)) {
    const data = isFloat ? Float32Array.from(input.data) : Int32Array.from(input.data, Math.trunc);
    return named(call, input.shape, wanted === 'DT_BOOL' ? data.map((one: number) => (one === 0 ? 0 : 1)) : data);
  }
  if (isFloat) return input;
  throw new InputError(`${call.node.name} (Cast) turns numbers that flow into ${wanted}; goby converts floats.`);
}

const importShape: Importer = (call) => integers(call.node.name, inputAt(call, 0).shape);

export const knownImporters: Importers = {
  Range: importRange,
  Fill: importFill,
  ZerosLike: importLike(0),
  OnesLike: importLike(1),
  BroadcastTo: importBroadcast,
  Gather: importGather,
  GatherV2: importGather,
  Select: importSelect,
  SelectV2: importSelect,
  Cast: importCast,
  // A shape that is known when converting is a constant; so is all that is worked out from it.
  Shape: importShape,
  ShapeN: (call) => call.inputs.map(({ shape }, at) => integers(`${call.node.name}:${at}`, shape)),
  Size: (call) => integers(call.node.name, [sizeOf(inputAt(call, 0).shape)], []),
  Rank: (call) => integers(call.node.name, [inputAt(call, 0).shape.length], []),
  Floor: each(Math.floor),
  Ceil: each(Math.ceil),
  Round: each(Math.round),
  Sign: each(Math.sign),
  LogicalNot: each((value) => (value === 0 ? 1 : 0)),
  FloorDiv: both((a, b) => Math.floor(a / b)),
  FloorMod: both((a, b) => a - b * Math.floor(a / b)),
  Mod: both((a, b) => a % b),
  Greater: both((a, b) => Number(a > b), { isFlag: true }),
  GreaterEqual: both((a, b) => Number(a >= b), { isFlag: true }),
  Less: both((a, b) => Number(a < b), { isFlag: true }),
  LessEqual: both((a, b) => Number(a <= b), { isFlag: true }),
  Equal: both((a, b) => Number(a === b), { isFlag: true }),
  NotEqual: both((a, b) => Number(a !== b), { isFlag: true }),
  LogicalAnd: both((a, b) => Number(a !== 0 && b !== 0), { isFlag: true }),
  LogicalOr: both((a, b) => Number(a !== 0 || b !== 0), { isFlag: true }),
  Prod: reduced((a, b) => a * b),
  All: reduced((a, b) => Number(a !== 0 && b !== 0)),
  Any: reduced((a, b) => Number(a !== 0 || b !== 0)),
};

/** Reductions that flow elsewhere too: the known ones are worked out here. */
export const knownSum = reduced((a, b) => a + b);
export const knownMax = reduced(Math.max);
export const knownMin = reduced(Math.min);
export const knownMean: Importer = (call) => {
  const sum = knownSum(call) as Constant;
  const count = constantAt(call, 0).data.length / Math.max(1, sum.data.length);
  return { ...sum, data: sum.data.map((value: number) => value / count) };
};
