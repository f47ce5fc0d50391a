/** Topics: nothing a configuration or a label file says can make one that MQTT or goby reads otherwise. */
import test from 'ava';
import fc from 'fast-check';
import { reservedNames } from '../../../src/config/schema.ts';
import { ConfigError } from '../../../src/errors.ts';
import { topicsFor } from '../../../src/flow/publish/topics.ts';
import { slug } from '../../../src/text/slug.ts';

const topics = topicsFor({ prefix: 'home/goby', deviceId: 'pi-1' });

test('a prefix with a wildcard, a space or an empty level is refused', (t) => {
  for (const prefix of ['goby/#', '+/goby', 'a//b', '/a', 'a/', 'a b', '', 'a\u0000b']) {
    t.throws(() => topicsFor({ prefix, deviceId: 'pi' }), {
      instanceOf: ConfigError,
      message: /^publish\.topicPrefix/,
    });
  }
});

test('a device id, camera or output that is no slug is refused with its name', (t) => {
  for (const name of ['+', '#', 'a/b', '', 'Ä', 'a b', 'x'.repeat(65)]) {
    t.throws(() => topicsFor({ prefix: 'goby', deviceId: name }), { instanceOf: ConfigError, message: /^device\.id/ });
    t.throws(() => topics.detections(name), { instanceOf: ConfigError, message: /name of a camera/ });
    t.throws(() => topics.outputState(name), { instanceOf: ConfigError, message: /name of an output/ });
  }
});

test("a camera can't have the name of one of goby's own topics", (t) => {
  for (const name of reservedNames) {
    t.throws(() => topics.events(name), { instanceOf: ConfigError, message: new RegExp(`cameras\\.${name}`) });
  }
});

test('topics are those of the contract', (t) => {
  t.is(topics.state, 'home/goby/pi-1/state');
  t.is(topics.detections('front'), 'home/goby/pi-1/front/detections');
  t.is(topics.presence('front', 'traffic light'), 'home/goby/pi-1/front/object/traffic_light');
  t.is(topics.count('front', 'person'), 'home/goby/pi-1/front/object/person/count');
  t.is(topics.outputSet('led'), 'home/goby/pi-1/output/led/set');
  t.is(topics.response('ping'), 'home/goby/pi-1/response/ping');
});

test('goby subscribes to nothing that it publishes', (t) => {
  t.deepEqual(topics.requestFilters, [
    'home/goby/pi-1/request/+',
    'home/goby/pi-1/output/+/set',
    'home/goby/pi-1/control/+/set',
  ]);
});

test('slugs keep what can be read', (t) => {
  t.is(slug('Traffic Light'), 'traffic_light');
  t.is(slug(' Dining Table!'), 'dining_table');
  t.regex(slug('ÜBER-Auto_2'), /^uber-auto_2-[0-9a-f]{8}$/);
  t.not(slug('Tür'), slug('tur'));
  t.is(slug('Tür'), slug('Tu\u0308r'));
  t.is(slug('  +#/ '), '_');
});

test('labels of which nothing can be read stay apart', (t) => {
  t.regex(slug('人'), /^label-[0-9a-f]{8}$/);
  t.not(slug('人'), slug('犬'));
});

test('any label gives a topic level that MQTT and files take', (t) => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (label) => /^[a-z0-9_-]{1,64}$/.test(slug(label))));
  t.pass();
});
