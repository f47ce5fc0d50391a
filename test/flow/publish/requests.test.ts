/** What anybody may send to the request topics: every refusal says why, and nothing makes it throw. */
import test from 'ava';
import fc from 'fast-check';
import { z } from 'zod';
import { InputError } from '../../../src/errors.ts';
import { createControls } from '../../../src/flow/control/controls.ts';
import type { Message } from '../../../src/flow/publish/message.ts';
import { type Asker, bareRequest, type RequestHandler, request } from '../../../src/flow/publish/request.ts';
import { createRequestTable } from '../../../src/flow/publish/requests.ts';
import { topicsFor } from '../../../src/flow/publish/topics.ts';
import { createLogger } from '../../../src/logger.ts';

const topics = topicsFor({ prefix: 'goby', deviceId: 'pi' });

function setUp(requests: Record<string, RequestHandler> = {}) {
  const answers: { topic: string; payload: Record<string, unknown> }[] = [];
  const switched: [string, boolean][] = [];
  const log: string[] = [];
  let nowMs = 0;
  const controls = createControls();
  controls.add({ name: 'alarm', kind: 'arming', value: true });
  controls.add({ name: 'min-score', kind: 'number', value: 0.5, min: 0, max: 1, step: 0.05 });
  const table = createRequestTable({
    topics,
    handlers: {
      info: () => ({ version: '1' }),
      setOutput: (name, on) => {
        if (name !== 'led') throw new InputError(`There is no output ${name}; known: led.`);
        switched.push([name, on]);
      },
      setControl: (name, value) => controls.set(name, value, 'MQTT'),
      requests: { change: request(z.looseObject({ value: z.json() }), 'a change', () => ({})), ...requests },
    },
    logger: createLogger({
      part: 'mqtt',
      threshold: { level: 'debug' },
      format: 'text',
      write: (line) => log.push(line),
    }),
    respond: ({ topic, payload, qos, retain }) => {
      if (qos !== 1 || retain) throw new Error('a response is QoS 1 and never retained');
      answers.push({ topic, payload: JSON.parse(payload as string) });
    },
    now: () => nowMs,
  });
  const send = (topic: string, payload: string | Uint8Array = '', retained = false, asker?: Asker) =>
    table.take(`goby/pi/${topic}`, typeof payload === 'string' ? Buffer.from(payload) : payload, retained, asker);
  /** Sends, a second after the last one, and gives the answer. */
  const ask = (topic: string, payload: string | Uint8Array = '') => {
    nowMs += 1000;
    send(topic, payload);
    return answers.at(-1)!;
  };
  return {
    answers,
    controls,
    switched,
    log,
    send,
    ask,
    later: (ms: number) => {
      nowMs += ms;
    },
  };
}

test('a payload that is not JSON is refused with what is expected', (t) => {
  const { ask, log } = setUp();
  t.deepEqual(ask('request/ping', '{"transaction":'), {
    topic: 'goby/pi/response/ping',
    payload: {
      status: 'error',
      data: {},
      error: 'the payload is not JSON; it must be an object such as {"transaction":"abc"}, or nothing',
    },
  });
  t.regex(log[0]!, /request ping refused/);
});

test('an oversized payload is refused with its size, unread', (t) => {
  const { ask } = setUp();
  const { payload } = ask('request/ping', Buffer.alloc(65_537, '['));
  t.is(payload['error'], 'the payload has 65537 bytes, at most 65536 are taken');
  t.like(ask('request/ping', `"${' '.repeat(65_534)}"`), { payload: { status: 'error' } });
});

test('an unknown request is answered under unknown, with the known ones', (t) => {
  const { ask } = setUp();
  for (const name of ['format-disk', '__proto__', 'constructor', '']) {
    const { topic, payload } = ask(`request/${name}`, '{"transaction":7}');
    t.is(topic, 'goby/pi/response/unknown');
    t.deepEqual(payload, {
      status: 'error',
      data: {},
      error: `there is no request ${name}; known: ping, info, change`,
      transaction: 7,
    });
  }
});

test('a name with control characters reaches no terminal', (t) => {
  const { ask, log } = setUp();
  ask('request/\u001b[2Jgone\nsecond line');
  t.false(/\p{Cc}/u.test(log.join('')));
});

test('a payload of the wrong shape is refused', (t) => {
  const { ask } = setUp();
  for (const payload of ['7', '[]', 'null', '"ping"', '{"transaction":{}}', 'ON']) {
    t.like(ask('request/ping', payload), { topic: 'goby/pi/response/ping', payload: { status: 'error' } });
  }
  for (const payload of ['', 'on', 'TOGGLE', '{"state":"MAYBE"}', '{"state":true}', '1']) {
    const { topic, payload: answer } = ask('output/led/set', payload);
    t.is(topic, 'goby/pi/response/output');
    t.regex(String(answer['error']), /ON, OFF or \{"state":"ON"\}/);
  }
});

