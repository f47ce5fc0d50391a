/** Where fetched models lie: one folder per model, named like it, in the first store that has the file. */
import { existsSync, statSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Places } from '../config/places.ts';
import type { ModelsConfig } from '../config/schema.ts';
import { revealed } from '../config/secrets.ts';
import { GobyError, isExpected, sentence } from '../errors.ts';
import { differenceFrom, fingerprintOf } from '../system/files/integrity.ts';
import { type BuildRecord, readBuildRecord, writeBuildRecord } from './build-record.ts';
import type { Catalog, CatalogEntry, PinnedFile } from './catalog.ts';
import { derivedFolder } from './derived/store-derived.ts';
import { type FetchOptions, fetchFiles, type WantedFile } from './fetch-files.ts';

export type FileRole = 'cpu' | 'edgetpu';

/** `ok` after a full hash, `present` after a look at the size only. */
export type FileState = 'missing' | 'present' | 'ok' | 'damaged';

export interface StoredFile {
  readonly role: FileRole;
  readonly pin: PinnedFile;
  /** Where it is, or where it would be written to. */
  readonly path: string;
  readonly state: FileState;
  /** Why it is damaged, as the end of a sentence that starts with the path. */
  readonly difference?: string;
  /** It was built here by a goby whose catalog expected another file: whole and right, and pull() makes the new one. */
  readonly isOlder?: boolean;
}

/** The files of an entry: the CPU file first, then its Edge TPU twin. */
export function filesOf(entry: CatalogEntry): { role: FileRole; pin: PinnedFile }[] {
  const { cpu, edgetpu } = entry.files;
  return [{ role: 'cpu', pin: cpu }, ...(edgetpu === undefined ? [] : [{ role: 'edgetpu' as const, pin: edgetpu }])];
}

/** Where the file of a model is; the place to write it to when it is in no store. */
export function pathInStore(places: Pick<Places, 'modelStores'>, name: string, file: string): string {
  const candidates = places.modelStores.map((store) => join(store, name, file));
  return candidates.find((path) => existsSync(path)) ?? candidates[0]!;
}

/**
 * A file that was built here is pinned by the record that its build left beside it: an older goby may have built another one.
 * Undefined: there is none, so nobody knows whether the build was finished.
 */
function withRecord(pin: PinnedFile, record: BuildRecord | undefined): PinnedFile | undefined {
  if (!('recipe' in pin.from)) return pin;
  return record && { ...pin, bytes: record.bytes, sha256: record.sha256 };
}

/** A file that came out otherwise on this machine is as good as one can be here: building it again would give the same. */
function isOlderBuild(pin: PinnedFile, record: BuildRecord | undefined): boolean {
  return record !== undefined && pin.sha256 !== undefined && ![record.sha256, record.pinned].includes(pin.sha256);
}

/** Looks at names and sizes only. */
export function lookUp(places: Pick<Places, 'modelStores'>, entry: CatalogEntry): StoredFile[] {
  return filesOf(entry).map(({ role, pin: catalogPin }) => {
    const path = pathInStore(places, entry.name, catalogPin.file);
    const record = 'recipe' in catalogPin.from ? readBuildRecord(path) : undefined;
    const pin = withRecord(catalogPin, record);
    const bytes = statSync(path, { throwIfNoEntry: false })?.size;
    if (bytes === undefined || pin === undefined) return { role, pin: catalogPin, path, state: 'missing' };
    return pin.bytes === undefined || pin.bytes === bytes
      ? { role, pin, path, state: 'present', ...(isOlderBuild(catalogPin, record) ? { isOlder: true } : {}) }
      : { role, pin, path, state: 'damaged', difference: `has ${bytes} bytes, expected ${pin.bytes}` };
  });
}

/** Hashes every file of an entry that is there. */
export async function verify(places: Pick<Places, 'modelStores'>, entry: CatalogEntry): Promise<StoredFile[]> {
  return Promise.all(
    lookUp(places, entry).map(async (file): Promise<StoredFile> => {
      if (file.state === 'missing') return file;
      const difference = differenceFrom(file.pin, await fingerprintOf(file.path));
      const { role, pin, path, isOlder } = file;
      return difference === undefined
        ? { role, pin, path, state: 'ok', ...(isOlder === true ? { isOlder } : {}) }
        : { role, pin, path, state: 'damaged', difference };
    }),
  );
}

