/** Whatever kind of value stands behind any key of the schema: it is taken, or a sentence says what to write. */
import test from 'ava';
import type { z } from 'zod';
import { setIn, type Tree } from '../../src/config/layers.ts';
import { problemsOf } from '../../src/config/messages.ts';
import { withoutNulls } from '../../src/config/nulls.ts';
import { configSchema } from '../../src/config/schema.ts';
import { schemaPaths } from './schema-paths.ts';

/** zod's own words, which no user should have to read. */
const ofZod = /Invalid|received|Unrecognized|Too (small|big)|undefined|\[object|\|~\|/;

const values: readonly unknown[] = [
  null,
  true,
  -1,
  0.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  1e300,
  '',
  ' ',
  'off',
  'x\u0000y',
  'Ä b/#',
  [],
  [null],
  [[]],
  [{}],
  ['x', 1],
  {},
  { a: null },
  { type: 'nothing' },
  { type: 3 },
];

for (const path of schemaPaths(configSchema)) {
  test(`says what to write at ${path}`, (t) => {
    for (const value of values) {
      const input: Tree = {};
      setIn(input, path.replaceAll('*', 'name').split('.'), value);
      for (const { message } of problemsWith(input)) t.notRegex(message, ofZod, `${path}: ${JSON.stringify(value)}`);
    }
  });
}

function problemsWith(input: Tree) {
  const settled = withoutNulls(configSchema, input);
  const parsed = configSchema.safeParse(settled);
  if (parsed.success) return [];
  const error: z.ZodError = parsed.error;
  return problemsOf({ error, schema: configSchema, input: settled, locate: () => undefined });
}
