/** The start of the agent with overrides: damaged ones are set aside, a change that made starts fail is undone. */

import type { Tree } from '../../config/layers.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { overridesText, type Trial } from '../../config/overrides.ts';
import { ConfigError, isExpected, sentence } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import type { StateFile } from '../../system/files/state-file.ts';

/** Starts with a change that was not known to be good before it is undone: the first may have been a power cut. */
const mostStarts = 2;

export interface OverridesStart {
  readonly loaded: LoadedConfig;
  readonly file: Pick<StateFile, 'write' | 'setAside'>;
  readonly logger: Logger;
}

export interface StartedOnOverrides {
  /** The configuration to start with. */
  readonly loaded: LoadedConfig;
  /** Settles when the file says so. Never rejects for what the disk says. To be awaited before the start goes on. */
  readonly written: Promise<void>;
}

/**
 * Counts this start of a change on trial, or undoes the change when that was enough. A stop in good order gives the count
 * back: Settings.stopped().
 */
export function startOnOverrides(start: OverridesStart): StartedOnOverrides {
  const { loaded, file, logger } = start;
  const { trial, refused, values } = loaded.overrides;
  if (refused !== undefined) {
    logger.warn(`${refused} They are left out. ${setAside(file)}`.replaceAll(/\s*\n\s*/g, ' | '));
    return { loaded, written: Promise.resolve() };
  }
  if (trial === undefined) return { loaded, written: Promise.resolve() };
  if (trial.starts < mostStarts) {
    logger.info(`settings changed at ${trial.since} have yet to prove themselves`);
    return { loaded, written: write(start, values, { ...trial, starts: trial.starts + 1 }) };
  }
  return undoTrial(start, trial, `${trial.starts} starts with them came to nothing`);
}

/** Undoes a change with which the agent could not start. @returns false when there is none to undo */
export async function undoFailedStart(start: OverridesStart, why: unknown): Promise<boolean> {
  const { trial } = start.loaded.overrides;
  if (trial === undefined) return false;
  await undoTrial(start, trial, sentence(why)).written;
  return true;
}

/** The configuration as it was before a change; without any override where even that doesn't fit. */
export function withoutChange(loaded: LoadedConfig, before: Tree): LoadedConfig {
  try {
    return loaded.withOverrides(before);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return loaded.withOverrides({});
  }
}

function undoTrial(start: OverridesStart, { since, before }: Trial, why: string): StartedOnOverrides {
  start.logger.warn(`The settings changed at ${since} were undone: ${why}`);
  const loaded = withoutChange(start.loaded, before);
  return { loaded, written: write(start, loaded.overrides.values, undefined) };
}

async function write({ file, logger }: OverridesStart, values: Tree, trial: Trial | undefined): Promise<void> {
  try {
    await file.write(overridesText({ values, trial }));
  } catch (error) {
    if (!isExpected(error)) throw error;
    logger.warn(`The overrides can't be kept: ${sentence(error)}`);
  }
}

function setAside(file: Pick<StateFile, 'setAside'>): string {
  try {
    return `The file is now ${file.setAside()}.`;
  } catch (error) {
    return `The file could not be set aside: ${sentence(error)}.`;
  }
}
