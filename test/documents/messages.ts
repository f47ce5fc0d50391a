/** Does the program still say what the tables of "you see" quote? */
import { type Document, type Piece, type Problems, told } from './document.ts';

const wordsInARow = 3;
/** Stands in the sources where a template puts something in. */
const insertion = '\u2026';

/** @param sources text of the program, as it is written */
export function messageProblems(document: Document, sources: string): Problems {
  const texts = sources.replaceAll(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, insertion);
  return quoted(document)
    .filter(({ text }) => !isSaid(text, texts))
    .map((piece) => told(document, piece, `the program says nothing like "${piece.text}"`));
}

/** Spans in first columns that are headed `you see` or `doctor says`. */
function quoted({ lines }: Pick<Document, 'lines'>): Piece[] {
  let inside = false;
  return lines.flatMap((line, index) => {
    if (/^\| (you see|doctor says) \|/.test(line)) inside = true;
    if (!line.startsWith('|')) inside = false;
    const cell = inside ? (line.split('|')[1] ?? '') : '';
    return [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => ({ line: index + 1, text }));
  });
}

/** `...` and numbers stand for what differs: the pieces between are looked for, three words at a time. */
function isSaid(text: string, sources: string): boolean {
  const runs = text
    .split('...')
    .map((piece) => piece.replaceAll(/^[\s;:,.?]+|[\s;:,.?]+$/g, ''))
    .filter((piece) => piece !== '')
    .flatMap(runsOf);
  return runs.length > 0 && runs.filter((run) => patternOf(run).test(sources)).length * 2 >= runs.length;
}

function runsOf(piece: string): string[][] {
  const words = piece.split(' ');
  if (words.length <= wordsInARow) return [words];
  return words.slice(wordsInARow - 1).map((_, from) => words.slice(from, from + wordsInARow));
}

/** One of the words may be what the program puts in. */
function patternOf(run: readonly string[]): RegExp {
  const literal = run.map((word) => `${word.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}${insertion}?`);
  const filled = literal.map((_, at) => literal.map((word, index) => (index === at ? `\\S*${insertion}\\S*` : word)));
  const ways = run.length < wordsInARow ? [literal] : [literal, ...filled];
  return new RegExp(ways.map((way) => way.join(' ')).join('|'));
}
