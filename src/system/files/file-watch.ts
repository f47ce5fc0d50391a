/** Notices that files changed, by looking at them now and then: that works on every file system and with every way to replace a file. */
import { stat } from 'node:fs/promises';

export interface FileWatchOptions {
  /** Called when a file is new, or has changed and stayed the same between two looks: a copy that goes on is waited for. */
  onChange(path: string): void;
  readonly intervalMs?: number;
}

interface Watched {
  /** As it was when it was last told, or first seen. */
  known: string;
  /** As it was at the last look. */
  last: string;
}

const missing = 'missing';

export class FileWatch {
  readonly #options: FileWatchOptions;
  readonly #files = new Map<string, Watched>();
  #timer: NodeJS.Timeout | undefined;
  #looking = false;

  constructor(options: FileWatchOptions) {
    this.#options = options;
  }

  /** Looks at a file from now on; what it is now counts as known. */
  async add(path: string): Promise<void> {
    if (this.#files.has(path)) return;
    const now = await appearance(path);
    this.#files.set(path, { known: now, last: now });
  }

  start(): void {
    this.#timer = setInterval(() => void this.#look(), this.#options.intervalMs ?? 1000);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    for (const [path, watched] of this.#files) {
      const now = await appearance(path);
      const isSettled = now === watched.last;
      watched.last = now;
      // A file that went away tells nothing: what it held goes on.
      if (!isSettled || now === watched.known || now === missing) continue;
      watched.known = now;
      this.#options.onChange(path);
    }
    this.#looking = false;
  }
}

async function appearance(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  return found === undefined ? missing : `${found.ino} ${found.size} ${found.mtimeMs}`;
}
