/**
 * Frees decoded frames soon after their last use. A decoded frame is a few megabytes outside of V8's heap, and V8 counts them: left
 * alone it looks through its whole heap every three or four frames to get them back, which stops this thread for 5 to 40 ms. They
 * are young, and to look through what is young takes half a millisecond.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: { type: 'minor' }) => void;

let collect: Collect | undefined;
let isDue = false;

/** Called when a large buffer isn't used any more. Returns at once; what still refers to the buffer has until the next turn of the event loop. */
export function collectYoungGarbageSoon(): void {
  if (isDue) return;
  isDue = true;
  setImmediate(() => {
    isDue = false;
    collect ??= findCollect();
    collect({ type: 'minor' });
  });
}

/** V8's own function. Node shows it only with --expose-gc; a context that is made after the flag was set has it too. */
function findCollect(): Collect {
  setFlagsFromString('--expose-gc');
  const found: unknown = globalThis.gc ?? runInNewContext('gc');
  // Without it V8 frees the buffers by itself, later.
  return typeof found === 'function' ? (found as Collect) : () => undefined;
}
