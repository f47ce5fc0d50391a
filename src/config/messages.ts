/** Turns what the schema refuses into sentences: key, expectation, what was found, where, and an example. */
import type { z } from 'zod';
import { nearNames } from '../text/near-names.ts';
import { partSeparator } from './values.ts';

/** One thing that is wrong in a configuration. */
export interface Problem {
  /** Dotted path of the key, as in `cameras.front.source.widthPx`; list positions count from 0. */
  readonly key: string;
  readonly message: string;
}

export type KeyPath = readonly PropertyKey[];

/** Says where a value was written, such as `line 12`; undefined when it isn't known. */
export type Locate = (path: KeyPath) => string | undefined;

/** Dotted spelling of a path. */
export function keyOf(path: KeyPath): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  );
}

/** All problems of a zod error, in the order of the document. */
export function problemsOf(error: z.ZodError, input: unknown, locate: Locate): Problem[] {
  return error.issues.flatMap((issue) => problemsOfIssue(issue, input, locate));
}

/** One text for a list of problems, a line each. */
export function problemsText(problems: readonly Problem[]): string {
  return problems.map(({ key, message }) => `  ${key === '' ? '(whole file)' : key}: ${message}`).join('\n');
}

function problemsOfIssue(issue: z.core.$ZodIssue, input: unknown, locate: Locate): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    const known = (issue.message.split(partSeparator)[1] ?? '').split(', ');
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      const [near] = nearNames(key, known, { count: 1, farthest: Math.max(1, Math.floor(key.length / 3)) });
      const hint = near === undefined ? `known keys here: ${known.join(', ')}` : `did you mean ${near}?`;
      return { key: keyOf(path), message: `unknown key${at(locate(path))}; ${hint}` };
    });
  }
  if (issue.code === 'invalid_key') {
    const inner = issue.issues[0]?.message ?? issue.message;
    return [
      {
        key: keyOf(issue.path),
        message: `expected as key ${inner.split(partSeparator)[0]}${at(locate(issue.path))}. Example: ${inner.split(partSeparator)[1]}`,
      },
    ];
  }
  const [expected, example] = issue.message.split(partSeparator);
  const found = valueAt(input, issue.path);
  const key = keyOf(issue.path);
  const last = issue.path.at(-1);
  const exampleText = example === undefined ? '' : ` Example: ${typeof last === 'string' ? `${last}: ` : ''}${example}`;
  return [{ key, message: `expected ${expected}, got ${describe(found)}${at(locate(issue.path))}.${exampleText}` }];
}

function at(place: string | undefined): string {
  return place === undefined ? '' : ` (${place})`;
}

function valueAt(input: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[part] : undefined,
    input,
  );
}

/** A value as people would recognise it, short. */
function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
