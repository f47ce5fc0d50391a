/** A recipe: one way to rewrite a model into one that says the same and runs better, or at all. The noun of models/derived. */
import type { TfliteModel } from '../tflite-file/tflite-model.ts';

export interface Recipe {
  /** Kebab-case; part of file names. */
  readonly name: string;
  /** Rises with every change of what it writes: files of another version are derived again. */
  readonly version: number;
  /** What it is good for, for people. */
  readonly purpose: string;
  /** Pure: equal models give equal results. The model that is given stays as it is. */
  apply(model: TfliteModel): Rewritten;
}

export type Rewritten =
  /** What was changed, each as a sentence's part, such as `FULLY_CONNECTED version 12 became 9`. */
  | { readonly model: TfliteModel; readonly changes: readonly string[] }
  /** Why nothing was rewritten: there is no need, or what stands in the way. */
  | { readonly reason: string };
