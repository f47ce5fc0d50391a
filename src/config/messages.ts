/** Turns what the schema refuses into sentences: key, expectation, what was found, where, and what to write. */
import type { z } from 'zod';
import { maskAddress } from '../text/addresses.ts';
import { nearNames } from '../text/near-names.ts';
import { bare, placesOfKey, propertyOf, schemaAt, typesOf } from './schema-walk.ts';
import { withoutSecrets } from './secrets.ts';
import { suggestionFor } from './suggestion.ts';
import { partSeparator, slugLike } from './values.ts';

/** One thing that is wrong in a configuration. */
export interface Problem {
  /** Dotted path of the key, as in `cameras.front.source.widthPx`; list positions count from 0. */
  readonly key: string;
  readonly message: string;
}

export type KeyPath = readonly PropertyKey[];

/** Where and how a value was written in a file. */
export interface Mark {
  /** From 1; of the key, where there is one. */
  readonly line: number;
  /** A single value as it was written: 007, which reads as 7. */
  readonly source?: string;
  /** Between { and }, where a comma begins the next entry. */
  readonly inBraces?: boolean;
  /** By key or position, in the order of the file. */
  readonly children?: ReadonlyMap<PropertyKey, Mark>;
}

export interface Place {
  /** Such as `line 12`, or the name of a layer. */
  readonly where?: string;
  readonly mark?: Mark;
  /** The key that stands before it in the same section. */
  readonly before?: PropertyKey;
}

/** Says where the value of a path was written; undefined when it isn't known. */
export type Locate = (path: KeyPath) => Place | undefined;

/** The mark of a path, or of the nearest section above it. */
export function placeIn(mark: Mark, path: KeyPath): Place {
  const [key, ...rest] = path;
  const child = key === undefined ? undefined : mark.children?.get(key);
  if (child === undefined) return { where: `line ${mark.line}`, ...(key === undefined ? { mark } : {}) };
  if (rest.length > 0) return placeIn(child, rest);
  const keys = child.inBraces === true ? [...mark.children!.keys()] : [];
  const before = keys[keys.indexOf(key!) - 1];
  return { where: `line ${child.line}`, mark: child, ...(before === undefined ? {} : { before }) };
}

/** Dotted spelling of a path. */
export function keyOf(path: KeyPath): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? printable(part) : `${text}.${printable(part)}`;
  }, '');
}

/** A key as it may be shown: short, and without signs that a terminal acts on. */
function printable(part: PropertyKey): string {
  const text = maskAddress(String(part)).replace(
    /\p{Cc}/gu,
    (sign) => `\\x${sign.codePointAt(0)!.toString(16).padStart(2, '0')}`,
  );
  return text.length > longestShown ? `${text.slice(0, longestShown - 3)}...` : text;
}

export interface Refused {
  readonly error: z.ZodError;
  readonly schema: z.core.$ZodType;
  readonly input: unknown;
  readonly locate: Locate;
}

/** A name of something that another section should have. */
export function noSuchName(use: { kind: string; name: string; section: string; known: readonly string[] }): string {
  const [near] = nearNames(use.name, use.known, { count: 1 });
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  return `there is no ${use.kind} ${use.name} under ${use.section} (${use.known.join(', ') || 'none'})${hint}`;
}

/** More lines than this are no help. */
const mostTold = 50;

/** The problems of a zod error, in the order of the document; a few more than are told, however many there are. */
export function problemsOf(refused: Refused): Problem[] {
  const problems: Problem[] = [];
  for (const issue of refused.error.issues) {
    const left = 2 * mostTold - problems.length;
    if (left <= 0) break;
    if (issue.code === 'unrecognized_keys') {
      problems.push(...issue.keys.slice(0, left).map((key) => unknownKey(issue, key, refused)));
    } else problems.push(issue.code === 'invalid_key' ? wrongName(issue, refused) : wrongValue(issue, refused));
  }
  return problems;
}

/** One text for a list of problems, a line each. */
export function problemsText(problems: readonly Problem[]): string {
  const told = problems
    .slice(0, mostTold)
    .map(({ key, message }) => `  ${key === '' ? '(whole file)' : key}: ${message}`);
  return [...told, ...(problems.length > mostTold ? ['  and more'] : [])].join('\n');
}

function unknownKey(issue: z.core.$ZodIssueUnrecognizedKeys, key: string, { schema, input, locate }: Refused): Problem {
  const known = (issue.message.split(partSeparator)[1] ?? '').split(', ');
  const path = [...issue.path, key];
  const place = locate(path);
  const list = listWithoutBrackets(path, place, { schema, input });
  const hint = list ?? hintOfKey(key, keyOf(issue.path), known, schema);
  return { key: keyOf(path), message: `unknown key${at(place)}; ${hint}` };
}

