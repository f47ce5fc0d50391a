import test from 'ava';
import fc from 'fast-check';
import {
  type CropCandidate,
  chooseCrops,
  createCropBudget,
  cropQuality,
  settledAfter,
} from '../../../src/flow/second-stage/crop-choice.ts';

function candidate(id: string, changes: Partial<CropCandidate> = {}): CropCandidate {
  return { id, box: [0, 0, 1, 1], stage: 0, quality: 0.5, crops: 0, bestQuality: 0, changes: false, ...changes };
}

const ids = (chosen: readonly CropCandidate[]) => chosen.map(({ id }) => id);

test('the best crops come first, and no more than there is room for', (t) => {
  const all = [candidate('dull', { quality: 0.2 }), candidate('sharp', { quality: 0.9 }), candidate('fair')];
  t.deepEqual(ids(chooseCrops(all, 2)), ['sharp', 'fair']);
  t.deepEqual(chooseCrops(all, 0), []);
});

test('who was never looked at comes before who was looked at often', (t) => {
  const all = [candidate('often', { quality: 0.9, crops: 8, bestQuality: 0.9 }), candidate('new', { quality: 0.3 })];
  t.deepEqual(ids(chooseCrops(all, 1)), ['new']);
});

test('an event that is settled is looked at again only for a better crop, or when its answer may change', (t) => {
  const settled = { crops: settledAfter, bestQuality: 0.6 };
  const all = [
    candidate('no better', { ...settled, quality: 0.6 }),
    candidate('better', { ...settled, quality: 0.61 }),
    candidate('mood', { ...settled, quality: 0.1, changes: true }),
  ];
  t.deepEqual(ids(chooseCrops(all, 9)), ['better', 'mood']);
});

test('a crop that says nothing is never chosen', (t) => {
  t.deepEqual(chooseCrops([candidate('none', { quality: 0 }), candidate('nan', { quality: Number.NaN })], 5), []);
});

test('quality grows with score and size, up to the size that the model sees', (t) => {
  t.is(cropQuality(0.8, 112, 224), 0.4);
  t.is(cropQuality(0.8, 500, 224), 0.8);
});

test('the budget is kept in every window of a second, wherever it begins', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10 }), fc.array(fc.nat(400), { maxLength: 60 }), (perSecond, steps) => {
      const budget = createCropBudget(perSecond);
      const spent: number[] = [];
      let nowMs = 0;
      for (const step of steps) {
        nowMs += step;
        while (budget.left(nowMs) > 0) {
          budget.spend(nowMs);
          spent.push(nowMs);
        }
      }
      return spent.every((from) => spent.filter((at) => at >= from && at < from + 1000).length <= perSecond);
    }),
  );
  t.pass();
});
