/** The file of overrides: settings that goby wrote itself, and the mark of a change that has yet to prove itself. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import { sentence } from '../errors.ts';
import { fileLayer, isTree, setIn, type Tree } from './layers.ts';
import type { KeyPath, Locate } from './messages.ts';

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

/** Reads the file; none is none. A damaged one gives a sentence and is never thrown. */
export function readOverrides(file: string): ReadOverrides {
  if (!existsSync(file)) return { values: {}, trial: undefined, locate: () => undefined };
  try {
    const { values, locate } = fileLayer(file);
    const { trial, ...rest } = values;
    return { values: rest, trial: trialSchema.optional().parse(trial), locate };
  } catch (error) {
    const why = error instanceof z.ZodError ? 'its key trial is not as goby writes it' : sentence(error);
    return { refused: `The overrides in ${file} can't be read: ${why}` };
  }
}

/** The file's text. */
export function overridesText({ values, trial }: Overrides): string {
  const head =
    '# Written by goby: settings from MQTT, and from goby.txt. They win over goby.yaml; remove the file to undo them.\n';
  return head + stringify({ ...values, ...(trial === undefined ? {} : { trial }) });
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

export interface TreeLeaf {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** Every value that is no section, with its path; a list is one value. */
export function leavesOf(value: unknown, path: readonly string[] = []): TreeLeaf[] {
  if (!isTree(value)) return path.length === 0 ? [] : [{ path, value }];
  return Object.entries(value).flatMap(([key, below]) => leavesOf(below, [...path, key]));
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
