/** What YAML makes of what people write: every trap is either read as it was meant, or refused with what to write instead. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { type LoadedConfig, loadConfig } from '../../src/config/load.ts';
import { revealed } from '../../src/config/secrets.ts';
import { configWarnings } from '../../src/config/warnings.ts';
import { ConfigError } from '../../src/errors.ts';
import { temporaryFolderOfFile } from '../temporary-folder.ts';

const folder = temporaryFolderOfFile();
const env = { GOBY_STATE_DIR: mkdtempSync(join(folder, 'state-')) };

function load(text: string | Uint8Array): LoadedConfig {
  const file = join(mkdtempSync(join(folder, 'config-')), 'goby.yaml');
  writeFileSync(file, text);
  return loadConfig({ file, env });
}

function refusalOf(text: string | Uint8Array): string {
  try {
    load(text);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('it was accepted');
}

const nbsp = '\u00a0';

/** Text, and what the refusal must say. */
const refused: readonly (readonly [name: string, text: string | Uint8Array, ...says: string[]])[] = [
  // A number with a comma inside braces is two entries.
  [
    'decimal comma',
    'cameras: { front: { minScore: 0,5 } }',
    'cameras.front.minScore: a number takes no comma',
    '(line 1). Write: minScore: 0.5',
  ],
  [
    'decimal comma, then more keys',
    'cameras:\n  front:\n    filters:\n      person: { minScore: 0,6, minArea: 0,005 }',
    'filters.person.minScore',
    'Write: minScore: 0.6',
    'filters.person.minArea',
    'Write: minArea: 0.005',
  ],
  [
    'twice the same fraction',
    'cameras: { front: { minScore: 0,5, secondStage: { models: [{ model: x, margin: 0,5 }] } } }',
    'Write: minScore: 0.5',
    'Write: margin: 0.5',
  ],
  [
    'negative decimal comma',
    'cameras: { a: { source: { type: rpicam, brightness: -0,5 } } }',
    'Write: brightness: -0.5',
  ],
  ['thousands', 'publish: { outbox: { maxBytes: 67,108,864 } }', 'Write: maxBytes: 67108864'],
  ['decimal comma in block style', 'cameras:\n  front:\n    minScore: 0,5', 'got "0,5" (line 3). Write: minScore: 0.5'],
  [
    'decimal commas of a point',
    'cameras: { a: { lines: { gate: { from: [0,2, 0,9], to: [1, 1] } } } }',
    'got [0,2,0,9]',
    'Write: from: [ 0.2, 0.9 ]',
  ],
  [
    'a list without brackets in braces',
    'cameras: { front: { labels: person, car, dog } }',
    'cameras.front.car: unknown key',
    'a list stands in brackets',
  ],
  // Keys without a value.
  [
    'unknown keys without a value',
    'mqtt:\n  brokr:\n  usernam: ~\ncammeras:\n',
    'mqtt.brokr: unknown key (line 2); did you mean broker?',
    'mqtt.usernam',
    'did you mean username?',
    'cammeras: unknown key (line 4); did you mean cameras?',
  ],
  [
    'unknown keys without a value, deep',
    'cameras:\n  a:\n    tracking:\n      confirmhit:\n',
    'cameras.a.tracking.confirmhit: unknown key (line 4); did you mean confirmHits?',
  ],
  [
    'unknown keys without a value in lists',
    'rules:\n  - name: a\n    labell:\n    output: led\n',
    'rules[0].labell: unknown key (line 3); did you mean label?',
  ],
  ['an output without keys', 'outputs:\n  lamp:\n', 'outputs.lamp.line: expected a line name'],
  [
    'null in a list',
    'cameras: { a: { labels: [person, ~] } }',
    'cameras.a.labels[1]: expected a label of the model, got null',
  ],
  // Texts that read as something else.
  ['a number as id', 'device: { id: 12345 }', 'stands in quotes. Write: id: "12345"'],
  ['an octal number as id', 'device: { id: 007 }', 'Write: id: "007"'],
  ['a float as id', 'device: { id: 1e3 }', 'Write: id: "1e3"'],
  ['hexadecimal as user', 'mqtt: { broker: "mqtt://h", username: 0x1F }', 'Write: username: "0x1F"'],
  ['true as a label', 'cameras: { a: { labels: [true] } }', 'Write: "true"'],
  ['false for off', 'mqtt: { broker: false }', 'Write: broker: "off"'],
  ['true for on', 'outputs: { led: { line: GPIO17, safe: true } }', 'Write: safe: "on"'],
  [
    'minutes for a time, as YAML 1.1 reads it',
    'rules: [{ name: n, label: x, output: led, schedule: [{ from: 1320 }] }]',
    'Write: from: "22:00"',
  ],
  [
    'one digit for an hour',
    'rules: [{ name: n, label: x, output: led, schedule: [{ to: 6:30 }] }]',
    'Write: to: "06:30"',
  ],
  ['a number in quotes', 'cameras: { a: { minScore: "0.5" } }', 'Write: minScore: 0.5'],
  ['a number with underscores', 'cameras: { a: { holdMs: 10_000 } }', 'Write: holdMs: 10000'],
  ['yes for true', 'snapshots: { enabled: yes }', 'Write: enabled: true'],
  ['1 for true', 'snapshots: { boxes: 1 }', 'Write: boxes: true'],
  // Values in place of lists and sections.
  [
    'one label',
    'cameras: { front: { labels: person } }',
    'expected a list of labels, got "person" (line 1). Write: labels: [ person ]',
  ],
  ['labels with a comma', 'cameras:\n  a:\n    labels: person, car', 'Write: labels: [ person, car ]'],
  ['a source by its type', 'cameras: { a: { source: rpicam } }', 'Write: source: { type: rpicam }'],
  [
    'an address as source',
    'cameras: { a: { source: "rtsp://cam/1" } }',
    'Write: source: { type: ffmpeg, input: rtsp://cam/1 }',
  ],
  [
    'a device as source',
    'cameras: { a: { source: /dev/video0 } }',
    'Write: source: { type: ffmpeg, input: /dev/video0 }',
  ],
  ['off as a section', 'cameras: { a: { motion: off } }', 'Write: motion: { gate: "off" }'],
  ['a level as a section', 'log: debug', 'Write: log: { level: debug }'],
  ['digits in quotes as a line', 'outputs: { led: { line: "17" } }', 'Write: line: GPIO17'],
  ['a line as an output', 'outputs: { led: GPIO17 }', 'Write: led: { line: GPIO17 }'],
  ['a broker as a section', 'mqtt: mqtt://host:1883', 'Write: mqtt: { broker: mqtt://host:1883 }'],
  [
    'one rule without a list',
    'rules: { name: a, label: person, output: led }',
    'expected a list of rules',
    'Write: rules: [ { name: a',
  ],
  ['rules by name', 'rules:\n  night: { label: person, output: led }', 'Write: rules: [ { name: night'],
  ['a list of cameras', 'cameras: [{ name: front }]', 'Write: cameras: { front: {} }'],
  ['a value in brackets', 'cameras: { a: { minScore: [0.5] } }', 'Write: minScore: 0.5'],
  // Near names of values and of names.
  [
    'a near type',
    'cameras: { a: { source: { type: rpicm } } }',
    'source.type: expected one of auto, rpicam',
    'Write: type: rpicam',
  ],
  ['a near level', 'log: { level: warning }', 'Write: level: warn'],
  [
    'a near output',
    'outputs: { siren: { line: GPIO17 } }\nrules: [{ name: a, label: x, output: sirene }]',
    'did you mean siren?',
  ],
  [
    'a near camera',
    'cameras: { front: {} }\nrules: [{ name: a, camera: frnt, label: x, output: led }]',
    'did you mean front?',
  ],
  ['other spellings of a key', 'cameras: { a: { min_score: 0.5 } }', 'did you mean minScore?'],
  [
    'a key of another section',
    'cameras: { a: { framesPerSecond: 5 } }',
    'it belongs to cameras.<name>.source.framesPerSecond',
  ],
  ['a password', 'mqtt: { broker: "mqtt://h", password: secret }', 'Write: passwordFile:'],
  // Units and percent.
  ['units', 'cameras: { front: { minScore: 50%, holdMs: 2s } }', 'Write: minScore: 0.5', 'Write: holdMs: 2000'],
  ['a percentage without its sign', 'cameras: { front: { minScore: 50 } }', 'Write: minScore: 0.5'],
  [
    'bytes and days',
    'publish: { outbox: { maxBytes: 64MB, maxAgeMs: 7d } }',
    'Write: maxBytes: 67108864',
    'Write: maxAgeMs: 604800000',
  ],
  // What can't be seen, and what YAML knows and goby doesn't.
  ['a non-breaking space before a key', `cameras:\n  front:\n    ${nbsp}minScore: 0.5`, 'non-breaking space (U+00A0)'],
  ['a non-breaking space before a value', `cameras:\n  front:\n    minScore:${nbsp}0.5`, 'non-breaking space'],
  [
    'a non-breaking space behind a value',
    `cameras:\n  front:\n    model: default${nbsp}`,
    'cameras.front.model',
    'non-breaking space (U+00A0)',
  ],
  ['typographic quotes', 'device: { name: “Front door” }', 'typographic', '"..."'],
  ['tabs', 'cameras:\n\tfront: {}\n', 'line 2: a tab indents this line; indent with spaces'],
  ['two documents', 'log: { level: info }\n---\nmqtt: { broker: off }\n', 'line 2: a second document begins here'],
  ['a tag of JavaScript', 'device: { name: !!js/function "function(){}" }', 'goby knows no tag !!js/function'],
  [
    'a tag of Home Assistant',
    'mqtt: { broker: "mqtt://h", username: !secret user }',
    'goby knows no tag !secret',
    'passwordFile',
  ],
  ['a tag of binary data', 'device: { name: !!binary aGk= }', 'goby knows no tag !!binary'],
  ['YAML 1.1', '%YAML 1.1\n---\nlog: { level: info }\n', 'goby reads YAML 1.2'],
  ['a key that is a list', '? [a, b]\n: 1\n', 'a section or a list can be no key'],
  ['a label that is a star', 'rules: [{ name: a, label: *, output: led }]', 'line 1', '"*"'],
  ['a text that begins with @', 'device: { name: @home }', 'stands in quotes'],
  ['a Windows path in double quotes', 'mqtt: { passwordFile: "C:\\pw" }', 'single quotes'],
  ['an IPv6 address without quotes', 'mqtt: { broker: mqtt://[::1]:1883 }', 'stands in quotes'],
  [
    'keys twice',
    'mqtt: { broker: off }\nlog: {}\nmqtt: { username: x }',
    'mqtt: written twice, first in line 1; keep one of the two (line 3)',
  ],
  [
    'keys twice, deep',
    'cameras:\n  a:\n    holdMs: 1\n    holdMs: 2',
    'cameras.a.holdMs: written twice, first in line 3',
  ],
  ['keys twice, once in quotes', 'cameras: { a: {}, "a": {} }', 'cameras.a: written twice'],
  ['UTF-16', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('log: {}', 'utf16le')]), 'UTF-16', 'choose UTF-8'],
  [
    'Latin-1',
    Buffer.concat([Buffer.from('log: {}\ndevice: { name: Haust'), Buffer.from([0xfc]), Buffer.from('r }')]),
    'line 2 has a letter of another encoding',
  ],
  ['zero bytes', Buffer.from('log: {}\0'), 'no text'],
  ['an escape sequence', 'device: { name: "a\\e[31mb" }', 'without control characters'],
  ['an escape sequence as a key', '"\\e[2J": 1', '\\x1b[2J: unknown key'],
  // Anchors, aliases, merge keys.
  ['an alias of nothing', 'log: { level: *nowhere }', 'line 1: *nowhere is an alias of nothing'],
  ['an alias inside itself', 'cameras: &a\n  b: *a\n', '*a stands inside what it is an alias of'],
  ['a merge of no section', 'cameras:\n  a:\n    <<: 5\n', '<< takes over the keys of a section'],
  ['an anchor of its own at the top', 'base: &b { holdMs: 1 }\ncameras: { a: *b }', 'base: unknown key (line 1)'],
  // Bounds.
  ['an alias bomb', bomb(), 'aliases'],
  ['deep brackets', `rules: ${'['.repeat(100_000)}`, 'nested deeper than 32 levels (line 1)'],
  ['deep dashes', `rules:\n${'- '.repeat(50_000)}1`, 'nested deeper than 32 levels'],
  ['deep question marks', '? '.repeat(50_000), 'nested deeper than 32 levels'],
  ['a large file', `# ${'x'.repeat(300_000)}\n`, 'larger than 256 KiB'],
  ['many keys', Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`).join('\n'), 'too long'],
  [
    'many unknown keys',
    Array.from({ length: 5000 }, (_, index) => `k${index}: 1`).join('\n'),
    'has many problems',
    'and more',
  ],
  ['many corners', `cameras: { a: { masks: [[${'[0,0],'.repeat(3000)}[1,1]]] } }`, 'at most 500 entries'],
  ['a long name', `device: { name: ${'x'.repeat(5000)} }`, 'at most 4096 letters'],
];

function bomb(): string {
  const levels = [...'abcdefghi'];
  const line = (name: string, index: number): string =>
    `${name}: &${name} [${Array.from({ length: 9 }, () => (index === 0 ? 'x' : `*${levels[index - 1]}`)).join(',')}]`;
  return levels.map(line).join('\n');
}

for (const [name, text, ...says] of refused) {
  test(`refuses with what to do: ${name}`, (t) => {
    const message = refusalOf(text);
    for (const part of says) t.true(message.includes(part), `${part}\n--- not in ---\n${message}`);
    t.true(message.length < 20_000);
    t.false(message.includes('\u001b'));
  });
}

test('a password in an address of a broker is used, and never shown', (t) => {
  for (const address of ['mqtt://user:s3cret@host', 'mqtt://user:s3/cret@host:1883']) {
    const { config } = load(`mqtt: { broker: "${address}" }`);
    t.regex(config.mqtt.broker, /^mqtt:\/\/\*\*\*@host/);
    t.is(revealed(config.mqtt).broker, address);
  }
  for (const address of ['mqtt://user:s3cret@host:x', 'mqtt://user:s3/cret@ho st:1883', 'http://u:s3cret@host']) {
    t.notRegex(refusalOf(`mqtt: { broker: "${address}" }`), /s3/, address);
  }
});

test('words of YAML 1.1 are words', (t) => {
  const { config } = load(
    'cameras:\n  no: { labels: [no, yes, on, off, y, n] }\n  on: {}\noutputs: { led: { line: GPIO17, safe: on } }\n',
  );
  t.deepEqual(config.cameras['no']?.labels, ['no', 'yes', 'on', 'off', 'y', 'n']);
  t.is(config.outputs['led']?.safe, 'on');
});

test('times, dates and numbers with zeros are read as they look', (t) => {
  const { config } = load(
    'device: { name: 2024-01-01 }\nmqtt: { embedded: { port: 01883 } }\nrules: [{ name: n, label: x, output: led, schedule: [{ from: 22:00, to: 06:00 }] }]\n',
  );
  t.is(config.device.name, '2024-01-01');
  t.is(config.mqtt.embedded.port, 1883);
  t.like(config.rules[0]?.schedule[0], { from: '22:00', to: '06:00' });
});

test('a camera without keys is a camera with defaults, and a section without keys says nothing', (t) => {
  const { config } = load('cameras:\n  front:\n  back:\n    minScore: 0.7\n    motion:\nmqtt:\n  username:\n');
  t.deepEqual(Object.keys(config.cameras), ['front', 'back']);
  t.is(config.cameras['front']?.minScore, 0.5);
  t.is(config.cameras['back']?.motion.gate, 'auto');
  t.is(config.mqtt.username, undefined);
});

test('trailing commas, a byte order mark, CRLF, CR alone and an empty file are fine', (t) => {
  t.deepEqual(load('cameras: { a: { labels: [person, ], }, }').config.cameras['a']?.labels, ['person']);
  t.is(load('\ufeffmqtt:\r\n  broker: off\r\n').config.mqtt.broker, 'off');
  t.is(load('mqtt:\r  broker: off\r').config.mqtt.broker, 'off');
  t.is(load('').config.mqtt.broker, 'embedded');
  t.is(load('# nothing but a comment\n').config.mqtt.broker, 'embedded');
});

test('merge keys take over what a section does not say itself', (t) => {
  const { config } = load(
    [
      'cameras:',
      '  front: &front { minScore: 0.6, holdMs: 10, motion: { gate: off } }',
      '  side: &side { holdMs: 20, maxDetections: 3 }',
      '  back: { minScore: 0.7, <<: *front }',
      '  both:',
      '    <<: [*side, *front]',
      '    motion: { lingerMs: 7 }',
      '  same: *front',
    ].join('\n'),
  );
  t.like(config.cameras['back'], { minScore: 0.7, holdMs: 10, motion: { gate: 'off' } });
  t.like(config.cameras['both'], {
    minScore: 0.6,
    holdMs: 20,
    maxDetections: 3,
    motion: { gate: 'auto', lingerMs: 7 },
  });
  t.like(config.cameras['same'], { minScore: 0.6, holdMs: 10 });
});

test('a wrong value behind an alias is told with the line of the key that uses it', (t) => {
  t.regex(refusalOf('cameras:\n  a: &a { minScore: 5000 }\n  b:\n    <<: *a\n'), /cameras\.b\.minScore.*\(line 2\)/);
});

test('names with hyphens and keys in camel case are found in the environment', (t) => {
  const file = join(mkdtempSync(join(folder, 'config-')), 'goby.yaml');
  writeFileSync(
    file,
    'cameras: { front-door: {}, side: {}, a__b: {} }\noutputs: { big-lamp: { line: GPIO5 } }\nrules: []\n',
  );
  const { config } = loadConfig({
    file,
    env: {
      ...env,
      GOBY__CAMERAS__FRONT_DOOR__MINSCORE: '0.9',
      GOBY__CAMERAS__A__B__HOLDMS: '7',
      GOBY__OUTPUTS__BIG_LAMP__MAXONMS: '5',
      GOBY__MQTT__BROKER: 'mqtt://h',
      GOBY__MQTT__USERNAME: '"12345"',
      GOBY__CAMERAS__SIDE__SOURCE__TYPE: 'ffmpeg',
      GOBY__CAMERAS__SIDE__SOURCE__INPUT: 'rtsp://viewer@cam/1',
      GOBY__CAMERAS__SIDE__SOURCE__PASSWORDFILE: '/pw2',
      GOBY__MQTT__PASSWORDFILE: '/pw',
      GOBY__INFER__EDGETPULIBRARY: '/lib/x.so',
    },
  });
  t.is(config.cameras['front-door']?.minScore, 0.9);
  t.is(config.cameras['a__b']?.holdMs, 7);
  t.is(config.outputs['big-lamp']?.maxOnMs, 5);
  t.is(config.mqtt.passwordFile, '/pw');
  t.like(config.cameras['side']?.source, { type: 'ffmpeg', passwordFile: '/pw2' });
  t.is(config.infer.edgetpuLibrary, '/lib/x.so');
  t.deepEqual(Object.keys(config.cameras), ['front-door', 'side', 'a__b']);
});

test('values of the environment and the command line are held to the same rules', (t) => {
  const deep = `rules=${'['.repeat(10_000)}`;
  t.throws(() => loadConfig({ settings: [deep], env }), { instanceOf: ConfigError, message: /nested deeper/ });
  t.throws(() => loadConfig({ env: { ...env, GOBY__CAMERAS: '{ a: { minScore: 0,5 } }' } }), {
    message: /Write: minScore: 0.5/,
  });
  t.throws(() => loadConfig({ settings: ['infer.threads=[1]'], env }), { message: /Write: threads: 1/ });
  t.is(loadConfig({ settings: ['device.id=007'], env }).config.device.id, '007');
  const { config } = loadConfig({ env: { ...env, GOBY__MQTT__BROKER: 'mqtt://h', GOBY__MQTT__USERNAME: '12345' } });
  t.is(config.mqtt.username, '12345');
});

const wrongAddresses: readonly (readonly [address: string, says: string])[] = [
  ['mqtt://127.0.0.1:99999', 'a port from 1 to 65535 behind the host'],
  ['mqtt://127.0.0.1:0', 'a port from 1 to 65535'],
  ['mqtt://127.0.0.1:abc', 'a port from 1 to 65535'],
  ['mqtt://127.0.0.1:18 83', 'a port from 1 to 65535'],
  ['mqtt://127.0.0.1:', 'a port from 1 to 65535'],
  ['mqtt://[::1', 'an IPv6 address in brackets'],
  ['mqtt://::1:1883', 'an IPv6 address in brackets'],
  ['mqtt://[fe80::1%eth0]:1883', 'without a zone'],
  ['mqtt://[::g]', 'an IPv6 address in the brackets'],
  ['mqtt://192.168.1.300', 'an IPv4 address of four numbers'],
  ['mqtt://192.168.1', 'an IPv4 address of four numbers'],
  ['mqtt://', 'an address with a host'],
  ['mqtt://ho st', 'a host name'],
  ['mqtt://host..lan', 'a host name'],
  ['mqtt://host/path', 'an address that ends with its host or port'],
  ['mqtt://host:1883?x=1', 'an address that ends with its host or port'],
  ['ws://host:9001', "goby doesn't speak MQTT over WebSockets"],
  ['MQTT://host', 'Write: broker: mqtt://host'],
  ['tcp://host:1883', 'Write: broker: mqtt://host:1883'],
  ['ssl://host:8883', 'Write: broker: mqtts://host:8883'],
  ['host.local', 'Write: broker: mqtt://host.local'],
  ['192.168.1.5:1883', 'Write: broker: mqtt://192.168.1.5:1883'],
  ['Embedded', 'Write: broker: embedded'],
];
for (const [address, says] of wrongAddresses) {
  test(`refuses the broker ${address}`, (t) => {
    const message = refusalOf(`mqtt: { broker: "${address}" }`);
    t.true(message.includes('mqtt.broker: expected ') && message.includes(says), message);
  });
}

for (const address of [
  'mqtt://[::1]:1883',
  'mqtt://[2001:db8::7]',
  'mqtts://a_b.local.:8883/',
  'mqtt://küche.lan',
  'mqtt://10.0.0.1',
]) {
  test(`takes the broker ${address}`, (t) => {
    const { config } = load(`mqtt: { broker: "${address}" }`);
    t.is(config.mqtt.broker, address);
  });
}

/** What stands as source.input, and what the refusal says. */
const wrongInputs: readonly (readonly [input: string, says: string])[] = [
  ['file:///srv/my%20video.mp4', 'without file:// (no address leads to a file of this device'],
  ['file:///srv/my%20video.mp4', 'Write: input: /srv/my video.mp4'],
  ['video.mp4', 'Write: input: ./video.mp4'],
  ['0', 'Write: input: /dev/video0'],
  ['video1', 'Write: input: /dev/video1'],
  ['RTSP://cam/1', 'Write: input: rtsp://cam/1'],
  ['192.168.1.20:554/live', 'Write: input: rtsp://192.168.1.20:554/live'],
  ['rtsp://cam/a b', 'Write: input: rtsp://cam/a%20b'],
  ['rtsp://', 'an address with a host'],
  ['rtsp://cam:99999/1', 'a port from 1 to 65535'],
  ['rtsp://cam:abc/1', 'a port from 1 to 65535'],
  ['tcp://192.168.1.20', 'an address with a port'],
  ['srt://192.168.1.20/', 'an address with a port'],
  ['udp://', 'an address with a host'],
  ['concat:/etc/passwd', 'a device, a file path'],
  ['pipe:0', 'a device, a file path'],
  ['subfile,,start,0,end,1,,:/etc/passwd', 'a device, a file path'],
  ['data://text/plain,x', 'an address that starts with rtsp://'],
  ['gopher://host/1', 'an address that starts with rtsp://'],
  ['-y', 'a device, a file path'],
];
for (const [input, says] of wrongInputs) {
  test(`refuses the input ${input}: ${says}`, (t) => {
    const message = refusalOf(`cameras: { a: { source: { type: ffmpeg, input: ${JSON.stringify(input)} } } }`);
    t.true(message.includes('cameras.a.source.input: expected ') && message.includes(says), message);
  });
}

for (const input of [
  '/dev/video0',
  '/dev/v4l/by-id/usb-046d_C270-video-index0',
  '/srv/my video: "Süd" [1].mp4',
  'rtsp://user:p@ss/w?rd@camera.local:554/stream?channel=1&subtype=0',
  'rtsps://cam/1',
  'http://cam/video?x=a:b',
  'rtsp://[fe80::1]:8554/x',
  'tcp://raspberrypi.local:8888',
  'udp://@:5000',
  'udp://0.0.0.0:5000?fifo_size=100',
  'srt://:9000?mode=listener',
  'rtmp://host/live/key',
]) {
  test(`takes the input ${input}`, (t) => {
    const { config } = load(`cameras: { a: { source: { type: ffmpeg, input: ${JSON.stringify(input)} } } }`);
    t.is(config.cameras['a']?.source.type, 'ffmpeg');
  });
}

test('a picture is its own source, and a stream is none', (t) => {
  const { config } = load(
    'cameras: { a: { source: { type: snapshot, input: "http://cam/snap.jpg", intervalMs: 500 } } }',
  );
  t.like(config.cameras['a']?.source, { type: 'snapshot', intervalMs: 500, tls: { verify: true } });
  t.regex(
    refusalOf('cameras: { a: { source: "http://cam/snap.jpg" } }'),
    /Write: source: \{ type: snapshot, input: http:\/\/cam\/snap.jpg \}/,
  );
  t.regex(
    refusalOf('cameras: { a: { source: { type: snapshot, input: "rtsp://cam/1" } } }'),
    /expected the address of a picture/,
  );
});

/** Text, and the keys that are worth a look. */
const worthALook: readonly (readonly [text: string, ...keys: string[]])[] = [
  ['mqtt: { broker: "mqtt://h", username: a }', 'mqtt.username'],
  ['mqtt: { username: a }', 'mqtt.username'],
  ['mqtt: { broker: "mqtt://h:8883", username: a, passwordFile: /x }', 'mqtt.broker'],
  ['mqtt: { broker: "mqtts://h:1883", tls: { verify: false } }', 'mqtt.broker', 'mqtt.tls.verify'],
  ['mqtt: { broker: "mqtt://h", username: a, passwordFile: $HOME/pw }', 'mqtt.passwordFile'],
  ['cameras: { a: { source: { type: folder, path: ~/photos } } }', 'cameras.a.source.path'],
  ['publish: { topicPrefix: homeassistant }', 'publish.topicPrefix'],
  ['cameras: { a: { source: { type: ffmpeg, input: "rtsps://cam/1" } } }', 'cameras.a.source.input'],
  [
    'cameras: { a: { source: { type: snapshot, input: "https://cam/1", tls: { verify: false } } } }',
    'cameras.a.source.tls.verify',
  ],
  ['mqtt: { broker: "mqtts://h:8883", username: a, passwordFile: /x }'],
  ['', ...[]],
];
for (const [text, ...keys] of worthALook) {
  test(`finds worth a look: ${keys.join(', ') || 'nothing'} in ${text}`, (t) => {
    t.deepEqual(
      configWarnings(load(text).config).map(({ key }) => key),
      keys,
    );
  });
}

test('check-config says default of what a file does not say', (t) => {
  const loaded = load('mqtt: { broker: off }\nrules: [{ name: a, label: x, output: led }]\n');
  t.is(loaded.originOf(['mqtt', 'keepaliveSeconds']), 'default');
  t.is(loaded.originOf(['mqtt', 'broker']), loaded.file!);
  t.is(loaded.originOf(['rules', 0, 'minScore']), loaded.file!);
});
