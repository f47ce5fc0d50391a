/** `goby models pull`: fetch models into the store. */
import { Command } from 'commander';
import { configFrom } from '../../config/config-options.ts';
import { hasEdgetpu } from '../../flow/infer/open-engine.ts';
import { catalogEntry, loadCatalog } from '../../models/catalog.ts';
import type { PulledFile } from '../../models/store.ts';
import { pullWithBar } from '../../workshop/convert/pull-with-bar.ts';
import { type ModelsOptions, printJson, withModelsOptions } from '../options/model-options.ts';

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
      const withTwin = options.edgetpu ?? hasEdgetpu(loaded.config.infer);
      const wanted = names.length > 0 ? names : ['default'];
      const entries = wanted.map((name) => catalogEntry(catalog, name, hasEdgetpu(loaded.config.infer)));
      const results: { name: string; files: PulledFile[] }[] = [];
      for (const entry of entries) {
        results.push({ name: entry.name, files: await pullWithBar(entry, withTwin, loaded) });
      }
      if (options.json) printJson(results);
      else for (const { path } of results.flatMap(({ files }) => files)) console.log(path);
    });
}
