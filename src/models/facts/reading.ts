/** What a model file says of itself. The noun of models/facts: plain data, so that it can be found out in another process. */
import type { Decoder, Fit, Normalisation, ScoreKind } from '../model.ts';

/** How the outputs are to be read, or why they can't be. */
export type OutputReading = ReadableOutputs | { readonly refusal: string };

export interface ReadableOutputs {
  readonly decoder: Decoder;
  /** How many the model tells apart, without a detector's background. Absent: it can't be told from the file. */
  readonly classes?: number;
  readonly scores?: ScoreKind;
  readonly roles?: Readonly<Record<string, number>>;
  readonly notes?: readonly string[];
}

/** How the pixels go in, and why. */
export interface InputReading {
  /** Absent: quantized inputs take pixels as they are, float inputs -1..1. */
  readonly normalisation?: Normalisation;
  /** Where this is known from, as the end of a sentence that starts with the range. */
  readonly reason: string;
  /** Whether nothing in the file says so. */
  readonly isAssumed: boolean;
}

export interface ModelFacts {
  readonly outputs: OutputReading;
  readonly input: InputReading | { readonly refusal: string; readonly remedy: string };
  /** Labels inside the file. */
  readonly labels?: { readonly labels: readonly string[]; readonly firstNumber?: 0 | 1; readonly file: string };
  readonly fit?: Fit;
  readonly compiledForEdgeTpu: boolean;
  readonly notes: readonly string[];
}
