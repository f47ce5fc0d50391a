/** Label files in the spellings that tools and people write, and the ones inside a model. */
import { readFile, stat } from 'node:fs/promises';
import { parse } from 'yaml';
import { InputError, sentence } from '../../errors.ts';
import { readLabelLines } from './label-lines.ts';
import { checkedLabels, type LabelList } from './label-list.ts';
import { isLabelMap, readLabelMap } from './label-map.ts';
import { labelsOfObject } from './label-object.ts';
import { labelText } from './label-text.ts';
import { type Literal, readLiteral } from './literal.ts';

/** The largest published list, ImageNet 21k, has 1 MB. */
export const maxLabelBytes = 4 << 20;

/**
 * Reads a label file.
 * @param classes how many a model tells apart, where it is known
 * @throws InputError when it can't be read, is empty or is not text
 */
export async function readLabelList(path: string, classes?: number): Promise<LabelList> {
  try {
    if ((await stat(path)).size > maxLabelBytes) throw new InputError('it is too big');
    return parseLabels(await readFile(path), classes);
  } catch (error) {
    throw new InputError(`The label file ${path} can't be used: ${sentence(error)}.`, {
      remedy:
        'Expected is a text file with one label a line, the first line being class 0; a .pbtxt label map, JSON or YAML will do too.',
      cause: error,
    });
  }
}

/** The labels alone. @throws InputError as readLabelList does */
export async function readLabels(path: string): Promise<string[]> {
  return [...(await readLabelList(path)).labels];
}

/**
 * One label a line, numbered or not; a TensorFlow label map; JSON or a Python literal; YAML with `names:`.
 * @throws InputError when it is empty, is not text, or holds no labels
 */
export function parseLabels(bytes: Uint8Array, classes?: number): LabelList {
  const text = labelText(bytes);
  const start = text.trimStart();
  if (start === '') throw new InputError('it is empty');
  const other = otherThanLabels(start);
  if (other !== undefined) throw new InputError(other);
  if (isLabelMap(text)) return checkedLabels(readLabelMap(text));
  const literal = start.replace(assigned, '');
  if (literal !== start || /^[{[](?!\d{1,5}[\])])/.test(start))
    return checkedLabels(labelsOfObject(readLiteral(literal)));
  if (/^(names|labels|classes|class_names)\s*:/m.test(text)) return checkedLabels(labelsOfObject(readYaml(text)));
  return checkedLabels(readLabelLines(text, classes));
}

/** What is downloaded in a label file's place; its lines could be as many as the classes. */
function otherThanLabels(start: string): string | undefined {
  if (start.startsWith('version https://git-lfs.github.com/spec/')) {
    return 'it is a Git LFS pointer, not the file itself (fetch it with git lfs pull)';
  }
  if (/^(<!doctype|<html)/i.test(start)) return 'it is a web page (download the file itself; on GitHub: the raw file)';
  return /^<\?xml|^<\w+>\s*</.test(start) ? 'it is XML' : undefined;
}

/** `labels = [...]`, as Python and TOML write it. */
const assigned = /^\w{1,40}\s*=\s*(?=[[{(])/;

/** Descriptions of data sets are short and flat; aliases, which can make them huge, are not read. */
const maxYamlBytes = 1 << 20;
const maxYamlIndent = 64;

function readYaml(text: string): Literal {
  if (text.length > maxYamlBytes) throw new InputError('it is too big for YAML');
  const isDeep = text.split('\n').some((line) => /^\s*/.exec(line)![0].length > maxYamlIndent);
  if (isDeep || bracketDepth(text) > 16) throw new InputError('it is nested too deeply');
  try {
    return asLiteral(parse(text, { maxAliasCount: 0, logLevel: 'silent' }));
  } catch (error) {
    throw new InputError(`it begins like YAML, and is none: ${sentence(error).split('\n')[0]}`, { cause: error });
  }
}

/** How deep brackets may be nested, without heeding quotes: rather too deep than too shallow. */
function bracketDepth(text: string): number {
  let depth = 0;
  let most = 0;
  for (const letter of text) {
    if (letter === '[' || letter === '{') most = Math.max(most, ++depth);
    else if (letter === ']' || letter === '}') depth = Math.max(0, depth - 1);
  }
  return most;
}

function asLiteral(value: unknown): Literal {
  if (Array.isArray(value)) return value.map(asLiteral);
  if (typeof value === 'object' && value !== null) {
    return new Map(Object.entries(value).map(([key, inner]) => [key, asLiteral(inner)]));
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}
