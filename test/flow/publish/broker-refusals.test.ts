/** MQTT 5 brokers that say no, with every kind of reason code: what can be taken later is not lost, and nothing waits for it that could go. */
import test from 'ava';
import { reasonText } from '../../../src/flow/publish/reason-codes.ts';
import { publisherUnderTest } from './observed-publisher.ts';
import { detectionsOf, eventOf } from './samples.ts';
import { type Answer, type Published, scriptedBroker } from './scripted-broker.ts';
import { until } from './waiting.ts';

const events = 'goby/pi/front/events';
const mqtt = { protocolVersion: 5 };
const idsOf = (payloads: readonly string[]): string[] => payloads.map((payload) => JSON.parse(payload).id);

for (const code of [0x80, 0x83, 0x87, 0x91, 0x97]) {
  test(`events refused with ${reasonText(code)} are kept, and taken once the broker takes them`, async (t) => {
    let isRefusing = true;
    const isEvent = ({ topic }: Published): boolean => topic.endsWith('/events');
    const broker = await scriptedBroker(t, { version: 5, answer: (one) => (isRefusing && isEvent(one) ? code : 0) });
    const { publisher, status, log } = publisherUnderTest(t, { address: broker.address, mqtt });
    await status('connected');
    for (let index = 0; index < 23; index++) publisher.event(eventOf(`${index}`));
    await until('some tries', () => broker.refused.length >= 25);
    t.like(publisher.report(), { waitingEvents: 23, lostEventsTotal: 0 });
    const perSecond = broker.refused.length;
    t.true(perSecond < 60, `it isn't hammered: ${perSecond}`);
    isRefusing = false;
    await until('all to be taken', () => publisher.report().waitingEvents === 0);
    t.is(publisher.report().lostEventsTotal, 0);
    t.deepEqual(
      idsOf(broker.of(events)),
      Array.from({ length: 23 }, (_, index) => `${index}`),
      'in their order',
    );
    t.is(log.filter((line) => line.includes('refuses messages')).length, 1);
    t.true(log.some((line) => line.includes(`(${reasonText(code)}): they are sent again later`)));
    t.is(broker.sessions, 1);
  });
}

for (const code of [0x90, 0x99]) {
  test(`an event refused with ${reasonText(code)} can never be taken: it is dropped and counted, the others go on`, async (t) => {
    const broker = await scriptedBroker(t, {
      version: 5,
      answer: ({ payload }) => (payload.includes('"bad"') ? code : 0),
    });
    const { publisher, status } = publisherUnderTest(t, { address: broker.address, mqtt });
    await status('connected');
    for (const id of ['1', 'bad', '2']) publisher.event(eventOf(id));
    await until('all to be dealt with', () => publisher.report().waitingEvents === 0);
    t.is(publisher.report().lostEventsTotal, 1);
    t.deepEqual(idsOf(broker.of(events)), ['1', '2']);
  });
}

for (const code of [0x95, 0xc0]) {
  test(`an event answered with ${reasonText(code)}, which is no code for it, is left out the second time`, async (t) => {
    const broker = await scriptedBroker(t, {
      version: 5,
      answer: ({ payload }) => (payload.includes('"bad"') ? code : 0),
    });
    const { publisher, status, log } = publisherUnderTest(t, { address: broker.address, mqtt });
    await status('connected');
    for (const id of ['1', 'bad', '2']) publisher.event(eventOf(id));
    await until(
      () => `all to be dealt with\n${log.join('\n')}`,
      () => publisher.report().waitingEvents === 0,
    );
    t.is(publisher.report().lostEventsTotal, 1);
    t.deepEqual([...new Set(idsOf(broker.of(events)))], ['1', '2']);
    t.true(broker.sessions <= 4, `${broker.sessions} sessions`);
  });
}

test('no matching subscribers is no refusal', async (t) => {
  const broker = await scriptedBroker(t, { version: 5, answer: () => 0x10 });
  const { publisher, status, log } = publisherUnderTest(t, { address: broker.address, mqtt });
  await status('connected');
  publisher.event(eventOf('1'));
  await until('it to be taken', () => publisher.report().waitingEvents === 0);
  t.is(publisher.report().lostEventsTotal, 0);
  t.false(log.some((line) => line.includes('refuses')));
});

