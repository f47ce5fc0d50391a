/**
 * How Node is started for the commands that run for long. glibc keeps an arena for every thread that allocates, and frames
 * decoded in turns by many threads leave holes in each: one arena for all saves a third of the memory. Blocks of a megabyte and
 * more, which decoded frames are, are mapped each by itself and given back as soon as they are freed; left alone, glibc keeps such blocks from
 * the second one on. V8 grows its heap in smaller steps, with a young generation of 1 MB a half instead of up to 16, and looks through it sooner.
 * scripts/packaging/goby does the same for an installed goby.
 */
import { existsSync } from 'node:fs';

export const mallocSettings = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '1048576',
  MALLOC_TRIM_THRESHOLD_: '1048576',
};
export const nodeFlags = ['--optimize-for-size'];

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
  for (const [name, value] of Object.entries(mallocSettings)) process.env[name] ??= value;
  const { replaceProcess } = await import(relaunch.href);
  replaceProcess(process.execPath, [...process.execArgv, ...nodeFlags, ...process.argv.slice(1)]);
}
