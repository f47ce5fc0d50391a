/** A comparison: models side by side, each with what was counted, what was measured here, and what is published. The noun of compare/. */
import type { Backend } from '../../models/model-file.ts';
import type { Architecture } from './architecture.ts';
import type { CountCheck } from './count-check.ts';
import type { Accuracy, PublishedFigures } from './published-figures.ts';

export interface Quantiles {
  readonly count: number;
  readonly median: number;
  readonly p95: number;
}

/** Accuracy on one set of photos, or why there is none. */
export type MeasuredAccuracy = (Accuracy & { readonly photos: number }) | { readonly reason: string };

export interface ComparedModel {
  readonly name: string;
  readonly sha256: string;
  readonly backend: Backend;
  /** Of one inference. */
  readonly threads?: number;
  /** How its weights were quantized; of a derived file, also how the original's were. */
  readonly quantization: string;
  readonly architecture?: Architecture;
  /** Size of the file. */
  readonly bytes: number;
  readonly macs: number;
  readonly parameters: number;
  /** Planned by TensorFlow Lite's own rule; see arena-plan.ts. */
  readonly arenaBytes: number;
  /** Growth of the worker's proportional set size by loading this model and running it once. */
  readonly memoryBytes?: number;
  readonly loadMs: number;
  readonly firstMs: number;
  readonly invokeMs: Quantiles;
  readonly roundTripMs: Quantiles;
  readonly framesPerSecond: number;
  readonly temperatureC?: number;
  readonly throttled?: boolean;
  /** Share of the multiply-accumulates that XNNPACK takes, by its rules, 0..1; absent for compiled models. */
  readonly xnnpackShare?: number;
  readonly compiledForEdgeTpu: boolean;
  /** On --image-dir. */
  readonly accuracy?: MeasuredAccuracy;
  /** On --imagenet-dir. */
  readonly imagenet?: MeasuredAccuracy;
  /** Share of the photos on which it says the same as the reference model. */
  readonly agreement?: number;
  /** Detectors: on --coco. */
  readonly map?: number;
  readonly ap50?: number;
  readonly published?: PublishedFigures;
  readonly checks: readonly CountCheck[];
}

export interface Comparison {
  readonly machine: string;
  /** Of one inference; `auto`: as measured for each model. */
  readonly threads: number | 'auto';
  readonly secondsEach: number;
  /** Model that agreement is told against. */
  readonly reference?: string;
  /** Photos that agreement is told on. */
  readonly agreementPhotos?: number;
  readonly models: readonly ComparedModel[];
  /** V1 against V2 in one sentence, where both are there. */
  readonly versions?: string;
}

/** The accuracy that stands for a model in the plot: measured on ImageNet photos, else on the user's, else published. */
export function plottedAccuracy(model: ComparedModel): { readonly value: number; readonly from: string } | undefined {
  if (model.map !== undefined) return { value: model.map, from: 'mAP, measured' };
  const { imagenet, accuracy } = model;
  for (const [measured, photos] of [
    [imagenet, 'ImageNet photos'],
    [accuracy, 'your photos'],
  ] as const) {
    if (measured !== undefined && 'top1' in measured) {
      return { value: measured.top1, from: `top-1, measured on ${photos}` };
    }
  }
  // Float for both versions, since V2's makers publish no figure for 8 bits.
  const published = model.published?.float;
  return published === undefined ? undefined : { value: published.top1, from: 'top-1 in float, published' };
}
