/** Parts of a value: slices, splits, and steps through a dimension. */
import { InputError } from '../../../errors.ts';
import type { Value } from '../graph.ts';
import { numberOf } from '../graph-def.ts';
import { plainAxes, shapeText } from '../shapes.ts';
import { type Emitter, type ImportCall, type Importers, inputAt, integers, numbersAt } from './family.ts';

interface Part {
  readonly begin: readonly number[];
  /** Sizes of the part. */
  readonly shape: readonly number[];
  /** Absent: 1 in every dimension. */
  readonly steps?: readonly number[];
}

function addPart(call: ImportCall, input: Value, { begin, shape, steps }: Part, suffix?: string): Value {
  const fits = shape.every((size, at) => {
    const last = begin[at]! + (size - 1) * (steps?.[at] ?? 1);
    return size === 0 || (Math.min(begin[at]!, last) >= 0 && Math.max(begin[at]!, last) < input.shape[at]!);
  });
  if (!fits || shape.length !== input.shape.length) {
    throw new InputError(
      `${call.node.name} (${call.node.op}) takes ${shapeText(shape)} from ${shapeText(begin)} on of ${shapeText(input.shape)}.`,
    );
  }
  const isPlain = steps === undefined || steps.every((step) => step === 1);
  return call.add({ kind: 'slice', inputs: [input], begin, ...(isPlain ? {} : { steps }) }, shape, suffix);
}

function importSlice(call: ImportCall): Value {
  const input = inputAt(call, 0);
  const begin = numbersAt(call, 1);
  const shape = numbersAt(call, 2).map((size, at) => (size < 0 ? input.shape[at]! - begin[at]! : size));
  return addPart(call, input, { begin, shape });
}

/** Parts along one axis, one behind the other. */
function addSplits(call: ImportCall, input: Value, axis: number, sizes: readonly number[]): Value[] {
  let from = 0;
  return sizes.map((size, at) => {
    const begin = input.shape.map((_, dimension) => (dimension === axis ? from : 0));
    from += size;
    return addPart(call, input, { begin, shape: input.shape.with(axis, size) }, `part${at}`);
  });
}

function importSplit(call: ImportCall): Value[] {
  const input = inputAt(call, 1);
  const [axis = 0] = plainAxes(numbersAt(call, 0), input.shape.length, call.node.name);
  const count = numberOf(call.node, 'num_split', 1);
  const size = (input.shape[axis] ?? 0) / count;
  if (!Number.isInteger(size) || count > 1024) {
    throw new InputError(`${call.node.name} (Split) can't cut ${shapeText(input.shape)} into ${count} equal parts.`);
  }
  return addSplits(call, input, axis, new Array<number>(count).fill(size));
}

function importSplitV(call: ImportCall): Value[] {
  const input = inputAt(call, 0);
  const [axis = 0] = plainAxes(numbersAt(call, 2), input.shape.length, call.node.name);
  const sizes = numbersAt(call, 1);
  const rest = (input.shape[axis] ?? 0) - sizes.reduce((sum, size) => sum + Math.max(0, size), 0);
  return addSplits(
    call,
    input,
    axis,
    sizes.map((size) => (size < 0 ? rest : size)),
  );
}

function importUnpack(call: ImportCall): Value[] {
  const input = inputAt(call, 0);
  const [axis = 0] = plainAxes([numberOf(call.node, 'axis', 0)], input.shape.length, call.node.name);
  const parts = addSplits(call, input, axis, new Array<number>(input.shape[axis] ?? 0).fill(1));
  return parts.map((part, at) =>
    call.add({ kind: 'reshape', inputs: [part] }, input.shape.toSpliced(axis, 1), at === 0 ? undefined : `${at}`),
  );
}