test('an output that is not there is answered with the known ones', (t) => {
  const { ask } = setUp();
  const { payload } = ask('output/horn/set', '{"state":"ON","transaction":"t1"}');
  t.deepEqual(payload, {
    status: 'error',
    data: {},
    error: 'There is no output horn; known: led.',
    transaction: 't1',
  });
});

/** JSON in which `count` levels stand inside each other. */
const deep = {
  list: (count: number) => '['.repeat(count) + ']'.repeat(count),
  object: (count: number) => `${'{"a":'.repeat(count)}1${'}'.repeat(count)}`,
  mixed: (count: number) => `${'[{"a":'.repeat(count)}1${'}]'.repeat(count)}`,
};

test('what is nested deeper than any request is refused unread, whatever it is sent to', (t) => {
  const { ask } = setUp();
  for (const [kind, nest] of Object.entries(deep)) {
    for (const topic of ['request/ping', 'request/change', 'output/led/set', 'control/alarm/set']) {
      for (const payload of [nest(3000), `{"transaction":${nest(3000)}}`, `{"key":"a","value":${nest(3000)}}`]) {
        const { payload: answer } = ask(topic, payload);
        t.regex(String(answer['error']), /nested deeper than the 16 levels/, `${kind} to ${topic}`);
      }
    }
  }
  t.is(ask('request/ping').payload['status'], 'ok');
});

test('a bug in a handler is answered and logged, and leaves nothing behind: at once, later, or by its own schema', async (t) => {
  const unhandled: unknown[] = [];
  const collect = (error: unknown) => unhandled.push(error);
  process.on('unhandledRejection', collect);
  t.teardown(() => process.off('unhandledRejection', collect));
  const overflow = (): never => overflow();
  const { ask, answers, log } = setUp({
    throws: bareRequest(() => {
      throw new TypeError('x is not a function');
    }),
    rejects: bareRequest(() => Promise.reject(new RangeError('later'))),
    overflows: request(z.unknown().transform(overflow), 'anything', () => ({})),
    unprintable: bareRequest(() => ({ count: 1n })),
    'unprintable-later': bareRequest(async () => ({ count: 1n })),
  });
  const names = ['throws', 'rejects', 'overflows', 'unprintable', 'unprintable-later'];
  for (const name of names) ask(`request/${name}`, '{"transaction":"t"}');
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.deepEqual(unhandled, []);
  t.deepEqual(answers.map(({ topic }) => topic).sort(), names.map((name) => `goby/pi/response/${name}`).sort());
  for (const { payload } of answers) {
    t.like(payload, { status: 'error', error: 'a bug of goby; its log says which', transaction: 't' });
  }
  t.is(log.filter((line) => line.includes(' error ') && line.includes('met a bug of goby')).length, names.length);
  t.is(ask('request/ping').payload['status'], 'ok');
});

test('of thousands of retained messages ten a minute are told, shortly', (t) => {
  const { send, log } = setUp();
  for (let index = 0; index < 1000; index++) send(`request/${'x'.repeat(60_000)}${index}`, '', true);
  t.is(log.length, 10);
  t.true(log.join('').length < 10_000);
});

test('a retained request is ignored and logged, however good it is', (t) => {
  const { send, ask, answers, switched, log } = setUp();
  send('output/led/set', 'ON', true);
  send('request/ping', '', true);
  ask('request/info');
  t.is(answers.length, 1);
  t.deepEqual(switched, []);
  t.regex(log[0]!, /retained message on goby\/pi\/output\/led\/set is ignored/);
});

test('twenty requests a second are taken, the next is told, the rest is silence until the second is over', (t) => {
  const { send, ask, answers, switched, later } = setUp();
  later(5000);
  for (let index = 0; index < 50; index++) send('output/led/set', 'ON');
  t.is(answers.length, 21);
  later(999);
  send('output/led/set', 'OFF');
  t.is(ask('request/ping').payload['status'], 'ok');
  t.is(answers.length, 22);
  t.is(switched.length, 20);
  t.deepEqual(
    answers.filter(({ payload }) => payload['status'] === 'error').map(({ payload }) => payload['error']),
    ['more than 20 requests a second'],
  );
});

test('ping and info answer, with the transaction they were asked with', (t) => {
  const { ask } = setUp();
  t.deepEqual(ask('request/ping', ''), {
    topic: 'goby/pi/response/ping',
    payload: { status: 'ok', data: { pong: true } },
  });
  t.deepEqual(ask('request/info', '{"transaction":"abc"}'), {
    topic: 'goby/pi/response/info',
    payload: { status: 'ok', data: { version: '1' }, transaction: 'abc' },
  });
});

test('an output is switched by plain text and by JSON', (t) => {
  const { ask, switched } = setUp();
  t.deepEqual(ask('output/led/set', 'ON'), {
    topic: 'goby/pi/response/output',
    payload: { status: 'ok', data: { output: 'led', state: 'ON' } },
  });
  ask('output/led/set', '"OFF"');
  ask('output/led/set', ' ON\n');
  t.deepEqual(ask('output/led/set', '{"state":"OFF","transaction":3}').payload['transaction'], 3);
  t.deepEqual(
    switched.map(([, on]) => on),
    [true, false, true, false],
  );
});

