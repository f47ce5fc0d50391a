/** What the library of a worker writes to stderr while it works on one request: the reason of a failure, in its own words. */
import { endedRequest } from './protocol.ts';

/** A failure is told in a few lines; a library that writes more is not quoted further. */
const mostLines = 64;
const mostLetters = 300;
/** The end line comes through another pipe than the answer; a library that closed its stderr must not hold the answer back. */
const patienceMs = 500;

export class LibraryWords {
  #lines: string[] = [];
  /** What was said before the end of each request that failed. */
  readonly #ended = new Map<number, string[]>();
  readonly #onEnd = new Map<number, () => void>();

  /** A request is sent and none is under way: what comes now is about it, or about one that follows. */
  begin(): void {
    this.#lines = [];
    this.#ended.clear();
  }

  /** @returns whether the line is the library's, rather than the end of a request */
  take(line: string): boolean {
    const id = endedRequest(line);
    if (id === undefined) {
      if (this.#lines.length < mostLines) this.#lines.push(line);
      return true;
    }
    this.#ended.set(id, this.#lines);
    this.#lines = [];
    this.#onEnd.get(id)?.();
    return false;
  }

  /** The errors among what was said of the request that just failed, as one sentence; undefined when there are none. */
  async of(id: number): Promise<string | undefined> {
    if (!this.#ended.has(id)) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, patienceMs);
        this.#onEnd.set(id, () => {
          clearTimeout(timer);
          resolve();
        });
      });
      this.#onEnd.delete(id);
    }
    const lines = this.#ended.get(id) ?? this.#lines;
    this.#ended.delete(id);
    const said = lines
      .filter((line) => line.startsWith('ERROR: '))
      .map((line) => line.slice('ERROR: '.length).trim())
      .filter((line) => line !== '' && line !== 'Registration failed.');
    const different = said.filter((line, at) => said.findIndex((other) => isAlike(line, other)) === at);
    const words = different.slice(0, 2).join(' ');
    // Names inside come from the model file: no escape sequence of it may reach a terminal.
    return words === '' ? undefined : words.replaceAll(/\p{Cc}/gu, '?').slice(0, mostLetters);
  }
}

/** The same of another tensor or node is no news. */
function isAlike(one: string, other: string): boolean {
  return one.replaceAll(/\d+/g, '#') === other.replaceAll(/\d+/g, '#');
}
