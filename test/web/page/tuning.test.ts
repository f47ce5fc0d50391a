/** Settings tried on what was followed, and what is saved of them. */
import test from 'ava';
import {
  beyondLog,
  changesOf,
  type PastTrack,
  passes,
  type Tuning,
  undoOf,
  wouldBeEvent,
} from '../../../src/web/page/tune/tuning.ts';

const track = (scores: number[], box: PastTrack['box'] = [0.4, 0.4, 0.6, 0.8]): PastTrack => ({
  ...{ track: 1, label: 'person', startMs: 0, endMs: 1, looks: scores.length, scores, box },
});
const tuning: Tuning = {
  minScore: 0.5,
  tracking: {},
  filters: {},
  motion: { gate: 'auto', lingerMs: 1500, forcedLookMs: 5000 },
  regions: { mode: 'auto', minSidePx: 160, wholeFrameMs: 3000 },
  masks: [],
};
const person = (limits: object): Pick<Tuning, 'filters'> => ({
  filters: { person: { minScore: 0, minArea: 0, maxArea: 1, ...limits } },
});

test('enough looks with enough score make an event; a sure one counts twice', (t) => {
  t.true(wouldBeEvent(track([0.6, 0.5, 0.1]), tuning));
  t.false(wouldBeEvent(track([0.6, 0.49]), tuning));
  t.true(wouldBeEvent(track([0.85]), tuning));
  t.false(wouldBeEvent(track([0.85]), { ...tuning, minScore: 0.9 }));
  t.true(wouldBeEvent(track([0.6]), { ...tuning, tracking: { confirmHits: 1 } }));
  t.false(wouldBeEvent(track([]), { ...tuning, tracking: { confirmHits: 1 } }));
});

test('score and size of its own label, and masks, keep it out; those of others do not', (t) => {
  t.false(wouldBeEvent(track([0.9]), { ...tuning, ...person({ minArea: 0.1 }) }));
  t.false(wouldBeEvent(track([0.9]), { ...tuning, ...person({ maxArea: 0.05 }) }));
  t.false(wouldBeEvent(track([0.9]), { ...tuning, ...person({ minScore: 0.95 }) }));
  t.true(wouldBeEvent({ ...track([0.9]), label: 'toString' }, { ...tuning, ...person({ minScore: 0.95 }) }));
  t.true(passes({ label: 'person', score: 0.6 }, { minScore: 0.5, ...person({ minArea: 0.5 }) }), 'no box, no size');
  const mask = [
    [0, 0.7],
    [1, 0.7],
    [1, 1],
    [0, 1],
  ] as const;
  t.false(wouldBeEvent(track([0.9]), { ...tuning, masks: [mask] }));
});

test('it says where the log does not reach', (t) => {
  t.deepEqual(beyondLog(tuning, tuning), []);
  t.deepEqual(beyondLog(tuning, { ...tuning, minScore: 0.7, ...person({ minArea: 0.1 }) }), []);
  t.deepEqual(beyondLog(tuning, { ...tuning, minScore: 0.4 }), ['score']);
  t.deepEqual(beyondLog({ ...tuning, ...person({ minScore: 0.7 }) }, tuning), ['score']);
  t.deepEqual(beyondLog({ ...tuning, ...person({ minArea: 0.1 }) }, { ...tuning, ...person({ minArea: 0.05 }) }), [
    'size',
  ]);
  t.deepEqual(beyondLog(tuning, { ...tuning, motion: { ...tuning.motion, lingerMs: 0 } }), ['looks']);
  t.deepEqual(beyondLog(tuning, { ...tuning, regions: { ...tuning.regions, mode: 'off' } }), ['looks']);
});

test('what differs is saved, all of it and nothing else, and undone to what was set before', (t) => {
  t.is(changesOf(tuning, { ...tuning }), undefined);
  t.is(changesOf(tuning, { ...tuning, masks: [[]] }), undefined, 'masks are drawn elsewhere');
  const next: Tuning = {
    ...tuning,
    minScore: 0.6,
    tracking: { confirmHits: 3 },
    ...person({ minArea: 0.01 }),
    motion: { ...tuning.motion, lingerMs: 3000 },
    regions: { ...tuning.regions, maxInferencesPerFrame: 2 },
  };
  const changes = changesOf(tuning, next)!;
  t.deepEqual(changes, {
    minScore: 0.6,
    tracking: { confirmHits: 3 },
    filters: { person: { minScore: 0, minArea: 0.01, maxArea: 1 } },
    motion: { lingerMs: 3000 },
    regions: { maxInferencesPerFrame: 2 },
  });
  t.deepEqual(undoOf(changes, { minScore: 0.55, motion: { gate: 'off' }, filters: { person: { minArea: 0.005 } } }), {
    minScore: 0.55,
    tracking: { confirmHits: null },
    filters: { person: { minScore: null, minArea: 0.005, maxArea: null } },
    motion: { lingerMs: null },
    regions: { maxInferencesPerFrame: null },
  });
});
