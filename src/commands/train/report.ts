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
  /** What decoding and embedding every photo once takes, measured in this run; absent where it embedded little. */
  readonly onceSeconds?: number;
  readonly inferences: number;
  readonly notes: readonly string[];
}

export const embeddingPhase = 'decoding and embedding';
export const headPhase = 'training the head';

export const percentText = (share: number | undefined): string =>
  share === undefined ? '-' : `${(100 * share).toFixed(1)} %`;

export const wholeSeconds = ({ phases }: Pick<TrainingReport, 'phases'>): number =>
  phases.reduce((sum, { seconds }) => sum + seconds, 0);

/** What the time of a run amounts to, in a sentence; undefined where it embedded too little to say. */
export function timeText(report: Pick<TrainingReport, 'phases' | 'onceSeconds'>): string | undefined {
  if (report.onceSeconds === undefined) return undefined;
  const whole = wholeSeconds(report);
  return `The whole run took ${(whole / report.onceSeconds).toFixed(2)} times as long as decoding and embedding every photo once (${report.onceSeconds.toFixed(2)} s).`;
}

/** How much the head adds to the time of decoding and embedding, in a sentence; undefined where all was embedded before. */
export function headTimeText({
  phases,
  inferences,
}: Pick<TrainingReport, 'phases' | 'inferences'>): string | undefined {
  const embedding = phases.find(({ name }) => name === embeddingPhase);
  const head = phases.find(({ name }) => name.startsWith(headPhase));
  if (embedding === undefined || head === undefined || inferences === 0) return undefined;
  return `The head took ${head.seconds.toFixed(2)} s, ${((100 * head.seconds) / embedding.seconds).toFixed(1)} % of the time of decoding and embedding.`;
}

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