test('the events of a camera whose topic is forbidden wait, those of the others go out', async (t) => {
  let isForbidden = true;
  const broker = await scriptedBroker(t, {
    version: 5,
    answer: ({ topic }) => (isForbidden && topic.includes('/back/') ? 0x87 : 0),
  });
  const { publisher, status } = publisherUnderTest(t, { address: broker.address, mqtt });
  await status('connected');
  for (let index = 0; index < 300; index++)
    publisher.event(eventOf(`${index}`, { camera: index % 2 === 0 ? 'front' : 'back' }));
  await until('those of the front', () => broker.of(events).length === 150);
  await until('the others to wait', () => publisher.report().waitingEvents === 150);
  isForbidden = false;
  await until('the others', () => publisher.report().waitingEvents === 0);
  t.is(broker.of('goby/pi/back/events').length, 150);
  t.is(publisher.report().lostEventsTotal, 0);
});

test('a broker that takes a few at a time gets all, none twice too soon', async (t) => {
  let left = 5;
  const refill = setInterval(() => {
    left = 5;
  }, 100);
  t.teardown(() => clearInterval(refill));
  const broker = await scriptedBroker(t, {
    version: 5,
    answer: ({ topic }) => (!topic.endsWith('/events') || left-- > 0 ? 0 : 0x97),
  });
  const { publisher, status } = publisherUnderTest(t, { address: broker.address, mqtt });
  await status('connected');
  for (let index = 0; index < 60; index++) publisher.event(eventOf(`${index}`));
  await until('all to be taken', () => publisher.report().waitingEvents === 0);
  t.is(new Set(idsOf(broker.of(events))).size, 60);
  t.is(broker.of(events).length, 60, 'none twice');
  t.is(publisher.report().lostEventsTotal, 0);
});

test('retained state that is refused for a while is said again: the newest of each topic', async (t) => {
  let isRefusing = true;
  const broker = await scriptedBroker(t, { version: 5, answer: ({ qos }) => (isRefusing && qos === 1 ? 0x97 : 0) });
  const { publisher, status } = publisherUnderTest(t, { address: broker.address, mqtt });
  await status('connected');
  publisher.presence({ camera: 'front', label: 'person', present: true, count: 1 });
  publisher.info({ version: 1 });
  await until('refusals', () => broker.refused.length > 3);
  publisher.presence({ camera: 'front', label: 'person', present: false, count: 0 });
  isRefusing = false;
  await until('the state', () => broker.of('goby/pi/state').length > 0);
  await until('the presence', () => broker.of('goby/pi/front/object/person').length > 0);
  await until('the info', () => broker.of('goby/pi/info').length > 0);
  t.is(broker.of('goby/pi/front/object/person').at(-1), 'OFF');
  t.is(broker.of('goby/pi/front/object/person/count').at(-1), '0');
});

test('an alert and an answer that are refused for a moment arrive after it', async (t) => {
  let refusals = 3;
  const broker = await scriptedBroker(t, {
    version: 5,
    answer: ({ topic }) => (/alert|response/.test(topic) && refusals-- > 0 ? 0x97 : 0),
  });
  const { publisher, status, log } = publisherUnderTest(t, { address: broker.address, mqtt });
  await status('connected');
  const action = { kind: 'message', name: 'door', rule: 'visitor', reason: 'a person' } as const;
  publisher.alert({ ...action, event: eventOf('1') });
  await until('the subscription', () => broker.subscribed.length > 1);
  broker.say('goby/pi/request/ping', '{"transaction":"x"}');
  await until('the alert', () => broker.of('goby/pi/alert/door').length === 1);
  await until('the answer', () => broker.of('goby/pi/response/ping').length === 1);
  t.false(log.some((line) => line.includes('did not reach')));
});

