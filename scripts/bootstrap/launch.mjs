/** Imports the compiled program, made first where it is missing. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export async function launch() {
  const main = new URL('../../dist/main.js', import.meta.url);
  if (!existsSync(main)) {
    const bootstrap = fileURLToPath(new URL('../bootstrap.mjs', import.meta.url));
    const { status } = spawnSync(process.execPath, [bootstrap, '--for', 'build'], { stdio: ['ignore', 2, 2] });
    if (status !== 0) process.exit(status ?? 1);
  }
  await import(main.href);
}
