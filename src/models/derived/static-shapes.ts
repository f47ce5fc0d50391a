/**
 * Recipe: shapes that a graph works out from shapes are worked out once. Keras writes Flatten and Reshape as SHAPE, STRIDED_SLICE, PACK and
 * RESHAPE, for batches of any size; a delegate takes no graph whose shapes are only known at run time, so that the whole model
 * would fall to the built-in kernels. goby runs one picture at a time, in the shape that the file states.
 */
import type { Operator, SubGraph, Tensor } from '../tflite-file/schema.ts';
import { constantBytes, elementCount, operatorName, type TfliteModel } from '../tflite-file/tflite-model.ts';
import type { Recipe } from './recipe.ts';

export const staticShapes: Recipe = {
  name: 'static-shapes',
  version: 1,
  purpose: 'shapes that are worked out at run time',
  apply: (model) => {
    const [graph, ...others] = model.subgraphs;
    if (graph === undefined || others.length > 0) return { reason: 'it has several graphs' };
    const found = foldShapes(model, graph);
    if (found.folded.size === 0) return { reason: 'no shape is worked out at run time' };
    const wrong = misfit(model, graph, found.values);
    if (wrong !== undefined) return { reason: `the shape of ${wrong.name ?? 'a tensor'} is another at run time` };
    return {
      model: withConstants(model, graph, found),
      changes: [`${found.folded.size} operators that work out shapes became constants`],
    };
  },
};

interface Folding {
  /** Numbers of tensors that hold shapes and parts of them. */
  readonly values: ReadonlyMap<number, readonly number[]>;
  readonly folded: ReadonlySet<Operator>;
}

/** Operators whose results have a shape that depends on what they see. */
const dataShaped = /^(WHERE|UNIQUE|NON_MAX_SUPPRESSION_V\d|IF|WHILE|CALL|CALL_ONCE|RANDOM_\w+|HASHTABLE\w*)$/;

function foldShapes(model: TfliteModel, graph: SubGraph): Folding {
  const values = new Map<number, readonly number[]>();
  /** Tensors of which the file's shape is the one at run time. */
  const fixed = new Set<number>(graph.inputs);
  for (const [index, tensor] of graph.tensors.entries()) {
    if (constantBytes(model, tensor).length === 0) continue;
    fixed.add(index);
    const numbers = numbersOf(model, tensor);
    if (numbers !== undefined) values.set(index, numbers);
  }
  const folded = new Set<Operator>();
  for (const operator of graph.operators) {
    const name = operatorName(model, operator);
    const inputs = operator.inputs.filter((index) => index >= 0);
    const isSteady = !dataShaped.test(name) && inputs.every((index) => fixed.has(index) && isStated(graph, index));
    if (!isSteady) continue;
    // A number that says how the result is shaped has to be known.
    const shapers = inputs.filter((index) => graph.tensors[index]!.type === 'INT32');
    const result = worksOut(name, operator, graph, values);
    const [output] = operator.outputs;
    // As many numbers as the file says, or something was read wrong.
    const fits = result?.length === elementCount(graph.tensors[output ?? -1]?.shape ?? [0]);
    if (result !== undefined && output !== undefined && fits && !graph.outputs.includes(output)) {
      values.set(output, result);
      folded.add(operator);
      fixed.add(output);
    } else if (shapers.every((index) => values.has(index))) {
      for (const index of operator.outputs) fixed.add(index);
    }
  }
  return { values, folded };
}

const isStated = (graph: SubGraph, index: number): boolean => graph.tensors[index]!.shape.every((size) => size > 0);

/** Longer ones are no shapes. */
const maxNumbers = 16;

function numbersOf(model: TfliteModel, { type, shape, buffer }: Tensor): readonly number[] | undefined {
  const count = elementCount(shape);
  const bytes = model.buffers[buffer]!;
  if (type !== 'INT32' || count > maxNumbers || bytes.length !== 4 * count) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: count }, (_, at) => view.getInt32(4 * at, true));
}

