/** What Home Assistant makes of goby's own messages: every template rendered by a Jinja interpreter, as its MQTT integration does. */
import { Template } from '@huggingface/jinja';
import test from 'ava';
import type { Message } from '../../../../src/flow/publish/message.ts';
import {
  controlMessage,
  eventMessage,
  healthMessage,
  infoMessage,
  outputMessage,
  stateMessage,
} from '../../../../src/flow/publish/payloads.ts';
import { eventOf, telling } from '../samples.ts';
import { componentOf, discoveryOf, telemetry, topics } from './facts.ts';

function render(template: unknown, { payload }: Message): string {
  return new Template(template as string).render({ value: payload, value_json: JSON.parse(payload as string) });
}

/** online only when every entry of the list that listens to the message's topic says so. */
function availabilityOf(id: string, message: Message): string {
  const { availability } = componentOf(id) as { availability: { topic: string; value_template: string }[] };
  const concerned = availability.filter(({ topic }) => topic === message.topic);
  if (concerned.length === 0) throw new Error(`${id} doesn't listen to ${message.topic}`);
  const said = concerned.map(({ value_template }) => render(value_template, message));
  return said.every((one) => one === 'online') ? 'online' : said.join(' ');
}

const since = { sinceMs: 0 };
const well = {
  worker: { state: 'ready', detail: 'the CPU (xnnpack) runs ssd', ...since },
  'camera/front': { state: 'streaming', ...since },
};

test('a camera counts as there only while it streams and inference answers', (t) => {
  const health = (changes: Parameters<typeof healthMessage>[1]) => healthMessage(topics, { ...well, ...changes });
  const said = (changes: Parameters<typeof healthMessage>[1]) =>
    availabilityOf('front-person-presence', health(changes));
  t.is(said({}), 'online');
  t.is(said({ worker: { state: 'degraded', ...since } }), 'online');
  for (const state of ['starting', 'reconnecting', 'ended', 'stopped']) {
    t.is(said({ 'camera/front': { state, ...since } }), 'offline', state);
  }
  for (const state of ['starting', 'failing-over', 'stopped'])
    t.is(said({ worker: { state, ...since } }), 'offline', state);
  t.is(availabilityOf('front-person-presence', healthMessage(topics, {})), 'offline', 'a part that is missing');
  t.is(availabilityOf('front-person-presence', healthMessage(topics, { worker: well.worker })), 'offline');
});

test('the state of the agent decides for everything', (t) => {
  const [whole] = discoveryOf().availability;
  t.is(render(whole!.value_template, stateMessage(topics, 'online')), 'online');
  t.is(render(whole!.value_template, stateMessage(topics, 'offline')), 'offline');
});

test('an event entity hears new, update and end of its label, with the facts as attributes', (t) => {
  const { value_template, event_types } = componentOf('front-traffic_light-event');
  for (const type of ['new', 'update', 'end'] as const) {
    const event = eventOf('e1', {
      type,
      label: 'traffic light',
      zones: ['drive'],
      ...(type === 'end' ? { endMs: 0 } : {}),
    });
    const told = JSON.parse(render(value_template, eventMessage(topics, event, telling))) as Record<string, unknown>;
    t.true((event_types as string[]).includes(told['event_type'] as string));
    t.deepEqual(told, {
      event_type: type,
      id: 'e1',
      label: 'traffic light',
      score: 0.8765,
      zones: ['drive'],
      start: '2026-01-02T03:04:05.067Z',
      estimates: [],
    });
  }
});

test('an event entity is silent about other labels, and about what is replayed after an outage', (t) => {
  const { value_template } = componentOf('front-person-event');
  t.is(render(value_template, eventMessage(topics, eventOf('e1', { label: 'dog' }), telling)), '');
  t.is(
    render(value_template, eventMessage(topics, eventOf('e1', { label: 'person' }), { ...telling, replayed: true })),
    '',
  );
  t.not(render(value_template, eventMessage(topics, eventOf('e1', { label: 'person' }), telling)), '');
});

