/** Reads the custom operators' names out of a .tflite file, so that a file that can't run here is refused before it is loaded. */
import { InputError } from '../../../errors.ts';

/** Operator of files that were compiled for the Edge TPU. */
export const edgetpuOperator = 'edgetpu-custom-op';

/**
 * Names of the custom operators a file uses. Follows the flatbuffer tables of tensorflow/lite/schema/schema_v3.fbs:
 * Model.operator_codes is field 1, OperatorCode.custom_code field 1. Every offset is checked against the file's end.
 * @throws InputError when the bytes are no whole .tflite file
 */
export function customOperators(bytes: Uint8Array, name: string): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const identifier = String.fromCharCode(...bytes.subarray(4, 8));
  if (bytes.byteLength < 16 || identifier !== 'TFL3') {
    throw new InputError(
      `${name} is not a .tflite file: expected the mark TFL3 at byte 4, got ${JSON.stringify(identifier)}.`,
    );
  }
  try {
    const model = view.getUint32(0, true);
    const codes = fieldTarget(view, model, 1);
    if (codes === undefined) return [];
    const count = view.getUint32(codes, true);
    if (count > 4096) throw new RangeError('too many operators');
    return Array.from({ length: count }, (_, index) => {
      const slot = codes + 4 + 4 * index;
      const custom = fieldTarget(view, slot + view.getUint32(slot, true), 1);
      if (custom === undefined) return undefined;
      const length = view.getUint32(custom, true);
      if (custom + 4 + length > bytes.byteLength) throw new RangeError('name beyond the end');
      return Buffer.from(bytes.subarray(custom + 4, custom + 4 + length)).toString('latin1');
    }).filter((code) => code !== undefined);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new InputError(
      `${name} is damaged: its table of operators lies beyond the end of its ${bytes.byteLength} bytes.`,
      {
        remedy: 'Fetch it again: goby models pull.',
        cause,
      },
    );
  }
}

/** Where the offset in a table's field points, or undefined when the field is absent. */
function fieldTarget(view: DataView, table: number, field: number): number | undefined {
  const vtable = table - view.getInt32(table, true);
  const slot = 4 + 2 * field;
  if (slot + 2 > view.getUint16(vtable, true)) return undefined;
  const offset = view.getUint16(vtable + slot, true);
  return offset === 0 ? undefined : table + offset + view.getUint32(table + offset, true);
}
