/** Prints how much each dependency of package.json takes when it is installed, alone and with everything it brings. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));
const megabytes = (bytes) => (bytes / 1e6).toFixed(2).padStart(8);

/** As Node looks for it: in the node_modules of `from`, then in those further up. */
function find(name, from) {
  const nested = join(from, 'node_modules', name);
  if (existsSync(nested)) return nested;
  return from === '' ? undefined : find(name, from.slice(0, Math.max(0, from.lastIndexOf('/node_modules/'))));
}

/** Bytes of its files, without what lies in a node_modules of its own. */
function bytesOf(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.name !== 'node_modules')
    .map((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? bytesOf(path) : entry.isFile() ? statSync(path).size : 0;
    })
    .reduce((sum, bytes) => sum + bytes, 0);
}

function withAllItBrings(folder, found = new Set()) {
  if (folder === undefined || found.has(folder)) return found;
  found.add(folder);
  const { dependencies, optionalDependencies } = readJson(join(folder, 'package.json'));
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies }))
    withAllItBrings(find(name, folder), found);
  return found;
}

const own = readJson('package.json');
for (const kind of ['dependencies', 'optionalDependencies', 'devDependencies']) {
  console.log(`${kind}: MB alone, MB with what it brings, name`);
  for (const name of Object.keys(own[kind] ?? {})) {
    const folder = find(name, '');
    if (folder === undefined) {
      console.log(`not installed here     ${name}`);
      continue;
    }
    const all = [...withAllItBrings(folder)].reduce((sum, path) => sum + bytesOf(path), 0);
    console.log(`${megabytes(bytesOf(folder))} ${megabytes(all)} ${name}`);
  }
}
