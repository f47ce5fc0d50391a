/** Goby itself as a child of the agent, with the agent's configuration and state, on one core. */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LoadedConfig } from '../../config/load.ts';
import type { ChildCommand } from './child-answer.ts';

/** What `goby` starts with, as source or compiled. */
const main = fileURLToPath(new URL(`../../main${extname(import.meta.url)}`, import.meta.url));

/** The cameras have the Edge TPU, and the other cores. */
const modest = ['--set', 'infer.edgetpu=off', '--set', 'infer.threads=1'];

/** What keeps the agent small for months would only slow down work that ends: see scripts/bootstrap/lean.mjs. */
const nodeFlags = process.execArgv.filter((flag) => flag !== '--optimize-for-size');
const mallocDefaults = { MALLOC_MMAP_THRESHOLD_: undefined, MALLOC_TRIM_THRESHOLD_: undefined };

/** @param args the command with its arguments; which configuration, and how little of the machine, is added */
export function gobyChild(
  { places, file }: Pick<LoadedConfig, 'places' | 'file'>,
  args: readonly string[],
): ChildCommand {
  return {
    program: process.execPath,
    args: [...nodeFlags, main, ...args, ...modest, ...(file === undefined ? [] : ['--config', file])],
    env: { ...process.env, ...mallocDefaults, GOBY_STATE_DIR: places.stateDir },
  };
}
