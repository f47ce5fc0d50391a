/**
 * YAML text to a document, within limits of depth and number that are held before anything is composed, as the library
 * composes by recursion and some of its checks take quadratic time. Faults are told with their line and how to mend them.
 */
import { Composer, type Document, Lexer, LineCounter, type ParsedNode, Parser, type YAMLError } from 'yaml';
import { ConfigError } from '../errors.ts';
import { maskLine } from '../text/addresses.ts';

/** Levels of sections and lists; the deepest key of goby's stands on the seventh. */
export const deepestLevel = 32;
/** Words, signs and comments: a line `key: value` has about seven. */
const mostLexemes = 40_000;
/** The document and the value that is read stand on the parser's stack too. */
const stackBesideLevels = 2;
/** What follows the first faults is mostly caused by them. */
const mostFaults = 3;

export interface ReadYaml {
  readonly document: Document.Parsed<ParsedNode>;
  /** Line of an offset in the text, from 1. */
  lineOf(offset: number): number;
}

/** @throws ConfigError that lists the first faults with their lines */
export function readYaml(name: string, text: string): ReadYaml {
  const lines = new LineCounter();
  const lineOf = (offset: number): number => lines.linePos(offset).line;
  const tokens = tokensOf(text, lines, name);
  const composer = new Composer({ uniqueKeys: false, merge: false, logLevel: 'error', resolveKnownTags: false });
  const documents = [...composer.compose(tokens, true, text.length)] as Document.Parsed<ParsedNode>[];
  const document = documents[0]!;
  const faults = [
    ...document.errors.map((error) => ({ offset: error.pos[0], why: explain(error, text) })),
    ...document.warnings.map((warning) => ({ offset: warning.pos[0], why: explain(warning, text) })),
    ...(documents.length > 1 ? [{ offset: documents[1]!.range[0], why: secondDocument }] : []),
    ...(document.directives.yaml.version === '1.2' ? [] : [{ offset: 0, why: oldVersion(document) }]),
  ];
  if (faults.length > 0) throw notYaml(name, text, faults, lineOf);
  return { document, lineOf };
}

const secondDocument = 'a second document begins here (---): a configuration is one document; take the line out';

function oldVersion({ directives }: Document.Parsed<ParsedNode>): string {
  return `%YAML ${directives.yaml.version}: goby reads YAML 1.2, in which yes, no, on and off are words; take the line out`;
}

function tokensOf(text: string, lines: LineCounter, name: string) {
  const lexer = new Lexer();
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  const tokens = [];
  let lexemes = 0;
  for (const lexeme of lexer.lex(text)) {
    tokens.push(...parser.next(lexeme));
    lexemes += 1;
    if (parser.stack.length > deepestLevel + stackBesideLevels) {
      const { line } = lines.linePos(parser.offset);
      throw new ConfigError(`The configuration ${name} is nested deeper than ${deepestLevel} levels (line ${line}).`);
    }
    if (lexemes > mostLexemes) {
      throw new ConfigError(`The configuration ${name} is too long: it has more than ${mostLexemes} words and signs.`);
    }
  }
  tokens.push(...parser.end());
  return tokens;
}

interface Fault {
  readonly offset: number;
  readonly why: string;
}

/** Only the first fault of each line: the others are mostly the same one again. */
function notYaml(name: string, text: string, faults: readonly Fault[], lineOf: (offset: number) => number) {
  const lines = new Map<number, string>();
  for (const { offset, why } of faults) {
    const line = lineOf(Math.min(offset, text.length));
    if (!lines.has(line)) lines.set(line, why);
  }
  const written = text.split('\n');
  const told = [...lines]
    .slice(0, mostFaults)
    .map(([line, why]) => `  line ${line}: ${why}\n    ${excerpt(written[line - 1] ?? '')}`);
  return new ConfigError(`The configuration ${name} is not valid YAML:\n${told.join('\n')}`);
}

/** A line as it was written, without what looks like a secret, and with what can't be seen made visible. */
function excerpt(line: string): string {
  const visible = maskLine(line)
    .trimEnd()
    .replaceAll('\t', '→')
    .replace(/[\p{Cc}\p{Cf}\u00a0]/gu, (sign) => `\\u${sign.codePointAt(0)!.toString(16).padStart(4, '0')}`);
  return visible.length > 100 ? `${visible.slice(0, 97)}...` : visible;
}

/** What to do about the library's faults, by their code. */
const remedies: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'a tab indents this line; indent with spaces',
  BLOCK_AS_IMPLICIT_KEY:
    "a key can't stand here: all keys of a section begin in the same column, and a text with a colon and a space in it stands in quotes",
  BAD_INDENT: 'the indentation fits no line above: all keys of a section begin in the same column',
  BAD_DQ_ESCAPE: "in double quotes a backslash begins an escape; write this text in single quotes: '...'",
  BAD_ALIAS: 'a star begins an alias of YAML; write the text in quotes, such as "*"',
  BAD_SCALAR_START: 'a text that begins with this sign stands in quotes',
  MULTIPLE_DOCS: secondDocument,
};

/** A text that isn't quoted ends at these inside { } and [ ]. */
const unquoted = 'inside { } and [ ] a text with any of , [ ] { } in it stands in quotes';

function explain({ code, message }: YAMLError, text: string): string {
  const tag = /Unresolved tag: (\S+)/.exec(message)?.[1];
  if (tag !== undefined) return unknownTag(tag.replace(/^tag:yaml\.org,2002:/, '!!'));
  const remedy = remedies[code];
  if (remedy !== undefined) return remedy;
  const said = message.replace(/\s+/g, ' ').trim();
  return /[[{]/.test(text) && (code === 'UNEXPECTED_TOKEN' || code === 'MISSING_CHAR') ? `${said}; ${unquoted}` : said;
}

function unknownTag(tag: string): string {
  return `goby knows no tag ${tag}: write the value itself${/secret|env/i.test(tag) ? '; a password stands in a file of its own, named by passwordFile' : ''}`;
}
