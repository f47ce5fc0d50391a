/** When telemetry is taken: at the start, then at the device's own part of each interval. The timers are turned by hand. */
import { mock } from 'node:test';
import test from 'ava';
import { phaseOf, TelemetryTimer } from '../../../src/system/measure/telemetry-timer.ts';

/** When a device with this id tells, within the first `forMs` of its life. */
async function beats(
  deviceId: string,
  forMs: number,
  changes: Readonly<Record<number, number>> = {},
): Promise<number[]> {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  try {
    let nowMs = 0;
    const at: number[] = [];
    const timer = new TelemetryTimer(async () => ({}), phaseOf(deviceId));
    timer.onReading(() => at.push(nowMs));
    let intervalMs = 30_000;
    for (; nowMs < forMs; nowMs += 100) {
      intervalMs = changes[nowMs] ?? intervalMs;
      // Said again and again, it changes nothing.
      timer.every(intervalMs);
      await Promise.resolve();
      await Promise.resolve();
      mock.timers.tick(100);
    }
    await Promise.resolve();
    timer.stop();
    return at;
  } finally {
    mock.timers.reset();
  }
}

test.serial('at the start, then once in every interval, always at the same part of it', async (t) => {
  const [first, ...later] = await beats('front-door', 300_000);
  t.is(first, 0);
  t.is(later.length, 10);
  const gaps = later.slice(1).map((atMs, index) => atMs - later[index]!);
  t.true(
    gaps.every((gapMs) => gapMs === 30_000),
    gaps.join(),
  );
  t.true(Math.abs(later[0]! - phaseOf('front-door') * 30_000) <= 200, `${later[0]}`);
});

test.serial('devices that start in the same moment tell at different ones', async (t) => {
  const seconds = await Promise.all(
    Array.from({ length: 10_000 }, async (_, index) => Math.floor(phaseOf(`camera-${index}`) * 30)),
  );
  const busiest = Math.max(
    ...Array.from({ length: 30 }, (_, second) => seconds.filter((one) => one === second).length),
  );
  // In lockstep it would be all 10,000 in one second; evenly spread it is 333, with a standard deviation of 18.
  t.true(busiest < 430, `${busiest} in the busiest second`);
});

test.serial('another interval counts at once, and the same one changes nothing', async (t) => {
  const at = await beats('front-door', 20_000, { 2000: 1000 });
  t.is(at[0], 0);
  t.is(at[1], 2000);
  t.true(at.length >= 18 && at.length <= 21, at.join());
});