/** What an operator on shapes gives; undefined: it is none, or not all that it needs is known. */
function worksOut(
  name: string,
  { inputs, outputs, builtinOptions: options }: Operator,
  graph: SubGraph,
  values: Folding['values'],
): readonly number[] | undefined {
  if (graph.tensors[outputs[0] ?? -1]?.type !== 'INT32' || outputs.length !== 1) return undefined;
  if (name === 'SHAPE') return graph.tensors[inputs[0]!]!.shape;
  const known = inputs.map((index) => values.get(index));
  if (known.length === 0 || known.some((one) => one === undefined)) return undefined;
  const given = known as readonly (readonly number[])[];
  const rankOf = (at: number): number => graph.tensors[inputs[at]!]!.shape.length;
  switch (name) {
    case 'STRIDED_SLICE':
      return options?.table === 'StridedSliceOptions' && rankOf(0) === 1 ? sliced(given, options) : undefined;
    case 'PACK':
      return given.every(({ length }) => length === 1) ? given.flat() : undefined;
    case 'CONCATENATION':
      return inputs.every((_, at) => rankOf(at) === 1) ? given.flat() : undefined;
    case 'REDUCE_PROD':
      return rankOf(0) <= 1 ? [given[0]!.reduce((product, number) => product * number, 1)] : undefined;
    case 'MUL':
      return given.length === 2 && given.every(({ length }) => length === 1)
        ? [given[0]![0]! * given[1]![0]!]
        : undefined;
    default:
      return undefined;
  }
}

interface SliceMasks {
  readonly beginMask?: number;
  readonly endMask?: number;
  readonly ellipsisMask?: number;
  readonly newAxisMask?: number;
}

/** Of one dimension, forwards. */
function sliced(
  [numbers = [], begin = [], end = [], strides = []]: readonly (readonly number[])[],
  { beginMask = 0, endMask = 0, ellipsisMask = 0, newAxisMask = 0 }: SliceMasks,
): readonly number[] | undefined {
  const [from = 0] = begin;
  const [until = 0] = end;
  const [step = 1] = strides;
  if (ellipsisMask !== 0 || newAxisMask !== 0 || step < 1) return undefined;
  const place = (at: number): number => (at < 0 ? at + numbers.length : at);
  const first = (beginMask & 1) === 1 ? 0 : place(from);
  const last = (endMask & 1) === 1 ? numbers.length : place(until);
  // An index that drops the dimension is written with an end behind it, or with 0 for -1.
  const stop = last <= first ? first + 1 : last;
  return numbers.slice(first, stop).filter((_, at) => at % step === 0);
}

/** The output of a RESHAPE that the file states otherwise than what was worked out. */
function misfit(model: TfliteModel, graph: SubGraph, values: Folding['values']): Tensor | undefined {
  for (const operator of graph.operators) {
    const [source, shape] = operator.inputs;
    const wanted = shape === undefined ? undefined : values.get(shape);
    if (operatorName(model, operator) !== 'RESHAPE' || wanted === undefined) continue;
    const stated = graph.tensors[operator.outputs[0]!]!;
    const isSame =
      wanted.length === stated.shape.length && wanted.every((size, at) => size === -1 || size === stated.shape[at]);
    if (!isSame || elementCount(graph.tensors[source!]!.shape) !== elementCount(stated.shape)) return stated;
  }
  return undefined;
}

function withConstants(model: TfliteModel, graph: SubGraph, { values, folded }: Folding): TfliteModel {
  const buffers = [...model.buffers];
  const tensors = [...graph.tensors];
  for (const { outputs } of folded) {
    const [index] = outputs as [number];
    const tensor = tensors[index]!;
    const bytes = new Uint8Array(Int32Array.from(values.get(index)!).buffer);
    buffers.push(bytes);
    tensors[index] = { ...tensor, buffer: buffers.length - 1 };
  }
  const operators = graph.operators.filter((operator) => !folded.has(operator));
  return { ...model, buffers, subgraphs: [{ ...graph, tensors, operators }] };
}
