/** The layers a configuration is made of, each a tree of plain values, and the merge that remembers who said what. */
import { readFileSync } from 'node:fs';
import { type Document, isMap, isScalar, LineCounter, parse, parseDocument } from 'yaml';
import { ConfigError, sentence } from '../errors.ts';
import { type KeyPath, keyOf, type Locate } from './messages.ts';

export type Tree = { [key: string]: unknown };

export interface Layer {
  /** As shown to people: a file's path, `environment`, `command line`. */
  readonly name: string;
  readonly values: Tree;
  readonly locate: Locate;
}

const nowhere: Locate = () => undefined;

/** Reads a YAML file. An empty file is an empty layer. Throws ConfigError with line and column for bad YAML. */
export function fileLayer(file: string): Layer {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why =
      code === 'ENOENT'
        ? 'there is no such file'
        : code === 'EACCES'
          ? 'this user may not read it'
          : code === 'EISDIR'
            ? 'it is a folder'
            : sentence(error);
    throw new ConfigError(`The configuration ${file} can't be read: ${why}.`, {
      remedy: 'Name another one with --config, or start from config/goby.yaml.',
      cause: error,
    });
  }
  return textLayer(file, text);
}

/** The same for text at hand. */
export function textLayer(name: string, text: string): Layer {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: true, uniqueKeys: true });
  if (document.errors.length > 0) {
    throw new ConfigError(
      `The configuration ${name} is not valid YAML:\n${document.errors.map((error) => `  ${error.message.trim()}`).join('\n')}`,
    );
  }
  const values = valuesOf(document, name);
  if (typeof values !== 'object' || Array.isArray(values)) {
    throw new ConfigError(
      `The configuration ${name} must be a list of keys with values, got ${JSON.stringify(values)?.slice(0, 60)}.`,
      { remedy: 'Example: mqtt: { broker: embedded }' },
    );
  }
  const locate: Locate = (path) => {
    for (let depth = path.length; depth > 0; depth--) {
      const parent = depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1), true);
      const last = path[depth - 1];
      const pair = isMap(parent)
        ? parent.items.find((item) => isScalar(item.key) && item.key.value === last)
        : undefined;
      const node = pair?.key ?? document.getIn(path.slice(0, depth), true);
      const range = (node as { range?: [number, number, number] } | undefined)?.range;
      if (range) return `line ${lines.linePos(range[0]).line}`;
    }
    return undefined;
  };
  return { name, values: values as Tree, locate };
}

/** Aliases are followed here, and may lead nowhere or to too much. */
function valuesOf(document: Document, name: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch (cause) {
    throw new ConfigError(`The configuration ${name} is not valid YAML:\n  ${sentence(cause)}`, { cause });
  }
}

/**
 * GOBY__MQTT__BROKER=off becomes mqtt.broker: off. Letter case and, where a level isn't known in `known`, lower case
 * are assumed; values are read as YAML.
 */
export function environmentLayer(env: NodeJS.ProcessEnv, known: Tree): Layer {
  const values: Tree = {};
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith('GOBY__') || text === undefined) continue;
    let level: unknown = known;
    const path = variable
      .slice('GOBY__'.length)
      .split('__')
      .map((part) => {
        const keys = typeof level === 'object' && level !== null ? Object.keys(level) : [];
        const key = keys.find((name) => name.toLowerCase() === part.toLowerCase()) ?? part.toLowerCase();
        level = (level as Tree | undefined)?.[key];
        return key;
      });
    setIn(values, path, parseValue(variable, text));
  }
  return { name: 'environment', values, locate: nowhere };
}

/** `--set mqtt.broker=off` as a layer. */
export function commandLineLayer(settings: readonly string[]): Layer {
  const values: Tree = {};
  for (const setting of settings) {
    const [, key, text] = /^([^=]+)=(.*)$/s.exec(setting) ?? [];
    if (key === undefined || text === undefined) {
      throw new ConfigError(`--set ${setting}: expected KEY=VALUE.`, { remedy: 'Example: --set mqtt.broker=off' });
    }
    setIn(values, key.split('.'), parseValue(key, text));
  }
  return { name: 'command line', values, locate: nowhere };
}

/** Merges layers, later ones winning; lists and values are replaced whole, sections are merged key by key. */
export function mergeLayers(layers: readonly Layer[]): { values: Tree; origin: Map<string, Layer> } {
  const values: Tree = {};
  const origin = new Map<string, Layer>();
  for (const layer of layers) mergeInto(values, layer.values, [], layer, origin);
  return { values, origin };
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
  for (const [key, value] of Object.entries(from)) {
    // A section whose keys are all commented out reads as null: it says nothing.
    if (value === null) continue;
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

function parseValue(name: string, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new ConfigError(`${name}: ${JSON.stringify(text)} can't be read as a value: ${sentence(error)}`);
  }
}

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
