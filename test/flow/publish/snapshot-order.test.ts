/** On a broker: the snapshot is there before its event, and the events of a life keep their order around it. */
import test from 'ava';
import { startEmbeddedBroker } from '../../../src/flow/publish/embedded-broker.ts';
import { publisherUnderTest } from './observed-publisher.ts';
import { observe } from './observer.ts';
import { eventOf } from './samples.ts';
import { until } from './waiting.ts';

const jpeg = Buffer.from([0xff, 0xd8, 0, 1, 2, 0xff, 0xd9]);

test('an event waits for its snapshot, events that need none do not wait for it', async (t) => {
  const broker = await startEmbeddedBroker({ host: '127.0.0.1', port: 0 });
  t.teardown(() => broker.stop());
  const address = `mqtt://127.0.0.1:${broker.port}`;
  const observer = await observe(t, address);
  let encoded: () => void = () => undefined;
  const encoding = new Promise<void>((resolve) => {
    encoded = resolve;
  });
  const { publisher, status } = publisherUnderTest(t, {
    address,
    beforeEvent: ({ id }) => (id === 'slow' ? encoding : undefined),
  });
  await status('connected');
  publisher.event(eventOf('slow', { label: 'person' }));
  publisher.event(eventOf('slow', { label: 'person', type: 'end', endMs: 1 }));
  publisher.event(eventOf('other', { label: 'person' }));
  const events = 'goby/pi/front/events';
  await observer.message(events, (payload) => (payload as { id: string }).id === 'other');
  t.is(observer.of(events).length, 1);

  publisher.snapshot({ camera: 'front', label: 'person', jpeg, capturedAtMs: 0 });
  encoded();
  await until('all events', () => observer.of(events).length === 3);
  const heard = observer.heard.filter(({ topic }) => /events$|snapshot/.test(topic)).map(({ topic }) => topic);
  t.deepEqual(heard, [events, 'goby/pi/front/snapshot/person', events, events]);
  t.deepEqual(
    (observer.of(events) as { id: string; type: string }[]).map(({ id, type }) => `${id} ${type}`),
    ['other new', 'slow new', 'slow end'],
  );
  const late = await observe(t, address);
  await late.message('goby/pi/front/snapshot/person');
  t.true(late.heard.find(({ topic }) => topic.endsWith('snapshot/person'))!.retain);
});
