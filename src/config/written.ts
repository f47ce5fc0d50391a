/** A YAML document as plain values, with the place where each was written. Aliases and merge keys (<<) are followed. */
import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, type Pair, Scalar, type YAMLMap } from 'yaml';
import { ConfigError } from '../errors.ts';
import { commaNumbers } from './comma-number.ts';
import type { Mark, Problem } from './messages.ts';
import { keyOf } from './messages.ts';
import { deepestLevel, type ReadYaml } from './read-yaml.ts';

export interface Written {
  readonly value: unknown;
  readonly mark: Mark;
  /** Keys that are written twice, that nothing can be called, or that hold what can't be seen. */
  readonly problems: readonly Problem[];
}

/** Values in all, those of aliases counted at each place that they are used. */
const mostValues = 20_000;
const mostAliases = 500;

/** Spaces that look like an ordinary one or like nothing. */
const unseen = /[\u00a0\u2000-\u200f\u2028\u2029\u202f\u2060\ufeff]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;
const typographic = /^[“”„‟«»‘’‚‛]|[“”„‟«»‘’‚‛]$/;

/** @throws ConfigError for aliases that lead nowhere, into themselves, or to too much */
export function writtenValue(name: string, { document, lineOf }: ReadYaml): Written {
  const reading = new Reading(name, lineOf);
  const { contents } = document;
  const { value, mark } = contents === null ? { value: null, mark: { line: 1 } } : reading.read(contents, []);
  return { value, mark, problems: reading.problems };
}

interface Read {
  readonly value: unknown;
  readonly mark: Mark;
}

type Path = readonly PropertyKey[];

class Reading {
  readonly problems: Problem[] = [];
  readonly #name: string;
  readonly #lineOf: (offset: number) => number;
  readonly #anchors = new Map<string, Node>();
  /** Nodes that are being read: an alias to one of them would never end. */
  readonly #open = new Set<Node>();
  #values = 0;
  #aliases = 0;

  constructor(name: string, lineOf: (offset: number) => number) {
    this.#name = name;
    this.#lineOf = lineOf;
  }

  read(node: Node, path: Path): Read {
    if (isAlias(node)) return this.#follow(node, path);
    if (++this.#values > mostValues || path.length > deepestLevel) {
      const what = path.length > deepestLevel ? `${deepestLevel} levels` : `${mostValues} values`;
      throw this.#fault(node, `there are more than ${what}, counting what aliases stand for`);
    }
    if ('anchor' in node && typeof node.anchor === 'string') this.#anchors.set(node.anchor, node);
    if (isScalar(node)) return this.#scalar(node, path);
    this.#open.add(node);
    const read = isMap(node) ? this.#map(node, path) : this.#list(node, path);
    this.#open.delete(node);
    return read;
  }

