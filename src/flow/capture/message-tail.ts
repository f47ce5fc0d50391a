/** The last lines that a program wrote to stderr: bounded, without colours, pointers and secrets. */
import { maskAddresses } from '../../text/addresses.ts';
import { withoutPointers } from '../../text/same-trouble.ts';

const keptLines = 6;
const longestLine = 300;

/** Lines that say nothing about a failure: rpicam's line for each frame, and its echo of the camera's modes. */
const chatter = /^(#\d+ \(|Mode selection for|\s+S[RBG]{4}\d+|Made (X|DRM|QT)|\[[\d:.]+\] \[\d+\]\s+DEBUG)/;

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
const colours = /\u001b\[[\d;]*m/g;

export class MessageTail {
  readonly #secrets: readonly string[];
  readonly #lines: string[] = [];
  readonly #onLine: (line: string) => void;
  #rest = '';

  /** @param secrets texts that are replaced by *** wherever they appear */
  constructor(secrets: readonly string[] = [], onLine: (line: string) => void = () => undefined) {
    this.#secrets = secrets.filter((secret) => secret !== '');
    this.#onLine = onLine;
  }

  feed(chunk: Buffer): void {
    const lines = (this.#rest + chunk.toString('utf8')).split(/[\r\n]+/);
    this.#rest = (lines.pop() ?? '').slice(-4 * longestLine);
    for (const line of lines) this.#keep(line);
  }

  /** The lines so far, oldest first. */
  lines(): readonly string[] {
    if (this.#rest !== '') this.#keep(this.#rest);
    this.#rest = '';
    return [...this.#lines];
  }

  #keep(raw: string): void {
    const plain = withoutPointers(raw.replace(colours, '')).trim();
    if (plain === '' || chatter.test(plain)) return;
    const safe = maskAddresses(this.#secrets.reduce((text, secret) => text.replaceAll(secret, '***'), plain));
    this.#onLine(safe);
    this.#lines.push(safe.slice(0, longestLine));
    if (this.#lines.length > keptLines) this.#lines.shift();
  }
}
