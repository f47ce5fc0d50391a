import test from 'ava';
import { ConfigError } from '../../../src/errors.ts';
import { type CaptureDatasetOptions, classesOf, modeOf } from '../../../src/workshop/dataset/options.ts';

function given(changes: Partial<CaptureDatasetOptions>): CaptureDatasetOptions {
  return {
    output: 'dataset',
    classes: ['a', 'b'],
    minScore: 0.5,
    margin: 0.2,
    similar: 4,
    keepFreeMb: 200,
    ...changes,
  };
}

test('keys unless a time or a label is given; then every photo belongs to one class', (t) => {
  t.deepEqual(modeOf(given({})), { mode: 'keys', single: undefined });
  t.deepEqual(modeOf(given({ interval: 1, class: 'b' })), { mode: 'interval', single: 'b' });
  t.deepEqual(modeOf(given({ interval: 1, classes: ['only'] })), { mode: 'interval', single: 'only' });
  t.deepEqual(modeOf(given({ onDetection: 'face', interval: 1, class: 'a' })), { mode: 'detection', single: 'a' });
});

test('a class that is named twice is one, and --class joins the others', (t) => {
  t.deepEqual(classesOf(given({ classes: ['a', 'a', 'Größe 2'], class: 'c' })), ['a', 'Größe 2', 'c']);
});

const mistakes: [Partial<CaptureDatasetOptions>, RegExp][] = [
  [{ classes: ['a/b'] }, /A class is a folder's name .*got "a\/b"/],
  [{ classes: ['..'] }, /got "\.\."/],
  [{ classes: [] }, /There are no classes to fill/],
  [{ classes: [...'abcdefghij'] }, /There are 10 classes; the keys 1 to 9 hold no more/],
  [{ crop: true }, /--crop cuts out what was detected, so it needs --on-detection/],
  [{ interval: 1 }, /several are named.*--class a/],
];

for (const [changes, expected] of mistakes) {
  test(`refuses ${JSON.stringify(changes)}`, (t) => {
    const error = t.throws(() => {
      modeOf(given(changes));
      classesOf(given(changes));
    });
    t.true(error instanceof ConfigError);
    t.regex(error!.message, expected);
  });
}
