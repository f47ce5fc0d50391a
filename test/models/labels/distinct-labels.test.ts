/** Labels that topics can't tell apart. */
import test from 'ava';
import fc from 'fast-check';
import { distinctLabels } from '../../../src/models/labels/distinct-labels.ts';
import { slug } from '../../../src/text/slug.ts';

test('labels that differ only in what topics leave out get the number of their class', (t) => {
  const { labels, note } = distinctLabels(['dog house', 'cat', 'dog_house', 'Dog House!']);
  t.deepEqual(labels, ['dog house', 'cat', 'dog_house (2)', 'Dog House! (3)']);
  t.is(
    note,
    'Of its labels class 2 is called "dog_house (2)", since "dog house" has its topic; class 3 is called "Dog House! (3)", since "dog house" has its topic.',
  );
});

test('labels that are the same are one, and what differs stays as it is', (t) => {
  t.deepEqual(distinctLabels(['crane', 'n/a', 'crane', 'n/a']), { labels: ['crane', 'n/a', 'crane', 'n/a'] });
  t.deepEqual(distinctLabels(['T\u00fcr', 'Tur']), { labels: ['T\u00fcr', 'Tur'] });
});

test('whatever the labels are, two of them never share a topic', (t) => {
  const label = fc.oneof(
    fc.stringMatching(/^[aA_ -]{1,4}(\(1\))?[12]?$/),
    fc.constantFrom('a (1)', 'a_1', 'a 1', '1 a', 'a (1-1)', `${'x'.repeat(70)}1`, `${'x'.repeat(70)}2`),
    fc.string({ minLength: 1, maxLength: 100 }),
  );
  fc.assert(
    fc.property(fc.array(label, { maxLength: 20 }), (given) => {
      const { labels } = distinctLabels(given);
      const topics = new Map(labels.map((one) => [slug(one), one]));
      return labels.every((one) => topics.get(slug(one)) === one) && labels.length === given.length;
    }),
  );
  t.pass();
});
