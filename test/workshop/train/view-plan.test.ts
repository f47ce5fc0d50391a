/** Which photos are embedded in more than one view. */
import { createHash } from 'node:crypto';
import test from 'ava';
import type { KnownPhoto } from '../../../src/workshop/train/known-photos.ts';
import { setOf } from '../../../src/workshop/train/split.ts';
import { planViews } from '../../../src/workshop/train/view-plan.ts';

const split = { validation: 10, testing: 10 };
const none = { crop: 0, scale: 0, brightness: 0 };

function photos(className: string, count: number): KnownPhoto[] {
  return Array.from({ length: count }, (_, at) => {
    const file = `/photos/${className}/${className}-${at}.jpg`;
    return { file, className, sha256: createHash('sha256').update(file).digest('hex') };
  });
}

const isTraining = ({ file }: KnownPhoto): boolean => setOf(file, split) === 'training';

test('photos that judge have the plain view only, photos that teach a mirrored one too', (t) => {
  const all = [...photos('cat', 40), ...photos('dog', 40)];
  const viewsOf = planViews(all, { split, mirror: true, distortions: none });
  t.true(all.some((photo) => !isTraining(photo)));
  for (const photo of all) t.deepEqual(viewsOf(photo), { mirror: isTraining(photo) });
});

test('of a large class so many are mirrored, whatever the order of their names; a small class beside it has all', (t) => {
  const large = photos('cat', 1000);
  const small = photos('dog', 30);
  const viewsOf = planViews([...large, ...small], { split, mirror: true, distortions: none });
  const mirrored = large.filter((photo) => viewsOf(photo).mirror);
  t.is(mirrored.length, 50);
  t.true(mirrored.every(isTraining));
  const training = large.filter(isTraining);
  const places = mirrored.map((photo) => training.indexOf(photo));
  t.true(Math.min(...places) < training.length * 0.2);
  t.true(Math.max(...places) > training.length * 0.8);
  t.true(small.filter(isTraining).every((photo) => viewsOf(photo).mirror));
  const backwards = planViews([...small, ...large].reverse(), { split, mirror: true, distortions: none });
  t.deepEqual(
    large.filter((photo) => backwards(photo).mirror),
    mirrored,
  );
});

test('without mirroring there is one view; distortions are for photos that teach', (t) => {
  const all = photos('cat', 100);
  const plain = planViews(all, { split, mirror: false, distortions: none });
  for (const photo of all) t.deepEqual(plain(photo), { mirror: false });
  const distortions = { ...none, crop: 10 };
  const distorted = planViews(all, { split, mirror: false, distortions });
  for (const photo of all) {
    t.deepEqual(distorted(photo), isTraining(photo) ? { mirror: false, distortions } : { mirror: false });
  }
});
