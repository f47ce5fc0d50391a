/** Waits for a condition, and says what it waited for in vain, as things are then. */
import { setTimeout as pause } from 'node:timers/promises';

const patienceMs = 120_000;

export async function until(what: string | (() => string), condition: () => boolean): Promise<void> {
  const untilMs = performance.now() + patienceMs;
  while (!condition()) {
    if (performance.now() > untilMs) throw new Error(`waited in vain for ${typeof what === 'string' ? what : what()}`);
    await pause(5);
  }
}
