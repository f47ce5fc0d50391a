/** What strangers send as JSON: bounded before it is built, and never an exception. */
import test from 'ava';
import fc from 'fast-check';
import { parseBoundedJson } from '../../src/text/bounded-json.ts';

const bounds = { bytes: 1000, depth: 4, values: 20 };
const parse = (text: string) => parseBoundedJson(Buffer.from(text), bounds);

test('what stays within the bounds is what JSON.parse gives', (t) => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
      const text = JSON.stringify(value);
      const whole = parseBoundedJson(Buffer.from(text), { bytes: 1e6, depth: 10, values: 1e6 });
      return 'value' in whole && JSON.stringify(whole.value) === text;
    }),
  );
  t.deepEqual(parse(' {"a":[1,"]]]]]]]]\\"[[[[[[["]} '), { value: { a: [1, ']]]]]]]]"[[[[[[['] } });
});

test('depth, count and size are refused with the number that is taken', (t) => {
  t.deepEqual(parse('[[[[]]]]'), { value: [[[[]]]] });
  for (const text of ['[[[[[]]]]]', '{"a":{"a":[[{}]]}}', '[[[[[', `${'[[[[{"a":'}"x"`]) {
    t.deepEqual(parse(text), { refused: 'is nested deeper than the 4 levels that are taken' }, text);
  }
  t.deepEqual(parse(`[${'1,'.repeat(30)}1]`), { refused: 'holds more than the 20 values that are taken' });
  t.deepEqual(parse(`[${'[],'.repeat(30)}1]`), { refused: 'holds more than the 20 values that are taken' });
  t.deepEqual(parse(`"${'x'.repeat(1000)}"`), { refused: 'has 1002 bytes, at most 1000 are taken' });
});

test('what is no JSON is refused, also with brackets that close what was never open', (t) => {
  for (const text of ['', '{', ']]]]', ']]]]]]]][[[[', '"', '"\\', '{"a":1}}', '\u0000', 'undefined']) {
    t.deepEqual(parse(text), { refused: 'is not JSON' }, text);
  }
});

test('nothing makes it throw', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const parsed = parseBoundedJson(bytes, bounds);
      return 'value' in parsed || typeof parsed.refused === 'string';
    }),
  );
  t.pass();
});
