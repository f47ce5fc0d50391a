/** Labels one a line: with or without numbers, comments, blank lines, quotes; or all in one line, between commas. */
import { InputError } from '../../errors.ts';
import { type LabelList, missingLabel, numberedList } from './label-list.ts';

type Numbered = readonly (readonly [number: number, label: string])[];

/** `0 cat`, `0: cat`, `0,cat`, `[0] cat`, `0. cat`, `0 - cat`, `0 -> cat`, `0<tab>cat`, `class 0: cat`. */
const leading =
  /^(?:(?:class|label|id|index)\s*)?[[(]?(\d{1,5})[\])]?(?:\s*(?:[:,;)\t]|[-=]?>|=)\s*|\.\s+|\s+(?:-\s+)?)(\S.*)$/i;
/** `cat 0`, `cat: 0`, `cat,0`. */
const trailing = /^(\S.*?)(?:\s*[:=,;\t]\s*|\s+)(\d{1,5})$/;
/** A class of WordNet in front, as in ImageNet's own list. */
const synset = /^n\d{8}\s+/;

/**
 * @param classes how many a model tells apart, where it is known: decides whether blank lines stand for classes
 * @throws InputError when there are none
 */
export function readLabelLines(text: string, classes?: number): LabelList {
  const whole = text.endsWith(endOfDosFile) ? text.slice(0, -1) : text;
  // U+2028 and U+2029 part lines too.
  const all = whole.split(/\r\n|[\r\n\u2028\u2029]/).map((line) => line.replace(edges, ''));
  const lines = withoutTrimmings(kept(all, classes));
  if (lines.length === 0) throw new InputError('it is empty');
  const words = lines.length === 1 ? wordsOf(lines[0]!, classes) : undefined;
  if (words !== undefined) return { labels: words };
  const row = lines.length === 1 ? rowOf(lines[0]!, classes) : undefined;
  if (row !== undefined) return { labels: row };
  const table = tableOf(lines);
  if (table !== undefined) return table;
  const numbered = leadingNumbers(lines) ?? trailingNumbers(lines);
  if (numbered !== undefined)
    return numberedList(withoutDescriptions(numbered).map(([number, label]) => [number, plain(label)]));
  const named = lines.every((line) => synset.test(line)) ? lines.map((line) => line.replace(synset, '')) : lines;
  return { labels: quotedAll(named) ? named.map(plain) : named };
}

