import test from 'ava';
import type { Frame } from '../src/capture/frame.ts';
import { configSchema } from '../src/config/schema.ts';
import { createGateWatch, type GateWatchOptions } from '../src/gate-watch.ts';
import { Health } from '../src/service/health.ts';
import { yuvFrame } from './gate/yuv-frames.ts';

const time = { nowMs: 0 };

function watch(camera: object = {}) {
  time.nowMs = 0;
  const health = new Health({ wallMs: () => time.nowMs, monotonicMs: () => time.nowMs });
  const skipped: number[] = [];
  const config = configSchema.parse({ cameras: { front: camera } }).cameras['front']!;
  const options: GateWatchOptions = {
    camera: 'front',
    config,
    health,
    onSkip: ({ monotonicMs }: Frame) => skipped.push(monotonicMs),
  };
  return { gate: createGateWatch(options), health, skipped };
}

const film = { source: { type: 'rpicam' } };

test('a gate that is off, and one of single photos, is none', (t) => {
  t.is(watch({ ...film, motion: { gate: 'off' } }).gate, undefined);
  t.is(watch({ source: { type: 'stills' } }).gate, undefined);
  t.not(watch({ source: { type: 'stills' }, motion: { gate: 'on' } }).gate, undefined);
});

test('photos of a folder pass, unless the gate is on', async (t) => {
  const { gate, health } = watch();
  for (let at = 0; at < 30; at++) t.true(await gate!.admits(yuvFrame({ atMs: at * 500, origin: 'a.jpg' })));
  gate!.pause();
  t.is(health.get('gate/front'), undefined);
  const on = watch({ motion: { gate: 'on' } });
  const verdicts: boolean[] = [];
  for (let at = 0; at < 10; at++) verdicts.push(await on.gate!.admits(yuvFrame({ atMs: at * 500, origin: 'a.jpg' })));
  t.true(verdicts.includes(false));
});

test('an idle gate is a declared state with a deadline; looks keep it, their absence is a stall', async (t) => {
  const { gate, health, skipped } = watch(film);
  for (let at = 0; at < 600; at++) {
    time.nowMs = at * 200;
    await gate!.admits(yuvFrame({ atMs: time.nowMs }));
  }
  t.is(health.get('gate/front')?.state, 'idle');
  t.true(skipped.length > 500);
  t.is(gate!.skippedTotal, skipped.length);
  t.deepEqual(health.stalled(), []);
  time.nowMs += 2 * 5000 + 60_000 + 1000;
  t.deepEqual(health.stalled(), ['gate/front']);
  gate!.pause();
  time.nowMs += 3_600_000;
  t.deepEqual(health.stalled(), [], 'without frames no look is owed');
});
