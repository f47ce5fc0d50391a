import test from 'ava';
import { configSchema } from '../../../../src/config/schema.ts';
import { countedFrame } from '../../../../src/flow/capture/counted-frame.ts';
import { splitByScore } from '../../../../src/flow/interpret/split-by-score.ts';
import type { LookResult } from '../../../../src/flow/merge/look-result.ts';
import { mergeLooks } from '../../../../src/flow/merge/merge.ts';
import { fractionsOf, inferencesOf } from '../../../../src/flow/regions/region.ts';
import type { BoxedDetection, Look } from '../../../../src/workshop/bench/far/looks.ts';
import { bothWays, createWatch, type WatchOptions } from '../../../../src/workshop/bench/far/watch.ts';

const camera = configSchema.parse({}).cameras['camera']!;
const size = { widthPx: 1280, heightPx: 720 };
/** Something flickers where the small person is; else nothing moves. */
const frameAt = (sequence: number) => {
  const bytes = new Uint8Array((1280 * 720 * 3) / 2).fill(100);
  for (let y = 288; y < 338; y++) bytes.fill(sequence % 2 === 0 ? 20 : 220, 1280 * y + 896, 1280 * y + 915);
  return countedFrame({
    ...size,
    camera: 'bench',
    sequence,
    capturedAtMs: 200 * sequence,
    monotonicMs: 200 * sequence,
    format: 'yuv420',
    rotationDeg: 0,
    strideBytes: 1280,
    bytes,
  });
};
/** 50 pixels tall: a look shows it where it takes a fifth of the input. */
const small: BoxedDetection = { label: 'person', score: 0.8, box: [0.7, 0.4, 0.715, 0.47] };
const look: Look = (frame, ...areas) =>
  Promise.resolve(
    areas.map((area) => {
      const [x1, y1, x2, y2] = fractionsOf(area, frame);
      const isInside = x1 <= small.box[0] && y1 <= small.box[1] && x2 >= small.box[2] && y2 >= small.box[3];
      return isInside && 50 / (areas.length * area.heightPx) > 0.2 ? [small] : [];
    }),
  );
const runner: WatchOptions['runner'] = {
  gather: (answers) => {
    const looks = answers.filter((answer): answer is LookResult => answer.area !== undefined);
    const found =
      looks.length > 0 ? mergeLooks(looks, { minScore: 0.5 }).detections : answers.flatMap((one) => one.detections);
    return splitByScore(found, 0.5);
  },
};
const [withRegions, without] = bothWays(camera);

test('a small person is found with regions and not in the whole frame, and the budget is kept', async (t) => {
  const few = createWatch({ camera: withRegions!, labels: ['person'], look, runner });
  const whole = createWatch({ camera: without!, labels: ['person'], look, runner });
  let [found, foundWhole] = [0, 0];
  for (let at = 0; at < 30; at++) {
    const watched = await few(frameAt(at));
    t.true(inferencesOf(watched.regions).length <= 4);
    found += watched.told.length > 0 ? 1 : 0;
    foundWhole += (await whole(frameAt(at))).told.length;
  }
  t.true(found >= 15, `told in ${found} of 30 frames`);
  t.is(foundWhole, 0);
});

test('labels that nobody asked for are not told', async (t) => {
  const watch = createWatch({ camera: withRegions!, labels: ['car'], look, runner });
  for (let at = 0; at < 10; at++) t.deepEqual((await watch(frameAt(at))).told, []);
});
