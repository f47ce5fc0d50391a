/** What the options of a TFLite_Detection_PostProcess say. Pure functions. */
import { toReference } from 'flatbuffers/js/flexbuffers.js';
import { operatorName, type TfliteModel } from './tflite-model.ts';

export const postProcessOperator = 'TFLite_Detection_PostProcess';

/** Longer options than this are of another operator. */
const mostBytes = 65_536;
const mostClasses = 100_000;

export interface PostProcessOptions {
  /** Without background. */
  readonly classes: number | undefined;
  /** Boxes suppress those of their own class only. As for the kernel, what isn't said is false. */
  readonly isRegular: boolean;
}

/** Other options are not looked at. @returns undefined where there are none */
export function postProcessOptions(options: Uint8Array | undefined): PostProcessOptions | undefined {
  if (options === undefined || options.length < 3 || options.length > mostBytes) return undefined;
  const bytes = Uint8Array.from(options).buffer;
  const classes = Number(optionOf(bytes, 'num_classes'));
  return {
    classes: Number.isInteger(classes) && classes > 0 && classes < mostClasses ? classes : undefined,
    isRegular: Boolean(optionOf(bytes, 'use_regular_nms')),
  };
}

function optionOf(bytes: ArrayBuffer, key: string): number | bigint | boolean | null | undefined {
  try {
    // A map of 64-bit entries can be asked once: from then on the library takes its length for a BigInt. The declaration of get() leaves keys out.
    const map = toReference(bytes) as unknown as { get(key: string): ReturnType<typeof toReference> };
    const value = map.get(key);
    return value.isBool() ? value.boolValue() : value.numericValue();
  } catch {
    // It throws where there is no such key.
    return undefined;
  }
}

/** Does any post-processing of this model suppress boxes class by class? Yes where its options can't be read. */
export function suppressesByClass(model: TfliteModel): boolean {
  return model.subgraphs.some(({ operators }) =>
    operators.some(
      (operator) =>
        operatorName(model, operator) === postProcessOperator &&
        (postProcessOptions(operator.customOptions)?.isRegular ?? true),
    ),
  );
}
