/** What only moves values: reshape, squeeze, transpose, concatenation, padding, resizing. */
import { InputError } from '../../../errors.ts';
import type { Value } from '../graph.ts';
import { flagOf, numberOf, numbersOf, textOf } from '../graph-def.ts';
import { completeShape, plainAxes, shapeText, sizeOf } from '../shapes.ts';
import {
  type Emitter,
  type ImportCall,
  type Importer,
  type Importers,
  inputAt,
  integers,
  numbersAt,
} from './family.ts';

function importReshape(call: ImportCall): Value {
  const input = inputAt(call, 0);
  const shape = completeShape(numbersAt(call, 1), sizeOf(input.shape), call.node.name);
  return call.add({ kind: 'reshape', inputs: [input] }, shape);
}

function importSqueeze(call: ImportCall): Value {
  const input = inputAt(call, 0);
  const named = numbersOf(call.node, 'squeeze_dims') ?? numbersOf(call.node, 'axis') ?? [];
  const axes = plainAxes(named, input.shape.length, call.node.name);
  const goes = (size: number, at: number) => size === 1 && (axes.length === 0 || axes.includes(at));
  return call.add(
    { kind: 'reshape', inputs: [input] },
    input.shape.filter((size, at) => !goes(size, at)),
  );
}

function importExpandDims(call: ImportCall): Value {
  const input = inputAt(call, 0);
  const [axis = 0] = numbersAt(call, 1);
  return call.add(
    { kind: 'reshape', inputs: [input] },
    input.shape.toSpliced(axis < 0 ? axis + input.shape.length + 1 : axis, 0, 1),
  );
}

/** @param axisAt which input names the axis: the last, and of the oldest graphs the first */
const importConcat =
  (axisAt: 'first' | 'last'): Importer =>
  (call) => {
    const parts = axisAt === 'last' ? call.inputs.slice(0, -1) : call.inputs.slice(1);
    const rank = parts[0]?.shape.length ?? 0;
    const named = numbersAt(call, axisAt === 'last' ? call.inputs.length - 1 : 0);
    const [axis = 0] = plainAxes(named, rank, call.node.name);
    return addConcat(call, parts, axis);
  };

function addConcat(call: ImportCall, parts: readonly Value[], axis: number, suffix?: string): Value {
  const [first] = parts;
  if (parts.length === 1) return first!;
  const rank = first?.shape.length ?? 0;
  const size = parts.reduce((sum, { shape }) => sum + (shape[axis] ?? 0), 0);
  const fits = parts.every(
    ({ shape }) => shape.length === rank && shape.every((one, at) => at === axis || one === parts[0]!.shape[at]),
  );
  if (!fits) {
    throw new InputError(
      `${call.node.name} joins shapes that don't fit: ${parts.map(({ shape }) => shapeText(shape)).join(', ')}.`,
    );
  }
  return call.add({ kind: 'concatenation', inputs: parts, axis }, parts[0]!.shape.with(axis, size), suffix);
}

function importTranspose(call: ImportCall): Value {
  const input = inputAt(call, 0);
  const order = numbersAt(call, 1);
  return call.add(
    { kind: 'transpose', inputs: [input], order },
    order.map((at) => input.shape[at]!),
  );
}

function importPad(call: ImportCall): Value {
  const input = inputAt(call, 0);
  const flat = numbersAt(call, 1);
  const margins = input.shape.map((_, at) => [flat[2 * at] ?? 0, flat[2 * at + 1] ?? 0] as const);
  const [value = 0] = call.node.op === 'PadV2' ? numbersAt(call, 2) : [];
  if (value === 0) return addPad(call, input, margins);
  if (!Number.isFinite(value)) throw new InputError(`${call.node.name} (PadV2) pads with ${value}.`);
  // Another number than 0 is taken off before and put on again behind.
  const shifted = (from: Value, by: number, suffix?: string): Value =>
    call.add(
      {
        kind: 'binary',
        operation: 'ADD',
        inputs: [from, { name: `${call.node.name}/value`, shape: [], data: Float32Array.of(by) }],
        activation: 'NONE',
      },
      from.shape,
      suffix,
    );
  return shifted(addPad(call, shifted(input, -value, 'less'), margins, 'padded'), value);
}

function importMirrorPad(call: ImportCall): Value {
  const input = inputAt(call, 0);
  const flat = numbersAt(call, 1);
  const mode = textOf(call.node, 'mode', '').toUpperCase();
  const margins = input.shape.map((_, at) => [flat[2 * at] ?? 0, flat[2 * at + 1] ?? 0] as const);
  const shape = input.shape.map((size, at) => size + margins[at]![0] + margins[at]![1]);
  if (mode !== 'REFLECT' && mode !== 'SYMMETRIC')
    throw new InputError(`${call.node.name} (MirrorPad) mirrors by ${mode || 'no rule'}.`);
  return call.add({ kind: 'mirrorPad', inputs: [input], mode, margins }, shape);
}

export function addPad(
  call: ImportCall,
  input: Value,
  margins: readonly (readonly [number, number])[],
  suffix?: string,
): Value {
  const shape = input.shape.map((size, at) => size + (margins[at]?.[0] ?? 0) + (margins[at]?.[1] ?? 0));
  return call.add({ kind: 'pad', inputs: [input], margins }, shape, suffix);
}

