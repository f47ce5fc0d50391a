/** The parts of the compiled program that packaging uses: it is built before. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** @param {string} root the checkout */
export async function loadCompiled(root) {
  const load = (path) => import(pathToFileURL(join(root, 'dist', path)).href);
  const [
    { commands },
    { findPlaces },
    { loadCatalog },
    { essentials, fetchEssentials },
    { filesOfPackage },
    { pathInStore },
  ] = await Promise.all(
    [
      'commands/all.js',
      'config/places.js',
      'models/catalog.js',
      'models/essentials.js',
      'models/npm-package.js',
      'models/store.js',
    ].map(load),
  );
  /** The same look at lengths as missingEssentials, for places of our own. */
  const isMissing = (pin, target) => statSync(target, { throwIfNoEntry: false })?.size !== pin.bytes;
  return { commands, findPlaces, loadCatalog, essentials, fetchEssentials, filesOfPackage, pathInStore, isMissing };
}