test('a refused subscription to commands is tried again, and that to the own state is no fault', async (t) => {
  let isRefusing = true;
  const broker = await scriptedBroker(t, { version: 5, suback: () => (isRefusing ? 0x97 : 1) });
  const { log, status, publisher } = publisherUnderTest(t, { address: broker.address, mqtt });
  await status('connected');
  await until('a word about it', () => log.some((line) => line.includes('refused the subscription to commands')));
  isRefusing = false;
  const asked = broker.subscribed.length;
  await until('another try', () => broker.subscribed.length > asked);
  broker.say('goby/pi/request/ping', '{}');
  await until('an answer', () => broker.of('goby/pi/response/ping').length > 0);
  t.is(log.filter((line) => line.includes('refused the subscription')).length, 1);
  t.is(broker.sessions, 1);
  await publisher.stop();
});

test('Receive Maximum 1 is kept, with refusals between', async (t) => {
  let count = 0;
  const broker = await scriptedBroker(t, {
    version: 5,
    properties: [0x21, 0, 1],
    answer: ({ topic }): Answer => (topic.endsWith('/events') && ++count % 7 === 0 ? 0x97 : 0),
  });
  const { publisher, status } = publisherUnderTest(t, { address: broker.address, mqtt });
  await status('connected');
  for (let index = 0; index < 50; index++) publisher.event(eventOf(`${index}`));
  publisher.info({ some: 'thing' });
  await until('all to be taken', () => publisher.report().waitingEvents === 0);
  t.is(broker.mostUnanswered, 1);
  t.is(new Set(idsOf(broker.of(events))).size, 50);
  t.is(broker.sessions, 1);
});

test('Receive Maximum 1 is kept with a thousand waiting when the session begins', async (t) => {
  const broker = await scriptedBroker(t, { version: 5, properties: [0x21, 0, 1] });
  const { publisher } = publisherUnderTest(t, { address: broker.address, mqtt, start: false });
  for (let index = 0; index < 900; index++) publisher.event(eventOf(`${index}`));
  publisher.start();
  await until('all to be taken', () => publisher.report().waitingEvents === 0);
  t.is(broker.mostUnanswered, 1);
  t.is(new Set(idsOf(broker.of(events))).size, 900);
});

test('Maximum QoS 0 and no retained messages: everything goes out as the broker takes it', async (t) => {
  const broker = await scriptedBroker(t, { version: 5, properties: [0x24, 0, 0x25, 0] });
  const { publisher, status } = publisherUnderTest(t, { address: broker.address, mqtt });
  await status('connected');
  publisher.event(eventOf('1'));
  publisher.info({ version: 1 });
  await until('both', () => broker.of(events).length === 1 && broker.of('goby/pi/info').length === 1);
  t.true(broker.taken.every(({ qos, retain }) => qos === 0 && !retain));
  await until('it to be dealt with', () => publisher.report().waitingEvents === 0);
});

for (const code of [0x9a, 0x9b]) {
  test(`a broker that refuses the will with ${reasonText(code)} gets one that asks for less`, async (t) => {
    const broker = await scriptedBroker(t, { version: 5, connack: (session) => (session === 1 ? code : 0) });
    const { status, statuses } = publisherUnderTest(t, { address: broker.address, mqtt });
    await status('connected');
    t.is(broker.sessions, 2);
    t.false(statuses.some(({ state }) => state === 'refused'));
  });
}

for (const [code, how] of [
  [0x9c, 'for now'],
  [0x9d, 'for good'],
] as const) {
  test(`a broker that sends its clients elsewhere ${how} is told with the other's name, and not followed`, async (t) => {
    const reference = 'other.example:1883';
    const properties = [0x1c, 0, reference.length, ...Buffer.from(reference)];
    const broker = await scriptedBroker(t, { version: 5, properties, connack: () => code });
    const { status } = publisherUnderTest(t, { address: broker.address, mqtt });
    const { detail } = await status('refused');
    t.regex(detail, /says that other\.example:1883 is to be used instead; set mqtt\.broker to it\.$/);
  });
}

test('sent elsewhere in the middle of a session it says so too', async (t) => {
  const broker = await scriptedBroker(t, {
    version: 5,
    answer: ({ topic }) => (topic.endsWith('/events') ? { disconnect: 0x9d } : 0),
  });
  const { publisher, status } = publisherUnderTest(t, { address: broker.address, mqtt });
  await status('connected');
  publisher.event(eventOf('1'));
  const { detail } = await status('refused');
  t.regex(detail, /says that another server is to be used instead/);
});

