/** `goby models list`: the catalog and the user's own models, and which of them are on this machine. */
import { Command } from 'commander';
import { configFrom } from '../../config/config-options.ts';
import { hasEdgetpu } from '../../flow/infer/open-engine.ts';
import { listModels } from '../../models/listing.ts';
import { table } from '../../terminal/table.ts';
import { type ModelsOptions, printJson, withModelsOptions } from '../options/model-options.ts';

export function listCommand(): Command {
  return withModelsOptions(new Command('list').description('list the models of the catalog and your own'))
    .addHelpText('after', '\nExamples:\n  goby models list\n  goby models list --json')
    .action(async (options: ModelsOptions) => {
      const loaded = configFrom(options);
      const models = await listModels(loaded, hasEdgetpu(loaded.config.infer));
      if (options.json) {
        printJson(models);
        return;
      }
      const rows = models.map((model) => [
        `${model.name}${model.default ? ' *' : ''}`,
        model.task,
        model.input === undefined ? '' : `${model.input.widthPx}x${model.input.heightPx}`,
        model.here,
        model.edgetpuHere ?? '-',
        model.summary,
      ]);
      console.log(table(['name', 'task', 'input', 'here', 'edge tpu twin', 'what'], rows));
      console.log('\n* the default on this machine. Fetch a model with: goby models pull NAME');
    });
}
