/** Are the keys of the configuration, and the names of the program's own data, that documents use there? */
import { parse } from 'yaml';
import { type Document, type Piece, type Problems, told } from './document.ts';
import { isKnownAnywhere, isKnownPath, schemaRoot, unknownKeys } from './schema-node.ts';

export interface KnownWords {
  /** Text of the program, its scripts and units: what is named must occur in it. */
  readonly sources: string;
}

const fileEnding =
  /\.(md|ts|mjs|yaml|yml|txt|json|pb|pbtxt|h5|keras|tflite|so|deb|img|xz|jpg|svg|local|config|py|c|crt|acl)$/;

export function settingProblems(document: Document, known: KnownWords): Problems {
  const blocks = document.blocks.filter(({ language }) => language === 'yaml');
  return [
    ...blocks.flatMap((block) => wrongBlock(block.text).map((why) => told(document, block, why))),
    ...[...document.spans, ...variables(document)].flatMap((span) => {
      const why = wrongSpan(span.text, known);
      return why === undefined ? [] : [told(document, span, why)];
    }),
  ];
}

/** Settings of the environment stand in lines of shell too. */
function variables({ blocks }: Document): Piece[] {
  return blocks.flatMap(({ line, text }) => [...text.matchAll(/GOBY_\w+/g)].map(([name]) => ({ line, text: name })));
}

function wrongBlock(text: string): string[] {
  const indent = /^ */.exec(text)![0].length;
  const flush = text.replaceAll(new RegExp(`^ {${indent}}`, 'gm'), '');
  let value: unknown;
  try {
    value = parse(flush, { merge: true });
  } catch (error) {
    return [`can't be read as YAML: ${(error as Error).message.split('\n')[0]}`];
  }
  return unknownKeys([schemaRoot], value).map((key) => `the configuration has no key ${key}`);
}

function wrongSpan(text: string, { sources }: KnownWords): string | undefined {
  const variable = /^GOBY_[A-Z_]+/.exec(text)?.[0];
  if (variable !== undefined) return isVariable(variable, sources) ? undefined : `nothing reads ${variable}`;
  if (/^[a-z][A-Za-z]*(\.[A-Za-z0-9<>*_-]+)+$/.test(text) && !fileEnding.test(text))
    return isKnownPath(text.split('.')) ? undefined : `the configuration has no key ${text}`;
  if (/^[a-z]+([A-Z][a-z0-9]*)+$/.test(text))
    return new RegExp(`\\b${text}\\b`).test(sources) ? undefined : `nothing in the program is called ${text}`;
  const value = flowValue(text);
  return value === undefined || isKnownAnywhere(value) ? undefined : `the configuration has no section with ${text}`;
}

/** `minScore: 0.5` and `snapshots: { enabled: false }`, but not JSON. */
function flowValue(text: string): object | undefined {
  const [, path] = /^(?:\{ )?([a-z][A-Za-z.]*):( |$)/.exec(text) ?? [];
  if (path === undefined) return undefined;
  try {
    const value: unknown = parse(text);
    if (value === null || typeof value !== 'object') return undefined;
    if (!path.includes('.')) return value;
    return path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), Object.values(value)[0]) as object;
  } catch {
    return undefined;
  }
}

function isVariable(name: string, sources: string): boolean {
  if (!name.startsWith('GOBY__')) return sources.includes(name);
  const wanted = name.slice('GOBY__'.length).toLowerCase().split('__');
  const camel = sources.matchAll(/\b[a-z]+[A-Z][A-Za-z]*\b/g);
  const spelled = new Map([...camel].map(([word]) => [word.toLowerCase(), word]));
  return isKnownPath(wanted.map((key) => spelled.get(key) ?? key));
}
