import test from 'ava';
import { createFrameStatistics } from '../../../src/system/measure/frame-statistics.ts';

test('the rate is absent before two frames, follows the frames, and goes when they stop', (t) => {
  let nowMs = 0;
  const statistics = createFrameStatistics({ windowMs: 1000, now: () => nowMs });
  t.deepEqual(statistics.snapshot(), { framesTotal: 0, droppedTotal: 0 });
  statistics.frame();
  t.deepEqual(statistics.snapshot(), { framesTotal: 1, droppedTotal: 0 });
  for (let frame = 0; frame < 200; frame += 1) {
    nowMs += 40;
    statistics.frame();
  }
  statistics.dropped();
  statistics.dropped(2);
  t.deepEqual(statistics.snapshot(), { framesTotal: 201, droppedTotal: 3, framesPerSecond: 25 });
  for (let frame = 0; frame < 10; frame += 1) {
    nowMs += 100;
    statistics.frame();
  }
  t.is(statistics.snapshot().framesPerSecond, 10, 'only the last second counts');
  nowMs += 5000;
  t.deepEqual(statistics.snapshot(), { framesTotal: 211, droppedTotal: 3 });
});
