/** Reads JSON and Python's literals: what export scripts print of their class names. Nothing is ever run. */
import { InputError } from '../../errors.ts';

export type Literal = string | number | boolean | null | readonly Literal[] | ReadonlyMap<string | number, Literal>;

/** Lists of labels are flat, descriptions a few levels deep. */
const maxDepth = 16;
const maxValues = 200_000;

/** @throws InputError when it is none, or nested too deeply */
export function readLiteral(text: string): Literal {
  const reader = new LiteralReader(text);
  return reader.whole();
}

const words: Readonly<Record<string, boolean | null>> = {
  true: true,
  True: true,
  false: false,
  False: false,
  null: null,
  None: null,
};

class LiteralReader {
  readonly #text: string;
  #at = 0;
  #left = maxValues;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): Literal {
    const value = this.#value(0);
    this.#skip();
    if (this.#at < this.#text.length) throw this.#broken();
    return value;
  }

  #value(depth: number): Literal {
    if (depth > maxDepth) throw new InputError('it is nested too deeply');
    if (--this.#left < 0) throw new InputError('it holds too much');
    this.#skip();
    const letter = this.#text[this.#at];
    if (letter === '{') return this.#map(depth);
    if (letter === '[') return this.#list(']', depth);
    if (letter === '(') return this.#list(')', depth);
    if (letter === '"' || letter === "'") return this.#string(letter);
    return this.#word();
  }

  #map(depth: number): Literal {
    const map = new Map<string | number, Literal>();
    this.#at += 1;
    for (;;) {
      if (this.#takes('}')) return map;
      const key = this.#value(depth + 1);
      if (typeof key !== 'string' && typeof key !== 'number') throw this.#broken();
      if (!this.#takes(':')) throw this.#broken();
      map.set(key, this.#value(depth + 1));
      if (!this.#takes(',') && this.#peek() !== '}') throw this.#broken();
    }
  }

  #list(end: string, depth: number): Literal {
    const list: Literal[] = [];
    this.#at += 1;
    for (;;) {
      if (this.#takes(end)) return list;
      list.push(this.#value(depth + 1));
      if (!this.#takes(',') && this.#peek() !== end) throw this.#broken();
    }
  }

  #string(quote: string): string {
    let value = '';
    for (let at = this.#at + 1; at < this.#text.length; at++) {
      const letter = this.#text[at]!;
      if (letter === quote) {
        this.#at = at + 1;
        return value;
      }
      if (letter !== '\\') {
        value += letter;
        continue;
      }
      const code = /^\\u([0-9a-fA-F]{4})/.exec(this.#text.slice(at, at + 6))?.[1];
      if (code !== undefined) {
        value += String.fromCharCode(Number.parseInt(code, 16));
        at += 5;
        continue;
      }
      at += 1;
      const escaped = this.#text[at] ?? '';
      value += { n: '\n', t: '\t', r: '\r' }[escaped] ?? escaped;
    }
    throw this.#broken();
  }

  #word(): Literal {
    const [word = ''] = /^[-+.\w]+/.exec(this.#text.slice(this.#at, this.#at + 40)) ?? [];
    this.#at += word.length;
    if (Object.hasOwn(words, word)) return words[word]!;
    const number = Number(word);
    if (word === '' || !Number.isFinite(number)) throw this.#broken();
    return number;
  }

  #peek(): string | undefined {
    this.#skip();
    return this.#text[this.#at];
  }

  #takes(letter: string): boolean {
    if (this.#peek() !== letter) return false;
    this.#at += 1;
    return true;
  }

  #skip(): void {
    while (/\s/.test(this.#text[this.#at] ?? 'x')) this.#at += 1;
  }

  #broken(): InputError {
    const near = JSON.stringify(this.#text.slice(this.#at, this.#at + 12));
    return new InputError(`it begins like JSON, and goes wrong at letter ${this.#at + 1} (${near})`);
  }
}
