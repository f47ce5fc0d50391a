/** The settings as a form needs them: each with its value, where that comes from, and what the schema lets it be. */
import { z } from 'zod';
import { leavesOf } from './layers.ts';
import type { LoadedConfig } from './load.ts';
import { configSchema } from './schema.ts';
import type { SettingField } from './setting-field.ts';

interface Node {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node | boolean;
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
}

/** Made once: the schema doesn't change while goby runs. */
let schema: Node | undefined;

/**
 * Every setting that has a value, and every one that could have one beside those.
 * @param help by key with * for names: see setting-help.ts
 */
export function settingFields(
  { config, originOf, overrides }: Pick<LoadedConfig, 'config' | 'originOf' | 'overrides'>,
  help: ReadonlyMap<string, string>,
): SettingField[] {
  schema ??= z.toJSONSchema(configSchema, { unrepresentable: 'any', io: 'input' }) as Node;
  const values = new Map(leavesOf(config).map(({ path, value }) => [path.join('.'), { path, value }]));
  for (const path of possiblePaths(schema, config)) {
    const key = path.join('.');
    const isThere = [...values.keys()].some((one) => one === key || one.startsWith(`${key}.`));
    if (!isThere) values.set(key, { path, value: undefined });
  }
  return [...values.values()].map(({ path, value }) => {
    const { node, pattern } = find(schema!, path.map(String));
    return {
      key: path.join('.'),
      ...(value === undefined ? {} : { value }),
      ...originIn(originOf(path), overrides.file),
      ...shapeOf(node),
      ...(help.has(pattern) ? { help: help.get(pattern)! } : {}),
    };
  });
}

/** The file of overrides is goby's own: its path says nothing to those who read a form. */
function originIn(origin: string, overridesFile: string): Pick<SettingField, 'from' | 'isOverride'> {
  return origin === overridesFile ? { from: 'settings changed while goby runs', isOverride: true } : { from: origin };
}

/** Keys of sections that are there, whether or not they have a value. */
function possiblePaths(node: Node, value: unknown, path: readonly string[] = []): string[][] {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return path.length === 0 ? [] : [[...path]];
  const known = Object.entries(node.properties ?? {});
  const names =
    typeof node.additionalProperties === 'object'
      ? Object.keys(value).map((name): [string, Node] => [name, node.additionalProperties as Node])
      : [];
  return [...known, ...names].flatMap(([key, below]) => {
    const inner = (value as Record<string, unknown>)[key];
    return inner === undefined ? [[...path, key]] : possiblePaths(below, inner, [...path, key]);
  });
}

/** The part of the schema that a key stands for, and the key with * for names. */
function find(root: Node, path: readonly string[]): { node: Node | undefined; pattern: string } {
  let node: Node | undefined = root;
  const pattern = path.map((key) => {
    const isKnown: boolean = node?.properties?.[key] !== undefined;
    const below: Node | boolean | undefined = node?.properties?.[key] ?? node?.additionalProperties;
    node = typeof below === 'object' ? below : undefined;
    return isKnown || node === undefined ? key : '*';
  });
  return { node, pattern: pattern.join('.') };
}

function shapeOf(node: Node | undefined): Partial<SettingField> {
  if (node === undefined) return {};
  const choices = node.enum ?? node.anyOf?.map((one) => one.const).filter((one) => one !== undefined);
  return {
    ...(node.type === undefined ? {} : { type: node.type }),
    ...(choices === undefined || choices.length === 0 ? {} : { choices }),
    ...(node.minimum === undefined ? {} : { minimum: node.minimum }),
    ...(node.maximum === undefined ? {} : { maximum: node.maximum }),
    ...(node.default === undefined ? {} : { default: node.default }),
  };
}
