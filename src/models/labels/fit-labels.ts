/** Fits a list of labels to the classes that a model tells apart, or refuses it: labels that are off by one look right and are wrong. */
import { InputError } from '../../errors.ts';
import { type LabelList, missingLabel } from './label-list.ts';

export interface LabelFit {
  /** How many the model tells apart, without a detector's background; undefined: not known. */
  readonly classes: number | undefined;
  /** Whether class 0 is the first thing that the model finds, a background not being counted: so it is for detectors. */
  readonly skipsBackground: boolean;
  /** How messages name the model and the list. */
  readonly model: string;
  readonly list: string;
}

/** What label files write for a background class, or for number 0 where classes count from 1. */
const background = /^(\?+|_*background_*|bg|n\/a|none|unlabell?ed)$/i;

/** Words for classes that a list has no name for; never followed. */
const fillers = (count: number): string[] => Array.from({ length: count }, () => missingLabel);

/**
 * @returns one label for each class
 * @throws InputError that says both numbers and what to do
 */
export function fitLabels(list: LabelList, fit: LabelFit): readonly string[] {
  const { classes, skipsBackground } = fit;
  const { labels, firstNumber } = list;
  const startsWithBackground = background.test(labels[0] ?? '') && labels.length > 1;
  if (classes === undefined) return skipsBackground && startsWithBackground ? labels.slice(1) : labels;
  if (labels.length === classes && !(skipsBackground && startsOddly(list))) return labels;
  if (startsWithBackground && labels.length - 1 === classes) return labels.slice(1);
  if (labels.length === classes) throw tooFewBehindBackground(fit, labels[0]!);
  // A model with a background class, and a list that numbers the others from 1.
  if (!skipsBackground && firstNumber === 1 && labels.length + 1 === classes) return ['background', ...labels];
  // A list by numbers may leave out the last ones, as it may leave out others.
  if (firstNumber !== undefined && labels.length < classes && labels.includes(missingLabel)) {
    return [...labels, ...fillers(classes - labels.length)];
  }
  throw mismatch(fit, labels.length, startsWithBackground);
}

/** `n/a` and the like may be a class that the list has no name for; ??? and background stand for none. */
function startsOddly({ labels }: LabelList): boolean {
  return background.test(labels[0] ?? '') && labels[0] !== missingLabel;
}

function tooFewBehindBackground({ model, list, classes }: LabelFit, first: string): InputError {
  return new InputError(
    `${list} begins with ${JSON.stringify(first)}, which stands for no class of ${model}, and has ${classes! - 1} labels behind it for ${classes} classes.`,
    { remedy: 'Use the label file that belongs to this model.' },
  );
}

function mismatch({ model, list, classes, skipsBackground }: LabelFit, found: number, startsWithBackground: boolean) {
  const said = `The model ${model} tells ${classes} ${classes === 1 ? 'class' : 'classes'} apart, but ${list} has ${found} ${found === 1 ? 'label' : 'labels'}.`;
  if (found === 80 && classes === 90) {
    return new InputError(said, { remedy: "COCO's ids run to 90 and leave ten out: use the list with 90 lines." });
  }
  if (!skipsBackground && !startsWithBackground && Math.abs(found - classes!) === 1) {
    return new InputError(said, {
      remedy: 'One of them counts a background class in front: add a first line "background", or remove it.',
    });
  }
  return new InputError(said, { remedy: 'Use the label file that belongs to this model.' });
}
