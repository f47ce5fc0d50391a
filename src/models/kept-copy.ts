/** A copy of a user's model as it was verified: what the user does with the file later can't take it away from a running agent. */
import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { differenceFrom, fingerprintOf } from '../system/files/integrity.ts';
import { putCopy } from '../system/files/put-file.ts';
import type { Model } from './model.ts';
import type { ModelFile } from './model-file.ts';

/**
 * Copies the files of a model into a folder, named by their hashes and by what the user calls them, so that messages name a
 * file they know; gives the model with these files.
 * @throws GobyError when they can't be copied, or are not what was hashed
 */
export async function keepCopy(model: Model, folder: string): Promise<Model> {
  const keep = async (file: ModelFile): Promise<ModelFile> => {
    const path = join(folder, copyName(file));
    const copy = { ...file, path };
    // One of an earlier start serves as well: a card is not written for nothing.
    if (path !== file.path && !(await isWhole(copy))) await putCopy(file.path, path, { sha256: file.sha256 });
    return copy;
  };
  const { edgetpu } = model.pair;
  const cpu = await keep(model.pair.cpu);
  return {
    ...model,
    pair: { ...model.pair, cpu, ...(edgetpu === undefined ? {} : { edgetpu: await keep(edgetpu) }) },
  };
}

/** Removes the copies that none of these models needs. One that can't be removed now is tried again next time. */
export async function dropCopies(folder: string, needed: readonly Model[]): Promise<void> {
  const paths = needed.flatMap(({ pair }) => [pair.cpu.path, pair.edgetpu?.path]);
  const names = await readdir(folder).catch(() => []);
  const unneeded = names.filter((name) => hashed.test(name) && !paths.includes(join(folder, name)));
  await Promise.all(unneeded.map((name) => rm(join(folder, name), { force: true }).catch(() => undefined)));
}

/** Whether a file is there, with the bytes that its hash is of. */
export async function isWhole({ path, sha256 }: Pick<ModelFile, 'path' | 'sha256'>): Promise<boolean> {
  const found = await fingerprintOf(path).catch(() => undefined);
  return found !== undefined && differenceFrom({ sha256 }, found) === undefined;
}

const hashed = /^[0-9a-f]{64}[-.]/;

/** The copy of a copy is the copy itself. File systems take 255 letters. */
function copyName({ path, sha256 }: ModelFile): string {
  return `${sha256}-${basename(path).replace(hashed, '').slice(-128)}`;
}
