/** Thresholds tried on what was followed. */
import test from 'ava';
import { type PastTrack, wouldBeEvent } from '../../../src/web/page/tune/tuning.ts';

const track = (scores: number[], box: PastTrack['box'] = [0.4, 0.4, 0.6, 0.8]): PastTrack => ({
  ...{ track: 1, label: 'person', startMs: 0, endMs: 1, looks: scores.length, scores, box },
});
const thresholds = { minScore: 0.5, confirmHits: 2, minArea: 0, maxArea: 1, masks: [] };

test('enough looks with enough score make an event; a sure one counts twice', (t) => {
  t.true(wouldBeEvent(track([0.6, 0.5, 0.1]), thresholds));
  t.false(wouldBeEvent(track([0.6, 0.49]), thresholds));
  t.true(wouldBeEvent(track([0.85]), thresholds));
  t.false(wouldBeEvent(track([0.85]), { ...thresholds, minScore: 0.9 }));
  t.true(wouldBeEvent(track([0.6]), { ...thresholds, confirmHits: 1 }));
  t.false(wouldBeEvent(track([]), { ...thresholds, confirmHits: 1 }));
});

test('size and masks keep it out', (t) => {
  t.false(wouldBeEvent(track([0.9]), { ...thresholds, minArea: 0.1 }));
  t.false(wouldBeEvent(track([0.9]), { ...thresholds, maxArea: 0.05 }));
  const mask = [
    [0, 0.7],
    [1, 0.7],
    [1, 1],
    [0, 1],
  ] as const;
  t.false(wouldBeEvent(track([0.9]), { ...thresholds, masks: [mask] }));
});