/** Masks are bit sets over the entries of begin, end and strides (tensorflow.org/api_docs/python/tf/strided_slice). */
function importStridedSlice(call: ImportCall): Value {
  const input = inputAt(call, 0);
  const [begins, ends, steps] = [1, 2, 3].map((at) => numbersAt(call, at)) as [number[], number[], number[]];
  const mask = (name: string) => numberOf(call.node, name, 0);
  const has = (name: string, entry: number) => (mask(name) & (1 << entry)) !== 0;
  const rank = input.shape.length;
  const ellipsis = begins.findIndex((_, entry) => has('ellipsis_mask', entry));
  const given = begins.filter((_, entry) => entry !== ellipsis && !has('new_axis_mask', entry)).length;
  const part = { begin: [] as number[], shape: [] as number[], steps: [] as number[] };
  const shape: number[] = [];
  const takeWhole = () => {
    const size = input.shape[part.begin.length]!;
    part.begin.push(0);
    part.steps.push(1);
    part.shape.push(size);
    shape.push(size);
  };
  for (const [entry, begin] of begins.entries()) {
    if (entry === ellipsis) {
      for (let skipped = 0; skipped < rank - given; skipped += 1) takeWhole();
      continue;
    }
    if (has('new_axis_mask', entry)) {
      shape.push(1);
      continue;
    }
    const size = input.shape[part.begin.length] ?? 0;
    const step = has('shrink_axis_mask', entry) ? 1 : (steps[entry] ?? 1);
    const first = edge(begin, size, step, has('begin_mask', entry) ? 'start' : undefined);
    const end = edge(ends[entry] ?? size, size, step, has('end_mask', entry) ? 'end' : undefined);
    const isOne = has('shrink_axis_mask', entry);
    const count = isOne ? 1 : Math.max(0, Math.ceil((end - first) / step));
    part.begin.push(first);
    part.steps.push(step);
    part.shape.push(count);
    if (!isOne) shape.push(count);
  }
  while (part.begin.length < rank) takeWhole();
  const isWhole = part.shape.every((size, at) => size === input.shape[at] && part.steps[at] === 1);
  const isReshaped = shape.length !== rank || shape.some((size, at) => size !== part.shape[at]);
  const taken = isWhole ? input : addPart(call, input, part, isReshaped ? 'part' : undefined);
  return isReshaped ? call.add({ kind: 'reshape', inputs: [taken] }, shape) : taken;
}

/** An end of a range as a position: negative ones count from behind, and none lies beyond the dimension. */
function edge(position: number, size: number, step: number, whole: 'start' | 'end' | undefined): number {
  const isForward = step > 0;
  if (whole !== undefined)
    return (whole === 'start') === isForward ? (isForward ? 0 : -1) : isForward ? size : size - 1;
  const plain = position < 0 ? position + size : position;
  return isForward ? Math.min(Math.max(plain, 0), size) : Math.min(Math.max(plain, -1), size - 1);
}

export const sliceImporters: Importers = {
  Slice: importSlice,
  StridedSlice: importStridedSlice,
  Split: importSplit,
  SplitV: importSplitV,
  Unpack: importUnpack,
  Unstack: importUnpack,
  ReverseV2: (call) => {
    const input = inputAt(call, 0);
    const axes = plainAxes(numbersAt(call, 1), input.shape.length, call.node.name);
    const begin = input.shape.map((size, at) => (axes.includes(at) ? size - 1 : 0));
    const steps = input.shape.map((_, at) => (axes.includes(at) ? -1 : 1));
    return addPart(call, input, { begin, shape: input.shape, steps });
  },
};

export const emitSlice: Emitter<'slice'> = ({ name, inputs, begin, steps, output }, isQuantized) => {
  const version = isQuantized ? 2 : 1;
  if (steps === undefined) {
    const parts = [integers(`${name}/begin`, begin), integers(`${name}/size`, output.shape)];
    return { builtin: 'SLICE', version, inputs: [...inputs, ...parts], options: { table: 'SliceOptions' } };
  }
  const ends = begin.map((at, dimension) => at + output.shape[dimension]! * steps[dimension]!);
  const parts = [integers(`${name}/begin`, begin), integers(`${name}/end`, ends), integers(`${name}/steps`, steps)];
  return {
    builtin: 'STRIDED_SLICE',
    version,
    inputs: [...inputs, ...parts],
    options: {
      table: 'StridedSliceOptions',
      beginMask: 0,
      // A negative end would count from the end of the dimension.
      endMask: ends.reduce((mask, end, dimension) => (end < 0 ? mask | (1 << dimension) : mask), 0),
      ellipsisMask: 0,
      newAxisMask: 0,
      shrinkAxisMask: 0,
      offset: false,
    },
  };
};
