/** Matrix products with constant weights: fully connected layers. */
import { InputError } from '../../../errors.ts';
import type { Constant, Value } from '../graph.ts';
import { flagOf } from '../graph-def.ts';
import { shapeText } from '../shapes.ts';
import { constantAt, type Emitter, type ImportCall, type Importers, inputAt } from './family.ts';
import { finishFused } from './fused.ts';

function importMatMul(call: ImportCall): Value {
  const { node } = call;
  const rows = inputAt(call, 0);
  const matrix = constantAt(call, 1);
  if (flagOf(node, 'transpose_a'))
    throw new InputError(`${node.name} (${node.op}) turns its first matrix, which goby doesn't.`);
  const weights = flagOf(node, 'transpose_b') ? matrix : transposed(matrix);
  const [out = 0, into = 0] = weights.shape;
  if (rows.shape.length !== 2 || rows.shape[1] !== into) {
    throw new InputError(`${node.name} multiplies ${shapeText(rows.shape)} with ${shapeText(matrix.shape)}.`);
  }
  const shape = [rows.shape[0]!, out];
  return finishFused(call, shape, 2, (suffix) =>
    call.add({ kind: 'dense', inputs: [rows, weights], activation: 'NONE' }, shape, suffix),
  );
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

export const denseImporters: Importers = { MatMul: importMatMul, _FusedMatMul: importMatMul };

export const emitDense: Emitter<'dense'> = ({ inputs, activation }, isQuantized) => ({
  builtin: 'FULLY_CONNECTED',
  version: isQuantized ? 4 : 1,
  inputs,
  options: {
    table: 'FullyConnectedOptions',
    fusedActivationFunction: activation,
    weightsFormat: 'DEFAULT',
    keepNumDims: false,
    asymmetricQuantizeInputs: false,
    quantizedBiasType: 'FLOAT32',
  },
});
