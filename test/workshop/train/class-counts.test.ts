/** What is said of thin and unbalanced classes before a run. */
import test from 'ava';
import { countWarnings } from '../../../src/workshop/train/class-counts.ts';

test('enough photos of every class need no words', (t) => {
  t.deepEqual(
    countWarnings(
      new Map([
        ['cat', 20],
        ['dog', 90],
      ]),
    ),
    [],
  );
});

test('thin classes are named with their counts, the thinnest first', (t) => {
  const [warning] = countWarnings(
    new Map([
      ['cat', 19],
      ['dog', 40],
      ['owl', 3],
    ]),
  );
  t.regex(warning!, /^Few photos: owl has 3, cat has 19\. Below 20 /);
});

test('an unbalanced set is told with both ends', (t) => {
  const warnings = countWarnings(
    new Map([
      ['cat', 500],
      ['dog', 100],
      ['owl', 200],
    ]),
  );
  t.is(warnings.length, 1);
  t.regex(warnings[0]!, /^cat has 500 photos, dog 100: .*balanced accuracy/);
});
