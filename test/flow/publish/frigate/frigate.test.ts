/** goby in Frigate's clothes: its payloads by the documented shape, its topics on a real broker. */
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { configSchema } from '../../../../src/config/schema.ts';
import { startEmbeddedBroker } from '../../../../src/flow/publish/embedded-broker.ts';
import { frigateEvent, frigateObject, frigateTopics } from '../../../../src/flow/publish/frigate/frigate-payloads.ts';
import { withFrigate } from '../../../../src/flow/publish/frigate/with-frigate.ts';
import type { Publisher } from '../../../../src/flow/publish/publisher.ts';
import { createLogger } from '../../../../src/logger.ts';
import { hasty, publisherUnderTest } from '../observed-publisher.ts';
import { type Observer, observe } from '../observer.ts';
import { detectionsOf, eventOf, startMs } from '../samples.ts';
import { until } from '../waiting.ts';
import { frigateEventSchema } from './frigate-schema.ts';

const topics = frigateTopics('frigate');
const frame = { capturedAtMs: startMs + 250, widthPx: 640, heightPx: 480 };

test('an event is shaped as by Frigate: pixel boxes, seconds, before and after', (t) => {
  const event = eventOf('mh9x2k1c-3f', {
    label: 'person',
    box: [0.25, 0.5, 0.75, 1],
    zones: ['drive'],
    enteredZones: ['street', 'drive'],
    stationary: true,
  });
  const after = frigateObject(event, frame, true);
  const message = frigateEvent(topics, { type: 'new', before: after, after });
  t.like(message, { topic: 'frigate/events', qos: 1, retain: false });
  const told = frigateEventSchema.parse(JSON.parse(message.payload as string));
  t.like(told.after, {
    id: '1767323045.067000-mh9x2k1c3f',
    camera: 'front',
    frame_time: 1767323045.317,
    start_time: 1767323045.067,
    end_time: null,
    label: 'person',
    sub_label: null,
    false_positive: false,
    box: [160, 240, 480, 480],
    area: 320 * 240,
    ratio: 1.33,
    region: [0, 0, 640, 480],
    current_zones: ['drive'],
    entered_zones: ['street', 'drive'],
    stationary: true,
    active: false,
    has_snapshot: true,
    has_clip: false,
  });
});

test('any event keeps the shape', (t) => {
  const side = fc.double({ min: 0, max: 1, noNaN: true });
  const boxes = fc.tuple(side, side, side, side).map(([a, b, c, d]) => {
    return [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)] as const;
  });
  fc.assert(
    fc.property(boxes, fc.constantFrom('new', 'update', 'end'), fc.boolean(), (box, type, whole) => {
      const { box: _box, ...classified } = eventOf('e-1', { type, ...(type === 'end' ? { endMs: startMs + 5 } : {}) });
      const after = frigateObject(whole ? classified : { ...classified, box }, frame, false);
      const message = frigateEvent(topics, { type, before: after, after });
      t.true(frigateEventSchema.safeParse(JSON.parse(message.payload as string)).success);
    }),
  );
});

interface Subject {
  readonly publisher: Publisher;
  readonly observer: Observer;
  readonly address: string;
}

async function onBroker(t: ExecutionContext, beforeEvent?: () => Promise<void> | undefined): Promise<Subject> {
  const broker = await startEmbeddedBroker({ host: '127.0.0.1', port: 0 });
  t.teardown(() => broker.stop());
  const address = `mqtt://127.0.0.1:${broker.port}`;
  const observer = await observe(t, address);
  const { publisher: own } = publisherUnderTest(t, { address, start: false });
  const publisher = withFrigate(own, {
    address,
    config: configSchema.parse({ publish: { frigate: { enabled: true } } }),
    deviceId: 'pi',
    logger: createLogger({ part: 'frigate', threshold: { level: 'error' }, format: 'text', write: () => undefined }),
    env: {},
    pace: hasty,
    beforeEvent,
  });
  t.teardown(() => publisher.stop());
  publisher.start();
  await observer.message('goby/pi/state');
  await observer.message('frigate/available', (payload) => payload === 'online');
  return { publisher, observer, address };
}

