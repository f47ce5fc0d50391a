/** The schema of the configuration as a tree of keys, for names that documents use. */
import { z } from 'zod';
import { configSchema } from '../../src/config/schema.ts';

export interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
}

export const schemaRoot = z.toJSONSchema(configSchema, { unrepresentable: 'any', io: 'input' }) as SchemaNode;

/** The node and, of a choice or a list, everything it can be. */
function variants(node: SchemaNode): SchemaNode[] {
  const below = [...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.items ? [node.items] : [])];
  return [node, ...below.flatMap(variants)];
}

/** @param named also keys that people choose, such as those of cameras */
function behind(nodes: readonly SchemaNode[], key: string, named = true): SchemaNode[] {
  return nodes.flatMap(variants).flatMap(({ properties, additionalProperties }) => {
    const own = properties !== undefined && Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (own !== undefined) return [own];
    return named && typeof additionalProperties === 'object' ? [additionalProperties] : [];
  });
}

/** Keys in a value that no node knows, dotted. */
export function unknownKeys(nodes: readonly SchemaNode[], value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((one) => unknownKeys(nodes, one, path));
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const dotted = path === '' ? key : `${path}.${key}`;
    const found = behind(nodes, key);
    return found.length === 0 ? [dotted] : unknownKeys(found, inner, dotted);
  });
}

let sections: SchemaNode[] | undefined;

/** Every section, wherever it stands. */
function everySection(node: SchemaNode = schemaRoot): SchemaNode[] {
  const below = Object.values(node.properties ?? {});
  if (typeof node.additionalProperties === 'object') below.push(node.additionalProperties);
  const choices = variants(node).slice(1);
  return [node, ...[...below, ...choices].flatMap(everySection)];
}

/** Whether some section has the keys of `value`: documents often leave out what stands above. */
export function isKnownAnywhere(value: object): boolean {
  sections ??= everySection();
  return sections.some((section) => {
    const keys = Object.keys(value);
    const own = keys.every((key) => behind([section], key, false).length > 0);
    return own && unknownKeys([section], value).length === 0;
  });
}

/** Whether a dotted path is one of the schema, or the end of one. */
export function isKnownPath(path: readonly string[]): boolean {
  sections ??= everySection();
  return sections.some((section) => {
    const [first = '', ...rest] = path;
    let nodes = behind([section], first, false);
    for (const key of rest) nodes = behind(nodes, key);
    return nodes.length > 0;
  });
}
