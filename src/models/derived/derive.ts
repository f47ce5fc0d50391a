/** Derived files: what the recipes make of a model file, kept in the store beside what it was made from and how. */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Places } from '../../config/places.ts';
import { isExpected } from '../../errors.ts';
import { differenceFrom, fingerprintOf, fingerprintOfBytes } from '../../system/files/integrity.ts';
import { putBytes } from '../../system/files/put-file.ts';
import type { ModelFile } from '../model-file.ts';
import { readModel } from '../tflite-file/read-model.ts';
import { writeModel } from '../tflite-file/write-model.ts';
import { applyRecipes } from './apply-recipes.ts';
import type { Recipe } from './recipe.ts';
import { recipes as allRecipes } from './recipes.ts';
import { type DerivedRecord, derivedName, readDerivedRecord, writeDerivedRecord } from './record.ts';
import { derivedFolders, inDerivedFolder } from './store-derived.ts';

export interface DeriveOptions {
  readonly places: Pick<Places, 'modelStores'>;
  /** The content of the source, where it was read already. */
  readonly bytes?: Uint8Array;
  readonly recipes?: readonly Recipe[];
}

/**
 * The file to run in place of a source: the one that the recipes made of it, now or earlier, or the source itself where they
 * change nothing. Never throws for the source's sake: what can't be read is left to the library to refuse.
 */
export async function derive(source: ModelFile, options: DeriveOptions): Promise<ModelFile> {
  const { places, recipes = allRecipes } = options;
  for (const folder of derivedFolders(places)) {
    const record = await readDerivedRecord(folder, source.sha256, recipes);
    const known = record && (await fileOf(source, folder, record, recipes));
    if (known !== undefined) return known;
  }
  const made = await make(source, options.bytes, recipes);
  if (made === undefined) return source;
  return keep(source, made, recipes, places);
}

/** What a record says, if its file is whole. */
async function fileOf(
  source: ModelFile,
  folder: string,
  { applied, file }: Pick<DerivedRecord, 'applied' | 'file'>,
  recipes: readonly Recipe[],
): Promise<ModelFile | undefined> {
  if (file === undefined) return source;
  const path = join(folder, `${derivedName(source.sha256, recipes)}.tflite`);
  const found = await fingerprintOf(path).catch(() => undefined);
  if (found === undefined || differenceFrom(file, found) !== undefined) return undefined;
  // What an archive gave is told by the archive: that is what its user has.
  const origin = source.derivedFrom ?? { path: source.path, sha256: source.sha256, recipes: [], changes: [] };
  return {
    path,
    sha256: file.sha256,
    derivedFrom: {
      ...origin,
      recipes: [...origin.recipes, ...applied.map(({ recipe, version }) => `${recipe} ${version}`)],
      changes: [...origin.changes, ...applied.flatMap(({ changes }) => changes)],
    },
  };
}

interface Made extends Pick<DerivedRecord, 'applied' | 'file'> {
  readonly bytes: Uint8Array | undefined;
}

async function make(
  { path, sha256 }: ModelFile,
  known: Uint8Array | undefined,
  recipes: readonly Recipe[],
): Promise<Made | undefined> {
  try {
    const content = known ?? (await readFile(path));
    if (known === undefined && fingerprintOfBytes(content).sha256 !== sha256) return undefined;
    const { model, applied } = applyRecipes(readModel(content, path), recipes);
    const plain = applied.map(({ recipe, version, changes }) => ({ recipe, version, changes: [...changes] }));
    if (applied.length === 0) return { applied: [], bytes: undefined };
    const bytes = writeModel(model, path);
    return { applied: plain, bytes, file: { bytes: bytes.length, sha256: fingerprintOfBytes(bytes).sha256 } };
  } catch (error) {
    if (!isExpected(error) && (error as NodeJS.ErrnoException).code === undefined) throw error;
    return undefined;
  }
}

/** Into the store; where it can't be written, a file that is needed goes into a folder of this process. */
async function keep(
  source: ModelFile,
  { bytes, ...record }: Made,
  recipes: readonly Recipe[],
  places: Pick<Places, 'modelStores'>,
): Promise<ModelFile> {
  const put = async (into: string): Promise<ModelFile> => {
    const name = derivedName(source.sha256, recipes);
    if (bytes !== undefined) await putBytes(bytes, join(into, `${name}.tflite`));
    await writeDerivedRecord(into, { source: source.sha256, ...record }, recipes);
    await dropOlder(into, source.sha256, name);
    return (await fileOf(source, into, record, recipes)) ?? source;
  };
  if (bytes !== undefined) return inDerivedFolder(places, put);
  // That nothing was changed need not be remembered.
  return put(derivedFolders(places)[0]!).catch((error: unknown) => {
    if (!isExpected(error)) throw error;
    return source;
  });
}

/** What other recipes, or other versions of them, made of the same source. */
async function dropOlder(folder: string, source: string, name: string): Promise<void> {
  const names = await readdir(folder);
  const older = names.filter((one) => one.startsWith(`${source}-`) && !one.startsWith(`${name}.`));
  await Promise.all(older.map((one) => rm(join(folder, one), { force: true }).catch(() => undefined)));
}
