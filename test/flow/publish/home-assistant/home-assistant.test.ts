/** When the device is shown to Home Assistant, on a real broker, and how what is gone is taken back. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { startEmbeddedBroker } from '../../../../src/flow/publish/embedded-broker.ts';
import { openDiscoveryMemory, remember } from '../../../../src/flow/publish/home-assistant/discovery-memory.ts';
import type { DeviceFacts } from '../../../../src/flow/publish/home-assistant/discovery-message.ts';
import { createHomeAssistant } from '../../../../src/flow/publish/home-assistant/home-assistant.ts';
import type { Message } from '../../../../src/flow/publish/message.ts';
import type { Publisher } from '../../../../src/flow/publish/publisher.ts';
import { createLogger } from '../../../../src/logger.ts';
import { StateFile } from '../../../../src/system/files/state-file.ts';
import { temporaryFolder } from '../../../temporary-folder.ts';
import { publisherUnderTest } from '../observed-publisher.ts';
import { observe } from '../observer.ts';
import { until } from '../waiting.ts';
import { type Discovery, discoverySchema } from './discovery-schema.ts';
import { factsOf, telemetry, topics } from './facts.ts';

const quiet = createLogger({ part: 'mqtt', threshold: { level: 'error' }, format: 'text', write: () => undefined });
const configTopic = 'homeassistant/device/goby_pi/config';

/** Home Assistant's view without a broker: every message that was published. */
function subject(folder: string, first: Partial<DeviceFacts> = {}) {
  const said: Message[] = [];
  const memory = openDiscoveryMemory(new StateFile(join(folder, 'home-assistant.json')), quiet);
  const clock = { nowMs: 0 };
  let facts = factsOf(first);
  const homeAssistant = createHomeAssistant({
    topics,
    discoveryPrefix: 'homeassistant',
    memory,
    facts: () => facts,
    retain: (message) => said.push(message),
    delayMs: () => 0,
    now: () => clock.nowMs,
  });
  return {
    homeAssistant,
    said,
    clock,
    change: (changes: Partial<DeviceFacts>) => {
      facts = factsOf(changes);
    },
    components: (): Discovery['components'] =>
      discoverySchema.parse(JSON.parse(said.at(-1)!.payload as string)).components,
  };
}

test('a camera, label, output or control that is gone is removed, also after a restart, and comes back when it does', async (t) => {
  const folder = temporaryFolder(t);
  const cameras = [
    { name: 'front', labels: ['person', 'dog'] },
    { name: 'back', labels: ['person'] },
  ];
  const before = subject(folder, { cameras, outputs: ['led', 'siren'] });
  before.homeAssistant.refresh();
  await before.homeAssistant.stop();

  const after = subject(folder, { controls: [], cameras: [{ name: 'front', labels: ['person'] }] });
  after.homeAssistant.refresh();
  const removed = Object.entries(after.components()).filter(([, component]) => !('unique_id' in component));
  t.deepEqual(Object.fromEntries(removed), {
    'front-dog-presence': { platform: 'binary_sensor' },
    'front-dog-count': { platform: 'sensor' },
    'front-dog-event': { platform: 'event' },
    'front-dog-snapshot': { platform: 'image' },
    'back-person-presence': { platform: 'binary_sensor' },
    'back-person-count': { platform: 'sensor' },
    'back-person-event': { platform: 'event' },
    'back-person-snapshot': { platform: 'image' },
    'back-snapshot': { platform: 'image' },
    'back-take-snapshot': { platform: 'button' },
    'output-siren': { platform: 'switch' },
    'control-night': { platform: 'switch' },
    'control-front-threshold': { platform: 'number' },
  });
  await after.homeAssistant.stop();

  const again = subject(folder, { cameras, outputs: ['led', 'siren'] });
  again.homeAssistant.refresh();
  t.true(Object.values(again.components()).every((component) => 'unique_id' in component));
  await again.homeAssistant.stop();
});

