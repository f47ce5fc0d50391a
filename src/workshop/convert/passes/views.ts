/** Where the elements of a view lie: slices, transposes and broadcasts are all a shape with strides. */

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
