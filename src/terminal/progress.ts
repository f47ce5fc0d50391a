/**
 * Progress on stderr: a bar that is drawn in place on a terminal, a line every ten per cent elsewhere, or JSON for another program:
 * one object a line, such as {"stage":"embedding photos","share":0.4}.
 */

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

export type StartProgress = (title: string, total: number) => Progress;

export const progressFormats = ['text', 'json'] as const;
export type ProgressFormat = (typeof progressFormats)[number];

/** A line every hundredth, with the share of this stage that is done, 0..1. */
export function startJsonProgress(
  stage: string,
  total: number,
  stream: { write(text: string): unknown } = process.stderr,
): Progress {
  let lastHundredth = -1;
  const update = (done: number): void => {
    const share = total > 0 ? Math.min(1, done / total) : 1;
    if (Math.floor(share * 100) === lastHundredth) return;
    lastHundredth = Math.floor(share * 100);
    stream.write(`${JSON.stringify({ stage, share: Number(share.toFixed(3)) })}\n`);
  };
  update(0);
  return { update, end: () => undefined };
}

export function progressOf(format: ProgressFormat): StartProgress {
  return format === 'json' ? startJsonProgress : startProgress;
}
