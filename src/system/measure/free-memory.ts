/**
 * Gives memory that is free back to the kernel. glibc keeps what a program has freed for its next allocation: starting leaves 30 to 45 MB
 * of it between what is in use, which nothing takes up for months.
 */
import { createRequire } from 'node:module';
import type koffi from 'koffi';

/** malloc_trim(3): gives back all whole pages that are free, also between others. */
type Trim = (padBytes: number) => number;

let trim: Trim | undefined;

/** Takes one to ten milliseconds. Does nothing where the C library has no such function (musl). */
export function returnFreeMemory(): void {
  trim ??= findTrim();
  trim(0);
}

/** When a start is over, and how often from then on. */
const [firstMs, everyMs] = [10_000, 60_000];

/** Returns free memory when the start is over, then once a minute. @returns ends it */
export function returnFreeMemoryRegularly(work = returnFreeMemory): () => void {
  const first = setTimeout(work, firstMs).unref();
  const timer = setInterval(work, everyMs).unref();
  return () => {
    clearTimeout(first);
    clearInterval(timer);
  };
}

function findTrim(): Trim {
  try {
    const library = (createRequire(import.meta.url)('koffi') as typeof koffi).load(null);
    return library.func('int malloc_trim(size_t pad)') as Trim;
  } catch {
    return () => 0;
  }
}
