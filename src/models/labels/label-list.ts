/** A list of labels as a file has it, before it is known how many classes a model tells apart. The noun of models/labels. */
import { InputError } from '../../errors.ts';

export interface LabelList {
  /** By class index, as far as the file says; numbers that it leaves out are `n/a`. */
  readonly labels: readonly string[];
  /** The number that the file itself gives its first label; undefined: it numbers none. */
  readonly firstNumber?: 0 | 1;
}

export const missingLabel = 'n/a';

/** ImageNet 21k has 21,843. */
export const maxLabels = 65_536;
/** The longest of ImageNet has 121 letters. */
const maxLetters = 200;

/**
 * Labels by number. Without a number 0 the first class is number 1, as in the label maps of TensorFlow's detectors.
 * @throws InputError for numbers that can't be classes, or stand there twice
 */
export function numberedList(entries: readonly (readonly [number: number, label: string])[]): LabelList {
  const firstNumber = entries.some(([number]) => number === 0) ? 0 : 1;
  const labels: string[] = [];
  for (const [number, label] of entries) {
    const index = number - firstNumber;
    if (!Number.isInteger(number) || index < 0 || index >= maxLabels) {
      throw new InputError(`it has a class number ${number}`);
    }
    if (labels[index] !== undefined) throw new InputError(`it gives the number ${number} to two labels`);
    labels[index] = label;
  }
  return { labels: Array.from(labels, (label) => label ?? missingLabel), firstNumber };
}

/** What is a label of a text: without spaces around it. */
export const labelled = (text: string): string => text.replaceAll('\t', ' ').trim();

/**
 * Labels become topics, log lines and messages: they are short, and hold nothing but letters that show.
 * @throws InputError that names the first that isn't so
 */
export function checkedLabels(list: LabelList): LabelList {
  if (list.labels.length > maxLabels) {
    throw new InputError(`it has ${list.labels.length} labels; ${maxLabels} are the most`);
  }
  const labels = list.labels.map(labelled);
  for (const [index, label] of labels.entries()) {
    if (label === '') throw new InputError(`its label ${index + 1} is empty`);
    if (label.length > maxLetters) {
      throw new InputError(`its label ${index + 1} has ${label.length} letters; ${maxLetters} are the most`);
    }
    // Escape sequences would reach terminals; letters that turn the writing direction hide what is written.
    if (/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u.test(label)) {
      throw new InputError(`its label ${index + 1} holds characters that don't show`);
    }
  }
  if (labels.length === 0) throw new InputError('it is empty');
  return { ...list, labels };
}
