/**
 * What a key without a value means. A section whose keys are all commented out reads as null, and so does a key whose value
 * is: they say nothing, and the default counts. A name without keys is a section with defaults. An unknown key stays, so that
 * the schema tells of it.
 */
import type { z } from 'zod';
import { childOf, isSection, namedValue, shapeOf } from './schema-walk.ts';

/** The same values as a copy with nothing in place of such nulls; elsewhere null stays, and is a wrong value. */
export function withoutNulls(schema: z.core.$ZodType, value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map((entry, position) => {
      const child = childOf(schema, position, value);
      return child === undefined ? entry : withoutNulls(child, entry);
    });
  }
  if (typeof value !== 'object' || value === null) return value;
  const named = namedValue(schema);
  const shape = shapeOf(schema, value);
  const entries = Object.entries(value).flatMap(([key, entry]): [string, unknown][] => {
    const child = named ?? (shape !== undefined && Object.hasOwn(shape, key) ? shape[key] : undefined);
    if (child === undefined) return [[key, entry]];
    if (entry !== null) return [[key, withoutNulls(child, entry)]];
    if (named === undefined) return [];
    return [[key, isSection(named) ? {} : null]];
  });
  return Object.fromEntries(entries);
}
