/** Fetches the files of a catalog model, or builds them on this machine, with a progress bar. */
import type { LoadedConfig } from '../../config/load.ts';
import { type CatalogEntry, loadCatalog } from '../../models/catalog.ts';
import { type PulledFile, pull } from '../../models/store.ts';
import { type StartProgress, startProgress } from '../../terminal/progress.ts';
import { megabytes } from '../../text/megabytes.ts';
import { buildInWorker } from './build-in-worker.ts';

/** Fetches (and builds) the files of a model with a progress bar. @throws GobyError when it can't be had */
export async function pullWithBar(
  entry: CatalogEntry,
  withTwin: boolean,
  { config, places }: LoadedConfig,
  start: StartProgress = startProgress,
): Promise<PulledFile[]> {
  const bar = start(entry.name, 1);
  const isBuilt = 'recipe' in entry.files.cpu.from;
  // Of a built model the download is the first third of the bar.
  const fetchShare = isBuilt ? 1 / 3 : 1;
  try {
    const files = await pull({
      entry,
      roles: withTwin ? ['cpu', 'edgetpu'] : ['cpu'],
      catalog: loadCatalog(places.root),
      places,
      config: config.models,
      onProgress: ({ doneBytes, totalBytes }) =>
        bar.update((fetchShare * doneBytes) / totalBytes, megabytes(doneBytes)),
      build: (request) =>
        buildInWorker(request, { config, places }, (done, step) =>
          bar.update(fetchShare + (1 - fetchShare) * done, step),
        ),
      onNote: (note) => console.error(`goby: ${note}`),
    });
    bar.end(
      files.some(({ fetched }) => fetched)
        ? isBuilt
          ? 'converted on this machine'
          : 'fetched, and its hash is right'
        : 'already here, and its hash is right',
    );
    return files;
  } catch (error) {
    bar.end('not fetched');
    throw error;
  }
}
