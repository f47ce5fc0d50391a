/** Labels that topics can't tell apart. */
import test from 'ava';
import fc from 'fast-check';
import { distinctLabels, labelsSpelled } from '../../../src/models/labels/distinct-labels.ts';
import { slug } from '../../../src/text/slug.ts';

test('labels that differ only in what topics leave out get a number; the one that is spelled as the topic keeps its name', (t) => {
  const { labels, note } = distinctLabels(['dog house', 'cat', 'dog_house', 'Dog House!']);
  t.deepEqual(labels, ['dog house (3)', 'cat', 'dog_house', 'Dog House! (2)']);
  t.is(
    note,
    'Of its labels "dog house" is called "dog house (3)", since "dog_house" has its topic; "Dog House!" is called "Dog House! (2)", since "dog_house" has its topic.',
  );
});

test('labels of any script have a topic of their own, and nothing is refused', (t) => {
  const scripts = [
    'кошка',
    'собака',
    '猫',
    '犬',
    'قطة',
    'كلب',
    'बिल्ली',
    'แมว',
    'חתול',
    '🐱',
    '🐶',
    '👨‍👩‍👧',
    'Tür',
    'Tur',
    'naïve',
    'naive',
    'Straße',
    '①',
    'ﬁ',
  ];
  t.deepEqual(distinctLabels(scripts), { labels: scripts });
  const shared = ['Cat', 'cat', 'CAT', 'T\u00fcr', 'Tu\u0308r', '!!!', '???', '', ' ', 'a-b', 'a b', '🐱', '🐱 '];
  const { labels } = distinctLabels(shared);
  t.is(new Set(labels.map((one) => slug(one))).size, shared.length);
  for (const [at, label] of labels.entries()) t.true(label.includes(shared[at]!), label);
});

test('the number of a label depends on neither its place nor on other classes', (t) => {
  const given = ['dog house', 'dog_house', 'Dog-House', 'Dog House', 'cat', 'Cat'];
  const named = new Map(distinctLabels(given).labels.map((one, at) => [given[at]!, one]));
  for (const order of [given.toReversed(), given.toSorted(), ['ant', ...given, 'zebra']]) {
    const { labels } = distinctLabels(order);
    for (const [at, label] of order.entries()) t.is(labels[at], named.get(label) ?? label);
  }
});

test('what somebody calls a label is found again behind its number', (t) => {
  const { labels } = distinctLabels(['Cat', 'cat', 'a (b)', 'a b', `${'x'.repeat(70)}1`, `${'x'.repeat(70)}2`]);
  t.deepEqual(labelsSpelled(labels, 'Cat'), ['Cat (2)']);
  t.deepEqual(labelsSpelled(labels, 'cat'), ['cat']);
  t.deepEqual(labelsSpelled(labels, 'a b'), ['a b (2)']);
  t.deepEqual(labelsSpelled(labels, `${'x'.repeat(70)}2`), [`2 ${'x'.repeat(70)}2`]);
  t.deepEqual(labelsSpelled(labels, 'dog'), []);
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
