/** What the library of a worker writes to stderr while it works on one request: the reason of a failure, in its own words. */
import { wordsEnd } from './protocol.ts';

/** A failure is told in a few lines; a library that writes more is not quoted further. */
const mostLines = 64;
const mostLetters = 300;
/** The end line comes through another pipe than the answer; a library that closed its stderr must not hold the answer back. */
const patienceMs = 500;

export class LibraryWords {
  #end = '';
  #lines: string[] = [];
  #ended = false;
  #onEnd: () => void = () => undefined;

  /** A request is sent: what comes now is about it. */
  begin(id: number): void {
    this.#end = wordsEnd(id);
    this.#lines = [];
    this.#ended = false;
  }

  /** @returns whether the line is the library's, rather than the end of a request */
  take(line: string): boolean {
    if (line === this.#end) {
      this.#ended = true;
      this.#onEnd();
      return false;
    }
    if (this.#lines.length < mostLines) this.#lines.push(line);
    return true;
  }

  /** The errors among what was said of the request that just failed, as one sentence; undefined when there are none. */
  async of(id: number): Promise<string | undefined> {
    if (!this.#ended && this.#end === wordsEnd(id)) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, patienceMs);
        this.#onEnd = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    const said = this.#lines
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
