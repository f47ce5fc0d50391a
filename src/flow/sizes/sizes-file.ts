/** The file that keeps the usual sizes of one camera over restarts. */
import { statSync } from 'node:fs';
import { isExpected, sentence } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { StateFile } from '../../system/files/state-file.ts';
import { type KeptSizes, keptText, mostKeptBytes, readKept } from './kept-sizes.ts';

export interface SizesFile {
  /** At the start only: it waits for the disk. A damaged file is set aside with a sentence. */
  read(): KeptSizes | undefined;
  /** What can't be written is told in the log, once until it can be. @returns whether it is on the disk */
  write(kept: KeptSizes): Promise<boolean>;
}

/** Keeps nothing: for measurements. */
export const noSizesFile: SizesFile = { read: () => undefined, write: () => Promise.resolve(true) };

/** Only goby reads what a camera sees. */
const mode = 0o600;

export function createSizesFile(path: string, logger: Logger): SizesFile {
  const file = new StateFile(path);
  let isFailing = false;
  return {
    read: () => {
      try {
        const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
        if (size > mostKeptBytes) throw new Error(`it has ${size} bytes`);
        const text = file.read();
        return text === undefined ? undefined : readKept(text);
      } catch {
        logger.warn(
          `The usual sizes in ${path} can't be read; they are learnt anew, which takes some days. ${aside(file)}`,
        );
        return undefined;
      }
    },
    write: async (kept) => {
      try {
        await file.write(keptText(kept), { mode });
        if (isFailing) logger.info('the usual sizes are kept now');
        isFailing = false;
        return true;
      } catch (error) {
        if (!isExpected(error)) throw error;
        if (!isFailing)
          logger.warn(`The usual sizes can't be kept, and a restart would forget what is new: ${sentence(error)}`);
        isFailing = true;
        return false;
      }
    },
  };
}

function aside(file: StateFile): string {
  try {
    return `The file is now ${file.setAside()}.`;
  } catch {
    return 'The file could not be set aside.';
  }
}
