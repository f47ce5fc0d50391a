/** `goby models verify`: are the fetched files still the pinned ones? */
import { Command } from 'commander';
import { configFrom } from '../../config/config-options.ts';
import type { Places } from '../../config/places.ts';
import { InputError } from '../../errors.ts';
import { hasEdgetpu } from '../../flow/infer/open-engine.ts';
import { type Catalog, catalogEntry, loadCatalog } from '../../models/catalog.ts';
import { runtimeDifference } from '../../models/essentials.ts';
import { strangers, verify } from '../../models/store.ts';
import { table } from '../../terminal/table.ts';
import { type ModelsOptions, printJson, withModelsOptions } from '../options/model-options.ts';

interface CheckedFile {
  readonly name: string;
  readonly state: string;
  readonly path: string;
  readonly difference?: string;
}

const libraryName = 'tensorflow lite';

export function verifyCommand(): Command {
  return withModelsOptions(new Command('verify').description('hash the fetched files and compare with the catalog'))
    .argument('[names...]', 'names from `goby models list` (default: every model that is here, and the library)')
    .addHelpText(
      'after',
      `
Examples:
  goby models verify
  goby models verify default --json

Exit code: 0 when all is right, 1 when a file is damaged, or one that was named is missing.`,
    )
    .action(async (names: readonly string[], options: ModelsOptions) => {
      const loaded = configFrom(options);
      const { places } = loaded;
      const catalog = loadCatalog(places.root);
      const files =
        names.length > 0
          ? await namedFiles(
              names.map((name) => catalogEntry(catalog, name, hasEdgetpu(loaded.config.infer))),
              places,
            )
          : [await libraryFile(places, catalog), ...(await presentFiles(places, catalog))];
      const unknown = names.length > 0 ? [] : await strangers(places, catalog);
      if (options.json) printJson({ files, unknown });
      else console.log(report(files, unknown));
      failOn(files.filter(({ state }) => state !== 'ok'));
    });
}

/** The CPU file must be there, its twin need not. */
async function namedFiles(entries: Catalog['models'], places: Places): Promise<CheckedFile[]> {
  const checked = await Promise.all(
    entries.map(async (entry) =>
      (await verify(places, entry))
        .filter(({ role, state }) => role === 'cpu' || state !== 'missing')
        .map((file) => checkedFile(entry.name, file)),
    ),
  );
  return checked.flat();
}

async function presentFiles(places: Places, catalog: Catalog): Promise<CheckedFile[]> {
  const checked = await Promise.all(
    catalog.models.map(async (entry) =>
      (await verify(places, entry))
        .filter(({ state }) => state !== 'missing')
        .map((file) => checkedFile(entry.name, file)),
    ),
  );
  return checked.flat();
}

async function libraryFile(places: Places, catalog: Catalog): Promise<CheckedFile> {
  const difference = await runtimeDifference(places, catalog);
  const state = difference === undefined ? 'ok' : difference === 'is missing' ? 'missing' : 'damaged';
  return checkedFile(libraryName, {
    path: places.runtimeLibrary,
    state,
    ...(state === 'damaged' ? { difference } : {}),
  });
}

function checkedFile(
  name: string,
  { state, path, difference }: { state: string; path: string; difference?: string | undefined },
): CheckedFile {
  return { name, state, path, ...(difference === undefined ? {} : { difference }) };
}

function report(files: readonly CheckedFile[], unknown: readonly string[]): string {
  const rows = files.map(({ name, state, path, difference }) => [
    name,
    state,
    difference === undefined ? path : `${path} ${difference}`,
  ]);
  return [table(['name', 'state', 'file'], rows), ...unknown.map((path) => `not in the catalog: ${path}`)].join('\n');
}

function failOn(bad: readonly CheckedFile[]): void {
  if (bad.length === 0) return;
  const models = [...new Set(bad.map(({ name }) => name))].filter((name) => name !== libraryName);
  const mends = [
    ...(models.length === bad.length ? [] : ['Fetch the library with: npm run build']),
    ...(models.length === 0 ? [] : [`Fetch with: goby models pull ${models.join(' ')}`]),
  ];
  throw new InputError(
    `${bad.length === 1 ? 'One file is' : `${bad.length} files are`} not right: ${bad.map(({ path, state }) => `${path} (${state})`).join(', ')}.`,
    { remedy: mends.join('; ') },
  );
}
