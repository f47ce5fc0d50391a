/** Node itself and its headers for an architecture, out of a pinned npm package; kept in var/packaging for the next build. */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from './programs.mjs';

/**
 * The folder that holds `node` (stripped), `LICENSE` and `include/node`.
 * @param {string} root the checkout, built
 * @param {import('./architectures.mjs').Architecture} architecture
 * @param {typeof import('../../src/models/npm-package.ts').filesOfPackage} filesOfPackage
 */
export async function nodeProgram(root, architecture, filesOfPackage) {
  const { name, version, integrity } = architecture.nodePackage;
  const folder = join(root, 'var', 'packaging', `${name}-${version}`);
  if (existsSync(folder)) return folder;
  const paths = ['bin/node', 'LICENSE', 'include/node/'];
  const files = await filesOfPackage({ name, pin: { version, integrity }, paths, root });
  const unfinished = `${folder}.${process.pid}`;
  rmSync(unfinished, { recursive: true, force: true });
  for (const [path, content] of files) {
    const target = join(unfinished, path === 'bin/node' ? 'node' : path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content, { mode: path === 'bin/node' ? 0o755 : 0o644 });
  }
  // Its symbols are a sixth of the file, and nobody debugs Node on a Pi.
  await run(`${architecture.triplet}-strip`, [join(unfinished, 'node')]);
  rmSync(folder, { recursive: true, force: true });
  renameSync(unfinished, folder);
  return folder;
}
