/** Labels out of an object: a list, numbers to names or names to numbers, or a description that has one of these under a known key. */
import { InputError } from '../../errors.ts';
import { type LabelList, numberedList } from './label-list.ts';
import type { Literal } from './literal.ts';

/** Keys under which tools write their classes: Ultralytics and Roboflow, Hugging Face, Keras, Teachable Machine, COCO. */
const listKeys = [
  'names',
  'labels',
  'id2label',
  'label2id',
  'class_indices',
  'class_names',
  'classNames',
  'classes',
  'categories',
  'label_map',
];
/** Keys of one entry of a list of objects. */
const nameKeys = ['display_name', 'name', 'label', 'class', 'class_name', 'title'];
const numberKeys = ['id', 'index', 'class_id'];

/** @throws InputError when there are none */
export function labelsOfObject(value: Literal): LabelList {
  const found = listOf(value) ?? (value instanceof Map ? underKnownKey(value) : undefined);
  if (found === undefined) {
    throw new InputError(`it holds no list of names (looked for ${listKeys.slice(0, 4).join(', ')}, ...)`);
  }
  return found;
}

function underKnownKey(value: ReadonlyMap<string | number, Literal>): LabelList | undefined {
  for (const key of listKeys) {
    const inner = value.get(key);
    const list = inner === undefined ? undefined : listOf(inner);
    if (list !== undefined) return list;
  }
  return undefined;
}

function listOf(value: Literal): LabelList | undefined {
  if (Array.isArray(value)) return listOfEntries(value as readonly Literal[]);
  if (!(value instanceof Map) || value.size === 0) return undefined;
  const entries = [...(value as ReadonlyMap<string | number, Literal>)];
  const isNumber = (key: Literal): boolean => /^\d{1,5}$/.test(String(key));
  if (entries.every(([key, name]) => isNumber(key) && isName(name))) {
    return numberedList(entries.map(([key, name]) => [Number(key), String(name)]));
  }
  if (isCount(entries.map(([, number]) => number))) {
    return numberedList(entries.map(([name, number]) => [number as number, String(name)]));
  }
  return undefined;
}

/** Names to numbers: all from 0 or 1 on. Other objects hold numbers too. */
function isCount(numbers: readonly Literal[]): boolean {
  const sorted = numbers.filter((number) => typeof number === 'number').toSorted((a, b) => a - b);
  const [first = -1] = sorted;
  const isWhole = sorted.length === numbers.length && sorted.every((number, at) => number === first + at);
  return isWhole && (first === 0 || (first === 1 && sorted.length > 1));
}

const isName = (value: Literal): boolean => typeof value === 'string' || typeof value === 'number';

function listOfEntries(values: readonly Literal[]): LabelList | undefined {
  if (values.length === 0) return undefined;
  if (values.every(isName)) return { labels: values.map(String) };
  const entries = values.map((value) => {
    if (!(value instanceof Map)) return undefined;
    const name = nameKeys.map((key) => value.get(key)).find((one) => typeof one === 'string');
    const number = numberKeys.map((key) => value.get(key)).find((one) => typeof one === 'number');
    return name === undefined ? undefined : { name: name as string, number: number as number | undefined };
  });
  const sound = entries.filter((entry) => entry !== undefined);
  if (sound.length < values.length) return undefined;
  return sound.every(({ number }) => number !== undefined)
    ? numberedList(sound.map(({ name, number }) => [number!, name]))
    : { labels: sound.map(({ name }) => name) };
}
