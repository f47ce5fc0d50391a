/** How often the file that runs gives the first answer of the file that it was made of, on the same kernels and on those that run it. */

import { InputError, isExpected, sentence } from '../../errors.ts';
import { photoFrame } from '../../flow/capture/photo-frame.ts';
import type { Engine, LoadedModel } from '../../flow/infer/engine.ts';
import { classProbabilities } from '../../flow/interpret/classification.ts';
import { createModelPreprocessor } from '../../flow/preprocess/model-preprocessor.ts';
import type { Model } from '../../models/model.ts';
import { startProgress } from '../../terminal/progress.ts';
import { picturesBelow } from '../photos/photo-folders.ts';
import { percentText } from '../train/report.ts';
import type { Words } from './model-words.ts';

export interface SameAnswersRequest {
  /** As its maker wrote it. */
  readonly model: Model;
  /** As it runs. */
  readonly derived: Model;
  /** Photos, also in folders below. */
  readonly folder: string;
  readonly open: (builtInKernels: boolean) => Engine;
}

export interface Agreement {
  /** Of `photos`, those with the same first answer. */
  readonly same: number;
  /** Of `clear`, those. */
  readonly sameClear: number;
  /** Photos of which every score is the same. */
  readonly equal: number;
}

export interface SameAnswers {
  readonly photos: number;
  /** Photos on which the original's first answer leads by a tenth. */
  readonly clear: number;
  /** Photos on which several classes share the original's best score: the first of them counts, as with argmax of TensorFlow. */
  readonly ties: number;
  readonly onBuiltIn: Agreement;
  readonly asItRuns: Agreement & { readonly backend: string };
}

const lead = 0.1;

/** @throws InputError for a model that is no classifier, and for a folder without photos that can be read */
export async function countSameAnswers({ model, derived, folder, open }: SameAnswersRequest): Promise<SameAnswers> {
  if (model.decoder !== 'classification') {
    throw new InputError(`${model.name} is no classifier: first answers are counted of classifiers only.`, {
      remedy: 'goby evaluate --coco measures a detector.',
    });
  }
  const builtIn = open(true);
  const usual = open(false);
  try {
    const original = await answering(builtIn, model, 'original');
    const others = [await answering(builtIn, derived, 'derived'), await answering(usual, derived, 'derived')];
    const tallies = others.map(() => ({ same: 0, sameClear: 0, equal: 0 }));
    const counted = { photos: 0, clear: 0, ties: 0 };
    const files = await picturesBelow(folder);
    const progress = startProgress('comparing answers', files.length);
    for (const [at, file] of files.entries()) {
      progress.update(at + 1);
      const wanted = await original.answer(file).catch((error: unknown) => {
        if (!isExpected(error)) throw error;
        console.error(`goby: left out: ${sentence(error)}`);
        return undefined;
      });
      if (wanted === undefined) continue;
      const [best, second] = [...wanted].sort((one, other) => other - one) as [number, number];
      const isClear = best - second >= lead;
      counted.photos += 1;
      if (isClear) counted.clear += 1;
      if (best === second) counted.ties += 1;
      for (const [which, other] of others.entries()) {
        const found = await other.answer(file);
        const isSame = firstBest(found) === firstBest(wanted);
        const tally = tallies[which]!;
        if (isSame) tally.same += 1;
        if (isSame && isClear) tally.sameClear += 1;
        if (wanted.every((score, index) => score === found[index])) tally.equal += 1;
      }
    }
    progress.end();
    if (counted.photos === 0)
      throw new InputError(
        files.length === 0 ? `${folder} holds no photos.` : `None of the photos in ${folder} can be read.`,
      );
    return { ...counted, onBuiltIn: tallies[0]!, asItRuns: { ...tallies[1]!, backend: others[1]!.loaded.backend } };
  } finally {
    await Promise.all([builtIn.stop(), usual.stop()]);
  }
}

async function answering(engine: Engine, model: Model, name: string) {
  const loaded: LoadedModel = await engine.load({ ...model.pair, name });
  const preprocessor = createModelPreprocessor(model, loaded);
  let id = 0;
  return {
    loaded,
    answer: async (file: string): Promise<number[]> => {
      const tensor = await preprocessor.prepare(await photoFrame(file, ++id));
      try {
        const { outputs } = await engine.infer(name, [tensor.bytes]);
        return Array.from(classProbabilities(outputs, model));
      } finally {
        tensor.release();
      }
    },
  };
}

function firstBest(scores: readonly number[]): number {
  return scores.indexOf(Math.max(...scores));
}

export function sameAnswerWords({ photos, clear, ties, onBuiltIn, asItRuns }: SameAnswers): Words {
  const words = ({ same, sameClear, equal }: Agreement): string =>
    `first answer the same on ${percentText(same / photos)} of ${photos} photos${clear === 0 ? '' : `, on ${percentText(sameClear / clear)} of the ${clear} where the original leads by a tenth`}; every score on ${equal}`;
  return [
    ['on built-in', words(onBuiltIn)],
    [`on ${asItRuns.backend}`, words(asItRuns)],
    ...(ties === 0
      ? []
      : [['ties', `${ties} photos where classes share the original's best score: the first counts`] as const]),
  ];
}
