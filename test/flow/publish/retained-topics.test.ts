/** What an earlier run left retained on the broker is put right at the start. */
import { join } from 'node:path';
import test from 'ava';
import { openRetainedTopics, type PresentNames, startMessages } from '../../../src/flow/publish/retained-topics.ts';
import { topicsFor } from '../../../src/flow/publish/topics.ts';
import { createLogger } from '../../../src/logger.ts';
import { StateFile } from '../../../src/system/files/state-file.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { publisherUnderTest } from './observed-publisher.ts';

const topics = topicsFor({ prefix: 'goby', deviceId: 'pi' });
const quiet = createLogger({ part: 'mqtt', threshold: { level: 'error' }, format: 'text', write: () => undefined });
const present: PresentNames = {
  cameras: [{ name: 'front', labels: ['person', 'traffic light'] }],
  outputs: ['led'],
  controls: ['night'],
};

function said(known: readonly string[], names = present): Record<string, string> {
  const messages = startMessages(known, topics, names);
  return Object.fromEntries(messages.map(({ topic, payload }) => [topic.slice('goby/pi/'.length), payload as string]));
}

test('nobody is present and nothing counts until something is seen', (t) => {
  t.deepEqual(said([]), {
    'front/object/person': 'OFF',
    'front/object/person/count': '0',
    'front/object/traffic_light': 'OFF',
    'front/object/traffic_light/count': '0',
  });
  t.true(startMessages([], topics, present).every(({ retain, qos }) => retain && qos === 1));
});

test('cameras, labels, outputs and controls that are no more are deleted; the rest stays', (t) => {
  const known = [
    topics.state,
    topics.presence('front', 'dog'),
    topics.count('front', 'dog'),
    topics.snapshot('front', 'dog'),
    topics.snapshot('front', 'person'),
    topics.snapshot('front'),
    topics.presence('back', 'person'),
    topics.snapshot('back'),
    topics.outputState('led'),
    topics.outputState('siren'),
    topics.controlState('night'),
    topics.controlState('day'),
    'homeassistant/device/goby_pi/config',
    'goby/other/front/object/dog',
  ];
  const deleted = Object.entries(said(known)).filter(([, payload]) => payload === '');
  t.deepEqual(
    deleted.map(([topic]) => topic),
    [
      'front/object/dog',
      'front/object/dog/count',
      'front/snapshot/dog',
      'back/object/person',
      'back/snapshot',
      'output/siren/state',
      'control/day/state',
    ],
  );
});

test('of a camera that follows a thousand labels only those are cleared that were told once', (t) => {
  const labels = Array.from({ length: 1000 }, (_, index) => `class ${index}`);
  const names = { ...present, cameras: [{ name: 'front', labels }] };
  t.deepEqual(said([topics.presence('front', 'class 7'), topics.count('front', 'class 7')], names), {
    'front/object/class_7': 'OFF',
    'front/object/class_7/count': '0',
  });
});

test('the list outlives the process, and a damaged one is an empty one', async (t) => {
  const file = new StateFile(join(temporaryFolder(t), 'retained.json'));
  const before = openRetainedTopics(file, quiet);
  before.add(topics.presence('back', 'person'));
  before.add(topics.presence('back', 'person'));
  await before.flush();
  const after = openRetainedTopics(file, quiet);
  const isDeleted = (messages: readonly { topic: string; payload: unknown }[]) =>
    messages.some(({ topic, payload }) => topic === topics.presence('back', 'person') && payload === '');
  t.true(isDeleted(after.putRight(topics, present)));
  await after.flush();
  t.false(isDeleted(openRetainedTopics(file, quiet).putRight(topics, present)), 'deleted once');
  await file.write('{"no":"list"}');
  t.is(openRetainedTopics(file, quiet).putRight(topics, present).length, 4);
});

test('the publisher tells each topic that it retains, once, and again after it was deleted', (t) => {
  const told: string[] = [];
  const { publisher } = publisherUnderTest(t, { address: undefined, onRetain: (topic) => told.push(topic) });
  const dog = { camera: 'front', label: 'dog' };
  const topic = topics.presence('front', 'dog');
  publisher.retain({ topic, payload: '', qos: 1, retain: true });
  t.deepEqual(told, []);
  publisher.presence({ ...dog, present: true, count: 1 });
  publisher.presence({ ...dog, present: false, count: 0 });
  t.deepEqual(told, [topic, topics.count('front', 'dog')]);
  publisher.retain({ topic, payload: '', qos: 1, retain: true });
  publisher.presence({ ...dog, present: true, count: 1 });
  t.deepEqual(told.at(-1), topic);
});
