/**
 * A trained model on a picture of now, before a camera uses it: `goby classify` as a child at low priority, so that the model in use and
 * its worker are left alone. One at a time, and nothing is kept but the last picture.
 */
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { z } from 'zod';
import { GobyError, InputError, sentence } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { putBytes } from '../../system/files/put-file.ts';
import { answerOfChild, type ChildCommand, parseAnswer } from '../children/child-answer.ts';

export interface ModelTrialParts {
  /** Where the picture is put for the child, and taken away again. */
  readonly file: string;
  /** What tells the labels of a picture as one line of JSON. */
  command(set: string, file: string): ChildCommand;
  readonly logger: Logger;
  readonly patienceMs?: number;
}

export interface Trial {
  /** Name of the picture: see picture(). */
  readonly picture: string;
  /** Best first. */
  readonly scores: readonly { readonly label: string; readonly score: number }[];
  /** Of the inference alone. */
  readonly invokeMs: number;
}

const answerSchema = z.object({
  detections: z.array(z.object({ label: z.string().max(200), score: z.number() })).max(100),
  invokeMs: z.number(),
});
const mostAnswerCharacters = 100_000;

export class ModelTrial {
  readonly #parts: ModelTrialParts;
  #isBusy = false;
  #count = 0;
  /** Browsers keep pictures by their names, over a restart of goby too. */
  readonly #run = randomBytes(6).toString('hex');
  #last: { readonly name: string; readonly jpeg: Uint8Array } | undefined;

  constructor(parts: ModelTrialParts) {
    this.#parts = parts;
  }

  /** The picture of the last trial, by its name; undefined for any other. */
  picture(name: string): Uint8Array | undefined {
    return this.#last?.name === name ? this.#last.jpeg : undefined;
  }

  /** @throws InputError while another one runs, GobyError with the child's own words when it fails */
  async run(set: string, jpeg: Uint8Array): Promise<Trial> {
    if (this.#isBusy) throw new InputError('Another picture is being tried.', { remedy: 'Try again in a moment.' });
    this.#isBusy = true;
    const { file, command } = this.#parts;
    try {
      await putBytes(jpeg, file);
      const { detections, invokeMs } = await this.#answerOf(command(set, file));
      const picture = `${this.#run}-${++this.#count}.jpg`;
      this.#last = { name: picture, jpeg };
      return { picture, scores: detections, invokeMs };
    } finally {
      this.#isBusy = false;
      await rm(file, { force: true });
    }
  }

  async #answerOf(command: ChildCommand): Promise<z.output<typeof answerSchema>> {
    const { logger, patienceMs = 60_000 } = this.#parts;
    const told = await answerOfChild(command, { logger, patienceMs, mostCharacters: mostAnswerCharacters }).catch(
      (error: unknown) => {
        throw new GobyError(`The model could not be tried: ${sentence(error)}`, { cause: error });
      },
    );
    const answer = parseAnswer(answerSchema, told);
    if (answer !== undefined) return answer;
    throw new GobyError('The model could not be tried: goby classify printed no answer.');
  }
}
