/** Derived files: what the recipes make of a model file, kept in the store beside what it was made from and how. */
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
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

export interface DeriveOptions {
  readonly places: Pick<Places, 'modelStores'>;
  /** The content of the source, where it was read already. */
  readonly bytes?: Uint8Array;
  readonly recipes?: readonly Recipe[];
}

/** Folder of derived files inside a store. */
export const derivedFolder = 'derived';

/**
 * The file to run in place of a source: the one that the recipes made of it, now or earlier, or the source itself where they
 * change nothing. Never throws for the source's sake: what can't be read is left to the library to refuse.
 */
export async function derive(source: ModelFile, options: DeriveOptions): Promise<ModelFile> {
  const { places, recipes = allRecipes } = options;
  const folders = places.modelStores.map((store) => join(store, derivedFolder));
  for (const folder of folders) {
    const record = await readDerivedRecord(folder, source.sha256, recipes);
    const known = record && (await fileOf(source, folder, record, recipes));
    if (known !== undefined) return known;
  }
  const made = await make(source, options.bytes, recipes);
  if (made === undefined) return source;
  return keep(source, made, recipes, folders[0]!);
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
  const { path: sourcePath, sha256 } = source;
  return {
    path,
    sha256: file.sha256,
    derivedFrom: {
      path: sourcePath,
      sha256,
      recipes: applied.map(({ recipe, version }) => `${recipe} ${version}`),
      changes: applied.flatMap(({ changes }) => changes),
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

/** Into the store; where it can't be written, a file that is needed goes into a folder of this process, and is gone with it. */
async function keep(
  source: ModelFile,
  { bytes, ...record }: Made,
  recipes: readonly Recipe[],
  folder: string,
): Promise<ModelFile> {
  const put = async (into: string): Promise<ModelFile> => {
    const name = derivedName(source.sha256, recipes);
    if (bytes !== undefined) await putBytes(bytes, join(into, `${name}.tflite`));
    await writeDerivedRecord(into, { source: source.sha256, ...record }, recipes);
    await dropOlder(into, source.sha256, name);
    return (await fileOf(source, into, record, recipes)) ?? source;
  };
  try {
    return await put(folder);
  } catch (error) {
    if (!isExpected(error)) throw error;
    return bytes === undefined ? source : put(folderOfProcess());
  }
}

/** What other recipes, or other versions of them, made of the same source. */
async function dropOlder(folder: string, source: string, name: string): Promise<void> {
  const names = await readdir(folder);
  const older = names.filter((one) => one.startsWith(`${source}-`) && !one.startsWith(`${name}.`));
  await Promise.all(older.map((one) => rm(join(folder, one), { force: true }).catch(() => undefined)));
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
