import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { socketAddress } from '../../../src/system/service/datagram-socket.ts';
import { takeNotifier } from '../../../src/system/service/notify.ts';
import { openReceiver } from './datagram-receiver.ts';

const noFault = (error: unknown): never => {
  throw error;
};

test('without systemd every call is silent and there is no watchdog', (t) => {
  const notifier = takeNotifier({}, noFault);
  t.is(notifier.watchdogUsec, undefined);
  t.notThrows(() => notifier.ready('up'));
  t.notThrows(() => notifier.watchdog());
});

test('a socket that is gone is told once, and never thrown', (t) => {
  const faults: unknown[] = [];
  const notifier = takeNotifier({ NOTIFY_SOCKET: '/nonexistent/notify' }, (error) => faults.push(error));
  notifier.ready('up');
  notifier.watchdog();
  t.is(faults.length, 1);
  t.regex(String(faults[0]), /\/nonexistent\/notify can't be used: sendto gave ENOENT/);
});

test('addresses that are neither path nor abstract, or too long, are refused', (t) => {
  t.throws(() => socketAddress('vsock:2:1'), { message: /must start with \/ or @/ });
  t.throws(() => socketAddress(`/${'x'.repeat(107)}`), { message: /longer than 107 bytes/ });
  t.is(socketAddress(`/${'x'.repeat(106)}`).length, 110);
});

for (const kind of ['path', 'abstract'] as const) {
  test(`every notification arrives at a real datagram socket (${kind})`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'goby-notify-'));
    t.teardown(() => rm(folder, { recursive: true }));
    const address = kind === 'path' ? join(folder, 'notify') : `@goby-test/${process.pid}/${folder}`;
    const receiver = openReceiver(address);
    t.teardown(() => receiver.close());
    const env = { NOTIFY_SOCKET: address, WATCHDOG_USEC: '30000000', WATCHDOG_PID: `${process.pid}`, HOME: '/' };
    const notifier = takeNotifier(env, noFault);
    t.deepEqual(env, { HOME: '/' } as unknown as typeof env, 'children inherit none of it');
    t.is(notifier.watchdogUsec, 30_000_000);
    notifier.ready('streaming at 10 frames\nper second');
    notifier.status('camera reconnecting');
    notifier.watchdog();
    notifier.extendTimeout(1500);
    notifier.stopping('SIGTERM');
    t.is(receiver.receive(), 'READY=1\nSTATUS=streaming at 10 frames per second');
    t.is(receiver.receive(), 'STATUS=camera reconnecting');
    t.is(receiver.receive(), 'WATCHDOG=1');
    t.is(receiver.receive(), 'EXTEND_TIMEOUT_USEC=1500000');
    t.is(receiver.receive(), 'STOPPING=1\nSTATUS=SIGTERM');
    t.is(receiver.receive(), undefined);
  });
}

test("a watchdog that is meant for another process isn't ours", (t) => {
  const env = { NOTIFY_SOCKET: '/nonexistent/notify', WATCHDOG_USEC: '1000', WATCHDOG_PID: '1' };
  t.is(takeNotifier(env, noFault).watchdogUsec, undefined);
});
