/**
 * Recipe: operators whose version is higher than TensorFlow Lite 2.9 knows, although nothing of what the version brought is used, get
 * the highest version that it knows. Which version brought what: tensorflow/lite/tools/versioning/op_version.cc.
 */
import { absentTensor } from '../tflite-file/check-indices.ts';
import type { Operator, SubGraph, Tensor } from '../tflite-file/schema.ts';
import type { OperatorCode, TfliteModel } from '../tflite-file/tflite-model.ts';
import { highestKnownVersion } from './known-versions.ts';
import type { Recipe } from './recipe.ts';

export const operatorVersions: Recipe = {
  name: 'operator-versions',
  version: 1,
  purpose: 'a file of a newer TensorFlow runs where nothing new is used',
  apply: (model) => {
    const changes: string[] = [];
    const operatorCodes: OperatorCode[] = [];
    for (const [at, code] of model.operatorCodes.entries()) {
      const known = highestKnownVersion(code.builtin);
      if (code.builtin === 'CUSTOM' || (known !== undefined && code.version <= known)) {
        operatorCodes.push(code);
        continue;
      }
      if (known === undefined) return { reason: `${code.builtin} is newer than TensorFlow Lite 2.9` };
      const used = usesOf(model, at).find(({ feature }) => feature !== undefined);
      if (used !== undefined) return { reason: `${code.builtin} version ${code.version}: ${used.feature}` };
      operatorCodes.push({ ...code, version: known });
      changes.push(`${code.builtin} version ${code.version} became ${known}`);
    }
    return changes.length === 0
      ? { reason: 'every operator has a version that TensorFlow Lite 2.9 knows' }
      : { model: { ...model, operatorCodes }, changes };
  },
};

function usesOf(model: TfliteModel, code: number): { feature: string | undefined }[] {
  return model.subgraphs.flatMap((graph) =>
    graph.operators
      .filter(({ opcodeIndex }) => opcodeIndex === code)
      .map((operator) => ({ feature: newFeature(model.operatorCodes[code]!.builtin, graph, operator) })),
  );
}

/** Types that only newer versions of operators take. */
const newTypes: readonly Tensor['type'][] = ['INT4', 'UINT32', 'UINT16', 'INT16', 'FLOAT64', 'COMPLEX64', 'COMPLEX128'];

/** What a version above the known one may be needed for, in words; undefined: nothing. Rather too much than too little. */
function newFeature(builtin: OperatorCode['builtin'], graph: SubGraph, operator: Operator): string | undefined {
  const at = (index: number): Tensor | undefined => (index === absentTensor ? undefined : graph.tensors[index]);
  const inputs = operator.inputs.map(at);
  const tensors = [...inputs, ...operator.outputs.map(at)].filter((tensor) => tensor !== undefined);
  const odd = tensors.find(({ type }) => newTypes.includes(type));
  if (odd !== undefined) return `it takes ${odd.type.toLowerCase()} data`;
  const types = new Set(tensors.map(({ type }) => type));
  const rank = Math.max(0, ...tensors.map(({ shape }) => shape.length));
  const options = operator.builtinOptions;
  switch (builtin) {
    case 'CONV_2D':
      return isGrouped(inputs) ? 'it is a grouped convolution' : undefined;
    case 'FULLY_CONNECTED':
      return isHybridPerChannel(inputs, operator.outputs.map(at)) ? 'its 8-bit weights have a scale a row' : undefined;
    case 'EMBEDDING_LOOKUP':
      return (inputs[1]?.quantization?.scale?.length ?? 0) > 1 ? 'its table has a scale a row' : undefined;
    case 'TRANSPOSE':
    case 'SELECT':
    case 'SLICE':
      return rank > 4 ? `it works on ${rank} dimensions` : undefined;
    case 'TRANSPOSE_CONV':
      return options?.table === 'TransposeConvOptions' && options.fusedActivationFunction !== 'NONE'
        ? `${options.fusedActivationFunction} is part of it`
        : undefined;
    case 'STRIDED_SLICE':
      return options?.table === 'StridedSliceOptions' && options.offset ? 'its ends count from its starts' : undefined;
    case 'ABS':
      return types.has('INT32') ? 'it takes int32 data' : undefined;
    case 'RANGE':
    case 'DYNAMIC_UPDATE_SLICE':
      return ['INT64', 'FLOAT16'].some((type) => types.has(type as Tensor['type']))
        ? 'it takes int64 or float16'
        : undefined;
    case 'PAD':
    case 'PADV2':
    case 'GATHER_ND':
      return types.has('BOOL') ? 'it takes bool data' : undefined;
    case 'EXP':
    case 'LOG':
    case 'FLOOR_DIV':
    case 'FLOOR_MOD':
      return types.has('INT8') ? 'it takes int8 data' : undefined;
    case 'CAST':
    case 'FILL':
      return types.has('FLOAT16') ? 'it takes float16 data' : undefined;
    case 'UNIDIRECTIONAL_SEQUENCE_LSTM':
      return options?.table === 'UnidirectionalSequenceLSTMOptions' && options.diagonalRecurrentTensors
        ? 'its recurrent weights are diagonal'
        : undefined;
    case 'DEPTHWISE_CONV_2D':
    case 'ADD':
    case 'MUL':
    case 'QUANTIZE':
    case 'DEQUANTIZE':
    case 'CONCATENATION':
    case 'PACK':
    case 'GATHER':
    case 'EQUAL':
    case 'LESS':
    case 'GREATER_EQUAL':
    case 'SELECT_V2':
    case 'TOPK_V2':
    case 'MIRROR_PAD':
    case 'RSQRT':
    case 'SPACE_TO_BATCH_ND':
    case 'BATCH_TO_SPACE_ND':
      // What came later for these are the types above.
      return undefined;
    default:
      return "goby doesn't know what it brought";
  }
}

/** The filter reads fewer channels than there are. */
function isGrouped([input, filter]: readonly (Tensor | undefined)[]): boolean {
  return input?.shape[3] !== filter?.shape[3];
}

/** Float data with 8-bit weights that have more than one scale: what version 12 is for. One row has one scale, and needs no such kernel. */
export function isHybridPerChannel(
  [input, weights]: readonly (Tensor | undefined)[],
  [output]: readonly (Tensor | undefined)[],
): boolean {
  return (
    input?.type === 'FLOAT32' &&
    weights?.type === 'INT8' &&
    output?.type === 'FLOAT32' &&
    (weights.quantization?.scale?.length ?? 0) > 1
  );
}
