/** Kinds of config value. Each knows its range in words and an example, so that every message can name both. */
import { z } from 'zod';

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
      issue.code === 'unrecognized_keys' ? `unknown${partSeparator}${known}` : expects('a section with keys', `{}`),
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
  return realNumber(0, 1, example);
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

export function flag() {
  return z.boolean({ error: expects('true or false', true) });
}

export function text(expected: string, example: string) {
  const error = expects(expected, example);
  return z.string({ error }).min(1, { error });
}

export function pattern(expression: RegExp, expected: string, example: string) {
  const error = expects(expected, example);
  return z.string({ error }).regex(expression, { error });
}

/** A name that is safe in topics and file names. */
export function slug(expected: string, example: string) {
  return pattern(/^[a-z0-9_-]{1,64}$/, `${expected}: 1 to 64 of a-z, 0-9, _ and -`, example);
}

/** A path; relative ones are taken from the folder of the config file. */
export function path(example: string) {
  return text('a path', example);
}

/** One level of an MQTT topic prefix: no wildcards, no empty levels. */
export function topic(example: string) {
  return pattern(
    /^[^+#\p{Cc}/\s]+(\/[^+#\p{Cc}/\s]+)*$/u,
    'a topic without wildcards (+ #), spaces or empty levels',
    example,
  );
}

/** A GPIO line by its name, or by chip and offset. */
export function gpioLine(example: string) {
  return pattern(
    /^(GPIO\d{1,2}|[A-Za-z0-9_.-]{1,31}|gpiochip\d{1,2}:\d{1,3})$/,
    'a line name or gpiochipN:OFFSET',
    example,
  );
}