test('a control is set by plain text, by JSON and by a number; what it can not take is refused with its range', (t) => {
  const { ask, controls } = setUp();
  t.deepEqual(ask('control/alarm/set', 'OFF'), {
    topic: 'goby/pi/response/control',
    payload: { status: 'ok', data: { control: 'alarm', state: 'OFF' } },
  });
  t.like(controls.get('alarm'), { value: false, reason: 'MQTT' });
  ask('control/alarm/set', '{"state":"ON","transaction":1}');
  t.true(controls.get('alarm')?.value);
  ask('control/min-score/set', '0.7');
  t.is(controls.get('min-score')?.value, 0.7);
  const errors: readonly (readonly [topic: string, payload: string, error: string])[] = [
    ['control/min-score/set', '{"state":7}', 'The control min-score is a number from 0 to 1, got 7.'],
    ['control/min-score/set', 'ON', 'The control min-score is a number from 0 to 1, got true.'],
    ['control/alarm/set', '1', 'The control alarm is ON or OFF, got 1.'],
    ['control/siren/set', 'ON', 'There is no control siren. Controls here: alarm, min-score.'],
    ['control/alarm/set', 'TOGGLE', 'the payload is not JSON; it must be ON, OFF, a number, or {"state":"ON"}'],
  ];
  for (const [topic, payload, error] of errors) t.is(ask(topic, payload).payload['error'], error);
  t.true(controls.get('alarm')?.value);
  t.is(controls.get('min-score')?.value, 0.7);
});

test('whatever comes, it is answered or ignored, and never throws', (t) => {
  const level = fc.oneof(
    fc.constantFrom('ping', 'info', 'led', 'alarm', 'set'),
    fc.string({ unit: 'binary', maxLength: 80 }),
  );
  const topic = fc.oneof(
    level.map((name) => `request/${name}`),
    level.map((name) => `output/${name}/set`),
    level.map((name) => `control/${name}/set`),
    fc.array(level, { maxLength: 4 }).map((levels) => levels.join('/')),
  );
  const shaped = fc.record(
    { transaction: fc.jsonValue(), state: fc.oneof(fc.constantFrom('ON', 'OFF'), fc.jsonValue()) },
    { requiredKeys: [] },
  );
  const payload = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.json().map((text) => Buffer.from(text)),
    shaped.map((value) => Buffer.from(JSON.stringify(value))),
    fc.nat(32_000).map((depth) => Buffer.from('['.repeat(depth) + ']'.repeat(depth))),
  );
  fc.assert(
    fc.property(topic, payload, fc.boolean(), (name, bytes, retained) => {
      const { send, answers } = setUp();
      send(name, bytes, retained);
      const statuses = answers.map(({ payload }) => payload['status']);
      return retained ? statuses.length === 0 : statuses.length === 1 && /^(ok|error)$/.test(String(statuses[0]));
    }),
    { numRuns: 500 },
  );
  t.pass();
});

test('what only the page may ask is refused to MQTT, and not named to it', (t) => {
  const { answers, send, ask } = setUp({ train: { ...bareRequest(() => ({ begun: true })), onlyFrom: 'page' } });
  t.like(ask('request/train').payload, { status: 'error', error: 'only the page can ask for this' });
  const { error } = ask('request/nothing').payload as { error: string };
  t.regex(error, /known: ping, info, change$/);
  const page: Message[] = [];
  send('request/train', '', false, { answer: (message) => page.push(message) });
  t.like(JSON.parse(page[0]!.payload as string), { status: 'ok', data: { begun: true } });
  t.is(answers.length, 2);
});

test('the answer to a page goes to that page alone: data, refusals, faults and what comes later', async (t) => {
  const { answers, send, later } = setUp({
    slow: bareRequest(async () => ({ address: 'rtsp://10.0.0.7/live' })),
    bad: bareRequest(() => {
      throw new Error('a bug');
    }),
  });
  const asked = [
    ['request/info', '{"transaction":"a"}', { status: 'ok', transaction: 'a' }],
    ['request/nothing', '{}', { status: 'error' }],
    ['request/change', '[', { status: 'error' }],
    ['request/change', '[1]', { status: 'error' }],
    ['request/bad', '{}', { status: 'error' }],
    ['request/slow', '{"transaction":2}', { status: 'ok', transaction: 2 }],
    ['output/led/set', 'ON', { status: 'ok' }],
    ['output/none/set', 'ON', { status: 'error' }],
    ['control/alarm/set', '"x"', { status: 'error' }],
  ] as const;
  for (const [topic, payload, expected] of asked) {
    later(1000);
    const page: Message[] = [];
    send(topic, payload, false, { answer: (message) => page.push(message) });
    await new Promise((resolve) => setImmediate(resolve));
    t.is(page.length, 1, topic);
    t.like(JSON.parse(page[0]!.payload as string), expected, topic);
  }
  t.deepEqual(answers, []);
});
