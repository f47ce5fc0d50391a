/** What a training came to: the noun of its reports. */

import { intervalText } from '../evaluate/interval.ts';
import type { Verdict } from '../evaluate/verdict.ts';
import type { Method } from './fit.ts';
import type { Curve } from './softmax-regression.ts';

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
  /** Of the head in float, on features: before it learned the validation photos too. */
  readonly validation: Verdict;
  /** Of the head in float, on features: as it was written. */
  readonly testing: Verdict;
  /** Of the written file, on the test photos. */
  readonly quantized: Verdict;
  /** Which holds the file's true accuracy in 95 of 100 cases; absent where there were no test photos. */
  readonly interval?: { readonly low: number; readonly high: number };
  /** Photos that the file was tried on. */
  readonly tried: number;
  /** Those of them that went through the whole file as pixels; the others went through its head, as the features they were embedded to. */
  readonly fromPixels: number;
  readonly steps?: number;
  readonly curve: readonly Curve[];
  readonly phases: readonly Phase[];
  /** From the start to this report. */
  readonly seconds: number;
  /** What decoding and embedding every photo once takes, measured in this run; absent where it embedded little. */
  readonly onceSeconds?: number;
  readonly inferences: number;
  readonly notes: readonly string[];
}

export const basePhase = 'base';
export const startPhase = 'reading photos, loading the base';
export const embeddingPhase = 'decoding and embedding';
export const headPhase = 'training the head';

export const percentText = (share: number | undefined): string =>
  share === undefined ? '-' : `${(100 * share).toFixed(1)} %`;

/** Accuracies as rows of cells under `accuracyTitles`. */
export function accuracyRows({
  validation,
  testing,
  quantized,
}: Pick<TrainingReport, 'validation' | 'testing' | 'quantized'>): (string | number)[][] {
  const row = (what: string, { photos, right, accuracy, balancedAccuracy }: Verdict) => [
    what,
    photos,
    right,
    percentText(accuracy),
    intervalText(right, photos),
    percentText(balancedAccuracy),
  ];
  return [
    row('validation, float head before it learned them', validation),
    row('test, float head', testing),
    row('test, the file itself', quantized),
  ];
}

export const accuracyTitles = ['accuracy', 'photos', 'right', 'share', '95 % interval', 'balanced'];

/** How the file was tried, in a sentence. */
export function trialText({ tried, fromPixels }: Pick<TrainingReport, 'tried' | 'fromPixels'>): string {
  if (tried === fromPixels) return `The whole file was run on ${tried} photos.`;
  return `The whole file was run on ${fromPixels} photos, and answered them as its head alone does from the photo's features. So only the head was run on the other ${tried - fromPixels}.`;
}

/** The phases, and all of the run, which is a little more. */
export const timeRows = ({ phases, seconds }: Pick<TrainingReport, 'phases' | 'seconds'>): [string, string][] =>
  [...phases, { name: 'in all', seconds }].map((phase) => [phase.name, phase.seconds.toFixed(2)]);

/** What the time of a run amounts to, in sentences; none where it embedded too little to say. */
export function timeTexts(report: Pick<TrainingReport, 'phases' | 'seconds' | 'onceSeconds' | 'inferences'>): string[] {
  return [againstOnce(report), besideEmbedding(report)].filter((text) => text !== undefined);
}

/** Embedding photos alone would also need the base to be cut and the worker to be started: times are given with and without that. */
const startSeconds = (phases: readonly Phase[]): number =>
  phases.reduce((sum, { name, seconds }) => (name === basePhase || name === startPhase ? sum + seconds : sum), 0);

function againstOnce({
  phases,
  seconds,
  onceSeconds,
}: Pick<TrainingReport, 'phases' | 'seconds' | 'onceSeconds'>): string | undefined {
  if (onceSeconds === undefined) return undefined;
  const start = startSeconds(phases);
  return `The whole run took ${(seconds / onceSeconds).toFixed(2)} times as long as decoding and embedding every photo once (${onceSeconds.toFixed(2)} s), ${(seconds / (start + onceSeconds)).toFixed(2)} times as long as that with its start (${start.toFixed(2)} s).`;
}

function besideEmbedding({
  phases,
  seconds,
  inferences,
}: Pick<TrainingReport, 'phases' | 'seconds' | 'inferences'>): string | undefined {
  const embedding = phases.find(({ name }) => name === embeddingPhase);
  if (embedding === undefined || inferences === 0) return undefined;
  const share = (part: number): string => `${((100 * part) / embedding.seconds).toFixed(1)} %`;
  const start = startSeconds(phases);
  const after = phases.slice(phases.indexOf(embedding) + 1).map(({ name, seconds: own }) => `${name} ${share(own)}`);
  return `Beside decoding and embedding, and its start (${share(start)} of that time), it took ${share(seconds - start - embedding.seconds)}: ${after.join('; ')}.`;
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
