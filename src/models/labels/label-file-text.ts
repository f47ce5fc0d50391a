/** Labels as a file that gives them back: one a line where that can't be misread, else a JSON list. */
import { InputError, sentence } from '../../errors.ts';
import { labelled } from './label-list.ts';
import { parseLabels } from './read-labels.ts';

/**
 * `1 euro`, `2 euro` would be read as two numbered labels `euro`, and `[x]` as JSON: such lists are written as JSON, which goby reads
 * letter for letter.
 * @throws InputError that names a label that no file can hold, such as one with a line break
 */
export function labelFileText(labels: readonly string[]): string {
  let problem = '';
  for (const text of [`${labels.join('\n')}\n`, `${JSON.stringify(labels)}\n`]) {
    try {
      const read = parseLabels(Buffer.from(text), labels.length).labels;
      if (read.length === labels.length && read.every((label, at) => label === labelled(labels[at]!))) return text;
    } catch (error) {
      problem = `: ${sentence(error)}`;
    }
  }
  throw new InputError(
    `The labels ${labels
      .slice(0, 5)
      .map((label) => JSON.stringify(label))
      .join(', ')} can't be written${problem}.`,
    {
      remedy: 'Labels are of letters that show, on one line, at most 200 of them.',
    },
  );
}
