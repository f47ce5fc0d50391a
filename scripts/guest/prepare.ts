/** Prepares the x86-64 guest for the end-to-end tests; where that can't be done, says so in one line and ends well. */

import { rm } from 'node:fs/promises';
import { repository } from './cache.ts';
import { gobyPackage, preparedFile, prepareGuest } from './pc.ts';

/** A slow mirror costs the guest's tests, never the whole run. */
const limitMs = 300_000;

const startedMs = performance.now();
const step = (note: string): void => {
  console.log(`Guest, ${Math.round((performance.now() - startedMs) / 1000)} s: ${note}`);
};

const limit = setTimeout(() => void giveUp(`it was not ready after ${limitMs / 1000} s`), limitMs);
try {
  const quiet = (note: string): void => {
    if (!/^(using|automatically|finding|chroot|removing)/.test(note)) step(note);
  };
  await prepareGuest(quiet);
  await gobyPackage(repository, 'amd64', quiet);
  step('ready');
} catch (error) {
  await giveUp(error instanceof Error ? error.message : String(error));
}
clearTimeout(limit);

async function giveUp(why: string): Promise<void> {
  await rm(preparedFile, { force: true });
  console.log(`The tests in the guest are skipped: ${why}`);
  process.exit(0);
}
