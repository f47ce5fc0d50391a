/** Layers of single values: the environment and the command line. */
import type { z } from 'zod';
import { ConfigError } from '../errors.ts';
import { isTree, type Layer, setIn, type Tree } from './layers.ts';
import { type Locate, type Mark, placeIn, problemsText } from './messages.ts';
import { readYaml } from './read-yaml.ts';
import { bare, childOf, keysOf, schemaAt } from './schema-walk.ts';
import { writtenValue } from './written.ts';

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
    said.push({ path, ...parseValue(variable, text, schemaAt(schema, known, path)) });
  }
  return saidLayer('environment', said);
}

/** @param schema of this level, undefined where there is none */
function pathOf(parts: readonly string[], known: unknown, schema: z.core.$ZodType | undefined): string[] {
  if (parts.length === 0) return [];
  const keys = [...(schema === undefined ? [] : keysOf(schema)), ...(isTree(known) ? Object.keys(known) : [])];
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
export function commandLineLayer(settings: readonly string[], known: Tree, schema: z.core.$ZodType): Layer {
  const said = settings.map((setting): Said => {
    const [, key, text] = /^([^=]+)=(.*)$/s.exec(setting) ?? [];
    if (key === undefined || text === undefined) {
      throw new ConfigError(`--set ${setting}: expected KEY=VALUE.`, { remedy: 'Example: --set mqtt.broker=off' });
    }
    const path = key.split('.');
    return { path, ...parseValue(key, text, schemaAt(schema, known, path)) };
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

/** @param schema of the value, where it is known: what a text is wanted for is one, also where it reads as a number */
function parseValue(name: string, text: string, schema: z.core.$ZodType | undefined): { value: unknown; mark: Mark } {
  const { value, mark, problems } = writtenValue(name, readYaml(name, text));
  if (problems.length > 0) throw new ConfigError(`${name}: the value can't be used:\n${problemsText(problems)}`);
  const isOther = typeof value === 'number' || typeof value === 'boolean';
  if (!isOther || schema === undefined) return { value, mark };
  const type = bare(schema) as z.ZodType;
  const isText = !type.safeParse(value).success && type.safeParse(text.trim()).success;
  return { value: isText ? text.trim() : value, mark };
}
