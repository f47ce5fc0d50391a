/** Where the elements of a view lie: slices, transposes and broadcasts are all a shape with strides. */
import type { Constant } from '../graph.ts';

/** Row-major. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides: number[] = [];
  let stride = 1;
  for (let dimension = shape.length - 1; dimension >= 0; dimension -= 1) {
    strides[dimension] = stride;
    stride *= shape[dimension]!;
  }
  return strides;
}

/** Position in the data of element `at` of the view, counted row by row. @param strides one per dimension of `shape`; 0 repeats */
export function viewOf(shape: readonly number[], strides: readonly number[], offset = 0): (at: number) => number {
  return (at) => {
    let rest = at;
    let position = offset;
    for (let dimension = shape.length - 1; dimension >= 0; dimension -= 1) {
      position += (rest % shape[dimension]!) * strides[dimension]!;
      rest = Math.floor(rest / shape[dimension]!);
    }
    return position;
  };
}

/** Position in an operand of the element that meets element `at` of the result. */
export function broadcastView(operand: readonly number[], shape: readonly number[]): (at: number) => number {
  const skip = shape.length - operand.length;
  const own = stridesOf(operand);
  const strides = shape.map((_, dimension) => {
    const at = dimension - skip;
    return at < 0 || operand[at] === 1 ? 0 : own[at]!;
  });
  return viewOf(shape, strides);
}

/** A constant with its dimensions in another order. */
export function turnedConstant({ name, shape, data }: Constant, order: readonly number[]): Constant {
  const strides = stridesOf(shape);
  const turned = order.map((at) => shape[at]!);
  const position = viewOf(
    turned,
    order.map((at) => strides[at]!),
  );
  const into = data instanceof Int32Array ? new Int32Array(data.length) : new Float32Array(data.length);
  for (let at = 0; at < into.length; at += 1) into[at] = data[position(at)]!;
  return { name, shape: turned, data: into };
}
