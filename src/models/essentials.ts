/** What a machine needs before the agent can start: the TensorFlow Lite library, a model, and photos to replay. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Places } from '../config/places.ts';
import { GobyError } from '../errors.ts';
import { differenceFrom, fingerprintOf } from '../system/files/integrity.ts';
import { type Catalog, catalogEntry, loadCatalog } from './catalog.ts';
import { type FetchOptions, fetchFiles, type WantedFile } from './fetch-files.ts';
import { pathInStore } from './store.ts';

/** A model that is fetched as it is, so that something runs while the default is not built yet. */
export const fallbackModel = 'face-detection-short-range';

export interface Essential extends WantedFile {
  /** What it is, for people. */
  readonly title: string;
}

/**
 * Every essential file with its place.
 * @throws GobyError on a processor the library isn't built for
 */
export function essentials(places: Places, catalog: Catalog, processor: string = process.arch): Essential[] {
  if (processor !== 'x64' && processor !== 'arm64') {
    throw new GobyError(`goby runs on 64-bit x64 and arm64 processors; this Node is for ${processor}.`, {
      remedy: 'On a Raspberry Pi, flash the 64-bit Raspberry Pi OS.',
    });
  }
  const entry = catalogEntry(catalog, fallbackModel);
  const model = entry.files.cpu;
  return [
    { title: 'the TensorFlow Lite library', pin: catalog.runtime[processor], target: places.runtimeLibrary },
    {
      title: `the model ${entry.name}`,
      pin: model,
      target: pathInStore(places, entry.name, model.file),
    },
    ...catalog.photos.map((pin) => ({ title: 'sample photos', pin, target: join(places.photos, pin.file) })),
  ];
}

/** Those that aren't there with their full length. Fast: looks at sizes, not at content. */
export function missingEssentials(places: Places, catalog: Catalog = loadCatalog(places.root)): Essential[] {
  return essentials(places, catalog).filter(
    ({ pin, target }) => statSync(target, { throwIfNoEntry: false })?.size !== pin.bytes,
  );
}

/**
 * Fetches what is missing.
 * @throws UnavailableError without network
 */
export async function fetchEssentials(
  places: Places,
  missing: readonly Essential[],
  options: Omit<FetchOptions, 'packages' | 'root'>,
): Promise<void> {
  const catalog = loadCatalog(places.root);
  await fetchFiles(missing, { packages: catalog.packages, root: places.root, ...options });
}

/** How the TensorFlow Lite library differs from the pinned one; undefined when it is right. */
export async function runtimeDifference(places: Places, catalog: Catalog): Promise<string | undefined> {
  const library = essentials(places, catalog)[0]!;
  if (statSync(library.target, { throwIfNoEntry: false }) === undefined) return 'is missing';
  return differenceFrom(library.pin, await fingerprintOf(library.target));
}
