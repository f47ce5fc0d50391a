/** A progress bar on stderr: drawn in place on a terminal, a line every ten per cent elsewhere. */

export interface Progress {
  /** @param done 0..total */
  update(done: number, note?: string): void;
  /** Leaves the bar, or the note in its place, on its line. */
  end(note?: string): void;
}

export function startProgress(
  title: string,
  total: number,
  stream: NodeJS.WriteStream | { isTTY?: boolean; write(text: string): unknown } = process.stderr,
): Progress {
  const terminal = stream.isTTY === true;
  let lastTenth = -1;
  let lastDrawMs = 0;
  let ended = false;
  const draw = (done: number, note: string): void => {
    const share = total > 0 ? Math.min(1, done / total) : 1;
    const percent = `${Math.floor(share * 100)}`.padStart(3);
    if (terminal) {
      const now = performance.now();
      if (now - lastDrawMs < 80 && share < 1) return;
      lastDrawMs = now;
      const filled = Math.round(share * 24);
      stream.write(`\r\x1b[2K${title} [${'#'.repeat(filled)}${'.'.repeat(24 - filled)}] ${percent} % ${note}`);
    } else if (Math.floor(share * 10) > lastTenth) {
      lastTenth = Math.floor(share * 10);
      stream.write(`${title} ${percent} % ${note}\n`);
    }
  };
  return {
    update: (done, note = '') => {
      if (!ended) draw(done, note);
    },
    end: (note) => {
      if (ended) return;
      ended = true;
      if (note !== undefined) stream.write(terminal ? `\r\x1b[2K${title}: ${note}\n` : `${title}: ${note}\n`);
      else if (terminal) stream.write('\n');
    },
  };
}
