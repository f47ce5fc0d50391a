/** Loads the configuration: files, environment and command line in layers, checked whole, frozen. */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { ConfigError, sentence } from '../errors.ts';
import { maskAddresses } from '../text/addresses.ts';
import { coherenceProblems } from './coherence.ts';
import { type Layer, layerOf, mergeLayers, readLayer, sayingLayer, type Tree } from './layers.ts';
import { type Locate, type Problem, problemsOf, problemsText } from './messages.ts';
import { withoutNulls } from './nulls.ts';
import { overridesFileIn, readOverrides, type Trial } from './overrides.ts';
import { findPlaces, type Places } from './places.ts';
import { type Config, configSchema } from './schema.ts';
import { bare, childOf } from './schema-walk.ts';
import { withoutSecrets } from './secrets.ts';
import { commandLineLayer, environmentLayer } from './single-values.ts';
import { paths } from './values.ts';

export interface LoadOptions {
  /** From --config; absent: GOBY_CONFIG, else /etc/goby/goby.yaml where that exists, else defaults. */
  readonly file?: string | undefined;
  /** `key=value` settings of --set. */
  readonly settings?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

export interface LoadedConfig {
  /** Without secrets: revealed() of secrets.ts gives a section with them. */
  readonly config: Config;
  readonly places: Places;
  /** The file that was read, or undefined when the defaults stand alone. */
  readonly file: string | undefined;
  /** Where a key's value comes from: a file, `environment`, `command line` or `default`. Dotted key. */
  originOf(key: readonly PropertyKey[]): string;
  readonly overrides: OverridesInEffect;
  /** The same with other overrides, which nothing is written of. @throws ConfigError that lists every problem */
  withOverrides(values: Tree): LoadedConfig;
}

/** Settings from goby.txt and from MQTT, between the file and the environment. */
export interface OverridesInEffect {
  /** Where they are kept, whether or not it is there. */
  readonly file: string;
  readonly values: Tree;
  /** They were changed and have to prove themselves. */
  readonly trial: Trial | undefined;
  /** A sentence: why what is in the file isn't used. */
  readonly refused: string | undefined;
}

const installedFile = '/etc/goby/goby.yaml';

/**
 * Overrides that can't be used never stop anything: they are left out, and `overrides.refused` says why.
 * @throws ConfigError that lists every problem at once
 */
export function loadConfig({ file, settings = [], env = process.env }: LoadOptions = {}): LoadedConfig {
  const found = file ?? env.GOBY_CONFIG ?? (existsSync(installedFile) ? installedFile : undefined);
  const below = found === undefined ? [] : [readLayer(found)];
  const sources: Sources = { found, below, settings, env };
  const overridesFile = overridesFileIn(stateDirOf(sources));
  const read = readOverrides(overridesFile);
  if ('refused' in read) {
    return assemble(sources, { file: overridesFile, values: {}, trial: undefined, refused: read.refused });
  }
  const overrides: OverridesInEffect = {
    file: overridesFile,
    values: read.values,
    trial: read.trial,
    refused: undefined,
  };
  try {
    return assemble(sources, overrides, read.locate);
  } catch (error) {
    if (!(error instanceof ConfigError) || Object.keys(read.values).length === 0) throw error;
    // If the configuration is right without them, the problem is theirs. Else the file's own problems are told.
    const refused = `The overrides don't fit: ${sentence(error)}`;
    return assemble(sources, { ...overrides, values: {}, trial: undefined, refused });
  }
}

/** The defaults alone, for a look around where the configuration can't be used. */
export function builtInConfig(env: NodeJS.ProcessEnv): LoadedConfig {
  const sources: Sources = { found: undefined, below: [], settings: [], env: {} };
  const file = overridesFileIn(findPlaces(env).stateDir);
  const built = assemble(sources, { file, values: {}, trial: undefined, refused: undefined });
  return { ...built, places: findPlaces(env) };
}

/** Everything but the overrides. */
interface Sources {
  readonly found: string | undefined;
  readonly below: readonly Layer[];
  readonly settings: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

function baseOf({ found }: Sources): string {
  return found === undefined ? process.cwd() : dirname(resolve(found));
}

/** The state folder as far as the file and the environment say: overrides are looked for in it before all is known. */
function stateDirOf(sources: Sources): string {
  const { service } = (sources.below[0]?.values ?? {}) as { service?: { stateDir?: unknown } };
  const said = typeof service?.stateDir === 'string' ? resolve(baseOf(sources), service.stateDir) : undefined;
  return findPlaces(sources.env, said).stateDir;
}

function assemble(
  sources: Sources,
  overrides: OverridesInEffect,
  locateOverride: Locate = () => undefined,
): LoadedConfig {
  const { found, below, settings, env } = sources;
  const layers = [...below, { name: overrides.file, values: overrides.values, locate: locateOverride }];
  const known = mergeLayers([{ name: 'default', values: configSchema.parse({}), locate: () => undefined }, ...layers]);
  layers.push(
    environmentLayer(env, known.values, configSchema),
    commandLineLayer(settings, known.values, configSchema),
  );

  const merged = mergeLayers(layers);
  const { origin } = merged;
  const values = withoutNulls(configSchema, merged.values);
  const locate: Locate = (path) => {
    const layer = layerOf(origin, path);
    if (layer === undefined) return undefined;
    const place = layer.locate(path);
    const where = [...(layer.name === found ? [] : [layer.name]), ...(place?.where === undefined ? [] : [place.where])];
    return { ...place, ...(where.length === 0 ? {} : { where: where.join(', ') }) };
  };
  const written = layers.flatMap((layer) => layer.problems ?? []);
  const parsed = configSchema.safeParse(values);
  const problems: readonly Problem[] = parsed.success
    ? [...written, ...coherenceProblems(parsed.data)]
    : [...written, ...problemsOf({ error: parsed.error, schema: configSchema, input: values, locate })];
  if (!parsed.success || problems.length > 0) {
    const count =
      problems.length === 1 ? 'one problem' : `${problems.length >= 100 ? 'many' : problems.length} problems`;
    throw new ConfigError(
      maskAddresses(
        `The configuration${found === undefined ? '' : ` ${found}`} has ${count}:\n${problemsText(problems)}`,
      ),
    );
  }
  const config = freeze(withoutSecrets(resolvePaths(parsed.data, baseOf(sources)))) as Config;
  return {
    config,
    places: findPlaces(env, config.service.stateDir),
    file: found,
    overrides,
    originOf: (key) => sayingLayer(origin, key)?.name ?? 'default',
    withOverrides: (next) => assemble(sources, { ...overrides, values: next, trial: undefined, refused: undefined }),
  };
}

/** A copy with every relative path made absolute. */
function resolvePaths(value: unknown, base: string, schema: z.core.$ZodType | undefined = configSchema): unknown {
  if (schema === undefined) return value;
  if (Array.isArray(value)) return value.map((entry, at) => resolvePaths(entry, base, childOf(schema, at, value)));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, entry]) => [key, resolvePaths(entry, base, childOf(schema, key, value))]),
    );
  }
  const isPath = typeof value === 'string' && paths.get(bare(schema))?.isPath(value);
  return isPath ? resolve(base, value) : value;
}

function freeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(freeze);
  }
  return value;
}
