/** Every model that has a name here: the user's own and the catalog's, and which of them are on this machine. */
import { existsSync } from 'node:fs';
import type { Places } from '../config/places.ts';
import type { ModelsConfig } from '../config/schema.ts';
import { fingerprintOf } from '../system/files/integrity.ts';
import { defaultModelName, loadCatalog } from './catalog.ts';
import { type FileRole, lookUp, type StoredFile } from './store.ts';
import { trainedModels } from './trained-models.ts';

export interface ListedModel {
  readonly name: string;
  readonly task: string;
  readonly summary: string;
  readonly default: boolean;
  readonly own: boolean;
  readonly input?: { readonly widthPx: number; readonly heightPx: number };
  /** `yes`, `no`, or `damaged` when its size is wrong; `yours` for an own model. */
  readonly here: string;
  /** Absent: there is no twin for the Edge TPU. */
  readonly edgetpuHere?: string;
  /** Of the CPU file, where it is here and pinned by it, or an own model's. */
  readonly sha256?: string;
}

export interface ListingParts {
  readonly config: { readonly models: Pick<ModelsConfig, 'own'> };
  readonly places: Pick<Places, 'root' | 'modelStores' | 'stateDir'>;
}

/** @param edgetpu whether an Edge TPU was found: the default is another model then */
export async function listModels(parts: ListingParts, edgetpu: boolean): Promise<ListedModel[]> {
  return [...(await ownModels(parts)), ...(await modelsTrainedHere(parts)), ...catalogModels(parts, edgetpu)];
}

function ownModels({ config }: ListingParts): Promise<ListedModel[]> {
  return Promise.all(
    Object.entries(config.models.own).map(async ([name, own]): Promise<ListedModel> => {
      const sha256 = existsSync(own.file) ? (await fingerprintOf(own.file)).sha256 : undefined;
      return {
        name,
        task: own.task,
        summary: `yours: ${own.file}`,
        default: false,
        own: true,
        here: 'yours',
        ...(own.edgetpuFile === undefined ? {} : { edgetpuHere: 'yours' }),
        ...(sha256 === undefined ? {} : { sha256 }),
      };
    }),
  );
}

async function modelsTrainedHere({ places }: ListingParts): Promise<ListedModel[]> {
  const found = await trainedModels(places);
  return Promise.all(
    found.map(async ({ name, file }) => ({
      name,
      task: 'classify',
      summary: `trained here: ${file}`,
      default: false,
      own: true,
      here: 'yours',
      sha256: (await fingerprintOf(file)).sha256,
    })),
  );
}

function catalogModels({ places }: ListingParts, edgetpu: boolean): ListedModel[] {
  const catalog = loadCatalog(places.root);
  const usual = defaultModelName(catalog, edgetpu);
  return catalog.models.map((entry) => {
    const files = lookUp(places, entry);
    const cpu = files.find(({ role }) => role === 'cpu');
    const twin = stateOf(files, 'edgetpu');
    const sha256 = cpu?.state === 'present' ? cpu.pin.sha256 : undefined;
    return {
      name: entry.name,
      task: entry.task,
      summary: entry.summary,
      default: entry.name === usual,
      own: false,
      input: entry.input,
      here: stateOf(files, 'cpu') ?? 'no',
      ...(twin === undefined ? {} : { edgetpuHere: twin }),
      ...(sha256 === undefined ? {} : { sha256 }),
    };
  });
}

function stateOf(files: readonly StoredFile[], role: FileRole): string | undefined {
  const state = files.find((file) => file.role === role)?.state;
  return state === undefined ? undefined : state === 'missing' ? 'no' : state === 'damaged' ? 'damaged' : 'yes';
}
