/** What ARCHITECTURE.md draws and lists, to be held against the code. */
import type { Document } from './document.ts';

/** Names of the stages in the picture of the flow, from top to bottom: the first block of code. */
export function stagesDrawn({ blocks }: Pick<Document, 'blocks'>): string[] {
  const picture = blocks[0]?.text ?? '';
  return [...picture.matchAll(/^(?: *\+-- )?([a-z][a-z-]*) {2,}\S/gm)].map(([, name = '']) => name);
}

export interface DependencyRow {
  readonly name: string;
  readonly cells: readonly string[];
}

/** Rows of the tables below the heading Dependencies. */
export function dependencyRows({ lines }: Pick<Document, 'lines'>): DependencyRow[] {
  const rest = lines.slice(lines.indexOf('## Dependencies') + 1);
  const end = rest.findIndex((line) => line.startsWith('## '));
  return (end < 0 ? rest : rest.slice(0, end)).flatMap((line) => {
    const name = /^\| `([^`]+)` \|/.exec(line)?.[1];
    const cells = line.split('|').slice(2, -1);
    return name === undefined ? [] : [{ name, cells: cells.map((cell) => cell.trim()) }];
  });
}
