/** TfliteModel -> bytes of a .tflite file. */
import { InputError } from '../../errors.ts';
import { builtinOperators, greatestByteCode } from './builtin-operators.ts';
import { checkIndices } from './check-indices.ts';
import { fileIdentifier } from './read-model.ts';
import { fileTable } from './schema.ts';
import { writeRoot } from './table-writer.ts';
import type { OperatorCode, TfliteModel } from './tflite-model.ts';

/** FlatBuffers address with 31 bits. */
const greatestFileBytes = 2 ** 31 - 1;

/**
 * Writes a model; buffers start at multiples of 16 bytes. Two calls with equal models give equal bytes.
 * @throws InputError when an index in it leads nowhere, or it is over 2 GB
 */
export function writeModel(model: TfliteModel, name = 'the model to write'): Uint8Array {
  checkIndices(model, name);
  const dataBytes = model.buffers.reduce((sum, buffer) => sum + buffer.length + 64, 0);
  if (dataBytes > greatestFileBytes) throw new InputError(`${name} has ${dataBytes} bytes of data; 2 GB is the most.`);
  const { operatorCodes, buffers, ...rest } = model;
  return writeRoot(
    {
      ...rest,
      operatorCodes: operatorCodes.map(fileOperatorCode),
      buffers: buffers.map((data) => ({ offset: 0, size: 0, ...(data.length === 0 ? {} : { data }) })),
    },
    fileTable,
    fileIdentifier,
    dataBytes + 65_536,
  );
}

function fileOperatorCode({ builtin, ...rest }: OperatorCode) {
  const builtinCode = builtinOperators.indexOf(builtin);
  return { ...rest, builtinCode, deprecatedBuiltinCode: Math.min(builtinCode, greatestByteCode) };
}
