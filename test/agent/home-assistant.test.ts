/** Whether and what the agent shows to Home Assistant, by its configuration. */
import test, { type ExecutionContext } from 'ava';
import { createAgentHome } from '../../src/agent/home-assistant.ts';
import { findPlaces } from '../../src/config/places.ts';
import { configSchema } from '../../src/config/schema.ts';
import type { Message } from '../../src/flow/publish/message.ts';
import { createLogger } from '../../src/logger.ts';
import { discoverySchema } from '../flow/publish/home-assistant/discovery-schema.ts';
import { temporaryFolder } from '../temporary-folder.ts';

function underTest(t: ExecutionContext, settings: object, labels: readonly string[] = ['person']) {
  const said: Message[] = [];
  const now = { loaded: { config: configSchema.parse(settings) } };
  const log: string[] = [];
  const home = createAgentHome({
    loaded: { config: configSchema.parse(settings), places: findPlaces({}, temporaryFolder(t)) },
    device: { id: 'pi', name: 'Front door' },
    version: '1.2.3',
    logger: createLogger({ part: 'x', threshold: { level: 'info' }, format: 'text', write: (line) => log.push(line) }),
    cameras: [{ name: 'front', labels, hasEdgetpuModel: false }],
    controls: { list: () => [] },
    requests: ['restart'],
    settings: now,
  });
  home.publishTo({ retain: (message) => said.push(message) });
  t.teardown(() => home.stop());
  const set = (changed: object): void => {
    now.loaded = { config: configSchema.parse({ ...settings, ...changed }) };
  };
  return { home, said, log, set };
}

const brokers: readonly [settings: object, isShown: boolean][] = [
  [{}, false],
  [{ homeAssistant: { discovery: 'on' } }, true],
  [{ mqtt: { embedded: { host: '0.0.0.0' } } }, true],
  [{ mqtt: { embedded: { host: '::1' } } }, false],
  [{ mqtt: { broker: 'mqtt://home.local' } }, true],
  [{ mqtt: { broker: 'mqtt://home.local' }, homeAssistant: { discovery: 'off' } }, false],
  [{ mqtt: { broker: 'off' }, homeAssistant: { discovery: 'on' } }, false],
];
for (const [settings, isShown] of brokers) {
  test(`${JSON.stringify(settings)} is ${isShown ? '' : 'not '}shown to Home Assistant`, (t) => {
    const { home, said } = underTest(t, settings);
    t.deepEqual([...home.listeners.keys()], isShown ? ['homeassistant/status'] : []);
    home.telemetry({ cpuTemperatureC: 40 });
    t.is(said.length, isShown ? 1 : 0);
  });
}

test('it shows what there is, where Home Assistant looks for it', (t) => {
  const { home, said } = underTest(t, {
    homeAssistant: { discovery: 'on', discoveryPrefix: 'ha/discovery' },
    outputs: { siren: { line: 'GPIO17' } },
    rules: [],
    snapshots: { enabled: false },
  });
  t.deepEqual([...home.listeners.keys()], ['ha/discovery/status']);
  home.telemetry({ cpuTemperatureC: 40 });
  t.is(said[0]!.topic, 'ha/discovery/device/goby_pi/config');
  const { components } = discoverySchema.parse(JSON.parse(said[0]!.payload as string));
  t.deepEqual(Object.keys(components), [
    'front-person-presence',
    'front-person-count',
    'front-person-event',
    'output-siren',
    'restart',
    'cpu-temperature',
    'backend',
    'inference',
  ]);
});

test('a camera that follows very many labels floods nobody with entities: the log says what to do', (t) => {
  const labels = Array.from({ length: 80 }, (_, index) => `class ${index}`);
  const { home, said, log } = underTest(t, { homeAssistant: { discovery: 'on' } }, labels);
  home.putRight();
  home.telemetry({ cpuTemperatureC: 40 });
  const { components } = discoverySchema.parse(JSON.parse(said.at(-1)!.payload as string));
  t.false(Object.keys(components).some((id) => id.startsWith('front-class')));
  t.regex(log.join('\n'), /80 labels of front are too many for Home Assistant: .* under cameras\.front\.labels/);
});

test('how long a reading holds follows the interval that was set while the agent works', (t) => {
  const { home, said, set } = underTest(t, { homeAssistant: { discovery: 'on' } });
  home.telemetry({ cpuTemperatureC: 40 });
  const expiresAfter = () => {
    home.refresh();
    const { components } = discoverySchema.parse(JSON.parse(said.at(-1)!.payload as string));
    return (components['cpu-temperature'] as { expire_after?: number }).expire_after;
  };
  t.is(expiresAfter(), 90);
  for (const [telemetryIntervalMs, seconds] of [
    [1000, 3],
    [600_000, 1800],
    [86_400_000, 259_200],
  ] as const) {
    set({ publish: { telemetryIntervalMs } });
    t.is(expiresAfter(), seconds);
  }
});
