/** Ways through the schema: which keys a section has, what is behind a key, and where else a key belongs. */
import type { z } from 'zod';

type Schema = z.core.$ZodType;

/** What of zod's definitions is walked: sections, named sections, lists, and sources by their type. */
interface Definition {
  readonly type: string;
  readonly innerType?: Schema;
  readonly shape?: Readonly<Record<string, Schema>>;
  readonly valueType?: Schema;
  readonly element?: Schema;
  readonly items?: readonly Schema[];
  readonly options?: readonly Schema[];
  readonly discriminator?: string;
  readonly values?: readonly unknown[];
}

/** The schema itself, without what makes it optional or gives it a default. */
export function bare(schema: Schema): Schema {
  const { innerType } = definitionOf(schema);
  return innerType === undefined ? schema : bare(innerType);
}

function definitionOf(schema: Schema): Definition {
  return (schema as z.ZodType)._zod.def as unknown as Definition;
}

/** Keys of a section, with what is behind each; of a source, those of the type that `value` names. Undefined: not a section. */
export function shapeOf(schema: Schema, value: unknown): Readonly<Record<string, Schema>> | undefined {
  const { shape, options, discriminator } = definitionOf(bare(schema));
  if (shape !== undefined || options === undefined || discriminator === undefined) return shape;
  const wanted = propertyOf(value, discriminator);
  const option = options.find((one) => {
    const type = definitionOf(one).shape?.[discriminator];
    return type !== undefined && (type as z.ZodType).safeParse(wanted).success;
  });
  return option === undefined ? undefined : definitionOf(option).shape;
}

/** Keys of a section; of a source, those of every type. */
export function keysOf(schema: Schema): string[] {
  const { shape, options } = definitionOf(bare(schema));
  return shape !== undefined ? Object.keys(shape) : [...new Set((options ?? []).flatMap(keysOf))];
}

/** The types that a source or an action may have; empty: it is none of them. */
export function typesOf(schema: Schema | undefined): string[] {
  if (schema === undefined) return [];
  const { options = [], discriminator } = definitionOf(bare(schema));
  if (discriminator === undefined) return [];
  return options.flatMap((option) => {
    const { values } = definitionOf(definitionOf(option).shape![discriminator]!);
    return (values ?? []).filter((value) => typeof value === 'string');
  });
}

/** What each entry of a section of names must be. Undefined: the keys aren't names. */
export function namedValue(schema: Schema): Schema | undefined {
  const { type, valueType } = definitionOf(bare(schema));
  return type === 'record' ? valueType : undefined;
}

/** True for values that are a section of keys themselves. */
export function isSection(schema: Schema): boolean {
  const { type, options } = definitionOf(bare(schema));
  return type === 'object' || type === 'record' || (options?.some(isSection) ?? false);
}

/** What is behind a key or a position. @param value at this place, which tells the type of a source */
export function childOf(schema: Schema, key: PropertyKey, value: unknown): Schema | undefined {
  const { element, items } = definitionOf(bare(schema));
  if (typeof key === 'number') return element ?? items?.[key];
  const shape = shapeOf(schema, value);
  if (shape !== undefined) return Object.hasOwn(shape, key) ? shape[String(key)] : undefined;
  return namedValue(schema);
}

/** What is behind a path. */
export function schemaAt(schema: Schema, value: unknown, path: readonly PropertyKey[]): Schema | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return schema;
  const child = childOf(schema, key, value);
  return child === undefined ? undefined : schemaAt(child, propertyOf(value, key), rest);
}

/** Dotted paths of every place where the schema has this key, with <name> for names and [] for positions of a list. */
export function placesOfKey(schema: Schema, key: string, path = ''): string[] {
  const { shape, valueType, element, options, type } = definitionOf(bare(schema));
  if (shape !== undefined) {
    return Object.entries(shape).flatMap(([name, child]) => {
      const here = path === '' ? name : `${path}.${name}`;
      return [...(name.toLowerCase() === key.toLowerCase() ? [here] : []), ...placesOfKey(child, key, here)];
    });
  }
  if (type === 'record' && valueType !== undefined) return placesOfKey(valueType, key, `${path}.<name>`);
  if (element !== undefined) return placesOfKey(element, key, `${path}[]`);
  return [...new Set((options ?? []).flatMap((option) => placesOfKey(option, key, path)))];
}

export function propertyOf(value: unknown, key: PropertyKey): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<PropertyKey, unknown>)[key]
    : undefined;
}
