/** The layers a configuration is made of, each a tree of plain values, and the merge that remembers who said what. */
import type { z } from 'zod';
import { ConfigError } from '../errors.ts';
import { type KeyPath, keyOf, type Locate, type Mark, type Problem, placeIn, problemsText } from './messages.ts';
import { readConfigText } from './read-text.ts';
import { deepestLevel, readYaml } from './read-yaml.ts';
import { childOf, shapeOf } from './schema-walk.ts';
import { writtenValue } from './written.ts';

export type Tree = { [key: string]: unknown };

export interface Layer {
  /** As shown to people: a file's path, `environment`, `command line`. */
  readonly name: string;
  readonly values: Tree;
  readonly locate: Locate;
  /** What is wrong whatever the schema says, such as a key that is written twice. */
  readonly problems?: readonly Problem[];
}

/** Reads a YAML file whole; what is wrong with single keys is left to be told with the rest. An empty file is an empty layer. */
export function readLayer(file: string): Layer {
  return textLayer(file, readConfigText(file));
}

/** The same for text at hand. */
export function textLayer(name: string, text: string): Layer {
  const { value, mark, problems } = writtenValue(name, readYaml(name, text));
  const values = value ?? {};
  if (!isTree(values)) {
    throw new ConfigError(
      `The configuration ${name} must be a list of keys with values, got ${JSON.stringify(values)?.slice(0, 60)}.`,
      { remedy: 'Example: mqtt: { broker: embedded }' },
    );
  }
  return { name, values, locate: (path) => placeIn(mark, path), problems };
}

/**
 * GOBY__MQTT__BROKER=off becomes mqtt.broker: off, and GOBY__CAMERAS__FRONT_DOOR__MINSCORE that of a camera front-door.
 * Keys are found whatever their case; a variable's name has no hyphen, so that _ stands for it too. Where a level isn't
 * known, lower case is assumed. Values are read as YAML.
 * @param known what the layers below say: the names that there are
 */
export function environmentLayer(env: NodeJS.ProcessEnv, known: Tree, schema: z.core.$ZodType): Layer {
  const said: Said[] = [];
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith('GOBY__') || text === undefined) continue;
    const path = pathOf(variable.slice('GOBY__'.length).split('__'), known, schema);
    said.push({ path, ...parseValue(variable, text) });
  }
  return saidLayer('environment', said);
}

/** @param schema of this level, undefined where there is none */
function pathOf(parts: readonly string[], known: unknown, schema: z.core.$ZodType | undefined): string[] {
  if (parts.length === 0) return [];
  const shape = schema === undefined ? undefined : shapeOf(schema, known);
  const keys = [...Object.keys(shape ?? {}), ...(isTree(known) ? Object.keys(known) : [])];
  const { key, length } = keyNamed(parts, keys) ?? { key: parts[0]!.toLowerCase(), length: 1 };
  const below = isTree(known) && Object.hasOwn(known, key) ? known[key] : undefined;
  const child = schema === undefined ? undefined : childOf(schema, key, known);
  return [key, ...pathOf(parts.slice(length), below, child)];
}

/** The key that the first parts spell; a name may hold __ itself. The exact one comes before one with hyphens. */
function keyNamed(parts: readonly string[], keys: readonly string[]): { key: string; length: number } | undefined {
  for (let length = parts.length; length > 0; length--) {
    const spelled = parts.slice(0, length).join('__').toLowerCase();
    const found =
      keys.find((key) => key.toLowerCase() === spelled) ??
      keys.find((key) => key.toLowerCase().replaceAll('-', '_') === spelled);
    if (found !== undefined) return { key: found, length };
  }
  return undefined;
}

/** `--set mqtt.broker=off` as a layer. */
export function commandLineLayer(settings: readonly string[]): Layer {
  const said = settings.map((setting): Said => {
    const [, key, text] = /^([^=]+)=(.*)$/s.exec(setting) ?? [];
    if (key === undefined || text === undefined) {
      throw new ConfigError(`--set ${setting}: expected KEY=VALUE.`, { remedy: 'Example: --set mqtt.broker=off' });
    }
    return { path: key.split('.'), ...parseValue(key, text) };
  });
  return saidLayer('command line', said);
}

