/** Imports the compiled program, made first where it is missing or older than its sources. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildIsFresh } from './build.mjs';
import { startLean } from './lean.mjs';

export async function launch() {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const main = new URL('../../dist/main.js', import.meta.url);
  if (!existsSync(main) || !buildIsFresh(root)) {
    const bootstrap = fileURLToPath(new URL('../bootstrap.mjs', import.meta.url));
    const { status } = spawnSync(process.execPath, [bootstrap, '--for', 'build'], { stdio: ['ignore', 2, 2] });
    // Data that can't be fetched now is the command's business, not the build's.
    if (status !== 0 && !(existsSync(main) && buildIsFresh(root))) process.exit(status ?? 1);
  }
  await startLean();
  await import(main.href);
}