/** As the pipeline does: events, presence, then the detections of the same frame. */
function see(publisher: Publisher, events: readonly Parameters<Publisher['event']>[0][], count: number): void {
  for (const event of events) publisher.event(event);
  publisher.presence({ camera: 'front', label: 'person', present: count > 0, count });
  publisher.detections(detectionsOf(['person'], { capturedAtMs: startMs + 1000 }));
}

test('new, update and end carry what was told before and what is now; counts and snapshots follow', async (t) => {
  const { publisher, observer, address } = await onBroker(t);
  const life = { label: 'person', box: [0, 0, 0.5, 0.5] } as const;
  see(publisher, [eventOf('e1', { ...life, score: 0.6 })], 1);
  see(publisher, [eventOf('e1', { ...life, score: 0.9, type: 'update', zones: ['drive'] })], 2);
  see(publisher, [eventOf('e1', { ...life, score: 0.9, type: 'end', endMs: startMs + 2000 })], 0);
  const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xd9]);
  publisher.snapshot({ camera: 'front', label: 'person', jpeg, capturedAtMs: 0 });
  publisher.snapshot({ camera: 'front', jpeg, capturedAtMs: 0 });
  await observer.message('frigate/front/person/snapshot');
  await until('three events', () => observer.of('frigate/events').length === 3);
  const told = observer.of('frigate/events').map((payload) => frigateEventSchema.parse(payload));
  t.deepEqual(
    told.map(({ type, before, after }) => [type, before.top_score, after.top_score, after.end_time]),
    [
      ['new', 0.6, 0.6, null],
      ['update', 0.6, 0.9, null],
      ['end', 0.9, 0.9, startMs / 1000 + 2],
    ],
  );
  t.deepEqual(told[1]!.after.current_zones, ['drive']);
  t.is(told[0]!.after.frame_time, startMs / 1000 + 1, 'the frame that the event came from');
  t.deepEqual(observer.of('frigate/front/person'), [1, 2, 0]);
  t.deepEqual(observer.of('frigate/front/all'), [1, 2, 0]);
  const retained = await observe(t, address);
  await retained.message('frigate/front/person/snapshot');
  t.is(observer.of('frigate/front/snapshot').length, 0);
  t.true(observer.of('goby/pi/front/events').length === 3, 'the own topics are as ever');
});

test('an event waits for its snapshot here too', async (t) => {
  let encoded: () => void = () => undefined;
  const encoding = new Promise<void>((resolve) => {
    encoded = resolve;
  });
  const { publisher, observer } = await onBroker(t, () => encoding);
  see(publisher, [eventOf('e1', { label: 'person' })], 1);
  await observer.message('frigate/front/person', (payload) => payload === 1);
  t.is(observer.of('frigate/events').length, 0);
  publisher.snapshot({ camera: 'front', label: 'person', jpeg: Buffer.from([1]), capturedAtMs: 0 });
  encoded();
  await observer.message('frigate/events');
  const order = observer.heard.map(({ topic }) => topic).filter((topic) => /^frigate.*(events|snapshot)$/.test(topic));
  t.deepEqual(order, ['frigate/front/person/snapshot', 'frigate/events']);
});

test('available says stopped after an orderly end', async (t) => {
  const { publisher, observer } = await onBroker(t);
  await publisher.stop();
  await observer.message('frigate/available', (payload) => payload === 'stopped');
  t.deepEqual(observer.of('frigate/available'), ['online', 'stopped']);
});

test('where it is off the publisher stays as it is', (t) => {
  const { publisher } = publisherUnderTest(t, { address: undefined, start: false });
  const config = configSchema.parse({});
  const logger = createLogger({
    part: 'frigate',
    threshold: { level: 'error' },
    format: 'text',
    write: () => undefined,
  });
  t.is(withFrigate(publisher, { address: 'mqtt://127.0.0.1:1', config, deviceId: 'pi', logger }), publisher);
});