export interface PullRequest {
  readonly entry: CatalogEntry;
  readonly roles: readonly FileRole[];
  readonly catalog: Catalog;
  readonly places: Places;
  readonly config: Pick<ModelsConfig, 'mirror'>;
  readonly env?: NodeJS.ProcessEnv;
  readonly onProgress?: FetchOptions['onProgress'];
  readonly onNote?: FetchOptions['onNote'];
  readonly patience?: FetchOptions['patience'];
  /** Builds a file that no source has; absent: entries with a recipe are refused. */
  readonly build?: (request: BuildRequest) => Promise<void>;
}

export interface BuildRequest {
  readonly recipe: string;
  /** Folder with the graph's files under their plain names. */
  readonly graphFolder: string;
  /** Path of the .tflite to write. */
  readonly output: string;
}

export interface PulledFile {
  readonly role: FileRole;
  readonly path: string;
  /** False: it was there, whole and right. */
  readonly fetched: boolean;
}

/**
 * Brings the files of a model into the store; files that are there and right are left alone. One that an older goby built is built
 * anew, and kept where that can't be done now.
 */
export async function pull(request: PullRequest): Promise<PulledFile[]> {
  const { entry, roles, catalog, places, config, env = process.env } = request;
  const stored = (await verify(places, entry)).filter(({ role }) => roles.includes(role));
  const lacking = stored.filter(({ state, isOlder }) => state !== 'ok' || isOlder === true);
  const targetOf = (file: StoredFile): string => join(places.modelStores[0]!, entry.name, file.pin.file);
  const options: FetchOptions = {
    packages: catalog.packages,
    root: places.root,
    mirror: mirrorOf(config, env),
    env,
    onProgress: request.onProgress,
    onNote: request.onNote,
    patience: request.patience,
  };
  const isBuilt = ({ pin }: StoredFile): boolean => 'recipe' in pin.from;
  await fetchFiles(
    lacking.filter((file) => !isBuilt(file)).map((file): WantedFile => ({ pin: file.pin, target: targetOf(file) })),
    options,
  );
  const kept = new Set<StoredFile>();
  for (const file of lacking.filter(isBuilt)) {
    try {
      await buildFile({ entry, target: targetOf(file), options, request });
    } catch (error) {
      if (file.isOlder !== true || !isExpected(error)) throw error;
      kept.add(file);
      options.onNote?.(
        `${entry.name} stays as an older goby built it: ${sentence(error)} \`goby models pull ${entry.name}\` builds the new one.`,
      );
    }
  }
  return stored.map((file) => {
    const fetched = lacking.includes(file) && !kept.has(file);
    return { role: file.role, path: fetched ? targetOf(file) : file.path, fetched };
  });
}

/** Fetches the graph into a folder beside the file, builds, records, and throws the graph away. */
async function buildFile(input: {
  entry: CatalogEntry;
  target: string;
  options: FetchOptions;
  request: PullRequest;
}): Promise<void> {
  const { entry, target, options, request } = input;
  const { from } = entry.files.cpu;
  if (request.build === undefined || !('recipe' in from) || entry.graph === undefined) {
    throw new GobyError(`The model ${entry.name} is built from a graph, which can't be done here.`);
  }
  const graphFolder = `${target}.graph`;
  await fetchFiles(
    entry.graph.map((pin): WantedFile => ({ pin, target: join(graphFolder, pin.file) })),
    options,
  );
  await request.build({ recipe: from.recipe, graphFolder, output: target });
  const expected = entry.files.cpu.sha256;
  const { sha256 } = await writeBuildRecord(target, { recipe: from.recipe, pinned: expected });
  if (expected !== undefined && sha256 !== expected)
    options.onNote?.(`${entry.name} came out otherwise here than elsewhere: its hash is ${sha256}, not ${expected}.`);
  await rm(graphFolder, { recursive: true, force: true });
}

/** GOBY_MODEL_MIRROR wins over models.mirror. */
export function mirrorOf(config: Pick<ModelsConfig, 'mirror'>, env: NodeJS.ProcessEnv): string | undefined {
  return env['GOBY_MODEL_MIRROR'] || revealed(config).mirror;
}

/** Files in the store that no entry of the catalog names, such as leftovers of an older goby. */
export async function strangers(places: Pick<Places, 'modelStores'>, catalog: Catalog): Promise<string[]> {
  const known = new Set(catalog.models.flatMap((entry) => filesOf(entry).map(({ pin }) => join(entry.name, pin.file))));
  const found: string[] = [];
  for (const store of places.modelStores) {
    const names = await readdir(store, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw new GobyError(`The model store ${store} can't be read (${error.code}).`, { cause: error });
    });
    found.push(
      ...names
        .filter(
          (name) => !known.has(name) && !name.startsWith(`${derivedFolder}/`) && basename(name).includes('.tflite'),
        )
        .map((name) => join(store, name)),
    );
  }
  return found;
}
