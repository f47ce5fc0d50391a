/** The commands that documents show: lines of shell, and spans that are one. */
import type { Document, Piece } from './document.ts';

/** Words of each simple command, without comments, and without what only says as whom or where it is run. */
export function shellCommands({ spans, blocks }: Pick<Document, 'spans' | 'blocks'>): (Piece & { words: string[] })[] {
  const lines = blocks
    .filter(({ language }) => language === 'sh' || language === '')
    .flatMap(({ line, text }) => text.split('\n').map((own, index) => ({ line: line + index, text: own })));
  return [...spans, ...lines].flatMap((piece) =>
    simpleCommands(piece.text).map((words) => ({ ...piece, words: bareCommand(words) })),
  );
}

function simpleCommands(text: string): string[][] {
  const commands: string[][] = [[]];
  for (const [, word, end] of text.matchAll(/((?:'[^']*'|"[^"]*"|[^\s'"|;&#])+)|(\|\|?|;|&&?|#.*)/g)) {
    if (end !== undefined) commands.push([]);
    if (end?.startsWith('#')) break;
    if (word !== undefined) commands.at(-1)!.push(word.replaceAll(/['"]/g, ''));
  }
  return commands.filter((words) => words.length > 0);
}

/** `GOBY__X=1 sudo -u goby npx goby run` is `goby run`. */
function bareCommand(words: readonly string[]): string[] {
  const [first = '', ...rest] = words;
  if (/^[A-Z_]+=/.test(first) || first === 'npx') return bareCommand(rest);
  if (first !== 'sudo') return [...words];
  return bareCommand(rest[0] === '-u' ? rest.slice(2) : rest);
}
