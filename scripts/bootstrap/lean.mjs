/**
 * How Node is started for the commands that run for long. glibc keeps an arena for every thread that allocates, and frames
 * decoded in turns by many threads leave holes in each: one arena for all saves a third of the memory. V8's young
 * generation may grow to 48 MB by default; goby's garbage is small, and 4 MB a half serve it as well.
 * scripts/packaging/goby does the same for an installed goby.
 */
import { existsSync } from 'node:fs';

export const arenas = '1';
export const nodeFlags = ['--max-semi-space-size=4'];

const relaunch = new URL('../../dist/system/service/relaunch.js', import.meta.url);
const longRunning = ['run', 'bench'];

/** Both count at a process's start only: where they are missing, the process replaces itself, once. */
export async function startLean() {
  if (
    !longRunning.includes(process.argv[2] ?? '') ||
    process.env.MALLOC_ARENA_MAX !== undefined ||
    !existsSync(relaunch)
  )
    return;
  process.env.MALLOC_ARENA_MAX = arenas;
  const { replaceProcess } = await import(relaunch.href);
  replaceProcess(process.execPath, [...process.execArgv, ...nodeFlags, ...process.argv.slice(1)]);
}
