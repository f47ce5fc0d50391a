/** Files that need no converting: `goby train` writes .tflite at once, whatever the file was to be called. */
import { readFile } from 'node:fs/promises';

export interface ConvertedAlready {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** The .tflite that a path names, or that lies beside it in place of a file that isn't there; undefined for other files. */
export async function convertedAlready(path: string): Promise<ConvertedAlready | undefined> {
  const own = await readIfThere(path);
  if (own !== undefined) return isTflite(own) ? { path, bytes: own } : undefined;
  const beside = path.replace(/\.\w+$/, '.tflite');
  const bytes = await readIfThere(beside);
  return bytes !== undefined && isTflite(bytes) ? { path: beside, bytes } : undefined;
}

const isTflite = (bytes: Buffer): boolean => bytes.toString('latin1', 4, 8) === 'TFL3';

const readIfThere = (path: string): Promise<Buffer | undefined> => readFile(path).catch(() => undefined);