/** One value at one place. */
interface Said {
  readonly path: readonly string[];
  readonly value: unknown;
  readonly mark: Mark;
}

function saidLayer(name: string, said: readonly Said[]): Layer {
  const values: Tree = {};
  for (const { path, value } of said) setIn(values, path, value);
  const locate: Locate = (path) => {
    const one = said.findLast((candidate) => candidate.path.every((part, at) => part === path[at]));
    const place = one === undefined ? undefined : placeIn(one.mark, path.slice(one.path.length));
    // A line within a variable says nothing.
    return place?.mark === undefined ? undefined : { mark: place.mark };
  };
  return { name, values, locate };
}

/** Merges layers, later ones winning; lists and values are replaced whole, sections are merged key by key. */
export function mergeLayers(layers: readonly Layer[]): { values: Tree; origin: Map<string, Layer> } {
  const values: Tree = {};
  const origin = new Map<string, Layer>();
  for (const layer of layers) mergeInto(values, layer.values, [], layer, origin);
  return { values, origin };
}

/** The layer that said a key's value: itself, or the list that it stands in. Undefined: none, the default counts. */
export function sayingLayer(origin: Map<string, Layer>, path: KeyPath): Layer | undefined {
  const listed = path.findIndex((part) => typeof part === 'number');
  return origin.get(keyOf(listed < 0 ? path : path.slice(0, listed)));
}

/** The layer that a key, or the nearest section above it, was said by. */
export function layerOf(origin: Map<string, Layer>, path: KeyPath): Layer | undefined {
  for (let depth = path.length; depth > 0; depth--) {
    const layer = origin.get(keyOf(path.slice(0, depth)));
    if (layer) return layer;
  }
  return undefined;
}

function mergeInto(into: Tree, from: Tree, path: string[], layer: Layer, origin: Map<string, Layer>): void {
  if (path.length > deepestLevel) {
    throw new ConfigError(`The configuration (${layer.name}) is nested deeper than ${deepestLevel} levels.`);
  }
  for (const [key, value] of Object.entries(from)) {
    // It says nothing against what is there already; see also nulls.ts.
    if (value === null && Object.hasOwn(into, key)) continue;
    const here = [...path, key];
    origin.set(keyOf(here), layer);
    if (isTree(value)) {
      // An own property only: a key named __proto__ must not reach Object.prototype.
      const before = Object.hasOwn(into, key) ? into[key] : undefined;
      const below = isTree(before) ? before : {};
      define(into, key, below);
      mergeInto(below, value, here, layer, origin);
    } else {
      define(into, key, value);
    }
  }
}

/** Sets an own property also for names such as __proto__. */
function define(tree: Tree, key: string, value: unknown): void {
  Object.defineProperty(tree, key, { value, enumerable: true, writable: true, configurable: true });
}

/** Sets a value at a path, making the sections on the way. */
export function setIn(tree: Tree, path: readonly string[], value: unknown): void {
  let level = tree;
  for (const key of path.slice(0, -1)) {
    const below = Object.hasOwn(level, key) ? level[key] : undefined;
    const next = isTree(below) ? below : {};
    define(level, key, next);
    level = next;
  }
  define(level, path.at(-1)!, value);
}

function parseValue(name: string, text: string): { value: unknown; mark: Mark } {
  const { value, mark, problems } = writtenValue(name, readYaml(name, text));
  if (problems.length === 0) return { value, mark };
  throw new ConfigError(`${name}: the value can't be used:\n${problemsText(problems)}`);
}

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export interface TreeLeaf {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** Every value that is no section, with its path; a list is one value. */
export function leavesOf(value: unknown, path: readonly string[] = []): TreeLeaf[] {
  if (!isTree(value)) return path.length === 0 ? [] : [{ path, value }];
  return Object.entries(value).flatMap(([key, below]) => leavesOf(below, [...path, key]));
}
