/** Every key of the schema, dotted, with * for names: what a list of keys can be held against. */
import type { z } from 'zod';

interface Definition {
  readonly shape?: Record<string, z.core.$ZodType>;
  readonly innerType?: z.core.$ZodType;
  readonly valueType?: z.core.$ZodType;
  readonly options?: readonly z.core.$ZodType[];
  readonly type: string;
}

/** Lists count as one key. */
export function schemaPaths(schema: z.core.$ZodType, path: readonly string[] = []): string[] {
  const { shape, innerType, valueType, options, type } = (schema as z.ZodType)._zod.def as unknown as Definition;
  if (shape) return Object.entries(shape).flatMap(([key, value]) => schemaPaths(value, [...path, key]));
  if (innerType) return schemaPaths(innerType, path);
  if (type === 'record' && valueType) return schemaPaths(valueType, [...path, '*']);
  if (options?.some((option) => 'shape' in (option as z.ZodType)._zod.def)) {
    return [...new Set(options.flatMap((option) => schemaPaths(option, path)))];
  }
  return [path.join('.')];
}
