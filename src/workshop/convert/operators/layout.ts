/** What only moves values: reshape, squeeze, transpose, concatenation, padding, slices, resizing. */
import { InputError } from '../../../errors.ts';
import type { Value } from '../graph.ts';
import { flagOf, numberOf, numbersOf } from '../graph-def.ts';
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

function importConcat(call: ImportCall): Value {
  const parts = call.inputs.slice(0, -1);
  const rank = parts[0]?.shape.length ?? 0;
  const [axis = 0] = plainAxes(numbersAt(call, call.inputs.length - 1), rank, call.node.name);
  const size = parts.reduce((sum, { shape }) => sum + (shape[axis] ?? 0), 0);
  const fits = parts.every(
    ({ shape }) => shape.length === rank && shape.every((one, at) => at === axis || one === parts[0]!.shape[at]),
  );
  if (!fits) {
    throw new InputError(
      `${call.node.name} joins shapes that don't fit: ${parts.map(({ shape }) => shapeText(shape)).join(', ')}.`,
    );
  }
  return call.add({ kind: 'concatenation', inputs: parts, axis }, parts[0]!.shape.with(axis, size));
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
  if (call.node.op === 'PadV2' && numbersAt(call, 2)[0] !== 0) {
    throw new InputError(`${call.node.name} (PadV2) pads with ${numbersAt(call, 2)[0]}; goby converts padding with 0.`);
  }
  return addPad(
    call,
    input,
    input.shape.map((_, at) => [flat[2 * at] ?? 0, flat[2 * at + 1] ?? 0]),
  );
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

function importSlice(call: ImportCall): Value {
  const input = inputAt(call, 0);
  const begin = numbersAt(call, 1);
  const sizes = numbersAt(call, 2).map((size, at) => (size < 0 ? input.shape[at]! - begin[at]! : size));
  return call.add({ kind: 'slice', inputs: [input], begin }, sizes);
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
  ConcatV2: importConcat,
  Transpose: importTranspose,
  Pad: importPad,
  PadV2: importPad,
  Slice: importSlice,
  ResizeBilinear: importResize('RESIZE_BILINEAR'),
  ResizeNearestNeighbor: importResize('RESIZE_NEAREST_NEIGHBOR'),
  Identity: (call) => inputAt(call, 0),
  StopGradient: (call) => inputAt(call, 0),
  // A shape that is known when converting is a constant; so is all that is worked out from it.
  Shape: (call) => integers(call.node.name, inputAt(call, 0).shape),
  StridedSlice: importStridedSlice,
  Pack: (call) => {
    const parts = call.inputs.map((_, at) => numbersAt(call, at));
    if (numberOf(call.node, 'axis', 0) !== 0 || parts.some((part) => part.length !== 1)) {
      throw new InputError(`${call.node.name} (Pack) stacks more than single numbers.`);
    }
    return integers(call.node.name, parts.flat());
  },
};

/** Of lists of numbers that are known: parts of shapes. */
function importStridedSlice(call: ImportCall): Value {
  const numbers = numbersAt(call, 0);
  const [begin = 0] = numbersAt(call, 1);
  const [end = numbers.length] = numbersAt(call, 2);
  const [stride = 1] = numbersAt(call, 3);
  const fromStart = numberOf(call.node, 'begin_mask', 0) & 1;
  const toEnd = numberOf(call.node, 'end_mask', 0) & 1;
  if (stride !== 1 || call.inputs[0]!.shape.length > 1) {
    throw new InputError(`${call.node.name} (StridedSlice) takes more than a run of a list of numbers.`);
  }
  if (numberOf(call.node, 'shrink_axis_mask', 0) & 1) return integers(call.node.name, [numbers.at(begin) ?? 0], []);
  return integers(call.node.name, numbers.slice(fromStart ? 0 : begin, toEnd ? undefined : end));
}

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

export const emitSlice: Emitter<'slice'> = ({ name, inputs, begin, output }, isQuantized) => ({
  builtin: 'SLICE',
  version: isQuantized ? 2 : 1,
  inputs: [...inputs, integers(`${name}/begin`, begin), integers(`${name}/size`, output.shape)],
  options: { table: 'SliceOptions' },
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
