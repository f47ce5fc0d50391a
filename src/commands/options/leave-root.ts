/** Commands that root calls go on as the owner of the state folder; a few begin with what only root may do. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { ConfigOptions } from '../../config/config-options.ts';
import { loadConfig } from '../../config/load.ts';
import { findPlaces } from '../../config/places.ts';
import { ConfigError } from '../../errors.ts';
import { becomeOwnerOf } from '../../system/service/become-owner.ts';

/** import-settings writes into the system itself; doctor leaves root once it has asked what only root is told. */
const beginAsRoot: readonly string[] = ['import-settings', 'doctor'];

/** To be called before a command's work. @returns the name of the user that it became */
export function leaveRoot(command: Command): string | undefined {
  return beginAsRoot.includes(command.name()) ? undefined : leaveRootFor(optionsOf(command));
}

export function leaveRootFor({ config, set = [] }: ConfigOptions): string | undefined {
  if (process.getuid?.() !== 0) return undefined;
  return becomeOwnerOf(resolve(stateFolder(config, set)));
}

/** The configuration is root's own; of the overrides beside it only what may stand there counts, and no link is followed. */
function stateFolder(file: string | undefined, settings: readonly string[]): string {
  try {
    return loadConfig({ file, settings }).places.stateDir;
  } catch (error) {
    // What is wrong is told by the command.
    if (error instanceof ConfigError) return findPlaces().stateDir;
    throw error;
  }
}

function optionsOf(command: Command): ConfigOptions {
  const options = command.optsWithGlobals<ConfigOptions>();
  const [file] = command.args;
  return command.name() === 'check-config' && file !== undefined ? { ...options, config: file } : options;
}