test('a sensor that misses readings stays; after a restart it has ten minutes to come back', async (t) => {
  const folder = temporaryFolder(t);
  const { wifiSignalDbm: _signal, ...withoutWifi } = telemetry;
  const before = subject(folder);
  before.homeAssistant.refresh();
  before.change({ telemetry: withoutWifi });
  before.homeAssistant.refresh();
  t.true('wifi-wlan0' in before.components());
  await before.homeAssistant.stop();

  const after = subject(folder, { telemetry: withoutWifi });
  after.homeAssistant.refresh();
  t.false('wifi-wlan0' in after.components());
  after.clock.nowMs = 600_001;
  after.homeAssistant.refresh();
  t.deepEqual(after.components()['wifi-wlan0'], { platform: 'sensor' });
  await after.homeAssistant.stop();
});

test('a removal is repeated for two weeks', (t) => {
  const day = 86_400_000;
  const never = () => false;
  const gone = remember({ shown: { a: 'sensor' }, removed: {} }, { shown: {}, isPending: never }, 0);
  t.deepEqual(gone.removed, { a: { platform: 'sensor', atMs: 0 } });
  const later = remember(gone, { shown: {}, isPending: never }, 13 * day);
  t.deepEqual(later.removed, gone.removed);
  t.deepEqual(remember(later, { shown: {}, isPending: never }, 14 * day).removed, {});
});

test('a damaged memory is an empty one', (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'home-assistant.json'), '{"shown":[');
  const { homeAssistant, components } = subject(folder);
  homeAssistant.refresh();
  t.true('front-person-presence' in components());
});

interface Shown {
  readonly publisher: Publisher;
  readonly homeAssistant: ReturnType<typeof createHomeAssistant>;
  readonly address: string;
}

async function shownOnBroker(t: ExecutionContext): Promise<Shown> {
  const broker = await startEmbeddedBroker({ host: '127.0.0.1', port: 0 });
  t.teardown(() => broker.stop());
  const address = `mqtt://127.0.0.1:${broker.port}`;
  const late: { publisher?: Publisher } = {};
  const homeAssistant = createHomeAssistant({
    topics,
    discoveryPrefix: 'homeassistant',
    memory: openDiscoveryMemory({ read: () => undefined, write: () => Promise.resolve() }, quiet),
    facts: () => factsOf(),
    retain: (message, options) => late.publisher?.retain(message, options),
    delayMs: () => 0,
  });
  const { publisher, status } = publisherUnderTest(t, {
    address,
    listeners: new Map([[homeAssistant.birthTopic, homeAssistant.heard]]),
  });
  late.publisher = publisher;
  await status('connected');
  return { publisher, homeAssistant, address };
}

test('on a broker: said once, retained; said again when Home Assistant is born, and not for anything else', async (t) => {
  const { homeAssistant, address } = await shownOnBroker(t);
  const observer = await observe(t, address);
  homeAssistant.refresh();
  homeAssistant.refresh();
  await observer.message(configTopic);
  const late = await observe(t, address);
  t.true(discoverySchema.safeParse(await late.message(configTopic)).success, 'retained');

  await observer.send('homeassistant/status', 'offline');
  await observer.send('homeassistant/status', 'online');
  await until('the answer to the birth', () => observer.of(configTopic).length === 2);
  // What comes later than these two shows that nothing else came before it.
  await observer.send('homeassistant/status', 'nonsense');
  await observer.send('goby/pi/request/ping', '{"transaction":"last"}');
  await observer.message('goby/pi/response/ping');
  t.is(observer.of(configTopic).length, 2);
});

test('a retained birth message is answered too, and never taken for a command', async (t) => {
  const broker = await startEmbeddedBroker({ host: '127.0.0.1', port: 0 });
  t.teardown(() => broker.stop());
  const address = `mqtt://127.0.0.1:${broker.port}`;
  const observer = await observe(t, address);
  await observer.send('homeassistant/status', 'online', { retain: true });
  const heard: string[] = [];
  const listen = (payload: Uint8Array) => heard.push(Buffer.from(payload).toString());
  const { log } = publisherUnderTest(t, { address, listeners: new Map([['homeassistant/status', listen]]) });
  await until('the birth', () => heard.length === 1);
  t.deepEqual(heard, ['online']);
  t.false(log.some((line) => /command/.test(line)));
});