const importResize =
  (method: 'RESIZE_BILINEAR' | 'RESIZE_NEAREST_NEIGHBOR'): Importer =>
  (call) => {
    const input = inputAt(call, 0);
    const [height = 0, width = 0] = numbersAt(call, 1);
    const alignCorners = flagOf(call.node, 'align_corners');
    const halfPixelCenters = flagOf(call.node, 'half_pixel_centers');
    const shape = [input.shape[0]!, height, width, input.shape[3]!];
    return call.add({ kind: 'resize', method, inputs: [input], alignCorners, halfPixelCenters }, shape);
  };

export const layoutImporters: Importers = {
  Reshape: importReshape,
  Squeeze: importSqueeze,
  ExpandDims: importExpandDims,
  ConcatV2: importConcat('last'),
  Concat: importConcat('first'),
  Transpose: importTranspose,
  Pad: importPad,
  PadV2: importPad,
  MirrorPad: importMirrorPad,
  // Of Keras, where only the importer knows whether a picture has channels at all.
  ChannelsLast: (call) => {
    const { shape } = inputAt(call, 0);
    const order = [0, ...shape.slice(2).map((_, at) => at + 2), 1].slice(0, shape.length);
    return call.add(
      { kind: 'transpose', inputs: [inputAt(call, 0)], order },
      order.map((at) => shape[at]!),
    );
  },
  ResizeBilinear: importResize('RESIZE_BILINEAR'),
  ResizeNearestNeighbor: importResize('RESIZE_NEAREST_NEIGHBOR'),
  // What only passes on: at inference a stand-in for a value is that value, and checks let it through.
  Identity: passOn,
  StopGradient: passOn,
  PreventGradient: passOn,
  PlaceholderWithDefault: passOn,
  CheckNumerics: passOn,
  EnsureShape: passOn,
  Snapshot: passOn,
  IdentityN: (call) => call.inputs,
  Pack: importPack,
  Tile: importTile,
};

function passOn(call: ImportCall): Value {
  return inputAt(call, 0);
}

/** Joins values along a dimension of its own. */
function importPack(call: ImportCall): Value {
  const first = inputAt(call, 0);
  const own = numberOf(call.node, 'axis', 0);
  const axis = own < 0 ? own + first.shape.length + 1 : own;
  const parts = call.inputs.map((value, at) =>
    call.add({ kind: 'reshape', inputs: [value] }, value.shape.toSpliced(axis, 0, 1), `part${at}`),
  );
  return addConcat(call, parts, axis);
}

/** Repeats along each dimension: a join of the value with itself. */
function importTile(call: ImportCall): Value {
  const counts = numbersAt(call, 1);
  const last = counts.findLastIndex((count) => count !== 1);
  return counts.reduce(
    (value: Value, count, axis) => {
      if (count === 1) return value;
      if (!(count >= 1 && count <= greatestRepeat))
        throw new InputError(`${call.node.name} (Tile) repeats ${count} times.`);
      return addConcat(call, new Array<Value>(count).fill(value), axis, axis === last ? undefined : `axis${axis}`);
    },
    inputAt(call, 0),
  );
}

/** Each repeat of a value that flows is an input of one operator. */
const greatestRepeat = 4096;

export const emitReshape: Emitter<'reshape'> = ({ name, inputs, output }) => ({
  builtin: 'RESHAPE',
  version: 1,
  inputs: [...inputs, integers(`${name}/shape`, output.shape)],
  options: { table: 'ReshapeOptions', newShape: output.shape },
});

export const emitTranspose: Emitter<'transpose'> = ({ name, inputs, order }, isQuantized) => ({
  builtin: 'TRANSPOSE',
  version: isQuantized ? 2 : 1,
  inputs: [...inputs, integers(`${name}/order`, order)],
  options: { table: 'TransposeOptions' },
});

export const emitConcatenation: Emitter<'concatenation'> = ({ inputs, axis }, isQuantized) => ({
  builtin: 'CONCATENATION',
  version: isQuantized ? 2 : 1,
  inputs,
  options: { table: 'ConcatenationOptions', axis, fusedActivationFunction: 'NONE' },
});

export const emitPad: Emitter<'pad'> = ({ name, inputs, margins }, isQuantized) => ({
  builtin: 'PAD',
  version: isQuantized ? 2 : 1,
  inputs: [...inputs, integers(`${name}/margins`, margins.flat(), [margins.length, 2])],
  options: { table: 'PadOptions' },
});

export const emitMirrorPad: Emitter<'mirrorPad'> = ({ name, inputs, mode, margins }, isQuantized) => ({
  builtin: 'MIRROR_PAD',
  version: isQuantized ? 2 : 1,
  inputs: [...inputs, integers(`${name}/margins`, margins.flat(), [margins.length, 2])],
  options: { table: 'MirrorPadOptions', mode },
});

export const emitResize: Emitter<'resize'> = (node, isQuantized) => {
  const { name, inputs, output, method, alignCorners, halfPixelCenters } = node;
  const table = method === 'RESIZE_BILINEAR' ? 'ResizeBilinearOptions' : 'ResizeNearestNeighborOptions';
  return {
    builtin: method,
    version: halfPixelCenters ? 3 : isQuantized ? 2 : 1,
    inputs: [...inputs, integers(`${name}/size`, output.shape.slice(1, 3))],
    options: { table, alignCorners, halfPixelCenters },
  };
};
