/** Top-1 and top-5 accuracy of a classifier on photos whose class is known, and how often two classifiers say the same. */
import { labelsSpelled } from '../../models/labels/distinct-labels.ts';
import type { Accuracy } from '../compare/published-figures.ts';

/** What a classifier said of one photo: labels, best first. */
export type Ranking = readonly string[];

/**
 * How the folder name `tiger_cat`, a label `tiger cat` and one of a label's synonyms `tabby, tabby cat` are compared:
 * letters and digits only, lower case.
 */
function plain(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** True when the label, or one of its comma-separated synonyms, is the class. */
export function isClass(label: string, className: string): boolean {
  const wanted = plain(className);
  return plain(label) === wanted || label.split(',').some((synonym) => plain(synonym) === wanted);
}

/** The labels that mean a class: those that are spelled like it, or else all that isClass takes. */
export function labelsOfClass(labels: readonly string[], className: string): ReadonlySet<string> {
  const spelled = labelsSpelled(labels, className);
  return new Set(spelled.length > 0 ? spelled : labels.filter((label) => isClass(label, className)));
}

/** The classes that none of the labels names. */
export function unknownClasses(labels: readonly string[], classes: readonly string[]): string[] {
  return classes.filter((name) => labelsOfClass(labels, name).size === 0);
}

/**
 * @param labels of the model that ranked
 * @throws RangeError for no photos
 */
export function topAccuracy(
  rankings: readonly Ranking[],
  truths: readonly string[],
  labels: readonly string[],
): Accuracy {
  if (rankings.length === 0 || rankings.length !== truths.length)
    throw new RangeError('no photos, or not as many truths');
  const right = new Map([...new Set(truths)].map((truth) => [truth, labelsOfClass(labels, truth)]));
  const share = (depth: number): number =>
    rankings.filter((ranking, at) => ranking.slice(0, depth).some((label) => right.get(truths[at]!)!.has(label)))
      .length / rankings.length;
  return { top1: share(1), top5: share(5) };
}

/** Share of photos whose best label is the same, 0..1. @throws RangeError for no photos */
export function agreement(rankings: readonly Ranking[], reference: readonly Ranking[]): number {
  if (rankings.length === 0 || rankings.length !== reference.length) throw new RangeError('no photos to compare on');
  return rankings.filter((ranking, at) => ranking[0] === reference[at]![0]).length / rankings.length;
}
