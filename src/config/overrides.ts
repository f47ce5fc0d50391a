/** The file of overrides: settings that goby wrote itself, and the mark of a change that has yet to prove itself. */
import { join } from 'node:path';
import { Document, Scalar, visit } from 'yaml';
import { z } from 'zod';
import { sentence } from '../errors.ts';
import { maskAddress } from '../text/addresses.ts';
import { isTree, leavesOf, setIn, type Tree, textLayer } from './layers.ts';
import { type KeyPath, type Locate, problemsText } from './messages.ts';
import { readOwnText } from './read-text.ts';
import { foreignOverride } from './settable.ts';
import { slipIn } from './written.ts';

/** Where the overrides lie, whether or not they are there. */
export function overridesFileIn(stateDir: string): string {
  return join(stateDir, 'overrides.yaml');
}

const tree = z.custom<Tree>(isTree);

const trialSchema = z.strictObject({
  /** When the change was made, ISO 8601. */
  since: z.string(),
  /** Starts of the agent with the change that were not known to be good. */
  starts: z.int().min(0),
  /** The overrides as they were before. */
  before: tree,
  /** Cameras that gave frames when the change was made, and must again. */
  cameras: z.array(z.string()),
});

/** A change that is undone unless it proves itself. */
export type Trial = z.output<typeof trialSchema>;

export interface Overrides {
  readonly values: Tree;
  readonly trial: Trial | undefined;
}

export type ReadOverrides = (Overrides & { readonly locate: Locate }) | { readonly refused: string };

/** Reads the file; none is none. A damaged one, and one with keys that may not be there, gives a sentence and is never thrown. */
export function readOverrides(file: string): ReadOverrides {
  try {
    const text = readOwnText(file);
    if (text === undefined) return { values: {}, trial: undefined, locate: () => undefined };
    const { values, locate, problems = [] } = textLayer(file, text);
    if (problems.length > 0) return { refused: `The overrides in ${file} can't be read:\n${problemsText(problems)}` };
    const { trial: mark, ...rest } = values;
    const trial = trialSchema.optional().parse(mark);
    const foreign = foreignOverride(rest) ?? foreignOverride(trial?.before ?? {});
    if (foreign !== undefined) {
      const why = `its key ${maskAddress(foreign)} is none that can be set over MQTT or by goby.txt`;
      return { refused: `The overrides in ${file} can't be used: ${why}.` };
    }
    return { values: rest, trial, locate };
  } catch (error) {
    const why = error instanceof z.ZodError ? 'its key trial is not as goby writes it' : sentence(error);
    return { refused: `The overrides in ${file} can't be read: ${why}` };
  }
}

/** The file's text. */
export function overridesText({ values, trial }: Overrides): string {
  const head =
    '# Written by goby: settings from MQTT, and from goby.txt. They win over goby.yaml; remove the file to undo them.\n';
  const document = new Document({ ...values, ...(trial === undefined ? {} : { trial }) });
  visit(document, {
    Scalar: (_, node) => {
      if (typeof node.value === 'string' && slipIn(node.value) !== undefined) node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return head + document.toString();
}

/** Overrides with changes made: sections are merged key by key, null takes a key out, so that the file's value counts again. */
export function changeOverrides(values: Tree, changes: Tree): Tree {
  const changed = structuredClone(values);
  for (const { path, value } of leavesOf(changes)) {
    if (value === null) removeIn(changed, path);
    else setIn(changed, path, value);
  }
  return changed;
}

/** The value at a path, undefined where there is none. */
export function valueAt(from: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>(
    (value, part) => (isTree(value) && Object.hasOwn(value, part) ? value[part as string] : undefined),
    from,
  );
}

/** Takes out a value, and the sections that are empty then. */
function removeIn(from: Tree, path: readonly string[]): void {
  const [key, ...rest] = path;
  if (key === undefined || !Object.hasOwn(from, key)) return;
  const below = from[key];
  if (rest.length > 0 && isTree(below)) removeIn(below, rest);
  if (rest.length === 0 || (isTree(below) && Object.keys(below).length === 0)) delete from[key];
}
