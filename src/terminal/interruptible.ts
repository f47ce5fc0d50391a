/** Ctrl-C during long work: the work stops at the next photo, what it has done is kept, and a sentence says how to go on. */
import { exitCode, GobyError } from '../errors.ts';

/** @throws GobyError (exit code 130, as shells have it for Ctrl-C) when the person stopped it */
export async function interruptible<Result>(
  photos: number,
  folder: string,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, onSignal);
  try {
    return await work(stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    throw new GobyError(`Stopped while embedding ${photos} photos of ${folder}; what was embedded is kept.`, {
      remedy: 'The same command goes on from there.',
      exitCode: exitCode.interrupted,
      cause: error,
    });
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, onSignal);
  }
}
