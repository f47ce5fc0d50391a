/** What `goby capture-dataset` was asked for, checked. */

import type { ConfigOptions } from '../../config/config-options.ts';
import { ConfigError } from '../../errors.ts';

export interface CaptureDatasetOptions extends ConfigOptions {
  readonly output: string;
  readonly classes: readonly string[];
  readonly camera?: string;
  readonly class?: string;
  readonly interval?: number;
  readonly onDetection?: string;
  readonly model?: string;
  readonly minScore: number;
  readonly crop?: boolean;
  readonly margin: number;
  readonly similar: number;
  readonly count?: number;
  readonly keepFreeMb: number;
  readonly json?: boolean;
}

/** Keys 1 to 9. */
const mostClasses = 9;

/** `keys`: a photo at each key; `interval`: every so often; `detection`: whenever something is seen. */
export type CaptureMode = 'keys' | 'interval' | 'detection';

/** The mode, and for all but keys the class that every photo belongs to. */
export function modeOf(options: CaptureDatasetOptions): { mode: CaptureMode; single: string | undefined } {
  const { onDetection, interval, crop } = options;
  const mode = onDetection !== undefined ? 'detection' : interval !== undefined ? 'interval' : 'keys';
  if (crop === true && mode !== 'detection') {
    throw new ConfigError('--crop cuts out what was detected, so it needs --on-detection.', {
      remedy: 'Example: --on-detection face --crop',
    });
  }
  const names = classesOf(options);
  if (mode === 'keys') return { mode, single: undefined };
  const single = options.class ?? (names.length === 1 ? names[0]! : undefined);
  if (single === undefined) {
    throw new ConfigError('Without keys every photo belongs to one class, and several are named.', {
      remedy: `Say which one. Example: --class ${names[0]}`,
    });
  }
  return { mode, single };
}

/** The classes, which are names of folders. */
export function classesOf(options: CaptureDatasetOptions): readonly string[] {
  const names = [...new Set([...options.classes, ...(options.class === undefined ? [] : [options.class])])];
  if (names.length === 0) {
    throw new ConfigError('There are no classes to fill.', { remedy: 'Example: --classes pikachu,no-pikachu' });
  }
  if (names.length > mostClasses) {
    throw new ConfigError(`There are ${names.length} classes; the keys 1 to ${mostClasses} hold no more.`, {
      remedy: `Name at most ${mostClasses} at a time.`,
    });
  }
  const bad = names.find((name) => !/^[\p{L}\p{N}_-][\p{L}\p{N} ._-]{0,63}$/u.test(name));
  if (bad === undefined) return names;
  throw new ConfigError(
    `A class is a folder's name of 1 to 64 letters, digits, spaces, dots, _ and -, got ${JSON.stringify(bad)}.`,
    { remedy: 'Example: --classes pikachu,no-pikachu' },
  );
}
