/** What a reader beside the broker is told first, such as a page that was just opened. */
import test from 'ava';
import { publisherUnderTest } from './observed-publisher.ts';

test('who comes later is told what is retained and the last telemetry', (t) => {
  const { publisher } = publisherUnderTest(t, { address: undefined });
  const told = (): [string, unknown][] =>
    [...publisher.feed.newest()].map(({ topic, payload }) => [topic, JSON.parse(String(payload))]);
  t.deepEqual(told(), [['goby/pi/state', { state: 'online' }]]);
  publisher.info({ version: '1' });
  publisher.telemetry({ uptimeSeconds: 1 });
  publisher.telemetry({ uptimeSeconds: 2 });
  t.deepEqual(told().slice(1), [
    ['goby/pi/info', { version: '1' }],
    ['goby/pi/telemetry', { uptimeSeconds: 2 }],
  ]);
});
