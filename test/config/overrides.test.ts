/** Overrides: read, changed, written, and never a reason not to start. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import type { Tree } from '../../src/config/layers.ts';
import { loadConfig } from '../../src/config/load.ts';
import { changeOverrides, overridesText, readOverrides, type Trial } from '../../src/config/overrides.ts';
import { ConfigError } from '../../src/errors.ts';
import { temporaryFolderOfFile } from '../temporary-folder.ts';

const parent = temporaryFolderOfFile();

function folderWith(overrides: string | Uint8Array): string {
  const folder = mkdtempSync(join(parent, 'state-'));
  writeFileSync(join(folder, 'overrides.yaml'), overrides);
  return folder;
}

const load = (stateDir: string, file?: string) => loadConfig({ file, env: { GOBY_STATE_DIR: stateDir } });

const trial: Trial = {
  since: '2026-11-25T08:00:00.000Z',
  starts: 1,
  before: { log: { level: 'warn' } },
  cameras: ['front'],
};

/** Files that are damaged, in the ways of a bad disk and of a bad editor, and what is said of them. */
const damaged: readonly (readonly [what: string, text: string | Uint8Array, says: RegExp])[] = [
  ['no YAML', 'a: [', /can't be read: .*is not valid YAML/],
  ['zeros', new Uint8Array(512), /overrides\.yaml/],
  ['a list', '- 1\n', /must be a list of keys with values/],
  ['random bytes', Buffer.from('9f3c00ff80e2', 'hex'), /overrides\.yaml/],
  ['an unknown key', 'frob: 1\n', /its key frob is none that can be set/],
  ['a library', 'infer: { library: /tmp/evil.so }\n', /its key infer\.library is none that can be set/],
  ['a library of the Edge TPU', 'infer: { edgetpuLibrary: /tmp/evil.so }\n', /its key infer\.edgetpuLibrary/],
  ['a model file', 'models: { own: { m: { task: detect, file: /tmp/m.tflite } } }\n', /its key models\.own\.m\.task/],
  ['a mirror', 'models: { mirror: http://evil/ }\n', /its key models\.mirror/],
  ['a source', 'cameras: { camera: { source: { type: ffmpeg, input: /etc/shadow } } }\n', /camera\.source\.input/],
  [
    "root's password file",
    'mqtt: { broker: mqtt://evil, username: x, passwordFile: /etc/shadow }\n',
    /mqtt\.passwordFile/,
  ],
  ['a certificate', 'mqtt: { tls: { caFile: /etc/shadow } }\n', /mqtt\.tls\.caFile/],
  ['a socket', 'service: { statusSocket: /run/systemd/private }\n', /service\.statusSocket/],
  ['a line', 'outputs: { led: { line: GPIO4 } }\n', /outputs\.led\.line/],
  ['a key behind <<', 'x: &x { library: /tmp/evil.so }\ninfer: { <<: *x }\n', /its key x\.library/],
  [
    'a library in what was before',
    'log: { level: warn }\ntrial: { since: x, starts: 0, before: { infer: { library: /tmp/evil.so } }, cameras: [] }\n',
    /its key infer\.library/,
  ],
  ['a value out of range', 'cameras: { camera: { minScore: 7 } }\n', /minScore: expected a number from 0 to 1, got 7/],
  ['what fits nothing else', 'rules: [{ name: a, label: b, output: lamp }]\n', /there is no output lamp/],
  ['a trial of another shape', 'log: { level: warn }\ntrial: yes\n', /its key trial is not as goby writes it/],
];

for (const [what, text, says] of damaged) {
  test(`${what} in the overrides is told, and the configuration stands without them`, (t) => {
    const { config, overrides } = load(folderWith(text));
    t.regex(overrides.refused ?? '', says);
    t.deepEqual(overrides.values, {});
    t.is(config.log.level, 'info');
  });
}

test('what goby.txt sets may stand in the overrides', (t) => {
  const text =
    'mqtt: { broker: "mqtts://host", username: me, passwordFile: /etc/goby/mqtt-password, tls: { caFile: /etc/goby/mqtt-ca.crt } }\n';
  const { config, overrides } = load(folderWith(text));
  t.is(overrides.refused, undefined);
  t.like(config.mqtt, { broker: 'mqtts://host', username: 'me', passwordFile: '/etc/goby/mqtt-password' });
});

test('a link, a pipe, a folder or a giant in place of the overrides is not read, and not waited for', (t) => {
  const planted: Record<string, (file: string) => void> = {
    link: (file) => symlinkSync('/etc/passwd', file),
    dangling: (file) => symlinkSync('/nowhere', file),
    pipe: (file) => t.is(spawnSync('mkfifo', [file]).status, 0),
    folder: (file) => mkdirSync(file),
    giant: (file) => writeFileSync(file, '#'.repeat(300_000)),
  };
  for (const [what, plant] of Object.entries(planted)) {
    const folder = mkdtempSync(join(parent, 'state-'));
    plant(join(folder, 'overrides.yaml'));
    const { refused } = load(folder).overrides;
    t.regex(refused ?? '', /is a link or no file|larger than 256 KiB/, what);
    t.false(refused?.includes('root:'));
  }
});

test("the file's own mistakes are told as before, overrides or not", (t) => {
  const folder = folderWith('log: { level: warn }\n');
  const file = join(folder, 'goby.yaml');
  writeFileSync(file, 'frob: 1\n');
  t.regex(t.throws(() => load(folder, file), { instanceOf: ConfigError })?.message ?? '', /frob: unknown key/);
});

test('a trial is no setting', (t) => {
  const folder = folderWith(overridesText({ values: { log: { level: 'debug' } }, trial }));
  const { config, overrides, originOf } = load(folder);
  t.is(config.log.level, 'debug');
  t.is(originOf(['log', 'level']), join(folder, 'overrides.yaml'));
  t.deepEqual(overrides.trial, trial);
  t.deepEqual(overrides.values, { log: { level: 'debug' } });
});

test('with other overrides the same files, environment and command line count', (t) => {
  const folder = folderWith('log: { level: debug }\n');
  const loaded = loadConfig({
    env: { GOBY_STATE_DIR: folder, GOBY__LOG__LEVEL: 'error' },
    settings: ['mqtt.broker=off'],
  });
  const next = loaded.withOverrides({ log: { level: 'warn', format: 'json' } });
  t.is(next.config.log.level, 'error');
  t.is(next.originOf(['log', 'level']), 'environment');
  t.is(next.config.log.format, 'json');
  t.is(next.config.mqtt.broker, 'off');
  t.throws(() => loaded.withOverrides({ log: { format: 'loud' } }), { instanceOf: ConfigError });
});

test('changes merge section by section, replace lists, and null takes a key out with what is empty then', (t) => {
  const before: Tree = { cameras: { front: { minScore: 0.6, labels: ['person'] } }, log: { level: 'warn' } };
  const frozen = structuredClone(before);
  t.deepEqual(changeOverrides(before, { cameras: { front: { labels: ['dog'] }, back: { minScore: 0.4 } } }), {
    cameras: { front: { minScore: 0.6, labels: ['dog'] }, back: { minScore: 0.4 } },
    log: { level: 'warn' },
  });
  t.deepEqual(changeOverrides(before, { log: { level: null }, cameras: { front: { minScore: null, holdMs: null } } }), {
    cameras: { front: { labels: ['person'] } },
  });
  t.deepEqual(before, frozen);
});

test('what looks like a slip in a value that was set is written so that it is read again', (t) => {
  for (const text of [
    '\u200f',
    'a\u200f',
    '\u00a0a',
    '\u2028',
    '\ufeff',
    'the “door”',
    '„Tür',
    '\u0085',
    'no',
    '1',
    ' a ',
  ])
    for (const values of [{ mqtt: { username: text } }, { cameras: { front: { labels: [text, 'dog'] } } }]) {
      const read = readOverrides(join(folderWith(overridesText({ values, trial: undefined })), 'overrides.yaml'));
      t.deepEqual('refused' in read ? read : read.values, values, JSON.stringify(text));
    }
});

test('what is written is read as it was', (t) => {
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.double({ noNaN: true }),
    fc.boolean(),
    fc.array(fc.string()),
  );
  const name = fc.stringMatching(/^[a-z0-9_-]{1,12}$/);
  const camera = fc.dictionary(fc.constantFrom('labels', 'minScore', 'fit', 'model'), value, { minKeys: 1 });
  const values = fc.record(
    {
      cameras: fc.dictionary(name, camera, { minKeys: 1, maxKeys: 3 }),
      log: fc.record({ level: value }),
      publish: fc.dictionary(fc.constantFrom('detections', 'maxPerSecond'), value, { minKeys: 1 }),
      mqtt: fc.record({ username: value }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(values, fc.option(fc.constant(trial), { nil: undefined }), (written, mark) => {
      const read = readOverrides(join(folderWith(overridesText({ values: written, trial: mark })), 'overrides.yaml'));
      t.false('refused' in read, JSON.stringify(read));
      if (!('refused' in read))
        t.deepEqual({ values: read.values, trial: read.trial }, { values: written, trial: mark });
    }),
    { numRuns: 200 },
  );
});
