/** Label maps of TensorFlow's object detection (.pbtxt): `item { id: 1 name: 'cat' display_name: 'Cat' }`, in any order and layout. */
import { InputError } from '../../errors.ts';
import { type LabelList, maxLabels, numberedList } from './label-list.ts';

export function isLabelMap(text: string): boolean {
  return /^\s*(#.*\s+)*item\s*:?\s*\{/.test(text);
}

const token = /#[^\n\r]*|\bitem\s*:?\s*\{|[{}]|(\w+)\s*:\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[-+.\w]+)/g;

/** @throws InputError for an item without id or name */
export function readLabelMap(text: string): LabelList {
  const entries: (readonly [number, string])[] = [];
  let item: Map<string, string> | undefined;
  let depth = 0;
  for (const [word, key, value] of text.matchAll(token)) {
    if (word.startsWith('#')) continue;
    if (word.startsWith('item') && depth === 0) item = new Map();
    if (word.endsWith('{')) depth += 1;
    else if (word === '}') {
      depth -= 1;
      if (depth === 0 && item !== undefined) {
        entries.push(entryOf(item, entries.length + 1));
        item = undefined;
      }
      if (entries.length > maxLabels) throw new InputError(`it has more than ${maxLabels} items`);
    } else if (depth === 1 && key !== undefined) item?.set(key, unquoted(value ?? ''));
  }
  if (entries.length === 0 || depth !== 0) throw new InputError('it begins like a label map, and is none');
  return numberedList(entries);
}

function entryOf(item: ReadonlyMap<string, string>, count: number): readonly [number, string] {
  const label = item.get('display_name') ?? item.get('name');
  const id = item.get('id');
  if (label === undefined || id === undefined || !/^\d{1,6}$/.test(id)) {
    throw new InputError(`its item ${count} has no ${label === undefined ? 'name' : 'id'}`);
  }
  return [Number(id), label];
}

function unquoted(text: string): string {
  return /^["']/.test(text) ? text.slice(1, -1).replaceAll(/\\(.)/g, '$1') : text;
}
