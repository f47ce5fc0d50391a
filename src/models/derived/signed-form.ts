/** What becomes of each operator of a model on unsigned bytes when the model goes to signed ones. */
import { absentTensor } from '../tflite-file/check-indices.ts';
import type { Operator, Tensor } from '../tflite-file/schema.ts';
import { constantBytes, mainGraph, operatorName, type TfliteModel } from '../tflite-file/tflite-model.ts';
import { fixedOutputs, isWithinKernelLimits, signedFilterVersions, signedVersions } from './signed-operators.ts';

/** Signed values and zero points are lower by this much. */
export const unsignedMiddle = 128;

/** `filter`: signed, with new weights; `plain`: signed, nothing else changes; `kept`: stays on unsigned bytes. */
export type Form = 'filter' | 'plain' | 'kept';

export function formOf(model: TfliteModel, operator: Operator): Form {
  const { tensors } = mainGraph(model);
  const name = operatorName(model, operator);
  const inputs = operator.inputs.filter((index) => index !== absentTensor).map((index) => tensors[index]!);
  const outputs = operator.outputs.map((index) => tensors[index]!);
  const bytes = [...inputs, ...outputs].filter(({ type }) => type === 'UINT8');
  if (bytes.length === 0 || !bytes.every(isQuantized)) return 'kept';
  const scales = inputs.filter(({ type }) => type === 'UINT8').map((tensor) => quantizationOf(tensor).scale);
  if (!isWithinKernelLimits(name, scales, quantizationOf(outputs[0]!).scale)) return 'kept';
  if (signedFilterVersions[name] !== undefined) {
    const [input, filter, bias] = operator.inputs.map((index) => tensors[index]);
    const isConstant = (tensor: Tensor | undefined): boolean =>
      tensor !== undefined && constantBytes(model, tensor).length > 0;
    const isWhole = input?.type === 'UINT8' && filter?.type === 'UINT8' && outputs[0]?.type === 'UINT8';
    const { builtinOptions: options } = operator;
    if (options?.table === 'FullyConnectedOptions' && options.weightsFormat !== 'DEFAULT') return 'kept';
    const isKnown = isConstant(filter) && (bias === undefined || (bias.type === 'INT32' && isConstant(bias)));
    return isWhole && isKnown ? 'filter' : 'kept';
  }
  if (signedVersions[name] === undefined || roundsOtherwise(operator)) return 'kept';
  // A QUANTIZE between an unsigned and a signed tensor already does what this recipe does: it stays.
  if (name === 'QUANTIZE' && [...inputs, ...outputs].some(({ type }) => type === 'INT8')) return 'kept';
  const fixed = fixedOutputs[name];
  const { scale, zeroPoint } = quantizationOf(outputs[0]!);
  return fixed === undefined || (scale === fixed.scale && zeroPoint - unsignedMiddle === fixed.zeroPoint)
    ? 'plain'
    : 'kept';
}

/**
 * The average of an even number of bytes may lie halfway between two: the kernel for unsigned bytes rounds up then, the one for
 * signed bytes away from zero. XNNPACK takes neither.
 */
function roundsOtherwise({ builtinOptions: options }: Operator): boolean {
  if (options?.table !== 'Pool2DOptions') return false;
  const window = options.filterWidth * options.filterHeight;
  return window % 2 === 0 || (window > 1 && options.padding === 'SAME');
}

function isQuantized({ quantization }: Tensor): boolean {
  return quantization?.scale?.length === 1 && quantization.zeroPoint?.length === 1;
}

export function quantizationOf({ quantization }: Tensor): { scale: number; zeroPoint: number } {
  return { scale: quantization?.scale?.[0] ?? 0, zeroPoint: quantization?.zeroPoint?.[0] ?? 0 };
}
