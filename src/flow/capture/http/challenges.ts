/** What a camera asks for with 401: the challenges of WWW-Authenticate (RFC 9110 section 11.6.1), taken apart. */

export interface Challenge {
  /** In small letters, such as basic or digest. */
  readonly scheme: string;
  /** Names in small letters. */
  readonly params: ReadonlyMap<string, string>;
}

/** More than any real camera writes. */
const longestHeader = 8192;

const token = /[!#$%&'*+.^_`|~0-9a-z-]+/iy;
const quoted = /"((?:[^"\\]|\\.)*)"/sy;

/** All challenges of all such headers, in their order; what can't be read is left out. */
export function parseChallenges(headers: readonly string[]): Challenge[] {
  return headers.filter((header) => header.length <= longestHeader && !control.test(header)).flatMap(parseHeader);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what no header may hold, and what would come back in ours
const control = /[\u0000-\u0008\u000a-\u001f\u007f]/;

function parseHeader(header: string): Challenge[] {
  const challenges: { scheme: string; params: Map<string, string> }[] = [];
  const text = new Reader(header);
  while (!text.isAtEnd) {
    text.skip(/[\s,]+/y);
    const word = text.read(token);
    if (word === undefined) break;
    text.skip(/[ \t]+/y);
    if (text.read(/=/y) === undefined) {
      // No value behind it: the name of a scheme.
      challenges.push({ scheme: word.toLowerCase(), params: new Map() });
      continue;
    }
    text.skip(/[ \t]+/y);
    const value = text.readQuoted() ?? text.read(token) ?? '';
    challenges.at(-1)?.params.set(word.toLowerCase(), value);
  }
  return challenges;
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  read(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return undefined;
    this.#at = pattern.lastIndex;
    return found[0];
  }

  readQuoted(): string | undefined {
    return this.read(quoted)?.slice(1, -1).replace(/\\(.)/gs, '$1');
  }

  skip(pattern: RegExp): void {
    this.read(pattern);
  }
}
