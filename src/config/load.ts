/** Loads the configuration: files, environment and command line in layers, checked whole, frozen. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ConfigError } from '../errors.ts';
import { coherenceProblems } from './coherence.ts';
import { commandLineLayer, environmentLayer, fileLayer, type Layer, layerOf, mergeLayers } from './layers.ts';
import { type Problem, problemsOf, problemsText } from './messages.ts';
import { findPlaces, type Places } from './places.ts';
import { type Config, configSchema } from './schema.ts';

export interface LoadOptions {
  /** From --config; absent: GOBY_CONFIG, else /etc/goby/goby.yaml where that exists, else defaults. */
  readonly file?: string | undefined;
  /** `key=value` settings of --set. */
  readonly settings?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

export interface LoadedConfig {
  readonly config: Config;
  readonly places: Places;
  /** The file that was read, or undefined when the defaults stand alone. */
  readonly file: string | undefined;
  /** Where a key's value comes from: a file, `environment`, `command line` or `default`. Dotted key. */
  originOf(key: readonly PropertyKey[]): string;
}

const installedFile = '/etc/goby/goby.yaml';

/** Keys whose text is a path, taken from the folder of the file that names them. */
const pathKeys = new Set([
  'path',
  'file',
  'edgetpuFile',
  'labels',
  'passwordFile',
  'caFile',
  'certificateFile',
  'keyFile',
  'library',
  'edgetpuLibrary',
  'stateDir',
  'statusSocket',
]);

/** @throws ConfigError that lists every problem at once */
export function loadConfig({ file, settings = [], env = process.env }: LoadOptions = {}): LoadedConfig {
  const found = file ?? env.GOBY_CONFIG ?? (existsSync(installedFile) ? installedFile : undefined);
  const base = found === undefined ? process.cwd() : dirname(resolve(found));
  const layers: Layer[] = [];
  if (found !== undefined) layers.push(fileLayer(found));
  const stateDir = (layers[0]?.values as { service?: { stateDir?: unknown } } | undefined)?.service?.stateDir;
  const overrides = join(
    findPlaces(env, typeof stateDir === 'string' ? resolve(base, stateDir) : undefined).stateDir,
    'overrides.yaml',
  );
  if (existsSync(overrides)) layers.push(fileLayer(overrides));
  const known = mergeLayers([{ name: 'default', values: configSchema.parse({}), locate: () => undefined }, ...layers]);
  layers.push(environmentLayer(env, known.values), commandLineLayer(settings));

  const { values, origin } = mergeLayers(layers);
  const locate = (path: readonly PropertyKey[]): string | undefined => {
    const layer = layerOf(origin, path);
    if (layer === undefined) return undefined;
    const line = layer.locate(path);
    return layer.name === found ? line : line === undefined ? layer.name : `${layer.name}, ${line}`;
  };
  const parsed = configSchema.safeParse(values);
  const problems: Problem[] = parsed.success
    ? coherenceProblems(parsed.data)
    : problemsOf(parsed.error, values, locate);
  if (!parsed.success || problems.length > 0) {
    const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
    throw new ConfigError(
      `The configuration${found === undefined ? '' : ` ${found}`} has ${count}:\n${problemsText(problems)}`,
    );
  }
  const config = freeze(resolvePaths(parsed.data, base)) as Config;
  return {
    config,
    places: findPlaces(env, config.service.stateDir),
    file: found,
    originOf: (key) => layerOf(origin, key)?.name ?? 'default',
  };
}

/** A copy with every relative path made absolute. */
function resolvePaths(value: unknown, base: string, key = ''): unknown {
  if (Array.isArray(value)) return value.map((entry) => resolvePaths(entry, base));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, resolvePaths(entry, base, name)]));
  }
  if (typeof value !== 'string') return value;
  const isPath =
    pathKeys.has(key) ||
    (key === 'input' && /^\.\.?\//.test(value)) ||
    (key === 'mirror' && !/^https?:\/\//.test(value));
  return isPath ? resolve(base, value) : value;
}

function freeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(freeze);
  }
  return value;
}
