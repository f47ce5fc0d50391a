/** The TensorFlow Lite library of an architecture, the default model and the sample photos, in the package's tree. */
import { cpSync, mkdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/**
 * Copies them to `to`. What this checkout has is taken from its var/; the library of the other architecture is fetched
 * once and kept in var/packaging.
 * @param {{ root: string, architecture: import('./architectures.mjs').Architecture, to: string, program: object }} input
 *   program: what compiled.mjs loaded
 */
export async function copyData({ root, architecture, to, program }) {
  const fetched = join(root, 'var');
  const catalog = program.loadCatalog(root);
  const own = program.findPlaces({});
  const runtimeLibrary =
    architecture.node === process.arch
      ? own.runtimeLibrary
      : join(fetched, 'packaging', `runtime-${architecture.node}`, catalog.runtime[architecture.node].file);
  const places = { ...own, runtimeLibrary };
  const essentials = program.essentials(places, catalog, architecture.node);
  await program.fetchEssentials(
    places,
    essentials.filter(({ pin, target }) => program.isMissing(pin, target)),
    { mirror: process.env.GOBY_MODEL_MIRROR, onNote: (note) => console.error(`goby: ${note}`) },
  );
  const place = (file) => {
    const target = join(
      to,
      file === runtimeLibrary ? `runtime/${catalog.runtime[architecture.node].file}` : relative(fetched, file),
    );
    mkdirSync(dirname(target), { recursive: true });
    cpSync(file, target);
  };
  for (const { target } of essentials) place(target);
  const model = catalog.models.find(({ name }) => name === catalog.default);
  const file = program.pathInStore(own, model.name, model.files.cpu.file);
  for (const part of [file, `${file}.built.json`]) place(part);
}
