/** Is a change of settings from afar allowed, and does the whole configuration fit afterwards? */
import type { Tree } from '../../config/layers.ts';
import { leavesOf } from '../../config/layers.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { overridesText, valueAt } from '../../config/overrides.ts';
import { mostConfigBytes } from '../../config/read-text.ts';
import { foreignOverride, type Leave, type Settable, settableAs, settableKeys } from '../../config/settable.ts';
import { ConfigError, InputError } from '../../errors.ts';
import { maskAddress } from '../../text/addresses.ts';

/** Dotted keys with their new values. */
export type Changed = Readonly<Record<string, unknown>>;

export interface CheckedChange {
  readonly next: LoadedConfig;
  readonly changed: Changed;
  /** live when at least one of the changes takes effect at once. */
  readonly how: Settable;
}

export type { Leave } from '../../config/settable.ts';

export interface ChangeToCheck {
  readonly loaded: LoadedConfig;
  readonly changes: Tree;
  /** The overrides with the changes made. */
  readonly values: Tree;
  readonly leave?: Leave;
}

/** @throws InputError that says which key or value is refused, and why */
export function checkChange({ loaded, changes, values, leave = {} }: ChangeToCheck): CheckedChange {
  const paths = leavesOf(changes).map(({ path }) => path);
  if (paths.length === 0) throw new InputError('There is nothing to change.');
  for (const path of paths) checkSettable(path, loaded, leave);
  const foreign = foreignOverride(changes);
  // A null takes an override back, and has no value to be wrong.
  if (foreign !== undefined && valueAt(changes, foreign.split('.')) !== null) {
    throw new InputError(`${maskAddress(foreign)} can't have this value here.`);
  }
  checkSize(values);
  const next = withOverrides(loaded, values);
  for (const path of paths) checkStrongest(path, next);
  const differing = paths.filter((path) => !isSame(valueAt(loaded.config, path), valueAt(next.config, path)));
  const changed = Object.fromEntries(differing.map((path) => [path.join('.'), valueAt(next.config, path)]));
  const how = differing.some((path) => settableAs(path, leave) === 'live') ? 'live' : 'restart';
  return { next, changed, how };
}

/** Change upon change must not grow the file until it can't be read: it holds them twice while they are on trial. */
function checkSize(values: Tree): void {
  const bytes = Buffer.byteLength(overridesText({ values, trial: undefined }));
  const most = Math.floor(mostConfigBytes / 2.5);
  if (bytes > most) {
    throw new InputError(`With this change, all that was set would take ${bytes} bytes; at most ${most} are kept.`, {
      remedy: 'Take something back first: null as a value does.',
    });
  }
}

function checkSettable(path: readonly string[], { config }: LoadedConfig, leave: Leave): void {
  const key = maskAddress(path.join('.'));
  if (settableAs(path, leave) === undefined) {
    const isModel = settableAs(path, { mayUseModels: true }) !== undefined;
    if (isModel) throw new InputError(`${key} is changed by the command models-use.`);
    throw new InputError(`${key} can't be set over MQTT.`, { remedy: `What can be: ${settableKeys().join(', ')}.` });
  }
  // A section that isn't there yet would be a new camera, not a setting of one.
  const [section, name] = path;
  if (
    path.length < 3 ||
    (section === 'cameras' && leave.mayAddCameras) ||
    valueAt(config, [section!, name!]) !== undefined
  )
    return;
  const known = Object.keys((config as Record<string, object>)[section!] ?? {}).join(', ') || 'none';
  throw new InputError(`There is no ${name} under ${section}.`, { remedy: `Known there: ${known}.` });
}

function withOverrides(loaded: LoadedConfig, values: Tree): LoadedConfig {
  try {
    return loaded.withOverrides(values);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const [, ...problems] = error.message.split('\n');
    throw new InputError(`The change doesn't fit: ${problems.map((line) => line.trim()).join('; ')}`, { cause: error });
  }
}

/** What the environment or the command line says wins over overrides. */
function checkStrongest(path: readonly string[], next: LoadedConfig): void {
  const from = next.originOf(path);
  if (from !== 'environment' && from !== 'command line') return;
  throw new InputError(`${path.join('.')} is decided by the ${from}, which wins over what is set here.`);
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
