/** Which operators of a model the loaded library lacks: the library itself is asked, so that the answer is right for every build. */
import { isExpected } from '../../../errors.ts';
import type { BuiltinOperator } from '../../../models/tflite-file/builtin-operators.ts';
import { readModel } from '../../../models/tflite-file/read-model.ts';
import { writeModel } from '../../../models/tflite-file/write-model.ts';
import type { TfLiteLibrary } from './library.ts';

/**
 * Words for the end of a sentence, such as `FULLY_CONNECTED version 12 (this library knows 9)`; undefined when the library has all
 * builtin operators, or the file can't be read.
 */
export function unknownOperators(library: TfLiteLibrary, bytes: Uint8Array, name: string): string | undefined {
  try {
    const unknown = readModel(bytes, name)
      .operatorCodes.filter(({ builtin, version }) => builtin !== 'CUSTOM' && !knows(library, builtin, version))
      .map(({ builtin, version }) => {
        const known = highestVersion(library, builtin, version);
        return known === undefined
          ? `${builtin} (this library has none)`
          : `${builtin} version ${version} (this library knows ${known})`;
      });
    return unknown.length === 0 ? undefined : unknown.join(', ');
  } catch (error) {
    if (!isExpected(error)) throw error;
    return undefined;
  }
}

function highestVersion(library: TfLiteLibrary, builtin: BuiltinOperator, below: number): number | undefined {
  for (let version = Math.min(below, 64) - 1; version > 0; version--) {
    if (knows(library, builtin, version)) return version;
  }
  return undefined;
}

/** An interpreter is made only where every operator of the table is there, used or not: interpreter_builder.cc. */
function knows(library: TfLiteLibrary, builtin: BuiltinOperator, version: number): boolean {
  const plain = { shape: [1], type: 'FLOAT32', buffer: 0, isVariable: false, hasRank: false } as const;
  const bytes = writeModel({
    version: 3,
    operatorCodes: [{ builtin, version }],
    buffers: [new Uint8Array()],
    subgraphs: [{ tensors: [plain], inputs: [0], outputs: [0], operators: [] }],
  });
  const model = library.modelCreate(bytes, bytes.byteLength);
  if (model === null) return false;
  const options = library.optionsCreate();
  const interpreter = library.interpreterCreate(model, options);
  library.optionsDelete(options);
  if (interpreter !== null) library.interpreterDelete(interpreter);
  library.modelDelete(model);
  return interpreter !== null;
}
