/** The discovery message keeps Home Assistant's published rules, and shows what there is and nothing else. */
import test from 'ava';
import fc from 'fast-check';
import { ConfigError } from '../../../../src/errors.ts';
import {
  birthTopic,
  discoveryMessage,
  discoveryTopic,
} from '../../../../src/flow/publish/home-assistant/discovery-message.ts';
import { discoverySchema, discoveryTopicPattern } from './discovery-schema.ts';
import { discoveryOf, factsOf, telemetry, topics } from './facts.ts';

test('one retained message on the topic of the device', (t) => {
  const message = discoveryMessage({ topics, discoveryPrefix: 'homeassistant', removed: {} }, factsOf());
  t.is(message.topic, 'homeassistant/device/goby_pi/config');
  t.regex(message.topic, discoveryTopicPattern);
  t.like(message, { retain: true, qos: 1 });
});

test('it holds an entity for everything there is', (t) => {
  const { device, origin, components } = discoveryOf();
  t.like(device, { identifiers: ['goby_pi'], name: 'Front door pi', sw_version: '1.2.3' });
  t.deepEqual(origin, { name: 'goby', sw_version: '1.2.3' });
  const platforms = Object.fromEntries(Object.entries(components).map(([id, { platform }]) => [id, platform]));
  t.deepEqual(platforms, {
    'front-person-presence': 'binary_sensor',
    'front-person-count': 'sensor',
    'front-person-event': 'event',
    'front-person-snapshot': 'image',
    'front-traffic_light-presence': 'binary_sensor',
    'front-traffic_light-count': 'sensor',
    'front-traffic_light-event': 'event',
    'front-traffic_light-snapshot': 'image',
    'front-snapshot': 'image',
    'front-take-snapshot': 'button',
    'front-frame-rate': 'sensor',
    'output-led': 'switch',
    'control-night': 'switch',
    'control-front-threshold': 'number',
    restart: 'button',
    'cpu-temperature': 'sensor',
    'edgetpu-temperature': 'sensor',
    throttled: 'binary_sensor',
    undervoltage: 'binary_sensor',
    'disk-free': 'sensor',
    'wifi-wlan0': 'sensor',
    outbox: 'sensor',
    backend: 'sensor',
    inference: 'sensor',
    edgetpu: 'binary_sensor',
  });
});

test('what the machine does not give is not shown', (t) => {
  const { cpuTemperatureC: _temperature, wifiSignalDbm: _signal, undervoltage: _voltage, ...poor } = telemetry;
  const changes = { telemetry: poor, commands: [], snapshots: false, hasEdgetpuModel: false, controls: [] };
  const ids = Object.keys(discoveryOf(changes).components);
  const gone = ['cpu-temperature', 'wifi-wlan0', 'undervoltage', 'restart', 'front-take-snapshot', 'edgetpu'];
  t.deepEqual(
    ids.filter((id) => gone.includes(id) || id.endsWith('snapshot')),
    [],
  );
  t.true(ids.includes('throttled'));
  t.deepEqual(
    Object.keys(discoveryOf({ telemetry: undefined }).components).filter((id) => id.startsWith('cpu')),
    [],
  );
});

test('every entity of a camera waits for the agent, for the camera and for inference', (t) => {
  const { components, availability, availability_mode } = discoveryOf();
  t.is(availability_mode, 'all');
  t.deepEqual(
    availability.map(({ topic }) => topic),
    ['goby/pi/state'],
  );
  for (const [id, component] of Object.entries(components)) {
    if (!/^front-.*(presence|count|event|snapshot)$/.test(id)) continue;
    t.like(component, { availability_mode: 'all' }, id);
    const topicsOf = (component as { availability: { topic: string }[] }).availability.map(({ topic }) => topic);
    t.deepEqual(topicsOf, ['goby/pi/state', 'goby/pi/health'], id);
  }
});

test('unique ids are unique, also where names run into each other', (t) => {
  const cameras = [
    { name: 'a-b', labels: ['c', 'C'] },
    { name: 'a', labels: ['b-c', '猫', '犬'] },
  ];
  const { components } = discoveryOf({ cameras });
  const ids = Object.values(components).map((component) => (component as { unique_id: string }).unique_id);
  t.is(new Set(ids).size, ids.length);
  t.is(ids.filter((id) => /presence/.test(id)).length, 5);
  t.deepEqual(discoveryOf({ cameras }), discoveryOf({ cameras }), 'the same each time');
});

test('any camera, label and output gives a valid message', (t) => {
  const slug = fc.stringMatching(/^[a-z0-9_-]{1,64}$/);
  fc.assert(
    fc.property(slug, fc.array(fc.string({ minLength: 1 }), { maxLength: 5 }), slug, (camera, labels, output) => {
      if (
        ['output', 'request', 'response', 'state', 'info', 'telemetry', 'health', 'control', 'alert'].includes(camera)
      )
        return;
      const facts = factsOf({ cameras: [{ name: camera, labels }], outputs: [output] });
      const { payload } = discoveryMessage({ topics, discoveryPrefix: 'homeassistant', removed: {} }, facts);
      t.true(discoverySchema.safeParse(JSON.parse(payload as string)).success);
    }),
    { numRuns: 200 },
  );
});

test('a removal is nothing but the platform', (t) => {
  const { components } = discoveryOf({}, { 'back-person-presence': 'binary_sensor' });
  t.deepEqual(components['back-person-presence'], { platform: 'binary_sensor' });
});

test('wildcards are refused in a sentence', (t) => {
  for (const prefix of ['#', 'home/+', 'a//b', '', 'with space']) {
    const error = t.throws(() => discoveryTopic(prefix, 'pi'), { instanceOf: ConfigError }, prefix);
    t.regex(error!.message, /homeAssistant\.discoveryPrefix: expected a topic without wildcards/);
    t.throws(() => birthTopic(prefix), { instanceOf: ConfigError });
  }
});
