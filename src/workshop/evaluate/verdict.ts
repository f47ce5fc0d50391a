/** How good a classifier is on photos whose class is known: accuracy, confusion matrix, precision and recall. */

export interface Answer {
  readonly photo: string;
  readonly truth: number;
  /** Probability of each class. */
  readonly probabilities: ArrayLike<number>;
}

export interface ClassVerdict {
  readonly photos: number;
  /** Of the photos it called this class, the share that are; undefined when it called none so. */
  readonly precision: number | undefined;
  /** Of the photos of this class, the share it found; undefined when there are none. */
  readonly recall: number | undefined;
}

export interface Mistake {
  readonly photo: string;
  readonly truth: number;
  readonly said: number;
  /** How sure it was, 0..1. */
  readonly score: number;
}

export interface Verdict {
  readonly photos: number;
  readonly right: number;
  /** right / photos; undefined for no photos. */
  readonly accuracy: number | undefined;
  /** Mean recall of the classes that have photos: every class counts alike, however many photos it has. */
  readonly balancedAccuracy: number | undefined;
  /** [truth][said] photos. */
  readonly confusion: readonly (readonly number[])[];
  readonly classes: readonly ClassVerdict[];
  /** The most confidently wrong first. */
  readonly mistakes: readonly Mistake[];
}

export function judge(answers: readonly Answer[], classes: number): Verdict {
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  const mistakes: Mistake[] = [];
  for (const { photo, truth, probabilities } of answers) {
    const said = best(probabilities);
    confusion[truth]![said]! += 1;
    if (said !== truth) mistakes.push({ photo, truth, said, score: probabilities[said]! });
  }
  const right = answers.length - mistakes.length;
  const recalls = confusion.flatMap((row, at) => share(row[at]!, sumOf(row)) ?? []);
  const column = (at: number): number => sumOf(confusion.map((row) => row[at]!));
  return {
    photos: answers.length,
    right,
    accuracy: answers.length === 0 ? undefined : right / answers.length,
    balancedAccuracy: recalls.length === 0 ? undefined : sumOf(recalls) / recalls.length,
    confusion,
    classes: confusion.map((row, at) => {
      const photos = sumOf(row);
      return { photos, precision: share(row[at]!, column(at)), recall: share(row[at]!, photos) };
    }),
    mistakes: mistakes.toSorted((a, b) => b.score - a.score),
  };
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

const share = (part: number, whole: number): number | undefined => (whole === 0 ? undefined : part / whole);

/** Position of the greatest value; the first of equals. */
export function best(values: ArrayLike<number>): number {
  let at = 0;
  for (let other = 1; other < values.length; other++) if (values[other]! > values[at]!) at = other;
  return at;
}
