/** `goby models list`: the catalog and the user's own models, and which of them are on this machine. */
import { Command } from 'commander';
import { defaultModelName, loadCatalog } from '../../models/catalog.ts';
import { type FileRole, lookUp, type StoredFile } from '../../models/store.ts';
import { configFrom } from '../config-options.ts';
import { table } from '../table.ts';
import { type ModelsOptions, printJson, usesEdgetpu, withModelsOptions } from './options.ts';

export function listCommand(): Command {
  return withModelsOptions(new Command('list').description('list the models of the catalog and your own'))
    .addHelpText('after', '\nExamples:\n  goby models list\n  goby models list --json')
    .action((options: ModelsOptions) => {
      const loaded = configFrom(options);
      const models = [...ownModels(loaded), ...catalogModels(loaded)];
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

interface ListedModel {
  readonly name: string;
  readonly task: string;
  readonly summary: string;
  readonly default: boolean;
  readonly own: boolean;
  readonly input?: { readonly widthPx: number; readonly heightPx: number };
  /** `yes`, `no`, or `damaged` when its size is wrong. */
  readonly here: string;
  /** Absent: there is no twin for the Edge TPU. */
  readonly edgetpuHere?: string;
}

type Loaded = ReturnType<typeof configFrom>;

function ownModels({ config }: Loaded): ListedModel[] {
  return Object.entries(config.models.own).map(([name, own]) => ({
    name,
    task: own.task,
    summary: `yours: ${own.file}`,
    default: false,
    own: true,
    here: 'yours',
    ...(own.edgetpuFile === undefined ? {} : { edgetpuHere: 'yours' }),
  }));
}

function catalogModels(loaded: Loaded): ListedModel[] {
  const catalog = loadCatalog(loaded.places.root);
  const usual = defaultModelName(catalog, usesEdgetpu(loaded));
  return catalog.models.map((entry) => {
    const files = lookUp(loaded.places, entry);
    const twin = stateOf(files, 'edgetpu');
    return {
      name: entry.name,
      task: entry.task,
      summary: entry.summary,
      default: entry.name === usual,
      own: false,
      input: entry.input,
      here: stateOf(files, 'cpu') ?? 'no',
      ...(twin === undefined ? {} : { edgetpuHere: twin }),
    };
  });
}

function stateOf(files: readonly StoredFile[], role: FileRole): string | undefined {
  const state = files.find((file) => file.role === role)?.state;
  return state === undefined ? undefined : state === 'missing' ? 'no' : state === 'damaged' ? 'damaged' : 'yes';
}
