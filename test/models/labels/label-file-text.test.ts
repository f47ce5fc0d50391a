/** What labels are written as is what they are read as. */
import test from 'ava';
import fc from 'fast-check';
import { labelFileText } from '../../../src/models/labels/label-file-text.ts';
import { parseLabels } from '../../../src/models/labels/read-labels.ts';

const readBack = (labels: readonly string[]) => parseLabels(Buffer.from(labelFileText(labels)), labels.length).labels;

test('plain labels are written one a line', (t) => {
  t.is(labelFileText(['cat', 'dog house', '猫']), 'cat\ndog house\n猫\n');
});

for (const labels of [
  ['1 euro', '2 euro'],
  ['0 none', '1 one', '2 two'],
  ['0: cat', '1: dog'],
  ['a: 1', 'b: 2'],
  ['- x', '- y'],
  ['1) a', '2) b'],
  ['// a', 'b'],
  ['{x}', 'y'],
  ['[x]', 'y'],
  ['id,name', '0,cat'],
  ['item { name: "x" }', 'b'],
  ['n01440764 tench', 'n01443537 goldfish'],
  ['names: x', 'y'],
  ['version https://git-lfs.github.com/spec/', 'y'],
  ['line\u2028separator', 'c'],
]) {
  test(`what would be read as something else is written so that it is not: ${JSON.stringify(labels)}`, (t) => {
    t.deepEqual(readBack(labels), labels);
  });
}

test('whatever the labels are, they come back, or are refused', (t) => {
  const label = fc.oneof(
    fc.stringMatching(/^[0-2:,'"[\]{}()# a-c.=>-]{1,8}$/),
    fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }),
  );
  fc.assert(
    fc.property(fc.array(label, { minLength: 2, maxLength: 6 }), (labels) => {
      let text: string;
      try {
        text = labelFileText(labels);
      } catch {
        return labels.some((one) => one.trim() === '' || /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u.test(one));
      }
      const read = parseLabels(Buffer.from(text), labels.length).labels;
      return read.every((one, at) => one === labels[at]!.trim());
    }),
    { numRuns: 500 },
  );
  t.pass();
});

test('a label with a line break, an empty one and an endless one are refused', (t) => {
  for (const label of ['line\nbreak', ' ', 'x'.repeat(201)]) {
    t.throws(() => labelFileText([label, 'other']), { message: /can't be written.*letters that show, on one line/ });
  }
});
