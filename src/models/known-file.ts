/** A file of the user's that is one of the catalog's, byte by byte, under whatever name and wherever it lies: its labels are known. */
import { join } from 'node:path';
import type { Places } from '../config/places.ts';
import { differenceFrom, fingerprintOf } from '../system/files/integrity.ts';
import type { Catalog, CatalogEntry } from './catalog.ts';
import { readLabels } from './labels/read-labels.ts';
import type { Model } from './model.ts';
import { ownPath } from './model-file.ts';

/** @param model without labels @returns it, with those of the catalog where it has the same file */
export async function withLabelsOfSameFile(
  model: Model,
  { catalog, places }: { readonly catalog: Catalog; readonly places: Pick<Places, 'root'> },
): Promise<Model> {
  const entry = await entryOfFile(ownPath(model.pair.cpu), catalog);
  if (entry?.labels === undefined || entry.decoder !== model.decoder) return model;
  const labels = await readLabels(join(places.root, 'models', entry.labels));
  return {
    ...model,
    labels,
    notes: [...(model.notes ?? []), `The file is ${entry.name} of the catalog: its labels are used.`],
  };
}

/** The model of the catalog whose CPU file this is, byte by byte. */
export async function entryOfFile(path: string, { models }: Catalog): Promise<CatalogEntry | undefined> {
  const found = await fingerprintOf(path);
  return models.find(({ files: { cpu } }) => {
    const isPinned = cpu.sha256 !== undefined || cpu.gitBlob !== undefined;
    return isPinned && differenceFrom(cpu, found) === undefined;
  });
}
