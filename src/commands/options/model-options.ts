/** What the `goby models` commands share: their options, and figures as people read them. */
import type { Command } from 'commander';
import { addConfigOptions, type ConfigOptions, type configFrom } from '../../config/config-options.ts';
import { findEdgetpuDevices } from '../../flow/infer/edgetpu-device.ts';

export interface ModelsOptions extends ConfigOptions {
  readonly json?: boolean;
}

export function withModelsOptions(command: Command): Command {
  return addConfigOptions(command).option('--json', 'print JSON for scripts');
}

/** Whether this machine's default is the pair for the Edge TPU: one is there, and the configuration doesn't leave it off. */
export function usesEdgetpu({ config }: Pick<ReturnType<typeof configFrom>, 'config'>): boolean {
  return config.infer.edgetpu === 'auto' && findEdgetpuDevices().length > 0;
}

export function printJson(value: unknown): void {
  console.log(JSON.stringify(value, undefined, 2));
}