/** Without comments and blank lines; but where lines with the blank ones are as many as the classes, each blank one stands for a class. */
function kept(lines: readonly string[], classes: number | undefined): readonly string[] {
  const said = lines.filter((line) => !/^(#|\/\/)(\s|$)/.test(line));
  const filled = said.filter((line) => line !== '');
  const last = said.findLastIndex((line) => line !== '');
  const spaced = said.slice(0, last + 1);
  const areClasses = classes !== undefined && spaced.length === classes && filled.length !== classes;
  return areClasses ? spaced.map((line) => (line === '' ? missingLabel : line)) : filled;
}

const endOfDosFile = String.fromCharCode(0x1a);
/** U+200B and U+FEFF have no width. */
const edges = /^[\s\u200b\ufeff]+|[\s\u200b\ufeff]+$/g;

/** Signs of lists: `- cat`, `* cat`, or `cat,`, where every line but the last has them; and comments behind labels. */
function withoutTrimmings(lines: readonly string[]): readonly string[] {
  const bullet = /^[-*\u2022]\s+/;
  const plainLines = lines.map((line) => line.replace(/\s+(#|\/\/)\s.*$/, ''));
  const unmarked = plainLines.every((line) => bullet.test(line))
    ? plainLines.map((line) => line.replace(bullet, ''))
    : plainLines;
  const separator = /\s*[,;]$/;
  const areParted = unmarked.length > 1 && unmarked.slice(0, -1).every((line) => separator.test(line));
  return areParted ? unmarked.map((line) => line.replace(separator, '')) : unmarked;
}

/** `cat dog bird`, where a model has as many classes as there are words. */
function wordsOf(line: string, classes: number | undefined): readonly string[] | undefined {
  const words = line.split(/\s+/);
  const arePlain = words.every((word) => /^[^\s,;|"'[\]{}]+$/.test(word) && !/^\d+$/.test(word));
  return classes !== undefined && classes > 1 && words.length === classes && arePlain ? words : undefined;
}

/** `cat,dog,bird`. Where a model has one class, it is one name with commas in it. */
function rowOf(line: string, classes: number | undefined): readonly string[] | undefined {
  const separator = [',', ';', '\t', '|'].find((one) => line.includes(one));
  if (separator === undefined || classes === 1 || leading.test(line)) return undefined;
  const cells = line
    .split(separator)
    .map((cell) => plain(cell.trim()))
    .filter((cell) => cell !== '');
  return cells.length > 1 ? cells : undefined;
}

const nameColumns = /^(display_?name|name|label|class(_?name)?|category)$/i;
const numberColumns = /^(id|index|idx|class_?id|number)$/i;

/** A table whose first line says what its columns are: `index,name`. */
function tableOf(lines: readonly string[]): LabelList | undefined {
  const separator = [',', ';', '\t'].find((one) => lines[0]!.includes(one));
  if (separator === undefined || lines.length < 2) return undefined;
  const cellsOf = (line: string): string[] => line.split(separator).map((cell) => plain(cell.trim()));
  const head = cellsOf(lines[0]!);
  const [name, number] = [nameColumns, numberColumns].map((known) => head.findIndex((cell) => known.test(cell))) as [
    number,
    number,
  ];
  if (name < 0) return undefined;
  const rows = lines.slice(1).map(cellsOf);
  if (number < 0) return { labels: rows.map((row) => row[name] ?? '') };
  return numberedList(rows.map((row) => [Number(row[number] || Number.NaN), row[name] ?? '']));
}

/** `0<tab>cat<tab>A small animal`: where every line has a description, the name is what stands before it. */
function withoutDescriptions(numbered: Numbered): Numbered {
  if (!numbered.every(([, label]) => label.includes('\t'))) return numbered;
  return numbered.map(([number, label]) => [number, label.split('\t')[0]!.trim()] as const);
}

function leadingNumbers(lines: readonly string[]): Numbered | undefined {
  const pairs = lines.map((line) => leading.exec(line));
  if (pairs.some((pair) => pair === null)) return undefined;
  const numbered = pairs.map((pair) => [Number(pair![1]), pair![2]!] as const);
  return areNumbers(numbered) ? numbered : undefined;
}

/** Years and amounts in front of names are no numbers of classes: those rise from near the start, or are all there. */
function areNumbers(numbered: Numbered): boolean {
  const numbers = numbered.map(([number]) => number);
  const last = Math.max(...numbers);
  const rises = numbers.every((number, at) => at === 0 || number > numbers[at - 1]!);
  if (rises) return numbers.length === 1 ? last <= 1 : last <= Math.max(999, 4 * numbers.length);
  const first = Math.min(...numbers);
  const areAll = new Set(numbers).size === numbers.length && last - first === numbers.length - 1;
  return areAll && first <= 1 && numbers.length >= 3;
}

/** Counted from 0 or 1 without a gap, and the names are different without their numbers: not `player 1`, `player 2`. */
function trailingNumbers(lines: readonly string[]): Numbered | undefined {
  const pairs = lines.map((line) => trailing.exec(line));
  if (lines.length < 2 || pairs.some((pair) => pair === null)) return undefined;
  const numbered = pairs.map((pair) => [Number(pair![2]), pair![1]!] as const);
  const [first] = numbered[0]!;
  const count = first <= 1 && numbered.every(([number], at) => number === first + at);
  return count && new Set(numbered.map(([, label]) => label)).size === lines.length ? numbered : undefined;
}

const quoted = /^(["'])(.*)\1,?$/;

const quotedAll = (lines: readonly string[]): boolean => lines.every((line) => quoted.test(line));

/** Without the quotes around it. */
function plain(label: string): string {
  return quoted.exec(label)?.[2] ?? label;
}
