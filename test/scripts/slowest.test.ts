/** The list of the slowest test files that `npm test` ends with. */
import test from 'ava';

type Slowest = (text: string, count?: number) => string[];
const { slowestFiles } = (await import(new URL('../../scripts/test/slowest.mjs', import.meta.url).href)) as {
  slowestFiles: Slowest;
};

test('the slowest come first, and no more than asked for', (t) => {
  const text = '900\ttest/a.test.ts\n12345\ttest/b.test.ts\n2000\ttest/c.test.ts\n';
  t.deepEqual(slowestFiles(text, 2), ['     12.3 s   test/b.test.ts', '      2.0 s   test/c.test.ts']);
});

test('a run without any times has no list', (t) => {
  t.deepEqual(slowestFiles(''), []);
});
