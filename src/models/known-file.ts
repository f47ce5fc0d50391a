/** A file of the user's that is one of the catalog's, byte by byte, under whatever name and wherever it lies: what the catalog knows of it. */
import { join } from 'node:path';
import type { Places } from '../config/places.ts';
import { differenceFrom, fingerprintOf } from '../system/files/integrity.ts';
import type { Catalog, CatalogEntry } from './catalog.ts';
import { readLabels } from './labels/read-labels.ts';
import type { Model } from './model.ts';
import { ownPath } from './model-file.ts';

/** @returns the model, with what nothing else says of it: its labels, and how its input takes pixels */
export async function withKnownFile(
  model: Model,
  { catalog, places }: { readonly catalog: Catalog; readonly places: Pick<Places, 'root'> },
): Promise<Model> {
  if (model.labels !== undefined) return model;
  const entry = await entryOf(model, catalog);
  if (entry?.labels === undefined) return model;
  const note = `The file is ${entry.name} of the catalog: its labels are used.`;
  return {
    ...model,
    labels: await readLabels(join(places.root, 'models', entry.labels)),
    ...(model.normalisation === undefined && entry.normalisation ? { normalisation: entry.normalisation } : {}),
    notes: [...(model.notes ?? []), note],
  };
}

async function entryOf({ decoder, pair }: Model, { models }: Catalog): Promise<CatalogEntry | undefined> {
  const found = await fingerprintOf(ownPath(pair.cpu));
  return models.find(({ files: { cpu }, decoder: of }) => {
    const isPinned = cpu.sha256 !== undefined || cpu.gitBlob !== undefined;
    return isPinned && of === decoder && differenceFrom(cpu, found) === undefined;
  });
}
