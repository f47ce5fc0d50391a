/** `goby models pull`: fetch models into the store. */
import { Command } from 'commander';
import { type CatalogEntry, catalogEntry, loadCatalog } from '../../models/catalog.ts';
import { type PulledFile, pull } from '../../models/store.ts';
import { configFrom } from '../config-options.ts';
import { startProgress } from '../progress.ts';
import { buildInWorker } from './build-in-worker.ts';
import { type ModelsOptions, megabytes, printJson, usesEdgetpu, withModelsOptions } from './options.ts';

interface PullOptions extends ModelsOptions {
  readonly edgetpu?: boolean;
}

export function pullCommand(): Command {
  return withModelsOptions(new Command('pull').description('fetch models into the store, each checked by its hash'))
    .argument('[names...]', 'names from `goby models list` (default: the default model of this machine)')
    .option('--edgetpu', 'also the twin compiled for the Edge TPU (default: where an Edge TPU is found)')
    .option('--no-edgetpu', 'without the twin')
    .addHelpText(
      'after',
      `
Examples:
  goby models pull
  goby models pull mobilenet_v2_1.0_224_quant --edgetpu
  GOBY_MODEL_MIRROR=/media/usb goby models pull tf2_mobilenet_v2_1.0_224_ptq

models.mirror or GOBY_MODEL_MIRROR is asked first, then each file's own source. A download that broke off goes on
where it stopped. Prints the path of each file.`,
    )
    .action(async (names: readonly string[], options: PullOptions) => {
      const loaded = configFrom(options);
      const catalog = loadCatalog(loaded.places.root);
      const withTwin = options.edgetpu ?? usesEdgetpu(loaded);
      const wanted = names.length > 0 ? names : ['default'];
      const entries = wanted.map((name) => catalogEntry(catalog, name, usesEdgetpu(loaded)));
      const results: { name: string; files: PulledFile[] }[] = [];
      for (const entry of entries) {
        results.push({ name: entry.name, files: await pullWithBar(entry, withTwin, loaded) });
      }
      if (options.json) printJson(results);
      else for (const { path } of results.flatMap(({ files }) => files)) console.log(path);
    });
}

/** Fetches (and builds) the files of a model with a progress bar. @throws GobyError when it can't be had */
export async function pullWithBar(
  entry: CatalogEntry,
  withTwin: boolean,
  { config, places }: ReturnType<typeof configFrom>,
): Promise<PulledFile[]> {
  const bar = startProgress(entry.name, 1);
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
