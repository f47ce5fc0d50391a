/** The last values of controls, kept over restarts as one small JSON file. */
import { z } from 'zod';
import { isExpected, sentence } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import type { StateFile } from '../../system/files/state-file.ts';
import type { ControlValue } from './control.ts';

const storedSchema = z.record(z.string(), z.union([z.boolean(), z.number()]));

export interface StoredValues {
  /** The value a control had last; undefined when it never had one. */
  get(name: string): ControlValue | undefined;
  /** Returns at once; a value that can't be written is told in the log, once until one can be. */
  set(name: string, value: ControlValue): void;
  /** Resolves when everything is written. */
  flush(): Promise<void>;
}

/** What couldn't be written, as on a full disk, is tried again this often. */
const rewriteMs = 60_000;

/** A damaged file is set aside with a sentence, and the first values of the configuration count. */
export function openStoredValues(file: StateFile, logger: Logger, retryMs = rewriteMs): StoredValues {
  const values = readStored(file, logger);
  let writing: Promise<void> = Promise.resolve();
  let again: NodeJS.Timeout | undefined;
  const write = (isRetry: boolean): void => {
    clearTimeout(again);
    writing = file.write(`${JSON.stringify(Object.fromEntries(values))}\n`).then(
      () => {
        if (isRetry) logger.info('the states of controls are kept now');
        again = undefined;
      },
      (error: unknown) => {
        if (!isExpected(error)) throw error;
        if (again === undefined) {
          logger.warn(`The states of controls can't be kept, and a restart would undo them: ${sentence(error)}`);
        }
        again = setTimeout(() => write(true), retryMs).unref();
      },
    );
  };
  return {
    get: (name) => values.get(name),
    set: (name, value) => {
      values.set(name, value);
      write(again !== undefined);
    },
    flush: () => writing,
  };
}

function readStored(file: StateFile, logger: Logger): Map<string, ControlValue> {
  try {
    const text = file.read();
    return new Map(text === undefined ? [] : Object.entries(storedSchema.parse(JSON.parse(text))));
  } catch {
    logger.warn(
      `The states of controls in ${file.path} can't be read; the initial states of the configuration count. ${asideSentence(file)}`,
    );
    return new Map();
  }
}

function asideSentence(file: StateFile): string {
  try {
    return `The file is now ${file.setAside()}.`;
  } catch {
    return 'The file could not be set aside.';
  }
}
