import test from 'ava';
import { configSchema } from '../../src/config/schema.ts';
import { createGateWatch, type GateWatchOptions } from '../../src/flow/gate-watch.ts';
import { Health } from '../../src/system/service/health.ts';
import { yuvFrame } from './gate/yuv-frames.ts';

const time = { nowMs: 0 };

function watch(camera: object = {}) {
  time.nowMs = 0;
  const health = new Health({ wallMs: () => time.nowMs, monotonicMs: () => time.nowMs });
  const config = configSchema.parse({ cameras: { front: camera } }).cameras['front']!;
  const options: GateWatchOptions = {
    camera: 'front',
    config,
    health,
  };
  return { gate: createGateWatch(options), health };
}

const film = { source: { type: 'rpicam' } };

test('a gate that is off, and one of single photos, lets everything pass', async (t) => {
  const admitsAll = async (camera: object): Promise<boolean> => {
    const { gate } = watch(camera);
    const verdicts: boolean[] = [];
    for (let at = 0; at < 20; at++) verdicts.push((await gate.admits(yuvFrame({ atMs: at * 500 }))).admitted);
    return verdicts.every((admitted) => admitted);
  };
  t.true(await admitsAll({ ...film, motion: { gate: 'off' } }));
  t.true(await admitsAll({ source: { type: 'stills' } }));
  t.false(await admitsAll({ source: { type: 'stills' }, motion: { gate: 'on' } }));
});

test('photos of a folder pass, unless the gate is on', async (t) => {
  const { gate, health } = watch();
  for (let at = 0; at < 30; at++)
    t.deepEqual(await gate.admits(yuvFrame({ atMs: at * 500, origin: 'a.jpg' })), { admitted: true });
  gate.pause();
  t.is(health.get('gate/front'), undefined);
  const on = watch({ motion: { gate: 'on' } });
  const verdicts: boolean[] = [];
  for (let at = 0; at < 10; at++) {
    const { admitted } = await on.gate.admits(yuvFrame({ atMs: at * 500, origin: 'a.jpg' }));
    verdicts.push(admitted);
  }
  t.true(verdicts.includes(false));
});

test('an idle gate is a declared state with a deadline; looks keep it, their absence is a stall', async (t) => {
  const { gate, health } = watch(film);
  for (let at = 0; at < 600; at++) {
    time.nowMs = at * 200;
    await gate.admits(yuvFrame({ atMs: time.nowMs }));
  }
  t.is(health.get('gate/front')?.state, 'idle');
  t.true(gate.skippedTotal > 500);
  t.deepEqual(health.stalled(), []);
  time.nowMs += 2 * 5000 + 60_000 + 1000;
  t.deepEqual(health.stalled(), ['gate/front']);
  gate.pause();
  time.nowMs += 3_600_000;
  t.deepEqual(health.stalled(), [], 'without frames no look is owed');
});

test('while the gate is open a frame passes unseen, and is learnt from beside its inference', async (t) => {
  const { gate } = watch({ ...film, motion: { lingerMs: 1000 } });
  const blank = yuvFrame({ atMs: 0 });
  const first = await gate.admits(blank);
  t.true(first.admitted, 'the first frame is looked at');
  t.true(first.motion?.all, 'nobody knows what was there before');
  const unseen = await gate.admits(yuvFrame({ atMs: 500 }));
  t.is(typeof unseen.learn, 'function');
  await unseen.learn!();
  t.deepEqual(await gate.admits(yuvFrame({ atMs: 1500 })), { admitted: false });
  const moved = yuvFrame({ atMs: 2000, block: [0.5, 0.5] });
  const seen = await gate.admits(moved);
  t.true(seen.admitted);
  t.is(seen.motion?.boxes.length, 1, 'it tells where');
  const still = await gate.admits(yuvFrame({ atMs: 2900, block: [0.2, 0.2] }));
  // Asked before that one was learnt: the answer waits for it, and knows that something moved in it.
  const [later] = await Promise.all([gate.admits(yuvFrame({ atMs: 3000, block: [0.2, 0.2] })), still.learn!()]);
  t.true(later.admitted);
  t.true((await gate.admits(yuvFrame({ atMs: 3800, block: [0.2, 0.2] }))).admitted);
  t.is(gate.skippedTotal, 1);
});