test('labels that look like Jinja or quotes do no harm', (t) => {
  for (const label of ["it's", '{{ 1 }}', "a' or true or 'b", 'back\\slash', '"quoted"']) {
    const cameras = [{ name: 'front', labels: [label] }];
    const component = Object.values(discoveryOf({ cameras }).components).find(({ platform }) => platform === 'event');
    const { value_template } = component as { value_template: string };
    const told = render(value_template, eventMessage(topics, eventOf('e1', { label }), telling));
    t.is((JSON.parse(told) as { label: string }).label, label);
    t.is(render(value_template, eventMessage(topics, eventOf('e1', { label: 'other' }), telling)), '');
  }
});

test('outputs and controls are read and written as they are', (t) => {
  const led = componentOf('output-led');
  for (const on of [true, false]) {
    const said = render(led['value_template'], outputMessage(topics, 'led', { on, pattern: 'steady', reason: 'test' }));
    t.is(said, on ? 'ON' : 'OFF');
    t.is(said, String(led[on ? 'payload_on' : 'payload_off']));
    t.is(
      availabilityOf('output-led', outputMessage(topics, 'led', { on, pattern: 'steady', reason: 'test' })),
      'online',
    );
  }
  const lost = outputMessage(topics, 'led', { on: undefined, pattern: 'steady', reason: 'test' });
  t.is(availabilityOf('output-led', lost), 'offline');
  t.like(led, { state_topic: 'goby/pi/output/led/state', command_topic: 'goby/pi/output/led/set' });

  const night = componentOf('control-night');
  const armed = controlMessage(topics, { name: 'night', kind: 'arming', value: true, reason: 'test' });
  t.is(render(night['value_template'], armed), 'ON');
  const threshold = componentOf('control-front-threshold');
  const half = {
    name: 'front-threshold',
    kind: 'number',
    min: 0,
    max: 1,
    step: 0.01,
    value: 0.55,
    reason: 'test',
  } as const;
  t.is(render(threshold['value_template'], controlMessage(topics, half)), '0.55');
});

test('diagnostics show the values of telemetry, and keep still where one is missing', (t) => {
  const message = (payload: object): Message => ({
    topic: topics.telemetry,
    payload: JSON.stringify(payload),
    qos: 0,
    retain: false,
  });
  const expected = {
    'cpu-temperature': '48.3',
    'edgetpu-temperature': '52.1',
    throttled: 'ON',
    undervoltage: 'OFF',
    'disk-free': '12345',
    'wifi-wlan0': '-52',
    'front-frame-rate': '9.87',
    outbox: '3',
  };
  for (const [id, value] of Object.entries(expected)) {
    const { value_template, state_topic } = componentOf(id);
    t.is(state_topic, topics.telemetry);
    t.is(render(value_template, message(telemetry)), value, id);
    t.is(render(value_template, message({})), '', `${id}, missing`);
    t.is(componentOf(id)['expire_after'], 90);
  }
});

test('backend, inference and Edge TPU follow info and health', (t) => {
  const info = (backend?: string) => infoMessage(topics, backend === undefined ? {} : { backend });
  const { value_template: backend, options } = componentOf('backend');
  for (const name of ['cpu', 'xnnpack', 'edgetpu']) {
    t.is(render(backend, info(name)), name);
    t.true((options as string[]).includes(name));
  }
  t.is(render(backend, info()), 'none');
  const edgetpu = componentOf('edgetpu');
  t.is(render(edgetpu['value_template'], info('edgetpu')), String(edgetpu['payload_on']));
  t.is(render(edgetpu['value_template'], info('cpu')), String(edgetpu['payload_off']));
  const inference = componentOf('inference');
  t.is(render(inference['value_template'], healthMessage(topics, well)), 'ready');
  const attributes = JSON.parse(render(inference['json_attributes_template'], healthMessage(topics, well))) as object;
  t.like(attributes, { detail: 'the CPU (xnnpack) runs ssd' });
});
