/** Models that were trained here from the page: `trained/SET`, a file in the folder of its training set. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Places } from '../config/places.ts';

/** Names of sets and classes: slugs, so that they are folders, labels and levels of topics alike. */
export const trainingName = /^[a-z0-9_][a-z0-9_-]{0,39}$/;

const prefix = 'trained/';

/** Holds a folder for each training set. */
export function trainingFolder({ stateDir }: Pick<Places, 'stateDir'>): string {
  return join(stateDir, 'training');
}

export const trainedName = (set: string): string => `${prefix}${set}`;

/** Where the model of this name lies, whether or not it is there; undefined for a name that means another model. */
export function trainedFile(name: string, places: Pick<Places, 'stateDir'>): string | undefined {
  const set = name.startsWith(prefix) ? name.slice(prefix.length) : '';
  return trainingName.test(set) ? join(trainingFolder(places), set, `${set}.tflite`) : undefined;
}

/** Names and files of those that are there, sorted. */
export async function trainedModels(places: Pick<Places, 'stateDir'>): Promise<{ name: string; file: string }[]> {
  const sets = await readdir(trainingFolder(places)).catch(() => []);
  const found: { name: string; file: string }[] = [];
  for (const set of sets.toSorted()) {
    const file = trainedFile(trainedName(set), places);
    if (file === undefined) continue;
    const isThere = await lstat(file).then(
      (entry) => entry.isFile(),
      () => false,
    );
    if (isThere) found.push({ name: trainedName(set), file });
  }
  return found;
}
