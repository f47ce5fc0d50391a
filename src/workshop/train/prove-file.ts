/** Writes the new model aside and tries it. */
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Engine } from '../../flow/infer/engine.ts';
import type { StartProgress } from '../../terminal/progress.ts';
import { type Answer, best, judge, type Verdict } from '../evaluate/verdict.ts';
import { appendHead } from './append-head.ts';
import type { Base } from './base.ts';
import { fileBytes, tryHead, tryModel } from './candidate.ts';
import type { Embedded } from './embed-photos.ts';
import { featuresAlone } from './feature-extractor.ts';
import { type Fit, features, joined, type LabelledSets } from './fit.ts';
import type { KnownPhoto } from './known-photos.ts';
import { rememberExamples, type TrainingRecord, withTrainingRecord } from './training-record.ts';

export interface Proof {
  readonly engine: Engine;
  readonly startProgress: StartProgress;
  /** The model's future place: it is tried beside it. */
  readonly output: string;
  readonly base: Base;
  /** Features of the Edge TPU differ from the CPU's by a step here and there. */
  readonly featuresAreExact: boolean;
  readonly sets: LabelledSets;
  readonly fitted: Fit;
  readonly old: TrainingRecord | undefined;
}

export interface Proven {
  /** Where the proven file lies, beside its future place. */
  readonly path: string;
  readonly bytes: Uint8Array;
  /** On the test photos. */
  readonly verdict: Verdict;
  /** All photos that it was tried on, and how many of them it knew. */
  readonly tried: { readonly photos: readonly KnownPhoto[]; readonly right: number };
  /** How many of them went through the whole file as pixels; the others through its head as features. */
  readonly fromPixels: number;
}

/**
 * With fewer test photos than this the validation photos help. The head has learned them, but that doesn't matter here, nor for
 * the agent that takes the file in: held against each other are the file and its head in float, or the file then and now.
 */
const fewPhotos = 50;
/** Photos that go through the whole file, before the others may go through its head alone. */
const sampled = 5;
/** A quarter of a step of an 8-bit probability. */
const tolerance = 1 / 1024;

/** @throws GobyError when the file can't be loaded or run */
export async function proveFile(proof: Proof): Promise<Proven> {
  const { base, sets, fitted, old, output } = proof;
  const { labels, testing, validation, training } = sets;
  const own = features([...training, ...validation], labels, false);
  const examples = rememberExamples(old === undefined ? own : joined(own, old.examples), labels.length);
  const record = { architecture: base.architecture, baseSha256: base.file.sha256, labels, examples };
  const helping = testing.length < fewPhotos ? validation : [];
  // Where no photo was kept back, the file has at least to run.
  const photos = [...testing, ...helping].length > 0 ? [...testing, ...helping] : training.slice(0, 5);
  const model = appendHead(base.extractor, fitted.head);
  const bytes = fileBytes(withTrainingRecord(model, record), labels);
  const head = fileBytes(appendHead(featuresAlone(base.extractor), fitted.head), labels);
  const path = await candidatePath(output);
  try {
    const { answers, fromPixels } = await answersOf(proof, { photos, path, bytes, head });
    const verdict = judge(answers.slice(0, testing.length), labels.length);
    const tried = { photos: photos.map(({ photo }) => photo), right: judge(answers, labels.length).right };
    return { path, bytes, verdict, tried, fromPixels };
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

/** Beside the output, with the number of this process: two trainings of one name never have each other's. What a killed one left goes. */
async function candidatePath(output: string): Promise<string> {
  const folder = dirname(output);
  const own = (pid: string | number): string => `.${basename(output)}.${pid}.candidate`;
  for (const name of await readdir(folder).catch(() => [])) {
    const pid = /\.(\d+)\.candidate(\.head)?$/.exec(name)?.[1];
    const isOfOutput = pid !== undefined && name.startsWith(own(pid));
    if (isOfOutput && !existsSync(`/proc/${pid}`)) await rm(join(folder, name), { force: true });
  }
  return join(folder, own(process.pid));
}

interface Candidate {
  readonly photos: readonly Embedded[];
  readonly path: string;
  /** The whole file. */
  readonly bytes: Uint8Array;
  /** The same head in a file of its own. */
  readonly head: Uint8Array;
}

/**
 * What the file says of every photo. Its backbone gave the photos' features already: where the whole file, from pixels on, says of
 * some photos what its head says of their features, the head alone answers for the others.
 */
async function answersOf(
  { engine, startProgress, sets: { labels }, featuresAreExact }: Proof,
  { photos, path, bytes, head }: Candidate,
): Promise<{ answers: readonly Answer[]; fromPixels: number }> {
  const progress = startProgress('trying the file', photos.length);
  const common = { engine, labels, onProgress: (done: number) => progress.update(done) };
  const whole = (chosen: readonly Embedded[]) =>
    tryModel({ ...common, bytes, path, items: chosen.map(({ photo }) => photo) });
  const headPath = `${path}.head`;
  try {
    const sample = spread(photos, sampled);
    if (!featuresAreExact || sample.length === photos.length) {
      return { answers: await whole(photos), fromPixels: photos.length };
    }
    const [answers, proofs] = await Promise.all([
      tryHead({ ...common, bytes: head, path: headPath, items: photos }),
      tryModel({ engine, labels, bytes, path, items: sample.map(({ photo }) => photo), onProgress: () => undefined }),
    ]);
    const same = proofs.every((proof, at) => agrees(proof, answers[photos.indexOf(sample[at]!)]!));
    return same ? { answers, fromPixels: sample.length } : { answers: await whole(photos), fromPixels: photos.length };
  } finally {
    await rm(headPath, { force: true });
    progress.end();
  }
}

function agrees({ probabilities: one }: Answer, { probabilities: other }: Answer): boolean {
  if (best(one) !== best(other)) return false;
  return Array.from(one).every((value, label) => Math.abs(value - other[label]!) <= tolerance);
}

/** So many of them, evenly from the first to the last, so that every class has its part. */
function spread<Item>(items: readonly Item[], count: number): readonly Item[] {
  if (items.length <= count) return items;
  return Array.from({ length: count }, (_, at) => items[Math.floor((at * items.length) / count)]!);
}
