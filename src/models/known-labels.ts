/** The labels of a model, as far as they are known on this machine, also while the model itself isn't here. */
import { join } from 'node:path';
import { isExpected, UnavailableError } from '../errors.ts';
import { catalogEntry, loadCatalog } from './catalog.ts';
import { readLabels } from './labels/read-labels.ts';
import { type ResolveRequest, resolveModel } from './resolve.ts';

/**
 * Undefined: nothing is known of them.
 * @throws ConfigError for a name that nothing has, InputError for files that aren't what they should be
 */
export async function knownLabels(request: ResolveRequest): Promise<readonly string[] | undefined> {
  try {
    return (await resolveModel(request)).labels;
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    return catalogLabels(request);
  }
}

/** Of a model that isn't fetched yet. */
async function catalogLabels({
  name,
  places,
  edgetpu = false,
}: ResolveRequest): Promise<readonly string[] | undefined> {
  try {
    const { labels } = catalogEntry(loadCatalog(places.root), name, edgetpu);
    return labels === undefined ? undefined : await readLabels(join(places.root, 'models', labels));
  } catch (error) {
    if (!isExpected(error)) throw error;
    return undefined;
  }
}
