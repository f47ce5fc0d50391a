/** Matrix products with constant weights: fully connected layers. */
import { InputError } from '../../../errors.ts';
import type { Constant, Value } from '../graph.ts';
import { flagOf, textOf } from '../graph-def.ts';
import { shapeText } from '../shapes.ts';
import { constantAt, type Emitter, type ImportCall, type Importers, inputAt, type NodeDraft } from './family.ts';
import { finishFused } from './fused.ts';

function importMatMul(call: ImportCall): Value {
  const { node } = call;
  const rows = inputAt(call, 0);
  const matrix = constantAt(call, 1);
  if (flagOf(node, 'transpose_a') || flagOf(node, 'adj_x'))
    throw new InputError(`${node.name} (${node.op}) turns its first matrix, which goby doesn't.`);
  const weights = flagOf(node, 'transpose_b') || flagOf(node, 'adj_y') ? matrix : transposed(matrix);
  const [out = 0, into = 0] = weights.shape;
  if (matrix.shape.length !== 2 || rows.shape.length < 2 || rows.shape.at(-1) !== into) {
    throw new InputError(`${node.name} multiplies ${shapeText(rows.shape)} with ${shapeText(matrix.shape)}.`);
  }
  const shape = rows.shape.with(-1, out);
  return finishFused(call, shape, 2, (suffix) => call.add(weighted(rows, weights), shape, suffix));
}

/** At each place of a picture a matrix is a convolution of one place, for which all kernels are quick. */
function weighted(rows: Value, weights: Constant): NodeDraft {
  if (rows.shape.length !== 4) return { kind: 'dense', inputs: [rows, weights], activation: 'NONE' };
  const [out = 0, into = 0] = weights.shape;
  const steps = { strideHeight: 1, strideWidth: 1, dilationHeight: 1, dilationWidth: 1 };
  return {
    kind: 'convolution',
    inputs: [rows, { ...weights, shape: [out, 1, 1, into] }],
    window: { height: 1, width: 1, ...steps, padding: 'VALID' },
    activation: 'NONE',
  };
}

/** The one sum that Keras writes for layers over the last axis: `abc,cd->abd`. */
function importEinsum(call: ImportCall): Value {
  const equation = textOf(call.node, 'equation', '').replaceAll(' ', '');
  if (/^([a-zA-Z]+)([a-zA-Z]),\2([a-zA-Z])->\1\3$/.test(equation)) return importMatMul(call);
  throw new InputError(`${call.node.name} (Einsum) sums by ${equation}; goby converts products with a matrix.`);
}

/** [in, out] -> [out, in]. */
export function transposed({ name, shape, data }: Constant): Constant {
  const [rows = 0, columns = 0] = shape;
  const turned = new Float32Array(data.length);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) turned[column * rows + row] = data[row * columns + column]!;
  }
  return { name, shape: [columns, rows], data: turned };
}

export const denseImporters: Importers = {
  MatMul: importMatMul,
  _FusedMatMul: importMatMul,
  BatchMatMul: importMatMul,
  BatchMatMulV2: importMatMul,
  Einsum: importEinsum,
};

export const emitDense: Emitter<'dense'> = ({ inputs, output, activation }, isQuantized) => ({
  builtin: 'FULLY_CONNECTED',
  version: isQuantized ? 4 : output.shape.length > 2 ? 2 : 1,
  inputs,
  options: {
    table: 'FullyConnectedOptions',
    fusedActivationFunction: activation,
    weightsFormat: 'DEFAULT',
    keepNumDims: output.shape.length > 2,
    asymmetricQuantizeInputs: false,
    quantizedBiasType: 'FLOAT32',
  },
});
