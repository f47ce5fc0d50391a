import test from 'ava';
import { Traffic } from '../../../src/flow/publish/traffic.ts';

const message = (bytes: number) => ({ topic: 'topic', payload: 'x'.repeat(bytes), qos: 0, retain: false }) as const;

test('the first minute makes no projection', (t) => {
  let nowMs = 0;
  const traffic = new Traffic(() => nowMs);
  traffic.count('state', message(5000));
  nowMs = 59_999;
  t.deepEqual(traffic.summary().state, { messagesTotal: 1, bytesTotal: 5013 });
});

test('bytes are those of topic, payload and packet, also of text beyond ASCII', (t) => {
  const traffic = new Traffic(() => 0);
  traffic.count('events', { topic: 'a/b', payload: 'é', qos: 1, retain: false });
  traffic.count('events', { topic: 'a/b', payload: new Uint8Array(10), qos: 1, retain: false });
  t.like(traffic.summary().events, { messagesTotal: 2, bytesTotal: 3 + 2 + 8 + 3 + 10 + 8 });
});

test('a day is projected from the last minutes, so that what was said at the start fades', (t) => {
  let nowMs = 0;
  const traffic = new Traffic(() => nowMs);
  traffic.count('telemetry', message(1_000_000));
  const perMessage = 87 + 13;
  for (let minute = 0; minute < 20; minute++) {
    nowMs += 60_000;
    traffic.count('telemetry', message(87));
    traffic.summary();
  }
  t.is(traffic.summary().telemetry.bytesPerDay, perMessage * 24 * 60);
  t.is(traffic.summary().events.bytesPerDay, 0);
});
