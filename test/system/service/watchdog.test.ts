import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import test from 'ava';
import { createLogger, type Logger } from '../../../src/logger.ts';
import { Health } from '../../../src/system/service/health.ts';
import { takeNotifier } from '../../../src/system/service/notify.ts';
import { Watchdog } from '../../../src/system/service/watchdog.ts';
import { openReceiver } from './datagram-receiver.ts';

function recordingLogger(): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  return { logger: createLogger({ part: 'watchdog', threshold: { level: 'info' }, format: 'journal', write }), lines };
}

async function receiverFor(t: { teardown(fn: () => unknown): void }) {
  const folder = await mkdtemp(join(tmpdir(), 'goby-watchdog-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const address = join(folder, 'notify');
  const receiver = openReceiver(address);
  t.teardown(() => receiver.close());
  return { address, receiver };
}

test('a part that stalls stops the pings and is named once; its progress brings them back', async (t) => {
  const { address, receiver } = await receiverFor(t);
  let nowMs = 0;
  const health = new Health({ wallMs: () => 0, monotonicMs: () => nowMs });
  const { logger, lines } = recordingLogger();
  const notifier = takeNotifier({ NOTIFY_SOCKET: address, WATCHDOG_USEC: '20000000' }, (error) => t.fail(`${error}`));
  const watchdog = new Watchdog({ notifier, health, logger });
  health.report('camera/front', { state: 'streaming', stallAfterMs: 10_000 });
  health.report('broker', { state: 'connected' });

  watchdog.check();
  t.is(receiver.receive(), 'WATCHDOG=1');

  nowMs = 10_001;
  watchdog.check();
  watchdog.check();
  t.is(receiver.receive(), 'STATUS=stalled: camera/front');
  t.is(receiver.receive(), undefined);
  t.deepEqual(lines, ['<3>watchdog: no progress of camera/front: the watchdog is not fed, systemd will restart goby']);

  health.report('camera/front', { state: 'reconnecting', waitUntilMs: 60_000 });
  nowMs = 59_000;
  watchdog.check();
  t.is(receiver.receive(), 'WATCHDOG=1', 'a declared wait is no stall');
  nowMs = 60_001;
  watchdog.check();
  t.is(receiver.receive(), 'STATUS=stalled: camera/front', 'until its deadline');

  health.progress('camera/front');
  watchdog.check();
  t.is(receiver.receive(), 'WATCHDOG=1');
  t.is(lines.at(-1), '<6>watchdog: camera/front makes progress again');
});

test('it pings by itself more than once within the limit, and no more after stop', async (t) => {
  const { address, receiver } = await receiverFor(t);
  const notifier = takeNotifier({ NOTIFY_SOCKET: address, WATCHDOG_USEC: '20000' }, (error) => t.fail(`${error}`));
  const watchdog = new Watchdog({ notifier, health: new Health(), logger: recordingLogger().logger });
  watchdog.start();
  let pings = 0;
  while (pings < 3) {
    if (receiver.receive() === 'WATCHDOG=1') pings += 1;
    else await wait(2);
  }
  watchdog.stop();
  while (receiver.receive() !== undefined);
  await wait(60);
  t.is(receiver.receive(), undefined);
});

test('without a watchdog set nothing starts', (t) => {
  const stalled = () => {
    throw new Error('asked');
  };
  const watchdog = new Watchdog({
    notifier: takeNotifier({}, () => undefined),
    health: { stalled },
    logger: recordingLogger().logger,
  });
  t.notThrows(() => watchdog.start());
});
