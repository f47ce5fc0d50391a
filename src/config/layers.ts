/** The layers a configuration is made of, each a tree of plain values, and the merge that remembers where each value came from. */
import { ConfigError } from '../errors.ts';
import { type KeyPath, keyOf, type Locate, type Problem, placeIn } from './messages.ts';
import { readConfigText } from './read-text.ts';
import { deepestLevel, readYaml } from './read-yaml.ts';
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
    // An empty value doesn't replace what is there already; see also nulls.ts.
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
