/** The quantization of a tensor, in words. */
import type { Tensor } from './schema.ts';

/** `0.0078125 * (q - 128)`, or how many channels have their own scale. */
export function quantizationText({ quantization }: Tensor): string {
  const scales = quantization?.scale ?? [];
  if (scales.length === 0) return '';
  const { zeroPoint = [] } = quantization ?? {};
  if (scales.length === 1) return `${Number(scales[0]!.toPrecision(6))} * (q - ${zeroPoint[0] ?? 0})`;
  return `${scales.length} scales along dimension ${quantization?.quantizedDimension ?? 0}`;
}
