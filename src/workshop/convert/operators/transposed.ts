/** Transposed convolutions: pictures that grow. */
import { InputError } from '../../../errors.ts';
import type { Constant } from '../graph.ts';
import { shapeText } from '../shapes.ts';
import { eitherLayout, isChannelsFirst } from './channels-first.ts';
import { windowOf } from './convolution.ts';
import {
  constantAt,
  type Emitter,
  type ImportCall,
  type Importer,
  type Importers,
  inputAt,
  integers,
  numbersAt,
} from './family.ts';

/** TensorFlow names it the gradient of a convolution: output sizes, filter [height, width, out, in], picture. */
const importTransposed: Importer = (call) => {
  const { node, inputs } = call;
  const [sizes, filter, picture] = inputs;
  if (sizes === undefined || filter === undefined || picture === undefined) return inputAt(call, 2);
  const flat = numbersAt(call, 0);
  const last = isChannelsFirst(node) && flat.length === 4 ? [flat[0]!, flat[2]!, flat[3]!, flat[1]!] : flat;
  return eitherLayout(importLast)({ ...call, inputs: [picture, filter, integers(sizes.name, last)] });
};

function importLast(call: ImportCall) {
  const { node } = call;
  const picture = inputAt(call, 0);
  const filter = constantAt(call, 1);
  const [height = 0, width = 0, out = 0, into = 0] = filter.shape;
  if (filter.shape.length !== 4 || picture.shape.length !== 4 || picture.shape[3] !== into) {
    throw new InputError(
      `${node.name} has a filter ${shapeText(filter.shape)} for a picture ${shapeText(picture.shape)}.`,
    );
  }
  const window = windowOf(node, [height, width]);
  if (window.dilationHeight * window.dilationWidth !== 1) {
    throw new InputError(`${node.name} (${node.op}) is dilated, which TensorFlow Lite's transposed convolution isn't.`);
  }
  const grown = (size: number, kernel: number, stride: number) =>
    size * stride + (window.padding === 'SAME' ? 0 : Math.max(kernel - stride, 0));
  const wanted = numbersAt(call, 2).slice(-3);
  const own = [
    grown(picture.shape[1]!, height, window.strideHeight),
    grown(picture.shape[2]!, width, window.strideWidth),
  ];
  const sides = own.map((size, at) => (wanted.length === 3 && wanted[at]! > 0 ? wanted[at]! : size));
  const shape = [picture.shape[0]!, ...sides, out];
  return call.add({ kind: 'transposedConvolution', inputs: [picture, outputsFirst(filter)], window }, shape);
}

/** [height, width, out, in] -> [out, height, width, in]. */
function outputsFirst({ name, shape, data }: Constant): Constant {
  const [height = 0, width = 0, out = 0, into = 0] = shape;
  const turned = new Float32Array(data.length);
  for (let place = 0; place < height * width; place += 1) {
    for (let channel = 0; channel < out; channel += 1) {
      const from = (place * out + channel) * into;
      turned.set(data.subarray(from, from + into), (channel * height * width + place) * into);
    }
  }
  return { name, shape: [out, height, width, into], data: turned };
}

export const transposedImporters: Importers = { Conv2DBackpropInput: importTransposed };

export const emitTransposed: Emitter<'transposedConvolution'> = ({ name, inputs, output, window }) => {
  const [picture, filter, ...bias] = inputs;
  return {
    builtin: 'TRANSPOSE_CONV',
    // With a bias.
    version: 3,
    inputs: [integers(`${name}/size`, output.shape), filter!, picture!, ...bias],
    options: {
      table: 'TransposeConvOptions',
      padding: window.padding,
      strideH: window.strideHeight,
      strideW: window.strideWidth,
      fusedActivationFunction: 'NONE',
      quantizedBiasType: 'FLOAT32',
    },
  };
};
