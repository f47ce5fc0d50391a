/** What was probably meant by a value that can't be used: it is read in several ways, and the first result that the schema takes is shown. */
import { stringify } from 'yaml';
import type { z } from 'zod';
import { mask, maskAddress } from '../text/addresses.ts';
import { nearNames } from '../text/near-names.ts';
import { bare, shapeOf } from './schema-walk.ts';
import { withoutSecrets } from './secrets.ts';
import { mends } from './values.ts';

/** A longer one is no help in a sentence. */
const longestText = 120;

/**
 * As it would be written behind the key; undefined when nothing that was tried fits.
 * @param source how a plain value was written: 007, which reads as 7
 */
export function suggestionFor(schema: z.core.$ZodType, found: unknown, source?: string): string | undefined {
  if (found === undefined || found === null) return undefined;
  const type = bare(schema) as z.ZodType;
  const shown = source === undefined ? undefined : maskAddress(source);
  const meant = readings(type, withoutSecrets(found), shown).find((reading) => type.safeParse(reading).success);
  const text = meant === undefined ? undefined : written(meant);
  return text === undefined || text.length > longestText || text.includes(mask) ? undefined : text;
}

/** In one line, with quotes where YAML needs them. */
function written(value: unknown): string {
  const text = stringify([value], { collectionStyle: 'flow', lineWidth: 0, version: '1.1' }).trim();
  return text.slice(1, -1).trim();
}

function readings(type: z.ZodType, found: unknown, source: string | undefined): unknown[] {
  const own = typeof found === 'object' ? [] : (mends.get(type)?.mend(found) ?? []);
  const plain = typeof found === 'string' ? ofText(found.trim()) : ofOther(found, source);
  const first = [...own, ...plain, ...choices(type, found)];
  // Then what a list, or the first key of a section that takes it, makes of it.
  const keys = Object.keys(shapeOf(type, found) ?? {});
  const sections =
    Array.isArray(found) || typeof found === 'object' ? [] : keys.flatMap((key) => inSection(key, found));
  return [...first, ...sections];
}

function inSection(key: string, found: unknown): unknown[] {
  const word = found === false ? ['off'] : found === true ? ['on'] : [];
  return [found, ...word].map((value) => ({ [key]: value }));
}

function ofText(text: string): unknown[] {
  const parts = text.split(/\s*,\s*/).filter((part) => part !== '');
  return [
    text,
    ...numbers(text),
    ...words(text),
    text.toLowerCase(),
    parts,
    ...parts.map((part) => [part.toLowerCase()]),
  ];
}

function ofOther(found: unknown, source: string | undefined): unknown[] {
  if (Array.isArray(found)) return [...ofList(found)];
  if (typeof found === 'object') return [[found], namedEntries(found as object)];
  const text = source ?? String(found);
  return [text, [text], ...(typeof found === 'boolean' ? [found ? 'on' : 'off'] : [Boolean(found)])];
}

/** One value in brackets, numbers that a comma cut in two, or names in a list of sections. */
function ofList(found: readonly unknown[]): unknown[] {
  const halves = found.flatMap((part, position) =>
    position % 2 === 1 ? [Number(`${String(found[position - 1])}.${String(part)}`)] : [],
  );
  const isNamed = found.every((entry) => typeof entry === 'object' && entry !== null && 'name' in entry);
  const byName = Object.fromEntries(
    (isNamed ? (found as { name: string }[]) : []).map(({ name, ...rest }) => [name, rest]),
  );
  return [...(found.length === 1 ? found : []), halves, ...(isNamed ? [byName] : [])];
}

function namedEntries(found: object): unknown[] {
  return Object.entries(found).map(([name, entry]) => ({ name, ...(entry as object) }));
}

const secondsOf: Readonly<Record<string, number>> = { ms: 0.001, s: 1, sec: 1, min: 60, m: 60, h: 3600, d: 86_400 };
const bytesOf: Readonly<Record<string, number>> = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** Numbers in other spellings: 0,5; 50 %; 2s (in milliseconds); 64MB; 1_000; in quotes. */
function numbers(text: string): number[] {
  const match = /^([+-]?\d[\d_.,' ]*)\s*([a-z%]*)$/i.exec(text);
  if (match === null) return [];
  const digits = match[1]!.trim();
  const unit = match[2]!.toLowerCase();
  const isGrouped = /^[+-]?\d{1,3}([_,' ]\d{3})+$/.test(digits);
  const value = Number(isGrouped ? digits.replace(/[_,' ]/g, '') : digits.replace(/_/g, '').replace(',', '.'));
  if (!Number.isFinite(value)) return [];
  if (unit === '') return [value];
  if (unit === '%') return [value / 100];
  const seconds = secondsOf[unit];
  if (seconds !== undefined) return [Math.round(value * seconds * 1000), value * seconds];
  const bytes = /^([kmg]?)i?b$/.exec(unit)?.[1];
  if (bytes !== undefined) return [Math.round(value * bytesOf[bytes === '' ? 'b' : bytes]!), value];
  return /^(px|deg|fps|hz|x)$/.test(unit) ? [value] : [];
}

/** What other programs take for true and false, or for on and off. */
function words(text: string): unknown[] {
  if (/^(yes|on|true|y|1|enabled?)$/i.test(text)) return [true, 'on'];
  return /^(no|off|false|n|0|disabled?|none)$/i.test(text) ? [false, 'off', []] : [];
}

/** The nearest of the values that there are, also of a source's type. */
function choices(type: z.ZodType, found: unknown): unknown[] {
  const { values, entries } = type._zod.def as {
    values?: readonly unknown[];
    entries?: Readonly<Record<string, string>>;
  };
  const known = (values ?? Object.values(entries ?? {})).filter((value) => typeof value === 'string');
  if (typeof found !== 'string' || known.length === 0) return [];
  const short = known.filter((choice) => choice.length > 1 && found.toLowerCase().startsWith(choice));
  return [...short, ...nearNames(found, known, { count: 1, farthest: Math.max(1, found.length / 3) })];
}
