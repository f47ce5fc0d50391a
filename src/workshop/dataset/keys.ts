/** Keys as they are pressed on a terminal, or as they come from a pipe. */
import type { ReadStream } from 'node:tty';

const ctrlC = '\u0003';
const ctrlD = '\u0004';

/**
 * Calls onKey for every character; a terminal is read key by key, without Enter.
 * @param onEnd the stream ended, or Ctrl-C or Ctrl-D was pressed on a terminal
 * @returns gives the terminal back
 */
export function readKeys(
  stream: NodeJS.ReadStream | ReadStream,
  onKey: (key: string) => void,
  onEnd: () => void,
): () => void {
  const isTerminal = stream.isTTY === true;
  if (isTerminal) stream.setRawMode(true);
  const take = (text: string): void => {
    for (const key of text) {
      if (isTerminal && (key === ctrlC || key === ctrlD)) onEnd();
      else onKey(key);
    }
  };
  stream.setEncoding('utf8');
  stream.on('data', take);
  stream.once('end', onEnd);
  stream.resume();
  return () => {
    stream.off('data', take);
    stream.off('end', onEnd);
    if (isTerminal) stream.setRawMode(false);
    stream.pause();
  };
}
