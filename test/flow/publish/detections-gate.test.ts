/** Which detections go out. The frames' own times are the clock. */
import test from 'ava';
import fc from 'fast-check';
import { createDetectionsGate } from '../../../src/flow/publish/detections-gate.ts';
import { detectionsOf } from './samples.ts';

const seen = (labels: string, monotonicMs: number, camera = 'front') =>
  detectionsOf(labels === '' ? [] : labels.split(' '), { monotonicMs, camera });

test('off lets nothing out', (t) => {
  t.false(createDetectionsGate({ detections: 'off', maxPerSecond: 100 }).admits(seen('cat', 0)));
});

test('changed lets out when labels or their number change, in whatever order they come', (t) => {
  const gate = createDetectionsGate({ detections: 'changed', maxPerSecond: 100 });
  const told = ['cat dog', 'dog cat', 'cat cat dog', 'cat dog', '', '', 'cat'].map((labels, second) =>
    gate.admits(seen(labels, second * 1000)),
  );
  t.deepEqual(told, [true, false, true, true, true, false, true]);
});

test('a label that contains another is not taken for it', (t) => {
  const gate = createDetectionsGate({ detections: 'changed', maxPerSecond: 100 });
  t.true(gate.admits(detectionsOf(['traffic', 'light'], { monotonicMs: 0 })));
  t.true(gate.admits(detectionsOf(['traffic light'], { monotonicMs: 1000 })));
});

test('a change that comes too soon is told when its time has come', (t) => {
  const gate = createDetectionsGate({ detections: 'changed', maxPerSecond: 1 });
  t.true(gate.admits(seen('cat', 0)));
  t.false(gate.admits(seen('dog', 100)));
  t.false(gate.admits(seen('dog', 200)));
  t.true(gate.admits(seen('dog', 1000)));
});

test('each camera has a rate of its own', (t) => {
  const gate = createDetectionsGate({ detections: 'all', maxPerSecond: 1 });
  t.true(gate.admits(seen('cat', 0, 'front')));
  t.true(gate.admits(seen('cat', 1, 'back')));
  t.false(gate.admits(seen('cat', 2, 'front')));
});

test('a camera at just the maximum rate loses nothing to jitter', (t) => {
  const gate = createDetectionsGate({ detections: 'all', maxPerSecond: 10 });
  const jitter = [0, 8, -9, 5, -7, 9, -3, 2, -8, 6];
  t.true(jitter.every((ms, index) => gate.admits(seen('cat', 1000 + index * 100 + ms))));
});

test('whatever the camera does, the rate is kept over any span', (t) => {
  const steps = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 50, maxLength: 200 });
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 100 }), (stepsMs, maxPerSecond) => {
      const gate = createDetectionsGate({ detections: 'all', maxPerSecond });
      let nowMs = 0;
      const admittedMs: number[] = [];
      for (const step of stepsMs) {
        nowMs += step;
        if (gate.admits(seen('cat', nowMs))) admittedMs.push(nowMs);
      }
      const spanMs = (from: number, to: number) => admittedMs[to]! - admittedMs[from]!;
      return admittedMs.every((_, from) =>
        admittedMs.every((_, to) => to <= from || to - from <= (spanMs(from, to) * maxPerSecond) / 1000 + 0.25 + 1e-6),
      );
    }),
  );
  t.pass();
});
