import test from 'ava';
import fc from 'fast-check';
import type { Estimate } from '../../../src/flow/interpret/detection.ts';
import { castVote, type EstimateVotes, noVotes, votedEstimates } from '../../../src/flow/track/estimate-votes.ts';

const about = { model: 'faces', modelSha256: 'a'.repeat(64) };
const says = (value: string | number, score?: number): Estimate => ({
  name: typeof value === 'number' ? 'age' : 'gender',
  value,
  ...(score === undefined ? {} : { score }),
  ...about,
});

function vote(...crops: readonly (readonly [Estimate, quality?: number])[]): EstimateVotes {
  return crops.reduce(
    (votes, [estimate, quality = 1], index) => castVote(votes, { estimates: [estimate], quality, atMs: index * 100 }),
    noVotes,
  );
}

test('most votes win, and crops that said otherwise count against the score', (t) => {
  const votes = vote([says('female', 0.9)], [says('male', 0.6)], [says('female', 0.9)]);
  const [told] = votedEstimates(votes, 0);
  t.like(told, { name: 'gender', value: 'female', crops: 3, ...about });
  t.true(Math.abs(told!.score! - 0.6) < 1e-9);
});

test('one good crop outweighs several bad ones', (t) => {
  const votes = vote([says('male', 0.7), 0.1], [says('male', 0.7), 0.1], [says('female', 0.9), 0.9]);
  t.is(votedEstimates(votes, 0)[0]!.value, 'female');
});

test('a crop of no quality changes nothing', (t) => {
  t.is(vote([says('male', 0.7), 0], [says('male', 0.7), Number.NaN]), noVotes);
});

test('numbers are averaged by quality', (t) => {
  const votes = vote([says(30), 1], [says(60), 0.5]);
  t.is(votedEstimates(votes, 0.9)[0]!.value, 40);
});

test('a label whose mean score is too low is not told', (t) => {
  const votes = vote([says('male', 0.6)], [says('female', 0.6)]);
  t.deepEqual(votedEstimates(votes, 0.5), []);
  t.is(votedEstimates(votes, 0.3).length, 1);
});

test('with a half-life the newest mood wins over the older ones', (t) => {
  const moods = ['happy', 'happy', 'happy', 'sad'].map((value) => says(value, 0.8));
  const cast = (halfLifeMs: number | undefined) =>
    moods.reduce(
      (votes, estimate, index) =>
        castVote(votes, { estimates: [estimate], quality: 1, atMs: index * 10_000, halfLifeMs }),
      noVotes,
    );
  t.is(votedEstimates(cast(undefined), 0)[0]!.value, 'happy');
  t.is(votedEstimates(cast(2000), 0)[0]!.value, 'sad');
});

test('what can not be counted is left out: no number, a score out of range, a number where labels were', (t) => {
  t.is(vote([says(Number.NaN)]).size, 0);
  t.is(vote([says('male', 1.5)]).size, 0);
  const mixed = castVote(vote([says('male', 0.8)]), {
    estimates: [{ ...says(3), name: 'gender' }],
    quality: 1,
    atMs: 1,
  });
  t.like(votedEstimates(mixed, 0)[0], { value: 'male', crops: 1 });
});

test('whatever is voted, a told score lies in 0..1 and its label was said', (t) => {
  const crop = fc.record({
    value: fc.constantFrom('a', 'b', 'c'),
    score: fc.double({ min: 0, max: 1, noNaN: true }),
    quality: fc.double({ min: 0, max: 1, noNaN: true }),
    atMs: fc.nat(100_000),
  });
  fc.assert(
    fc.property(fc.array(crop, { minLength: 1 }), fc.option(fc.integer({ min: 1, max: 5000 })), (crops, halfLifeMs) => {
      const votes = crops.reduce(
        (before, { value, score, quality, atMs }) =>
          castVote(before, { estimates: [says(value, score)], quality, atMs, halfLifeMs: halfLifeMs ?? undefined }),
        noVotes,
      );
      for (const { value, score } of votedEstimates(votes, 0)) {
        if (!crops.some((one) => one.value === value) || !(score! >= 0 && score! <= 1 + 1e-9)) return false;
      }
      return true;
    }),
  );
  t.pass();
});
