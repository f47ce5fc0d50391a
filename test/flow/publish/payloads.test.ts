/** Messages as the contract says: topic, payload, QoS and retain flag of each. */
import test from 'ava';
import {
  alertMessage,
  controlMessage,
  detectionsMessage,
  eventMessage,
  healthMessage,
  infoMessage,
  outputMessage,
  presenceMessages,
  stateMessage,
  telemetryMessage,
} from '../../../src/flow/publish/payloads.ts';
import { topicsFor } from '../../../src/flow/publish/topics.ts';
import { detectionsOf, eventOf, startMs, telling } from './samples.ts';

const topics = topicsFor({ prefix: 'goby', deviceId: 'pi' });
const time = '2026-01-02T03:04:05.067Z';

test('state, info, health and output state are retained at QoS 1', (t) => {
  t.deepEqual(stateMessage(topics, 'offline'), {
    topic: 'goby/pi/state',
    payload: '{"state":"offline"}',
    qos: 1,
    retain: true,
  });
  t.like(infoMessage(topics, { version: '1' }), { topic: 'goby/pi/info', qos: 1, retain: true });
  t.deepEqual(healthMessage(topics, { worker: { state: 'ready', sinceMs: startMs, detail: 'cpu' } }), {
    topic: 'goby/pi/health',
    payload: JSON.stringify({ worker: { state: 'ready', since: time, detail: 'cpu' } }),
    qos: 1,
    retain: true,
  });
  t.deepEqual(outputMessage(topics, 'led', { on: true, pattern: 'steady', reason: 'rule' }), {
    topic: 'goby/pi/output/led/state',
    payload: '{"state":"ON","pattern":"steady","reason":"rule"}',
    qos: 1,
    retain: true,
  });
});

test('an output whose line is not held is neither on nor off', (t) => {
  const { payload } = outputMessage(topics, 'led', { on: undefined, pattern: 'steady', reason: 'line taken' });
  t.like(JSON.parse(payload as string), { state: 'UNAVAILABLE' });
});

test('telemetry goes out once, at QoS 0', (t) => {
  t.deepEqual(telemetryMessage(topics, { load: 0.5 }), {
    topic: 'goby/pi/telemetry',
    payload: '{"load":0.5}',
    qos: 0,
    retain: false,
  });
});

test('detections name frame time, backend and model, with rounded scores and boxes', (t) => {
  const { payload, ...rest } = detectionsMessage(topics, detectionsOf(['person'], { origin: 'parrot.jpg' }));
  t.deepEqual(rest, { topic: 'goby/pi/front/detections', qos: 0, retain: false });
  t.deepEqual(JSON.parse(payload as string), {
    time,
    frame: 7,
    backend: 'cpu',
    model: 'ssd',
    modelSha256: 'ab'.repeat(32),
    latencyMs: { preprocess: 1.23, infer: 20, invoke: 19, interpret: 0.1 },
    detections: [{ label: 'person', score: 0.9877, box: [0.1, 0.2222, 0.5, 1] }],
    origin: 'parrot.jpg',
  });
});

test('a classification has no box, and a frame of a camera no origin', (t) => {
  const { payload } = detectionsMessage(topics, detectionsOf([], { detections: [{ label: 'macaw', score: 0.5 }] }));
  const told = JSON.parse(payload as string);
  t.deepEqual(told.detections, [{ label: 'macaw', score: 0.5 }]);
  t.false('origin' in told);
});

test('an event says what, where, since when, by whom, and whether it is old news', (t) => {
  const ended = eventOf('k1', {
    type: 'end',
    endMs: startMs + 1500,
    reason: 'gone',
    zones: ['door'],
    enteredZones: ['drive', 'door'],
    stationary: true,
    crossings: [{ line: 'gate', direction: 'in', atMs: startMs + 500 }],
  });
  const { payload, ...rest } = eventMessage(topics, ended, { ...telling, replayed: true });
  t.deepEqual(rest, { topic: 'goby/pi/front/events', id: '7', qos: 1, retain: false });
  t.deepEqual(JSON.parse(payload as string), {
    type: 'end',
    id: 'k1',
    label: 'traffic light',
    score: 0.8765,
    box: [0, 0.1235, 0.5, 1],
    zones: ['door'],
    enteredZones: ['drive', 'door'],
    stationary: true,
    crossings: [{ line: 'gate', direction: 'in', time: '2026-01-02T03:04:05.567Z' }],
    start: time,
    end: '2026-01-02T03:04:06.567Z',
    reason: 'gone',
    backend: 'edgetpu',
    model: 'cd'.repeat(32),
    replayed: true,
    sequence: 7,
    bootId: 'boot',
    startMonotonicMs: 1000,
    clockSynchronised: true,
  });
  const begun = JSON.parse(eventMessage(topics, eventOf('k2'), telling).payload as string);
  t.like(begun, { type: 'new', replayed: false });
  t.false('end' in begun);
});

test('presence and count are plain text, retained', (t) => {
  t.deepEqual(presenceMessages(topics, { camera: 'front', label: 'traffic light', present: true, count: 2 }), [
    { topic: 'goby/pi/front/object/traffic_light', payload: 'ON', qos: 1, retain: true },
    { topic: 'goby/pi/front/object/traffic_light/count', payload: '2', qos: 1, retain: true },
  ]);
  const [absent] = presenceMessages(topics, { camera: 'front', label: 'cat', present: false, count: 0 });
  t.is(absent?.payload, 'OFF');
});

test('the state of a control is ON or OFF, or its number, with who set it', (t) => {
  const arming = controlMessage(topics, { name: 'alarm', kind: 'arming', value: true, reason: 'MQTT' });
  t.is(arming.topic, 'goby/pi/control/alarm/state');
  t.true(arming.retain);
  t.deepEqual(JSON.parse(arming.payload as string), { state: 'ON', reason: 'MQTT' });
  const range = { min: 0, max: 1, step: 0.05 };
  const score = controlMessage(topics, { name: 'min-score', kind: 'number', value: 0.6, reason: 'MQTT', ...range });
  t.deepEqual(JSON.parse(score.payload as string), { state: 0.6, reason: 'MQTT' });
});

test('an alert says which rule, what and where, and is never retained', (t) => {
  const event = eventOf('e1', {
    zones: ['drive'],
    estimates: [{ name: 'gender', value: 'female', model: 'g', modelSha256: 'ef' }],
  });
  const message = alertMessage(
    topics,
    { kind: 'message', name: 'intruder', rule: 'person-light', event, reason: '' },
    startMs + 1000,
  );
  t.is(message.topic, 'goby/pi/alert/intruder');
  t.false(message.retain);
  t.is(message.qos, 1);
  t.deepEqual(JSON.parse(message.payload as string), {
    rule: 'person-light',
    time: '2026-01-02T03:04:06.067Z',
    camera: 'front',
    event: 'e1',
    label: 'traffic light',
    score: 0.8765,
    box: [0, 0.1235, 0.5, 1],
    zones: ['drive'],
    estimates: [{ name: 'gender', value: 'female', model: 'g', modelSha256: 'ef' }],
    start: '2026-01-02T03:04:05.067Z',
    backend: 'edgetpu',
    model: 'cd'.repeat(32),
  });
});

test('an event says how tall it is beside what is usual there, where that is a filter', (t) => {
  const size = { height: 0.061234, usualHeight: 0.4, counts: false };
  const told = (changes: object) => JSON.parse(String(eventMessage(topics, eventOf('a', changes), telling).payload));
  t.deepEqual(told({ size }).size, { height: 0.0612, usualHeight: 0.4, counts: false });
  t.false('size' in told({}));
});