test('a broker that assigns an id, a shorter keep-alive and everything else it may say is lived with', async (t) => {
  const text = (id: number, value: string) => [id, 0, value.length, ...Buffer.from(value)];
  const properties = [
    ...[0x11, 0, 0, 0, 0],
    ...text(0x12, 'assigned-7'),
    ...[0x13, 0, 5],
    ...[0x22, 0, 10],
    ...text(0x1f, 'welcome'),
    ...[0x28, 1, 0x29, 0, 0x2a, 0],
  ];
  const broker = await scriptedBroker(t, { version: 5, properties });
  const { publisher, status } = publisherUnderTest(t, { address: broker.address, mqtt });
  await status('connected');
  publisher.event(eventOf('1'));
  await until('it to be taken', () => publisher.report().waitingEvents === 0);
  t.is(broker.sessions, 1);
});

test('a broker that says one thing twice breaks the protocol: its session ends, and goby does not', async (t) => {
  // Server Keep Alive, once more.
  const broker = await scriptedBroker(t, { version: 5, properties: [0x13, 0, 5, 0x13, 0, 5] });
  const { publisher, status } = publisherUnderTest(t, { address: broker.address, mqtt });
  const { detail } = await status('disconnected', /breaks the protocol/);
  t.regex(detail, /: the broker breaks the protocol: it says serverKeepAlive twice$/);
  await publisher.stop();
});

// Texts of which there is only the length, and a number that isn't there.
for (const [name, properties] of [
  ['reasonString', [0x1f, 0, 50]],
  ['serverReference', [0x1c, 0, 9]],
  ['serverKeepAlive', [0x13]],
] as const) {
  for (const [code, state, told] of [
    [0, 'disconnected', `: the broker breaks the protocol: its ${name} is cut off`],
    [0x80, 'refused', ' refuses the session (0x80, unspecified error).'],
    [0x9d, 'refused', ' says that another server is to be used instead; set mqtt.broker to it.'],
  ] as const) {
    test(`a broker whose ${name} is cut off, with code ${code}, is ${state}, and goby goes on`, async (t) => {
      const broker = await scriptedBroker(t, { version: 5, properties, connack: () => code });
      const { publisher, status } = publisherUnderTest(t, { address: broker.address, mqtt });
      const { detail } = await status(state, /protocol|refuses|says/);
      t.true(detail.endsWith(told), detail);
      await publisher.stop();
    });
  }
}

for (const code of [0x89, 0x96, 0x97]) {
  test(`sessions that end with ${reasonText(code)} are no second client, and events go on between`, async (t) => {
    let count = 0;
    const broker = await scriptedBroker(t, {
      version: 5,
      answer: ({ topic }) => (topic.endsWith('/events') && ++count % 5 === 0 ? { disconnect: code } : 0),
    });
    const { publisher, status, log } = publisherUnderTest(t, { address: broker.address, mqtt });
    await status('connected');
    for (let index = 0; index < 20; index++) publisher.event(eventOf(`${index}`));
    await until(
      () => `all to be taken\n${log.slice(-10).join('\n')}`,
      () => publisher.report().waitingEvents === 0,
    );
    t.is(publisher.report().lostEventsTotal, 0);
    t.false(log.some((line) => line.includes('another client')));
  });
}

test('a broker that takes everything and answers nothing loses no event, and is no second client', async (t) => {
  let isMute = true;
  const broker = await scriptedBroker(t, { version: 4, answer: () => (isMute ? 'silence' : 0) });
  const { publisher, log, status } = publisherUnderTest(t, { address: broker.address });
  await status('connected');
  for (let index = 0; index < 20; index++) publisher.event(eventOf(`${index}`));
  publisher.detections(detectionsOf(['person']));
  await status('disconnected', /it takes messages, but answers none$/);
  isMute = false;
  await until('all to be taken', () => publisher.report().waitingEvents === 0);
  t.is(publisher.report().lostEventsTotal, 0);
  t.is(new Set(idsOf(broker.of(events))).size, 20);
  t.false(log.some((line) => /another client|left out/.test(line)));
});
