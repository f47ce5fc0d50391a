/** Constant folding: what a node gives when all that goes in is known. */
import { type BinaryOperation, type Constant, type ConstantData, isConstant, type UnaryOperation } from '../graph.ts';
import type { NodeDraft } from '../operators/family.ts';
import { sizeOf } from '../shapes.ts';
import { broadcastView, stridesOf, viewOf } from './views.ts';

/** The node's value, or undefined when it isn't known. @param shape of the result */
export function evaluate(node: NodeDraft, shape: readonly number[]): ConstantData | undefined {
  if (!node.inputs.every(isConstant)) return undefined;
  const inputs = node.inputs as readonly Constant[];
  const [first, second] = inputs;
  if (first === undefined) return undefined;
  const strides = stridesOf(first.shape);
  switch (node.kind) {
    case 'reshape':
      return first.data;
    case 'clamp':
      return changed(first.data, (value) => Math.min(Math.max(value, node.low), node.high));
    case 'unary':
      return Float32Array.from(first.data, unary[node.operation]);
    case 'binary':
      return second === undefined ? undefined : calculated(first, second, shape, binary[node.operation]);
    case 'transpose':
      return seen(
        first.data,
        shape,
        node.order.map((at) => strides[at]!),
      );
    case 'slice':
      return seen(
        first.data,
        shape,
        strides.map((stride, dimension) => stride * (node.steps?.[dimension] ?? 1)),
        node.begin.reduce((sum, at, dimension) => sum + at * strides[dimension]!, 0),
      );
    case 'concatenation':
      return joined(inputs, node.axis, shape);
    default:
      return undefined;
  }
}

const changed = (data: ConstantData, change: (value: number) => number): ConstantData =>
  data instanceof Int32Array ? Int32Array.from(data, change) : Float32Array.from(data, change);

/** Elements of `data` in the order of a view with the shape `shape`. */
function seen(data: ConstantData, shape: readonly number[], strides: readonly number[], offset = 0): ConstantData {
  const position = viewOf(shape, strides, offset);
  const into = data instanceof Int32Array ? new Int32Array(sizeOf(shape)) : new Float32Array(sizeOf(shape));
  for (let at = 0; at < into.length; at += 1) into[at] = data[position(at)]!;
  return into;
}

/** Two operands that are broadcast to `shape`, element by element. */
export function calculated(
  a: Constant,
  b: Constant,
  shape: readonly number[],
  calculate: (a: number, b: number) => number,
): ConstantData {
  const left = broadcastView(a.shape, shape);
  const right = broadcastView(b.shape, shape);
  const data = a.data instanceof Int32Array ? new Int32Array(sizeOf(shape)) : new Float32Array(sizeOf(shape));
  for (let at = 0; at < data.length; at += 1) data[at] = calculate(a.data[left(at)]!, b.data[right(at)]!);
  return data;
}

function joined(parts: readonly Constant[], axis: number, shape: readonly number[]): ConstantData {
  const isInteger = parts.every(({ data }) => data instanceof Int32Array);
  const into = isInteger ? new Int32Array(sizeOf(shape)) : new Float32Array(sizeOf(shape));
  const rows = sizeOf(shape.slice(0, axis));
  let position = 0;
  for (let row = 0; row < rows; row += 1) {
    for (const { data } of parts) {
      const length = data.length / rows;
      into.set(data.subarray(row * length, (row + 1) * length), position);
      position += length;
    }
  }
  return into;
}

const binary: Readonly<Record<BinaryOperation, (a: number, b: number) => number>> = {
  ADD: (a, b) => a + b,
  SUB: (a, b) => a - b,
  MUL: (a, b) => a * b,
  DIV: (a, b) => a / b,
  MAXIMUM: Math.max,
  MINIMUM: Math.min,
};

const unary: Readonly<Record<UnaryOperation, (value: number) => number>> = {
  LOGISTIC: (value) => 1 / (1 + Math.exp(-value)),
  TANH: Math.tanh,
  EXP: Math.exp,
  LOG: Math.log,
  ABS: Math.abs,
  NEG: (value) => -value,
  SQRT: Math.sqrt,
  RSQRT: (value) => 1 / Math.sqrt(value),
  SQUARE: (value) => value * value,
  ELU: (value) => (value < 0 ? Math.expm1(value) : value),
  HARD_SWISH: (value) => (value * Math.min(Math.max(value + 3, 0), 6)) / 6,
};
