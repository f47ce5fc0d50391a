/** What a training came to: the noun of its reports. */
import type { Curve } from '../../train/softmax-regression.ts';
import type { Verdict } from '../../train/verdict.ts';
import type { Method } from './fit.ts';

export interface Phase {
  readonly name: string;
  readonly seconds: number;
}

export interface TrainingReport {
  readonly model: string;
  readonly labelsFile: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly edgetpuModel?: string;
  readonly architecture: string;
  readonly base: string;
  readonly backend: string;
  readonly method: Method;
  readonly labels: readonly string[];
  /** Photos by set. */
  readonly photos: { readonly training: number; readonly validation: number; readonly testing: number };
  /** Training photos of each class. */
  readonly perClass: readonly number[];
  readonly unreadable: readonly { readonly photo: string; readonly reason: string }[];
  readonly copies: number;
  /** Of the head in float, on features. */
  readonly validation: Verdict;
  readonly testing: Verdict;
  /** Of the written file, on the test photos from pixels on. */
  readonly quantized: Verdict;
  readonly tail: 'quantized' | 'float';
  readonly weightDecay?: number;
  readonly steps?: number;
  readonly curve: readonly Curve[];
  readonly phases: readonly Phase[];
  readonly inferences: number;
  readonly notes: readonly string[];
}

export const percentText = (share: number | undefined): string =>
  share === undefined ? '-' : `${(100 * share).toFixed(1)} %`;

/** The lines of the configuration that run the model. */
export function configLines(name: string, file: string): string {
  return [
    'models:',
    '  own:',
    `    ${name}: { task: classify, file: ${file} }`,
    'cameras:',
    `  front: { model: ${name} }`,
  ].join('\n');
}
