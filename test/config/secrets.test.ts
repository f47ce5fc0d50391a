/** Secrets in any text of the configuration: usable where they belong, and shown by nothing. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { stringify } from 'yaml';
import type { z } from 'zod';
import { configRequests } from '../../src/agent/requests/config-requests.ts';
import { setIn, type Tree } from '../../src/config/layers.ts';
import { loadConfig } from '../../src/config/load.ts';
import { configSchema } from '../../src/config/schema.ts';
import { keysWithSecrets, revealed } from '../../src/config/secrets.ts';
import { sentence } from '../../src/errors.ts';
import { createRequestTable } from '../../src/flow/publish/requests.ts';
import { topicsFor } from '../../src/flow/publish/topics.ts';
import { createLogger } from '../../src/logger.ts';
import { settingsUnderTest } from '../agent/settings/settings-under-test.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { secretAddresses, secretParts, textKeys } from './text-keys.ts';

function load(t: ExecutionContext, values: object) {
  const folder = temporaryFolder(t);
  const file = join(folder, 'goby.yaml');
  writeFileSync(file, stringify(values));
  return loadConfig({ file, env: { GOBY_STATE_DIR: folder } });
}

const leaks = (text: string): string[] => secretParts.filter((part) => text.includes(part));

test('there are text keys to try', (t) => {
  const keys = textKeys(configSchema as z.core.$ZodType).map((path) => path.join('.'));
  t.true(keys.length > 60, keys.join(' '));
  for (const key of ['mqtt.broker', 'models.mirror', 'cameras.own.source.input', 'device.name', 'rules.0.label']) {
    t.true(keys.includes(key), key);
  }
});

test('no text key shows the secrets of an address: not loaded, not refused, and not with a mistake beside it', (t) => {
  let taken = 0;
  for (const path of textKeys(configSchema as z.core.$ZodType)) {
    for (const address of secretAddresses) {
      const values: Tree = {};
      if (path[2] === 'source') setIn(values, ['cameras', 'own', 'source'], { type: 'ffmpeg', input: '/dev/video0' });
      setWithLists(values, path, address);
      for (const mistake of [false, true]) {
        if (mistake) setIn(values, ['device', 'mistake'], address);
        let told: string;
        try {
          const loaded = load(t, values);
          told = inspect(loaded, { depth: 20, showHidden: true }) + JSON.stringify(loaded);
          taken += 1;
        } catch (error) {
          told = sentence(error);
          t.is((error as Error).name, 'ConfigError', `${path.join('.')}: ${(error as Error).stack}`);
        }
        t.deepEqual(leaks(told), [], `${path.join('.')}: ${address}`);
      }
    }
  }
  t.true(taken > 20);
});

test('a line that is no YAML is quoted without its secrets', (t) => {
  const lines = [
    ...secretAddresses.map((address) => `    input: ${address}: {`),
    '    input: { rtsp://admin:S3cr3t wiTh@any%thing@camera/x',
    'password: [S3cr3t',
    'mqttPassword: "S3cr3t',
  ];
  for (const line of lines) {
    const folder = temporaryFolder(t);
    const file = join(folder, 'goby.yaml');
    writeFileSync(file, `cameras:\n  front:\n    source:\n      type: ffmpeg\n${line}\n  }\n`);
    const error = t.throws(() => loadConfig({ file, env: { GOBY_STATE_DIR: folder } }), { name: 'ConfigError' });
    t.deepEqual(leaks(sentence(error)), [], line);
  }
});

test('who logs in is handed what was written', (t) => {
  const input = 'rtsp://admin:S3cr3t/wiTh@any%thing@camera:554/live?pwd=T0kEn';
  const broker = 'mqtt://goby:S3cr3t/wiTh@any%thing@broker.local:1883';
  const mirror = 'https://me:S3cr3t@mirror.local/models?token=T0kEn';
  const loaded = load(t, {
    cameras: { front: { source: { type: 'ffmpeg', input } }, back: {} },
    mqtt: { broker },
    models: { mirror },
  });
  const { config } = loaded;
  t.like(config.cameras['front']!.source, { input: 'rtsp://***@camera:554/live?pwd=***' });
  t.like(revealed(config.cameras['front']!.source), { input });
  t.is(config.mqtt.broker, 'mqtt://***@broker.local:1883');
  t.is(revealed(config.mqtt).broker, broker);
  t.is(revealed(config.models).mirror, mirror);
  t.is(revealed(config).mqtt.broker, broker);
  t.deepEqual(keysWithSecrets(config), ['cameras.front.source.input', 'models.mirror', 'mqtt.broker']);
  // And with other overrides, as a change over MQTT makes them.
  const changed = loaded.withOverrides({ device: { name: 'x' } });
  t.is(revealed(changed.config.mqtt).broker, broker);
  t.deepEqual(leaks(JSON.stringify(changed.config)), []);
});

test('a setting from afar shows no secret of an address in its answer, its log or its refusal', async (t) => {
  const { settings, log, pass } = settingsUnderTest();
  let answer = '';
  const table = createRequestTable({
    topics: topicsFor({ prefix: 'goby', deviceId: 'pi' }),
    handlers: {
      info: () => ({}),
      setOutput: () => undefined,
      setControl: () => undefined,
      requests: configRequests(settings),
    },
    logger: createLogger({
      part: 'mqtt',
      threshold: { level: 'debug' },
      format: 'text',
      write: (line) => log.push(line),
    }),
    respond: ({ payload }) => {
      answer = String(payload);
    },
    now: () => Date.now() * 10_000,
  });
  for (const address of secretAddresses) {
    for (const [key, value] of [
      [['device', 'name'], address],
      [['cameras', 'camera', 'labels'], [address]],
      [['rules'], [{ name: 'alert', label: address, output: 'led' }]],
      [['rules'], [{ name: address, label: 'x', output: address }]],
      [['log', 'level'], address],
      [['mqtt', 'broker'], address],
      [[address, address], address],
    ] as const) {
      const changes: Tree = {};
      setIn(changes, [...key], value);
      answer = '';
      table.take('goby/pi/request/config-set', Buffer.from(JSON.stringify({ config: changes })), false);
      for (let waits = 0; answer === '' && waits < 20; waits++) await pass(3500);
      t.regex(answer, /"status":"(ok|error)"/);
      t.deepEqual(leaks(answer), [], `${key.join('.')}: ${address}`);
      table.take('goby/pi/request/config-get', Buffer.from('{}'), false);
      t.deepEqual(leaks(answer), [], `${key.join('.')}: ${address}`);
    }
  }
  t.deepEqual(leaks(log.join('\n')), []);
});

/** A position in a list makes the list. */
function setWithLists(values: Tree, path: readonly string[], value: unknown): void {
  const at = path.findIndex((part) => /^\d+$/.test(part));
  const inner: Tree = {};
  if (at < 0) setIn(values, path, value);
  else if (at === path.length - 1) setIn(values, path.slice(0, at), [value]);
  else {
    setIn(inner, path.slice(at + 1), value);
    setIn(values, path.slice(0, at), [inner]);
  }
}
