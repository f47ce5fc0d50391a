/** What the first operators of a graph make of a pixel: factor * x + offset, as far as they only scale it. */
import type { Operator } from '../tflite-file/schema.ts';
import type { GraphWalk } from './graph-walk.ts';

export interface LeadingScale {
  /** How many operators scale. */
  readonly operators: number;
  /** Averages over the channels. */
  readonly factor: number;
  readonly offset: number;
}

/** Longer chains than any converter leaves. */
const mostOperators = 8;
const carrying = new Set(['QUANTIZE', 'DEQUANTIZE', 'CAST', 'RESHAPE', 'RESIZE_BILINEAR', 'RESIZE_NEAREST_NEIGHBOR']);

export function leadingScale(walk: GraphWalk, input: number): LeadingScale {
  let scale: LeadingScale = { operators: 0, factor: 1, offset: 0 };
  let index = input;
  for (let step = 0; step < mostOperators; step++) {
    const readers = walk.readersOf(index);
    const [operator] = readers;
    if (operator === undefined || readers.length > 1) break;
    if (!carrying.has(walk.nameOf(operator))) {
      const next = scaled(walk, operator, index, scale);
      if (next === undefined) break;
      scale = next;
    }
    index = operator.outputs[0]!;
  }
  return scale;
}

function scaled(walk: GraphWalk, operator: Operator, index: number, before: LeadingScale): LeadingScale | undefined {
  const [a = -1, b = -1] = operator.inputs;
  const options = operator.builtinOptions;
  if (options !== undefined && 'fusedActivationFunction' in options && options.fusedActivationFunction !== 'NONE') {
    return undefined;
  }
  const constant = average(walk.constant(a === index ? b : a));
  if (constant === undefined) return undefined;
  const { factor, offset } = before;
  const isFirst = a === index;
  const operators = before.operators + 1;
  switch (walk.nameOf(operator)) {
    case 'MUL':
      return { operators, factor: factor * constant, offset: offset * constant };
    case 'DIV':
      return isFirst && constant !== 0
        ? { operators, factor: factor / constant, offset: offset / constant }
        : undefined;
    case 'ADD':
      return { operators, factor, offset: offset + constant };
    case 'SUB':
      return isFirst
        ? { operators, factor, offset: offset - constant }
        : { operators, factor: -factor, offset: constant - offset };
    default:
      return undefined;
  }
}

/** Of one number for all channels, or one for each. */
function average(values: readonly number[] | undefined): number | undefined {
  if (values === undefined || values.length > 4) return undefined;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