function hintOfKey(key: string, section: string, known: readonly string[], schema: z.core.$ZodType): string {
  const plain = key.replace(/[^a-z0-9]/gi, '').toLowerCase();
  const respelled = known.find((name) => name.toLowerCase() === plain);
  const [near] = nearNames(key, known, { count: 1, farthest: Math.max(1, Math.floor(key.length / 3)) });
  if (respelled !== undefined || near !== undefined) return `did you mean ${respelled ?? near}?`;
  const secret = /pass(word|wd)?$|^pwd$/i.test(key) && known.includes('passwordFile');
  if (secret) return 'a password stands in a file of its own. Write: passwordFile: /etc/goby/password';
  // Its own place, where this is another: the one that has most in common with the section at hand comes first.
  const elsewhere = placesOfKey(schema, plain).filter((path) => path !== section);
  const top = section.split(/[.[]/)[0]!;
  elsewhere.sort((one, other) => Number(other.startsWith(`${top}.`)) - Number(one.startsWith(`${top}.`)));
  const [place] = elsewhere;
  const home = place === undefined ? '' : `it belongs to ${place}; `;
  return `${home}known keys here: ${known.join(', ')}`;
}

/** `{ labels: person, car }`: car is no key, it is the second of a list. */
function listWithoutBrackets(
  path: KeyPath,
  place: Place | undefined,
  { schema, input }: Pick<Refused, 'schema' | 'input'>,
): string | undefined {
  const { before, mark } = place ?? {};
  const key = path.at(-1)!;
  const section = path.slice(0, -1);
  if (before === undefined || mark?.inBraces !== true || valueAt(input, path) !== null) return undefined;
  const list = schemaAt(schema, input, [...section, before]);
  const value = valueAt(input, [...section, before]);
  if (list === undefined || typeof value !== 'string') return undefined;
  const suggestion = suggestionFor(list, `${value}, ${String(key)}`);
  return suggestion?.startsWith('[') ? `a list stands in brackets. Write: ${String(before)}: ${suggestion}` : undefined;
}

/** A key that is a name of something, and can't be one. */
function wrongName(issue: z.core.$ZodIssueInvalidKey, { locate }: Refused): Problem {
  const [expected = '', example = ''] = (issue.issues[0]?.message ?? issue.message).split(partSeparator);
  const like = slugLike(maskAddress(String(issue.path.at(-1))));
  const write = like === '' ? `Example: ${example}` : `Write: ${like}`;
  return { key: keyOf(issue.path), message: `expected as key ${expected}${at(locate(issue.path))}. ${write}` };
}

function wrongValue(issue: z.core.$ZodIssue, refused: Refused): Problem {
  const { schema, input, locate } = refused;
  const types = typesOf(schemaAt(schema, input, issue.path.slice(0, -1)));
  // The type of a source or action, whose message is about the whole.
  if (issue.code === 'invalid_union' && types.length > 0) return wrongType(issue.path, types, refused);
  const [expected, example] = issue.message.split(partSeparator);
  const found = valueAt(input, issue.path);
  const place = locate(issue.path);
  const last = issue.path.at(-1);
  const name = typeof last === 'string' ? `${last}: ` : '';
  const type = schemaAt(schema, input, issue.path);
  const meant = type === undefined ? undefined : suggestionFor(bare(type), found, place?.mark?.source);
  const shown = example === undefined ? '' : ` Example: ${name}${example}`;
  const write = meant === undefined ? shown : ` Write: ${name}${meant}`;
  const hidden = typeof found === 'string' && /[\u00a0\u200b\u202f\ufeff]/.test(found) ? `; ${unseenText}` : '';
  const quoted =
    meant?.startsWith('"') && typeof found !== 'string' ? `; a text that reads as something else stands in quotes` : '';
  const message = `expected ${expected}, got ${describe(found)}${at(place)}${hidden}${quoted}.${write}`;
  return { key: keyOf(issue.path), message };
}

function wrongType(path: KeyPath, types: readonly string[], { input, locate }: Refused): Problem {
  const found = valueAt(input, path);
  const [near] = typeof found === 'string' ? nearNames(found, types, { count: 1 }) : [];
  const write = near === undefined ? `Example: type: ${types[0]}` : `Write: type: ${near}`;
  const message = `expected one of ${types.join(', ')}, got ${describe(found)}${at(locate(path))}. ${write}`;
  return { key: keyOf(path), message };
}

const unseenText = 'it holds a non-breaking space or another sign that is not seen: type an ordinary space';

function at(place: Place | undefined): string {
  return place?.where === undefined ? '' : ` (${place.where})`;
}

function valueAt(input: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>(propertyOf, input);
}

const longestShown = 60;

/** A value as people would recognise it, short, and without the password of an address. */
function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  const text = JSON.stringify(withoutSecrets(value)) ?? String(value);
  const visible = text.replace(/[\u00a0\u200b-\u200f\u2028-\u202f\ufeff]/g, escaped);
  return visible.length > longestShown ? `${visible.slice(0, longestShown - 3)}...` : visible;
}

function escaped(sign: string): string {
  return `\\u${sign.codePointAt(0)!.toString(16).padStart(4, '0')}`;
}
