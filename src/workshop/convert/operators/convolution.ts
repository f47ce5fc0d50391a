/** Convolutions: Conv2D, depthwise, and the fused forms that carry their bias and activation. */
import { InputError } from '../../../errors.ts';
import type { Constant, Convolution, Depthwise, Value, Window } from '../graph.ts';
import { type GraphNode, numbersOf, textOf } from '../graph-def.ts';
import { shapeText, windowOutput } from '../shapes.ts';
import { eitherLayout } from './channels-first.ts';
import { constantAt, type ImportCall, type Importers, inputAt, type OperatorDraft } from './family.ts';
import { finishFused } from './fused.ts';
import { addPad } from './layout.ts';

/** @param size [height, width] of the filter or pool */
export function windowOf(node: GraphNode, [height, width]: readonly [number, number]): Window {
  const [, strideHeight = 1, strideWidth = 1] = numbersOf(node, 'strides') ?? [];
  const [, dilationHeight = 1, dilationWidth = 1] = numbersOf(node, 'dilations') ?? [];
  const padding = textOf(node, 'padding', '');
  if (padding !== 'SAME' && padding !== 'VALID') {
    throw new InputError(
      `${node.name} (${node.op}) has the padding ${padding || 'none'}; goby converts SAME and VALID${padding === 'EXPLICIT' ? ' here' : ''}.`,
    );
  }
  return { height, width, strideHeight, strideWidth, dilationHeight, dilationWidth, padding };
}

/** Zeros that a convolution names itself (EXPLICIT) become a pad of their own; tidying makes SAME of them where it can. */
function paddedPicture(call: ImportCall): { node: GraphNode; picture: Value } {
  const { node } = call;
  const picture = inputAt(call, 0);
  if (textOf(node, 'padding', '') !== 'EXPLICIT') return { node, picture };
  const flat = numbersOf(node, 'explicit_paddings') ?? [];
  const margins = picture.shape.map((_, at) => [flat[2 * at] ?? 0, flat[2 * at + 1] ?? 0] as const);
  const plain = { ...node, attributes: { ...node.attributes, padding: 'VALID' } };
  if (flat.every((margin) => margin === 0)) return { node: plain, picture };
  return { node: plain, picture: addPad(call, picture, margins, 'padded') };
}

function importConvolution(call: ImportCall) {
  const { node, picture } = paddedPicture(call);
  const source = constantAt(call, 1);
  const [height = 0, width = 0, channels = 0, count = 0] = source.shape;
  const groups = (picture.shape[3] ?? 0) / channels;
  if (source.shape.length !== 4 || !Number.isInteger(groups) || groups < 1 || count % groups !== 0) {
    throw new InputError(
      `${node.name} has a filter ${shapeText(source.shape)} for a picture ${shapeText(picture.shape)}.`,
    );
  }
  const window = windowOf(node, [height, width]);
  const output = [picture.shape[0]!, ...windowOutput(picture.shape, window, node.name), count];
  const filter = filterOutputsFirst(source);
  if (groups > 1)
    return finishFused(call, output, 2, (suffix) =>
      addGroups({ call, picture, filter, window, groups, output, suffix }),
    );
  return finishFused(call, output, 2, (suffix) =>
    call.add({ kind: 'convolution', inputs: [picture, filter], window, activation: 'NONE' }, output, suffix),
  );
}

interface Groups {
  readonly call: ImportCall;
  readonly picture: Value;
  /** Outputs first. */
  readonly filter: Constant;
  readonly window: Window;
  readonly groups: number;
  readonly output: readonly number[];
  readonly suffix: string | undefined;
}

/** Each group of channels has filters of its own: slices, convolutions, and one joining them. */
function addGroups({ call, picture, filter, window, groups, output, suffix }: Groups): Value {
  const [, , , channels = 1] = filter.shape;
  const each = filter.shape[0]! / groups;
  const length = filter.data.length / groups;
  const parts = Array.from({ length: groups }, (_, group) => {
    const part = { kind: 'slice', inputs: [picture], begin: [0, 0, 0, group * channels] } as const;
    const sliced = call.add(part, picture.shape.with(3, channels), `group${group}/slice`);
    const own: Constant = {
      name: `${filter.name}/group${group}`,
      shape: filter.shape.with(0, each),
      data: filter.data.slice(group * length, (group + 1) * length),
    };
    const inputs = [sliced, own];
    return call.add({ kind: 'convolution', inputs, window, activation: 'NONE' }, output.with(3, each), `group${group}`);
  });
  return call.add({ kind: 'concatenation', inputs: parts, axis: 3 }, output, suffix);
}

/** [height, width, in, out] -> [out, height, width, in]. */
export function filterOutputsFirst({ name, shape, data }: Constant): Constant {
  const [height = 0, width = 0, channels = 0, count = 0] = shape;
  const positions = height * width * channels;
  const turned = new Float32Array(data.length);
  for (let position = 0; position < positions; position += 1) {
    for (let out = 0; out < count; out += 1) turned[out * positions + position] = data[position * count + out]!;
  }
  return { name, shape: [count, height, width, channels], data: turned };
}

function importDepthwise(call: ImportCall) {
  const { node, picture } = paddedPicture(call);
  const source = constantAt(call, 1);
  const [height = 0, width = 0, channels = 0, multiplier = 0] = source.shape;
  if (source.shape.length !== 4 || picture.shape[3] !== channels) {
    throw new InputError(
      `${node.name} has a filter ${shapeText(source.shape)} for a picture ${shapeText(picture.shape)}.`,
    );
  }
  const window = windowOf(node, [height, width]);
  const output = [picture.shape[0]!, ...windowOutput(picture.shape, window, node.name), channels * multiplier];
  // [height, width, in, multiplier] lies in memory as TensorFlow Lite's [1, height, width, out] does.
  const filter = { ...source, shape: [1, height, width, channels * multiplier] };
  return finishFused(call, output, 2, (suffix) =>
    call.add({ kind: 'depthwise', inputs: [picture, filter], window, activation: 'NONE' }, output, suffix),
  );
}

export const convolutionImporters: Importers = {
  Conv2D: eitherLayout(importConvolution),
  _FusedConv2D: eitherLayout(importConvolution),
  DepthwiseConv2dNative: eitherLayout(importDepthwise),
  FusedDepthwiseConv2dNative: eitherLayout(importDepthwise),
};

const optionsOf = ({ window }: { readonly window: Window }) => ({
  padding: window.padding,
  strideH: window.strideHeight,
  strideW: window.strideWidth,
  dilationHFactor: window.dilationHeight,
  dilationWFactor: window.dilationWidth,
});

export function emitConvolution(node: Convolution | Depthwise, isQuantized: boolean): OperatorDraft {
  const { inputs, activation } = node;
  if (node.kind === 'convolution') {
    return {
      builtin: 'CONV_2D',
      version: isQuantized ? 3 : 1,
      inputs,
      options: {
        table: 'Conv2DOptions',
        ...optionsOf(node),
        fusedActivationFunction: activation,
        quantizedBiasType: 'FLOAT32',
      },
    };
  }
  const isDilated = node.window.dilationHeight * node.window.dilationWidth > 1;
  return {
    builtin: 'DEPTHWISE_CONV_2D',
    version: isQuantized ? 3 : isDilated ? 2 : 1,
    inputs,
    options: {
      table: 'DepthwiseConv2DOptions',
      ...optionsOf(node),
      depthMultiplier: inputs[1]!.shape[3]! / inputs[0]!.shape[3]!,
      fusedActivationFunction: activation,
    },
  };
}
