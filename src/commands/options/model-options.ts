/** What the `goby models` commands share: their options, and figures as people read them. */
import type { Command } from 'commander';
import { addConfigOptions, type ConfigOptions } from '../../config/config-options.ts';

export interface ModelsOptions extends ConfigOptions {
  readonly json?: boolean;
}

export function withModelsOptions(command: Command): Command {
  return addConfigOptions(command).option('--json', 'print JSON for scripts');
}

export function printJson(value: unknown): void {
  console.log(JSON.stringify(value, undefined, 2));
}
