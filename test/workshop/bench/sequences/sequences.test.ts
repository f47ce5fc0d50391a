/** The scenes that tracker and motion gate are measured on: repeatable, and short ones held to what the long ones must show. */
import test from 'ava';
import { configSchema } from '../../../../src/config/schema.ts';
import { measureMotion } from '../../../../src/workshop/bench/sequences/measure-motion.ts';
import { measureTracking } from '../../../../src/workshop/bench/sequences/measure-tracking.ts';
import { seededRandom } from '../../../../src/workshop/bench/sequences/random.ts';
import { composeScene, cutOutsOf, type SceneObject, viewAt } from '../../../../src/workshop/bench/sequences/scene.ts';
import { detect, usualErrors } from '../../../../src/workshop/bench/sequences/simulated-detector.ts';
import { type CocoSet, readCocoSet } from '../../../../src/workshop/evaluate/coco-annotations.ts';
import { idf1 } from '../../../../src/workshop/evaluate/tracking-metrics.ts';
import { shared, testRequiring } from '../../../requiring.ts';

const camera = configSchema.parse({}).cameras['camera']!;

/** Five cut-outs of one photo that nobody has to read. */
function smallSet(): CocoSet {
  return {
    pictures: [{ id: 1, file: 'photo.jpg', widthPx: 640, heightPx: 480 }],
    truths: Array.from({ length: 5 }, (_, at) => ({
      image: 1,
      category: 1,
      box: [10 * at, 10, 60, 150] as const,
      isCrowd: false,
    })),
    categories: new Map([[1, 'person']]),
  };
}

test('a seed repeats its scene, another one gives another', (t) => {
  const set = smallSet();
  const boxes = (seed: number) =>
    viewAt(composeScene(set, cutOutsOf(set), { seed, seconds: 30, entryGapSeconds: 2 }), 15).map(({ box }) => box);
  t.true(boxes(1).length > 0);
  t.deepEqual(boxes(1), boxes(1));
  t.notDeepEqual(boxes(1), boxes(2));
});

test('photos with too few people are refused in a sentence', (t) => {
  t.throws(() => cutOutsOf({ ...smallSet(), truths: [] }), { message: /hold 0 persons and cars.*5 are needed/ });
});

test('a fifth of the boxes is missed, the hidden ones always, and some are false', (t) => {
  const set = smallSet();
  const [object] = viewAt(composeScene(set, cutOutsOf(set), { seed: 1, seconds: 30, entryGapSeconds: 2 }), 15);
  const view: SceneObject[] = [
    { ...object!, hidden: 0 },
    { ...object!, hidden: 0.9 },
  ];
  const random = seededRandom(3);
  const counts = Array.from({ length: 4000 }, () => detect(view, random, usualErrors).length);
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  t.true(Math.abs(mean - 0.9) < 0.03, `0.8 seen and 0.1 false, got ${mean}`);
});

testRequiring(
  [{ kind: 'mirror' }],
  'the tracker keeps identities better than greedy matching on scenes of real cut-outs',
  async (t) => {
    const set = await readCocoSet(shared('datasets/coco80'));
    const result = measureTracking({
      set,
      cutOuts: cutOutsOf(set),
      seeds: [1001, 1002, 1003, 1004],
      framesPerSecond: 5,
      seconds: 60,
      errors: usualErrors,
      settings: { ...camera.tracking, holdMs: camera.holdMs },
      onSequence: () => undefined,
    });
    t.true(idf1(result.tracker) >= 0.88, `${idf1(result.tracker)}`);
    t.true(idf1(result.tracker) >= idf1(result.greedy) + 0.05);
  },
);

testRequiring([{ kind: 'mirror' }], 'the motion gate sees who comes in and saves a still scene', async (t) => {
  const set = await readCocoSet(shared('datasets/coco80'));
  const result = await measureMotion({
    set,
    cutOuts: cutOutsOf(set),
    seeds: [1001],
    framesPerSecond: 5,
    seconds: 15,
    config: camera.motion,
    onScene: () => undefined,
  });
  t.true(result.entries > 0);
  t.is(result.seenInTime, result.entries);
  t.true(result.saved >= 0.8 * result.stillFrames, `${result.saved} of ${result.stillFrames}`);
  // In regions an idle scene costs nothing more: one look every few seconds. The start, and who comes in, cost several a frame.
  const { idle, inRegions } = result;
  t.is(idle.seconds, 10);
  t.true(idle.whole > 0);
  t.is(idle.inRegions, idle.whole);
  t.true(inRegions.still.gated <= 0.3 * inRegions.still.ungated);
  t.true(inRegions.withEntries.gated < inRegions.withEntries.ungated);
});
