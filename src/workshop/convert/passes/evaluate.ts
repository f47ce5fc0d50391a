/** Constant folding: what a node gives when all that goes in is known. */
import { type BinaryOperation, type ConstantData, isConstant } from '../graph.ts';
import type { NodeDraft } from '../operators/family.ts';
import { sizeOf } from '../shapes.ts';

/** The node's value, or undefined when it isn't known or not worth knowing. @param shape of the result */
export function evaluate(node: NodeDraft, shape: readonly number[]): ConstantData | undefined {
  const [first, second] = node.inputs;
  if (!node.inputs.every(isConstant) || !isConstant(first)) return undefined;
  if (node.kind === 'reshape') return first.data;
  if (node.kind === 'clamp') {
    return first.data.map((value: number) => Math.min(Math.max(value, node.low), node.high)) as ConstantData;
  }
  if (node.kind !== 'binary' || !isConstant(second)) return undefined;
  const left = broadcastReader(first.shape, shape);
  const right = broadcastReader(second.shape, shape);
  const data = first.data instanceof Int32Array ? new Int32Array(sizeOf(shape)) : new Float32Array(sizeOf(shape));
  for (let at = 0; at < data.length; at += 1) {
    data[at] = calculate(node.operation, first.data[left(at)]!, second.data[right(at)]!);
  }
  return data;
}

function calculate(operation: BinaryOperation, a: number, b: number): number {
  switch (operation) {
    case 'ADD':
      return a + b;
    case 'SUB':
      return a - b;
    case 'MUL':
      return a * b;
    case 'DIV':
      return a / b;
    case 'MAXIMUM':
      return Math.max(a, b);
    case 'MINIMUM':
      return Math.min(a, b);
  }
}

/** Position in an operand of the element that meets position `at` of the result. */
function broadcastReader(operand: readonly number[], shape: readonly number[]): (at: number) => number {
  const skip = shape.length - operand.length;
  const strides: number[] = [];
  let stride = 1;
  for (let dimension = shape.length - 1; dimension >= 0; dimension -= 1) {
    const size = operand[dimension - skip] ?? 1;
    strides[dimension] = size === 1 ? 0 : stride;
    stride *= size;
  }
  return (at) => {
    let rest = at;
    let position = 0;
    for (let dimension = shape.length - 1; dimension >= 0; dimension -= 1) {
      position += (rest % shape[dimension]!) * strides[dimension]!;
      rest = Math.floor(rest / shape[dimension]!);
    }
    return position;
  };
}
