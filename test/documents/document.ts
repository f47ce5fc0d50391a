/** The documents as what they name: code spans, lines of code, links and headings, each with the line it stands on. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Piece {
  /** From 1. */
  readonly line: number;
  readonly text: string;
}

export interface CodeBlock extends Piece {
  /** What stands behind ```; empty where nothing does, and for indented blocks. */
  readonly language: string;
}

export interface Document {
  /** Below the root of the repository. */
  readonly file: string;
  readonly lines: readonly string[];
  readonly spans: readonly Piece[];
  readonly blocks: readonly CodeBlock[];
  readonly links: readonly Piece[];
  /** As GitHub names them in addresses. */
  readonly anchors: ReadonlySet<string>;
  /** Everything that isn't a block of code, with blank lines in place of those. */
  readonly prose: string;
}

/** What a check finds: a sentence that begins with file and line. */
export type Problems = string[];

export const told = ({ file }: Pick<Document, 'file'>, { line }: Piece, sentence: string): string =>
  `${file}:${line}: ${sentence}`;

export function readDocuments(root: string): Document[] {
  const pages = readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`);
  return ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...pages.sort()].map((file) =>
    parseDocument(file, readFileSync(join(root, file), 'utf8')),
  );
}

export function parseDocument(file: string, text: string): Document {
  const lines = text.split('\n');
  const { blocks, prose } = splitBlocks(lines);
  const piecesOf = (pattern: RegExp): Piece[] =>
    [...prose.matchAll(pattern)].map((match) => ({
      line: prose.slice(0, match.index).split('\n').length,
      text: (match[1] ?? '').replaceAll(/\s*\n\s*/g, ' '),
    }));
  return {
    file,
    lines,
    blocks,
    prose,
    spans: piecesOf(/`((?:[^`\n]|\n(?!\s*\n))+)`/g),
    links: piecesOf(/\]\(([^)\s]+)\)/g),
    anchors: new Set(piecesOf(/^#{1,6} (.+)$/gm).map((heading) => anchorOf(heading.text))),
  };
}

/** Small letters, digits, _ and -; blanks become hyphens, everything else goes. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

/** Fenced blocks, and those that are indented by four or more behind a blank line. */
function splitBlocks(lines: readonly string[]): { blocks: CodeBlock[]; prose: string } {
  const blocks: { line: number; language: string; lines: string[] }[] = [];
  const prose: string[] = [];
  let open: 'fenced' | 'indented' | undefined;
  for (const [index, line] of lines.entries()) {
    const fence = /^\s*```(\w*)/.exec(line);
    const isIndented = /^ {4,}\S/.test(line);
    if (open === 'indented' && !isIndented && line.trim() !== '') open = undefined;
    if (fence && open !== 'indented') {
      if (open === undefined) blocks.push({ line: index + 2, language: fence[1] ?? '', lines: [] });
      open = open === undefined ? 'fenced' : undefined;
      prose.push('');
    } else if (open !== undefined) {
      blocks.at(-1)!.lines.push(line);
      prose.push('');
    } else if (isIndented && (lines[index - 1] ?? '').trim() === '') {
      blocks.push({ line: index + 1, language: '', lines: [line] });
      open = 'indented';
      prose.push('');
    } else prose.push(line);
  }
  return {
    blocks: blocks.map(({ line, language, lines: own }) => ({ line, language, text: own.join('\n') })),
    prose: prose.join('\n'),
  };
}
