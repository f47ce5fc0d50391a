/** Reads small files of /proc and /sys below a root; whatever can't be read is undefined. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface KernelFiles {
  /** The file's text without its last newline; undefined when it is missing, forbidden or its driver has no value now. */
  text(path: string): Promise<string | undefined>;
  /** A file with one number. */
  number(path: string): Promise<number | undefined>;
  /** Names in a folder, sorted as numbers inside them say; empty when it is missing. */
  names(path: string): Promise<string[]>;
}

/** @param root prefix of /proc and /sys: `/` on a real machine, a fake tree in tests */
export function kernelFiles(root: string): KernelFiles {
  const text = async (path: string): Promise<string | undefined> => {
    try {
      return (await readFile(join(root, path), 'utf8')).trimEnd();
    } catch {
      return undefined;
    }
  };
  return {
    text,
    number: async (path) => {
      const found = await text(path);
      return found !== undefined && /^-?\d+(\.\d+)?$/.test(found) ? Number(found) : undefined;
    },
    names: async (path) => {
      try {
        return (await readdir(join(root, path))).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
      } catch {
        return [];
      }
    },
  };
}
