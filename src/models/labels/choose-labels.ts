/** Which labels a model gets: the ones inside its file, the ones that its user names, or the ones beside it. */
import { sentence } from '../../errors.ts';
import { fitLabels } from './fit-labels.ts';
import type { LabelList } from './label-list.ts';
import type { FoundLabels } from './labels-beside.ts';
import { readLabelList } from './read-labels.ts';

export interface LabelChoice {
  readonly model: string;
  readonly classes: number | undefined;
  /** Detectors count their classes without a background. */
  readonly skipsBackground: boolean;
  /** Inside the model file. */
  readonly packed?: (LabelList & { readonly file: string }) | undefined;
  /** Path of a label file that the user names. */
  readonly named?: string | undefined;
  readonly beside?: FoundLabels | undefined;
}

export interface ChosenLabels {
  readonly labels?: readonly string[];
  readonly notes: readonly string[];
}

/**
 * What is packed into the file is its maker's word on which class is which: a named list may translate it, but not move it.
 * @throws InputError for a list that is meant for this model and doesn't fit it
 */
export async function chooseLabels(choice: LabelChoice): Promise<ChosenLabels> {
  const { packed, named, beside } = choice;
  const inside = packed === undefined ? undefined : fittedOrNote(choice, packed, `the list ${packed.file} inside it`);
  const notes = inside?.note === undefined ? [] : [inside.note];
  if (named !== undefined) {
    if (inside?.labels === undefined) return { labels: await fittedFile(choice, named), notes };
    return besideInside(inside.labels, await fittedFile(choice, named), named, notes);
  }
  if (inside?.labels !== undefined) return { labels: inside.labels, notes };
  if (beside === undefined) return { notes };
  if (beside.isOwn) return { labels: await fittedFile(choice, beside.path), notes };
  try {
    return { labels: await fittedFile(choice, beside.path), notes };
  } catch (error) {
    return { notes: [...notes, `${beside.path} is left out: ${sentence(error)}`] };
  }
}

async function fittedFile(choice: LabelChoice, path: string): Promise<readonly string[]> {
  return fitLabels(await readLabelList(path, choice.classes), { ...choice, list: `its label file ${path}` });
}

/** Labels inside that don't fit are of no use; that they don't is worth a word. */
function fittedOrNote(
  choice: LabelChoice,
  list: LabelList,
  name: string,
): { labels?: readonly string[]; note?: string } {
  try {
    return { labels: fitLabels(list, { ...choice, list: name }) };
  } catch (error) {
    return { note: sentence(error) };
  }
}

/** A named list that has the packed labels at other places has them wrong. */
function besideInside(
  inside: readonly string[],
  labels: readonly string[],
  path: string,
  notes: readonly string[],
): ChosenLabels {
  const moved = labels.findIndex((label, at) => label !== inside[at] && inside.indexOf(label) >= 0);
  if (moved < 0) return { labels, notes };
  const note = `${path} gives class ${moved} the label ${JSON.stringify(labels[moved])}, which the model file itself gives class ${inside.indexOf(labels[moved]!)}: the labels inside the file are used.`;
  return { labels: inside, notes: [...notes, note] };
}
