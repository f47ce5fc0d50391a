/** Kinds of config value. Each knows its range in words and an example, so that every message can name both. */
import { z } from 'zod';
import { maskAddress } from '../text/addresses.ts';

/** What a value of some kind may have been meant as, for messages that show what to write. The schema has the last word. */
export const mends = z.registry<{ readonly mend: (found: unknown) => unknown[] }>();

/** Texts that are paths, or may be: relative ones are taken from the folder of the file that names them. */
export const paths = z.registry<{ readonly isPath: (value: string) => boolean }>();

/** Joins expectation and example inside a zod message; messages.ts takes them apart again. */
export const partSeparator = '|~|';

/** Words for a value's expectation and an example value, carried as the message of a zod issue. */
export function expects(expected: string, example: unknown): string {
  return `${expected}${partSeparator}${typeof example === 'string' ? example : JSON.stringify(example)}`;
}

/** An object that refuses keys it doesn't know, and tells which it has. */
export function section<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const known = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `unknown${partSeparator}${known}`
        : expects(`a section with keys (${known})`, `{ ${Object.keys(shape)[0]}: ... }`),
  });
}

export function wholeNumber(min: number, max: number, example: number) {
  const error = expects(`a whole number from ${min} to ${max}`, example);
  return z.int({ error }).min(min, { error }).max(max, { error });
}

export function realNumber(min: number, max: number, example: number) {
  const error = expects(`a number from ${min} to ${max}`, example);
  return z.number({ error }).min(min, { error }).max(max, { error });
}

/** A score or threshold: a fraction from 0 to 1. */
export function fraction(example: number) {
  const mend = (found: unknown) => (typeof found === 'number' && found > 1 && found <= 100 ? [found / 100] : []);
  return realNumber(0, 1, example).register(mends, { mend });
}

/** A time in milliseconds. */
export function durationMs(minMs: number, maxMs: number, example: number) {
  const error = expects(`a time in milliseconds, ${minMs} to ${maxMs}`, example);
  return z.int({ error }).min(minMs, { error }).max(maxMs, { error });
}

export function oneOf<const Choices extends readonly [string, ...string[]]>(choices: Choices) {
  return z.enum(choices, { error: expects(`one of ${choices.join(', ')}`, choices[0]) });
}

/** One of a few numbers, such as angles. */
export function oneNumberOf<const Choices extends readonly number[]>(choices: Choices) {
  return z.literal(choices, { error: expects(`one of ${choices.join(', ')}`, choices[0]) });
}

/** `auto`, or what the other kind takes. */
export function autoOr<Kind extends z.ZodType>(kind: Kind, expected: string) {
  return z.union([z.literal('auto'), kind], { error: expects(`auto, or ${expected}`, 'auto') });
}

export function flag() {
  return z.boolean({ error: expects('true or false', true) });
}

/** Longer than any name or path that a file system takes. */
const longestText = 4096;

/** Without control characters: they would reach terminals, logs and file names. */
export function text(expected: string, example: string) {
  const error = expects(`${expected}, without control characters`, example);
  return z
    .string({ error: expects(expected, example) })
    .min(1, { error: expects(expected, example) })
    .max(longestText, { error: expects(`${expected} of at most ${longestText} letters`, example) })
    .regex(/^\P{Cc}*$/u, { error });
}

export function pattern(expression: RegExp, expected: string, example: string) {
  const error = expects(expected, example);
  return z.string({ error }).regex(expression, { error });
}

/** A name that is safe in topics and file names. */
export function slug(expected: string, example: string) {
  const mend = (found: unknown) => (typeof found === 'string' ? [slugLike(found)] : []);
  return pattern(/^[a-z0-9_-]{1,64}$/, `${expected}: 1 to 64 of a-z, 0-9, _ and -`, example).register(mends, { mend });
}

const germanLetters: Readonly<Record<string, string>> = { ä: 'ae', ö: 'oe', ü: 'ue', ß: 'ss' };

/** A name in the letters of a slug, as near to it as they come. */
export function slugLike(name: string): string {
  return name
    .normalize('NFC')
    .toLowerCase()
    .replace(/[äöüß]/g, (letter) => germanLetters[letter]!)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9_]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 64);
}

/** A path; relative ones are taken from the folder of the config file. An address is none, and may hold a password. */
export function path(example: string) {
  const error = expects('a path', example);
  return text('a path', example)
    .refine((value) => !value.includes('://') && maskAddress(value) === value, { error })
    .register(paths, { isPath: () => true });
}

/** A list. @param most entries, so that nothing that looks at each of them takes long */
export function listOf<Element extends z.ZodType>(
  element: Element,
  { expected, example, most = 1000 }: { expected: string; example: unknown; most?: number },
) {
  return z
    .array(element, { error: expects(expected, example) })
    .max(most, { error: expects(`${expected} with at most ${most} entries`, example) });
}

/** Labels of a model. */
export function labelList(of: string, example: string) {
  return listOf(text(of, example), { expected: 'a list of labels', example: `[${example}]` });
}

/** A section whose keys are names that the user gives. */
export function named<Value extends z.ZodType>(kind: string, example: string, value: Value) {
  return z.record(slug(`the name of ${kind}`, example), value, {
    error: expects(`a section with names of ${kind} as keys`, `{ ${example}: ... }`),
  });
}

/** The first levels of topics: no wildcards, no empty levels, and nothing that brokers keep for themselves. */
export function topic(example: string) {
  return pattern(
    /^(?!\$)[^+#\p{Cc}/\s]+(\/[^+#\p{Cc}/\s]+)*$/u,
    'a topic without wildcards (+ #), spaces or empty levels, that does not begin with $, as the topics of brokers do',
    example,
  ).register(mends, {
    mend: (found) => [
      String(found)
        .replace(/^[$/]+|[/]+$/g, '')
        .replace(/\/{2,}/g, '/')
        .replace(/\s+/g, '-'),
    ],
  });
}

/** A GPIO line by its name, or by chip and offset. */
export function gpioLine(example: string) {
  return pattern(
    // Digits alone could be the number of a pin or of a line.
    /^(?!\d+$)(GPIO\d{1,2}|[A-Za-z0-9_.-]{1,31}|gpiochip\d{1,2}:\d{1,3})$/,
    'a line name or gpiochipN:OFFSET',
    example,
  ).register(mends, {
    mend: (found) => {
      const number = /^(?:gpio|bcm|pin)?[ _-]?(\d{1,2})$/i.exec(String(found))?.[1];
      return number === undefined ? [] : [`GPIO${Number(number)}`];
    },
  });
}
