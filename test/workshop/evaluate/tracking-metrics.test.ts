/** Sequences small enough to count by hand. */
import test from 'ava';
import {
  addCounts,
  type IdentifiedBox,
  idf1,
  type JudgedFrame,
  mota,
  trackingCounts,
} from '../../../src/workshop/evaluate/tracking-metrics.ts';

/** `a1 b2`: id and place; places are far from each other. */
function boxes(text: string): IdentifiedBox[] {
  return text
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => {
      const left = Number(word.slice(1)) / 10;
      return { id: word[0]!, box: [left, 0, left + 0.1, 0.1] };
    });
}

function sequence(...frames: readonly (readonly [truths: string, tracked: string])[]): JudgedFrame[] {
  return frames.map(([truths, tracked]) => ({ truths: boxes(truths), tracked: boxes(tracked) }));
}

test('a perfect tracker', (t) => {
  const counts = trackingCounts(sequence(['a1 b5', 'x1 y5'], ['a2 b4', 'x2 y4']));
  t.deepEqual(counts, { truths: 4, tracked: 4, missed: 0, falsePositives: 0, switches: 0, idTruePositives: 4 });
  t.is(mota(counts), 1);
  t.is(idf1(counts), 1);
});

test('a miss, a false box', (t) => {
  const counts = trackingCounts(sequence(['a1', 'x1'], ['a2', ''], ['a3', 'x3 z9'], ['a4', 'x4']));
  t.deepEqual(counts, { truths: 4, tracked: 4, missed: 1, falsePositives: 1, switches: 0, idTruePositives: 3 });
  t.is(mota(counts), 1 - 2 / 4);
  t.is(idf1(counts), 6 / 8);
});

test('two that swap identities: two switches once, half of the identities wrong', (t) => {
  const counts = trackingCounts(
    sequence(['a1 b5', 'x1 y5'], ['a2 b4', 'x2 y4'], ['a4 b2', 'y4 x2'], ['a5 b1', 'y5 x1']),
  );
  t.deepEqual(counts, { truths: 8, tracked: 8, missed: 0, falsePositives: 0, switches: 2, idTruePositives: 4 });
  t.is(mota(counts), 1 - 2 / 8);
  t.is(idf1(counts), 8 / 16);
});

test('an identity that changes in a gap is a switch, and the longer part counts', (t) => {
  const counts = trackingCounts(sequence(['a1', 'x1'], ['a2', 'x2'], ['a3', ''], ['a4', 'y4']));
  t.deepEqual(counts, { truths: 4, tracked: 3, missed: 1, falsePositives: 0, switches: 1, idTruePositives: 2 });
  t.is(mota(counts), 1 - 2 / 4);
  t.is(idf1(counts), 4 / 7);
});

test('a pair is kept while it overlaps enough, though another box fits better', (t) => {
  const box = (id: string, left: number): IdentifiedBox => ({ id, box: [left, 0, left + 1, 1] });
  const counts = trackingCounts([
    { truths: [box('a', 0)], tracked: [box('x', 0)] },
    { truths: [box('a', 0)], tracked: [box('x', 0.3), box('y', 0)] },
  ]);
  t.like(counts, { switches: 0, falsePositives: 1, missed: 0 });
});

test('less than half overlap is no match', (t) => {
  const counts = trackingCounts([
    { truths: [{ id: 'a', box: [0, 0, 1, 1] }], tracked: [{ id: 'x', box: [0.34, 0, 1.34, 1] }] },
  ]);
  t.deepEqual(counts, { truths: 1, tracked: 1, missed: 1, falsePositives: 1, switches: 0, idTruePositives: 0 });
  t.is(mota(counts), -1);
});

test('counts of sequences add up, and nothing at all is perfect', (t) => {
  const one = trackingCounts(sequence(['a1', 'x1']));
  t.like(addCounts([one, one]), { truths: 2, idTruePositives: 2 });
  t.is(mota(addCounts([])), 1);
  t.is(idf1(addCounts([])), 1);
});
