import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { z } from 'zod';
import { loadConfig } from '../../src/config/load.ts';
import { configSchema } from '../../src/config/schema.ts';
import { ConfigError } from '../../src/errors.ts';
import { places } from '../requiring.ts';
import { temporaryFolderOfFile } from '../temporary-folder.ts';

const folder = temporaryFolderOfFile();

function fileWith(text: string): string {
  const file = join(mkdtempSync(join(folder, 'config-')), 'goby.yaml');
  writeFileSync(file, text);
  return file;
}

/** An environment in which nothing of the machine shows. */
const env = { GOBY_STATE_DIR: mkdtempSync(join(folder, 'state-')) };

function problemsWith(text: string): string {
  const error = t_throws(() => loadConfig({ file: fileWith(text), env }));
  return error.message.replaceAll(/goby-test-\w+\/config-\w+/g, 'DIR');
}

function t_throws(body: () => unknown): ConfigError {
  try {
    body();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('expected a ConfigError');
}

/** A bad configuration, and what the message must say of it. */
const refused: readonly (readonly [text: string, ...says: string[]])[] = [
  [
    'cameras: { front: { source: { type: rpicam, widthPx: big } } }',
    'cameras.front.source.widthPx: expected a whole number from 64 to 4096, got "big" (line 1). Example: widthPx: 1280',
  ],
  [
    'cameras: { front: { source: { type: webcam } } }',
    'cameras.front.source.type: expected one of auto, rpicam, stills, ffmpeg, snapshot, folder',
    'got "webcam"',
  ],
  ['cameras: { front: { minScor: 0.5 } }', 'cameras.front.minScor: unknown key (line 1); did you mean minScore?'],
  ['cameras: { front: { minScore: 50 } }', 'cameras.front.minScore: expected a number from 0 to 1, got 50'],
  ['cameras: { Front Door: {} }', 'cameras.Front Door: expected as key the name of a camera'],
  ['cameras: { output: {} }', "the name output is one of goby's own topics"],
  ['cameras: {}', 'expected at least one camera, got none'],
  ['frobnicate: 1', 'frobnicate: unknown key (line 1); known keys here: device, cameras'],
  [
    'mqtt: { broker: "mqtt://user:secret@host:99999" }',
    'mqtt.broker: expected a port from 1 to 65535 behind the host',
    'got "mqtt://***@host:99999" (line 1). Write: broker: mqtt://host',
  ],
  [
    'mqtt: { broker: "mqtt://user:secret@host", username: other }',
    'mqtt.broker: the address has another user than mqtt.username, which is other',
  ],
  ['mqtt: { broker: http://host }', 'expected an address that begins with mqtt://', 'Write: broker: mqtt://host'],
  ['mqtt: { tls: { caFile: ca.crt } }', 'certificates need a broker address that starts with mqtts://'],
  ['mqtt: { broker: "mqtts://h", tls: { keyFile: k } }', 'certificateFile and keyFile belong together'],
  ['mqtt: { protocolVersion: 5 }', 'the embedded broker speaks 4'],
  ['mqtt: { protocolVersion: 3 }', 'mqtt.protocolVersion: expected 4 (MQTT 3.1.1) or 5, got 3'],
  ['mqtt: { passwordFile: x }', 'a password needs mqtt.username too'],
  ['publish: { topicPrefix: "goby/#" }', 'publish.topicPrefix: expected a topic without wildcards'],
  ['rules: [{ name: a, label: person, output: lamp }]', 'rules[0].output: there is no output lamp under outputs (led)'],
  [
    'rules: [{ name: a, label: "*", output: led }, { name: a, label: "*", output: led }]',
    'rules[1].name: the name a is used twice',
  ],
  [
    'rules: [{ name: a, camera: back, label: "*", output: led }]',
    'rules[0].camera: there is no camera back under cameras (camera)',
  ],
  ['rules: [{ name: a, label: person }]', 'rules[0]: the rule a does nothing'],
  [
    'rules: [{ name: a, label: person, actions: [{ type: output, output: lamp }] }]',
    'rules[0].actions[0].output: there is no output lamp under outputs (led)',
  ],
  [
    'rules: [{ name: a, label: person, actions: [{ type: email }] }]',
    'rules[0].actions[0].type: expected one of output, message, snapshot',
  ],
  [
    'rules: [{ name: a, label: person, output: led, armedBy: alarm }]',
    'rules[0].armedBy: there is no control alarm under controls (none)',
  ],
  [
    'rules: [{ name: a, label: person, output: led, schedule: [{ from: "7:00" }] }]',
    'rules[0].schedule[0].from: expected a time of day from 00:00 to 24:00, got "7:00"',
  ],
  [
    'rules: [{ name: a, label: person, output: led, schedule: [{ from: "07:00", to: "07:00" }] }]',
    'from and to are both 07:00',
  ],
  ['rules: [{ name: a, label: person, output: led, schedule: [{ days: [monday] }] }]', 'one of mon, tue, wed'],
  [
    'rules: [{ name: a, label: person, output: led, attribute: { name: age } }]',
    'expected a value, or min or max, of age',
  ],
  [
    'inputs: { button: { line: GPIO27, control: alarm } }',
    'inputs.button.control: there is no control alarm under controls (none)',
  ],
  [
    'controls: { alarm: {} }\ninputs: { button: { line: GPIO17, control: alarm } }',
    'inputs.button.line: GPIO17 is already the line of outputs.led',
  ],
  [
    'cameras: { front: {} }\ncontrols: { front-min-score: {} }',
    'controls.front-min-score: front-min-score is the control of minScore of camera front',
  ],
  [
    'cameras: { a: { zones: { drive: { points: [[0, 0], [1, 1]] } } } }',
    'cameras.a.zones.drive.points: expected three or more points [x, y], got [[0,0],[1,1]]',
  ],
  [
    'cameras: { a: { zones: { drive: { points: [[0, 0], [1, 1], [1.2, 0]] } } } }',
    'cameras.a.zones.drive.points[2][0]: expected a number from 0 to 1, got 1.2',
  ],
  [
    'cameras: { a: { masks: [[[0, 0], [1, 1], [1, 0], [0, 1]]] } }',
    'cameras.a.masks[0]: expected points in order round the area, so that no side crosses another, got',
  ],
  [
    'cameras: { a: { zones: { "My drive": { points: [[0, 0], [1, 1], [1, 0]] } } } }',
    'cameras.a.zones.My drive: expected as key the name of a zone: 1 to 64 of a-z, 0-9, _ and -',
  ],
  [
    'cameras: { a: { lines: { gate: { from: [0.5, 0.5], to: [0.5, 0.5] } } } }',
    'cameras.a.lines.gate: expected two different points, got',
  ],
  ['cameras: { a: { zones: { drive: { points: 3 } } } }', 'expected a list of three or more points [x, y], got 3'],
  [
    'cameras: { a: {} }\nrules: [{ name: r, label: person, output: led, zone: drive }]',
    'rules[0].zone: there is no zone drive',
  ],
  ['controls: { Alarm: {} }', 'controls.Alarm: expected as key the name of a control'],
  ['homeAssistant: { discoveryPrefix: "home/#" }', 'homeAssistant.discoveryPrefix: expected a topic without wildcards'],
  ['publish: { frigate: { topicPrefix: "a/+" } }', 'publish.frigate.topicPrefix: expected a topic without wildcards'],
  ['snapshots: { quality: 0 }', 'snapshots.quality: expected a whole number from 1 to 100, got 0'],
  ['rules: 3', 'rules: expected a list of rules, got 3'],
  [
    'outputs: { led: { line: GPIO17 }, lamp: { line: GPIO17 } }',
    'outputs.lamp.line: GPIO17 is already the line of outputs.led',
  ],
  [
    'outputs: { led: {} }',
    'outputs.led.line: expected a line name or gpiochipN:OFFSET, got nothing (line 1). Example: line: GPIO17',
  ],
  [
    'models: { own: { m: { task: classify, file: a.tflite, sha256: abc } } }',
    'models.own.m.sha256: expected a SHA-256',
  ],
  ['[1, 2]', 'must be a list of keys with values'],
  ['just words', 'must be a list of keys with values'],
  ['a: [', 'is not valid YAML', 'line 1'],
  ['log: { level: *nowhere }', 'line 1: *nowhere is an alias of nothing'],
  ['log: { level: info }\nlog: { level: debug }', 'log: written twice, first in line 1; keep one of the two (line 2)'],
  ['__proto__: { polluted: true }', '__proto__'],
];

for (const [text, ...says] of refused) {
  test(`refuses ${text.replaceAll('\n', ' | ')}`, (t) => {
    const message = problemsWith(text);
    for (const part of says) t.true(message.includes(part), message);
  });
}

test('tells all problems at once', (t) => {
  const message = problemsWith('frob: 1\nmqtt: { broker: 1 }\ninfer: { threads: 99, deadlineMs: soon }\n');
  t.regex(message, /has 4 problems:/);
  t.is(message.split('\n').length, 5);
});

test('a missing file, a folder and an unreadable value give a sentence', (t) => {
  t.regex(t_throws(() => loadConfig({ file: '/nowhere/goby.yaml', env })).message, /there is no such file.*--config/);
  t.regex(t_throws(() => loadConfig({ file: folder, env })).message, /it is a folder/);
  t.regex(t_throws(() => loadConfig({ settings: ['mqtt.broker'], env })).message, /expected KEY=VALUE/);
});

test('config/goby.yaml equals the defaults', (t) => {
  const file = join(places.root, 'config', 'goby.yaml');
  t.deepEqual(loadConfig({ file, env: {} }).config, configSchema.parse({}));
});

test('config/goby.yaml names every key of the schema', (t) => {
  const text = readFileSync(join(places.root, 'config', 'goby.yaml'), 'utf8');
  for (const key of keysOf(configSchema)) t.regex(text, new RegExp(`(^|[\\s#{])${key}:`, 'm'), key);
});

function keysOf(schema: z.core.$ZodType): string[] {
  const definition = (schema as z.ZodType)._zod.def as unknown as {
    type: string;
    shape?: Record<string, z.core.$ZodType>;
    innerType?: z.core.$ZodType;
    valueType?: z.core.$ZodType;
    element?: z.core.$ZodType;
    options?: z.core.$ZodType[];
  };
  const inner = [definition.innerType, definition.valueType, definition.element, ...(definition.options ?? [])];
  return [
    ...Object.entries(definition.shape ?? {}).flatMap(([key, value]) => [key, ...keysOf(value)]),
    ...inner.filter((one) => one !== undefined).flatMap(keysOf),
  ];
}

const examples = readdirSync(join(places.root, 'config', 'examples')).filter((name) => name.endsWith('.yaml'));
for (const name of examples) {
  test(`the example ${name} loads`, (t) => {
    const { config } = loadConfig({ file: join(places.root, 'config', 'examples', name), env });
    t.true(Object.keys(config.cameras).length > 0);
  });
}

test('command line wins over environment, environment over overrides, overrides over the file', (t) => {
  const stateDir = mkdtempSync(join(folder, 'state-'));
  const file = fileWith(
    `service: { stateDir: ${stateDir} }\nlog: { level: error }\npublish: { topicPrefix: file, maxPerSecond: 1, detections: all, telemetryIntervalMs: 1000 }\n`,
  );
  writeFileSync(join(stateDir, 'overrides.yaml'), 'publish: { telemetryIntervalMs: 2000, maxPerSecond: 2 }\n');
  const loaded = loadConfig({
    file,
    env: { GOBY__PUBLISH__TOPICPREFIX: 'environment', GOBY__PUBLISH__TELEMETRYINTERVALMS: '3000' },
    settings: ['publish.topicPrefix=line'],
  });
  t.is(loaded.config.publish.topicPrefix, 'line');
  t.is(loaded.config.publish.telemetryIntervalMs, 3000);
  t.is(loaded.config.publish.maxPerSecond, 2);
  t.is(loaded.config.publish.detections, 'all');
  t.is(loaded.originOf(['publish', 'topicPrefix']), 'command line');
  t.is(loaded.originOf(['publish', 'maxPerSecond']), join(stateDir, 'overrides.yaml'));
  t.is(loaded.originOf(['publish', 'detections']), file);
  t.is(loaded.originOf(['mqtt', 'broker']), 'default');
});

test('a bad value from the environment is told as such', (t) => {
  const error = t_throws(() => loadConfig({ env: { ...env, GOBY__INFER__THREADS: 'many' } }));
  t.regex(error.message, /infer\.threads: expected auto, or a whole number from 1 to 8, got "many" \(environment\)/);
});

test('every path of the schema starts at the folder of the file; what is an address, a name or a list of labels stays', (t) => {
  const file = fileWith(
    JSON.stringify({
      cameras: {
        stream: { source: { type: 'ffmpeg', input: './film.mp4', passwordFile: 'password' }, labels: ['person'] },
        net: { source: { type: 'ffmpeg', input: 'rtsp://camera/1' } },
        device: { source: { type: 'ffmpeg', input: '/dev/video0' } },
      },
      models: { mirror: 'mirror', own: { mine: { task: 'classify', file: 'mine.tflite', labels: 'mine.txt' } } },
      mqtt: {
        broker: 'mqtts://home.local',
        username: 'pi',
        passwordFile: '/etc/password',
        tls: { caFile: '../ca.crt' },
      },
      notify: { phone: { type: 'ntfy', topic: 'goby-k3yX9w2m', tokenFile: 'token' } },
    }),
  );
  const { config } = loadConfig({ file, env });
  const here = (path: string) => join(file, '..', path);
  t.like(config.cameras['stream']?.source, { input: here('film.mp4'), passwordFile: here('password') });
  t.deepEqual(config.cameras['stream']?.labels, ['person']);
  t.like(config.cameras['net']?.source, { input: 'rtsp://camera/1' });
  t.like(config.cameras['device']?.source, { input: '/dev/video0' });
  t.is(config.models.mirror, here('mirror'));
  t.like(config.models.own['mine'], { file: here('mine.tflite'), labels: here('mine.txt') });
  t.like(config.notify['phone'], { tokenFile: here('token') });
  t.like(config.mqtt, { passwordFile: '/etc/password', tls: { caFile: here('../ca.crt') } });
  const address = loadConfig({ file: fileWith('models: { mirror: "https://models.local/" }'), env });
  t.is(address.config.models.mirror, 'https://models.local/');
});

test('relative paths start at the folder of the file, and the result is frozen', (t) => {
  const file = fileWith('cameras: { a: { source: { type: folder, path: photos } } }\n');
  const { config } = loadConfig({ file, env });
  const source = config.cameras['a']?.source;
  t.is(source?.type === 'folder' ? source.path : undefined, join(file, '..', 'photos'));
  t.throws(() => {
    (config.mqtt as { broker: string }).broker = 'off';
  });
});
