/** Bytes of a .tflite file -> TfliteModel, with every index in it checked. */
import { InputError } from '../../errors.ts';
import { builtinOperators } from './builtin-operators.ts';
import { checkIndices } from './check-indices.ts';
import { type FileValue, fileTable } from './schema.ts';
import { readRoot } from './table-reader.ts';
import type { OperatorCode, TfliteModel } from './tflite-model.ts';

export const fileIdentifier = 'TFL3';

/**
 * Reads a model. The result's buffers are views into `bytes`: don't change these afterwards.
 * @param file how error messages name the file
 * @throws InputError when it is no .tflite of schema version 3, damaged, or uses what goby doesn't know
 */
export function readModel(bytes: Uint8Array, file: string): TfliteModel {
  const { operatorCodes, buffers, ...rest } = readRoot(bytes, fileTable, fileIdentifier, file);
  if (rest.version !== 3) {
    throw new InputError(`${file} has schema version ${rest.version}; goby reads version 3.`);
  }
  const model: TfliteModel = {
    ...rest,
    operatorCodes: operatorCodes.map((code) => readOperatorCode(code, file)),
    buffers: buffers.map((buffer) => readBuffer(buffer, bytes, file)),
  };
  checkIndices(model, file);
  return model;
}

/** Old files have the code in the byte alone, new ones in both places as far as it fits: the greater is right. */
function readOperatorCode(code: FileValue['operatorCodes'][number], file: string): OperatorCode {
  const number = Math.max(code.deprecatedBuiltinCode, code.builtinCode);
  const builtin = builtinOperators[number];
  if (builtin === undefined) {
    throw new InputError(
      `${file} uses builtin operator number ${number}; goby knows 0 to ${builtinOperators.length - 1}.`,
    );
  }
  return { builtin, version: code.version, ...(code.customCode === undefined ? {} : { customCode: code.customCode }) };
}

/** Models over 2 GB keep their data behind the FlatBuffer, by offset and size. */
function readBuffer({ data, offset, size }: FileValue['buffers'][number], bytes: Uint8Array, file: string): Uint8Array {
  if (offset <= 1) return data ?? new Uint8Array();
  if (offset + size > bytes.length) {
    throw new InputError(`${file} is damaged: a buffer of ${size} bytes at byte ${offset} runs past the end.`, {
      remedy: 'Fetch it again.',
    });
  }
  return bytes.subarray(offset, offset + size);
}
