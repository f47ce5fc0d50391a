/** Things that take long to make, kept between runs under a name that holds all they depend on. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** GOBY_CACHE, else var/cache of the checkout. */
export function cacheFolder(): string {
  return process.env['GOBY_CACHE'] ?? join(repository, 'var', 'cache');
}

/**
 * The folder `kind-KEY` in the cache, made by `build` where it isn't there. A build that is interrupted leaves nothing that
 * could be taken for a whole one; older folders of the same kind are removed.
 * @param parts all that the content depends on
 */
export async function cached(
  kind: string,
  parts: readonly string[],
  build: (folder: string) => Promise<void>,
): Promise<string> {
  const key = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
  const folder = join(cacheFolder(), `${kind}-${key}`);
  if (await exists(folder)) return folder;
  await mkdir(cacheFolder(), { recursive: true });
  const making = join(cacheFolder(), `making-${kind}-${key}-${process.pid}`);
  await rm(making, { recursive: true, force: true });
  await mkdir(making);
  try {
    await build(making);
    for (const old of await readdir(cacheFolder())) {
      if (old.startsWith(`${kind}-`)) await rm(join(cacheFolder(), old), { recursive: true, force: true });
    }
    await rename(making, folder);
  } catch (error) {
    await rm(making, { recursive: true, force: true });
    throw error;
  }
  return folder;
}

/** True where `cached` would not have to build. */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
