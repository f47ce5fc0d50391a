/** The options every command that reads the configuration shares. */
import type { Command } from 'commander';
import { type LoadedConfig, loadConfig } from './load.ts';

export interface ConfigOptions {
  readonly config?: string;
  readonly set?: readonly string[];
}

/** Adds --config and --set. */
export function addConfigOptions(command: Command): Command {
  return command
    .option('--config <file>', 'configuration file (default: /etc/goby/goby.yaml if there, else built-in values)')
    .option('--set <key=value>', 'override one key, repeatable', (value: string, before: readonly string[] = []) => [
      ...before,
      value,
    ]);
}

/** @throws ConfigError with every problem */
export function configFrom({ config, set }: ConfigOptions): LoadedConfig {
  return loadConfig({ file: config, settings: set ?? [] });
}
