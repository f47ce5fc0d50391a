/** Where derived files lie: a folder of the store, or, where that can't be written, one of this process that is gone with it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Places } from '../../config/places.ts';
import { isExpected } from '../../errors.ts';
import { differenceFrom, fingerprintOf, fingerprintOfBytes } from '../../system/files/integrity.ts';
import { putBytes } from '../../system/files/put-file.ts';

/** Name of the folder inside a store. */
export const derivedFolder = 'derived';

export function derivedFolders({ modelStores }: Pick<Places, 'modelStores'>): readonly string[] {
  return modelStores.map((store) => join(store, derivedFolder));
}

/** Writes into the store, or for this process alone. @param write gets the folder */
export async function inDerivedFolder<Result>(
  places: Pick<Places, 'modelStores'>,
  write: (folder: string) => Promise<Result>,
): Promise<Result> {
  try {
    return await write(derivedFolders(places)[0]!);
  } catch (error) {
    if (!isExpected(error)) throw error;
    return write(folderOfProcess());
  }
}

/** Puts a file there, unless it lies there already. @returns its path */
export async function storeDerived(
  places: Pick<Places, 'modelStores'>,
  name: string,
  bytes: Uint8Array,
): Promise<string> {
  const pin = fingerprintOfBytes(bytes);
  for (const folder of derivedFolders(places)) {
    const path = join(folder, name);
    const found = await fingerprintOf(path).catch(() => undefined);
    if (found !== undefined && differenceFrom(pin, found) === undefined) return path;
  }
  return inDerivedFolder(places, async (folder) => {
    const path = join(folder, name);
    await putBytes(bytes, path);
    return path;
  });
}

let temporary: string | undefined;

function folderOfProcess(): string {
  if (temporary === undefined) {
    const folder = mkdtempSync(join(tmpdir(), 'goby-derived-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    temporary = folder;
  }
  return temporary;
}