  #follow(alias: Alias, path: Path): Read {
    const node = this.#anchors.get(alias.source);
    if (node === undefined) {
      throw this.#fault(alias, `*${alias.source} is an alias of nothing: no &${alias.source} stands before it`);
    }
    if (this.#open.has(node)) throw this.#fault(alias, `*${alias.source} stands inside what it is an alias of`);
    if (++this.#aliases > mostAliases) throw this.#fault(alias, `there are more than ${mostAliases} aliases`);
    const { value, mark } = this.read(node, path);
    return { value, mark: { ...mark, ...this.#markOf(alias) } };
  }

  #scalar(node: Scalar, path: Path): Read {
    const mark = this.#markOf(node);
    if (node.type === Scalar.PLAIN && typeof node.value === 'string') {
      const slip = slipIn(node.value);
      if (slip !== undefined) this.#problem(path, mark, slip);
    }
    return { value: node.value, mark };
  }

  #list(node: Node, path: Path): Read {
    const value: unknown[] = [];
    const children = new Map<PropertyKey, Mark>();
    if (isSeq(node)) {
      node.items.forEach((item, index) => {
        const read = this.read(item as Node, [...path, index]);
        value.push(read.value);
        children.set(index, read.mark);
      });
    }
    return { value, mark: { ...this.#markOf(node), children } };
  }

  #map(node: YAMLMap, path: Path): Read {
    const value = {};
    const children = new Map<PropertyKey, Mark>();
    const merged: Node[] = [];
    const items = node.items as Pair<Node, Node | null>[];
    const commas = node.flow === true ? commaNumbers(items) : undefined;
    for (const [position, { key: keyNode, value: valueNode }] of items.entries()) {
      if (isMergeKey(keyNode)) {
        if (valueNode !== null) merged.push(valueNode);
        continue;
      }
      if (commas?.rest.has(position)) continue;
      const key = this.#keyText(keyNode, path);
      const line = this.#lineOf(rangeStart(keyNode));
      const here = [...path, key];
      const before = children.get(key);
      if (before !== undefined) {
        this.#problem(here, { line }, `written twice, first in line ${before.line}; keep one of the two`);
        continue;
      }
      const number = commas?.meant.get(position);
      if (number !== undefined) this.#problem(here, { line }, commaText, `${key}: ${number}`);
      const read = valueNode === null ? { value: null, mark: { line } } : this.read(valueNode, here);
      define(value, key, read.value);
      children.set(key, { ...read.mark, line, inBraces: node.flow === true });
    }
    // What a section says itself wins over what it takes from others, and the first of these over the next.
    for (const source of merged.flatMap((one) => this.#sources(one))) this.#merge(source, path, value, children);
    return { value, mark: { ...this.#markOf(node), children } };
  }

  /** The sections that a merge key names: one, or a list of them. */
  #sources(node: Node): Node[] {
    const target = isAlias(node) ? this.#anchors.get(node.source) : node;
    return isSeq(target) ? (target.items as Node[]) : [node];
  }

  #merge(source: Node, path: Path, value: object, children: Map<PropertyKey, Mark>): void {
    const read = this.read(source, path);
    if (typeof read.value !== 'object' || read.value === null || Array.isArray(read.value)) {
      throw this.#fault(source, '<< takes over the keys of a section, such as <<: *front; this is none');
    }
    for (const [key, one] of Object.entries(read.value)) {
      if (Object.hasOwn(value, key)) continue;
      define(value, key, one);
      children.set(key, read.mark.children?.get(key) ?? this.#markOf(source));
    }
  }

  #keyText(node: Node, path: Path): string {
    if (isAlias(node)) {
      const target = this.#anchors.get(node.source);
      if (isScalar(target)) return this.#keyText(target, path);
    }
    if (!isScalar(node)) throw this.#fault(node, 'a section or a list can be no key; is a quote or a colon missing?');
    // As it was written: 007 is no 7, and no is no false.
    const text = node.source ?? String(node.value);
    const hidden = invisible(text);
    if (hidden !== undefined) {
      const mark = this.#markOf(node);
      this.#problem([...path, text.trim()], mark, `the key holds ${hidden.what}; type it anew, with ordinary spaces`);
    }
    return text;
  }

  #problem(path: Path, { line }: Mark, why: string, write?: string): void {
    const remedy = write === undefined ? '' : `. Write: ${write}`;
    this.problems.push({ key: keyOf(path), message: `${why} (line ${line})${remedy}` });
  }

  #fault(node: Node, why: string): ConfigError {
    const line = this.#lineOf(rangeStart(node));
    return new ConfigError(`The configuration ${this.#name} can't be used:\n  line ${line}: ${why}`);
  }

  #markOf(node: Node): Mark {
    const line = this.#lineOf(rangeStart(node));
    return isScalar(node) && typeof node.source === 'string' ? { line, source: node.source } : { line };
  }
}

const commaText = 'a number takes no comma: inside { } a comma begins the next entry';

function isMergeKey(node: Node): boolean {
  return isScalar(node) && node.value === '<<' && node.type === Scalar.PLAIN;
}

/** What looks like a slip of the hand in a text without quotes; what is meant so stands in quotes. */
export function slipIn(text: string): string | undefined {
  const hidden = invisible(text);
  if (hidden !== undefined && (hidden.atEdge || control.test(text)))
    return `its value holds ${hidden.what}; type it anew, with ordinary spaces`;
  return typographic.test(text) ? `the quotes of ${text} are typographic ones; type straight ones: "..."` : undefined;
}

function invisible(text: string): { readonly what: string; readonly atEdge: boolean } | undefined {
  const found = unseen.exec(text) ?? control.exec(text);
  if (found === null) return undefined;
  const name = found[0] === '\u00a0' ? 'a non-breaking space' : "a sign that can't be seen";
  const code = found[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
  return { what: `${name} (U+${code})`, atEdge: unseen.test(text.at(0)!) || unseen.test(text.at(-1)!) };
}

function rangeStart(node: Node): number {
  return (node as { range?: [number, number, number] | null }).range?.[0] ?? 0;
}

/** An own property also for names such as __proto__. */
function define(tree: object, key: string, value: unknown): void {
  Object.defineProperty(tree, key, { value, enumerable: true, writable: true, configurable: true });
}
