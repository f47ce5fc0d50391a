/** The settings as a form: value, origin, range and help of each. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { loadConfig } from '../../src/config/load.ts';
import { settableAs, settableKeys } from '../../src/config/settable.ts';
import { settingFields } from '../../src/config/setting-fields.ts';
import { readSettingHelp } from '../../src/config/setting-help.ts';
import { places } from '../requiring.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const help = readSettingHelp(readFileSync(join(places.root, 'config', 'goby.yaml'), 'utf8'));

test('help is what the comments of goby.yaml say', (t) => {
  t.is(help.get('cameras.*.minScore'), 'Confidence threshold: detections with a lower score are dropped.');
  t.is(help.get('device.name'), 'Name for people. Absent: the host name.');
  t.regex(help.get('outputs.*.safe') ?? '', /State on exit/);
  t.regex(help.get('rules') ?? '', /What happens on an event/);
  t.false(help.has('cameras.*.motion'));
});

test('help of a key that is one of a list is what stands behind it, never what is said of another', (t) => {
  t.is(help.get('cameras.*.source.widthPx'), '64 to 4096; multiples of 64 need no copying');
  t.is(help.get('cameras.*.source.intervalMs'), 'from one photo to the next: 500 to 86400000');
  t.regex(help.get('cameras.*.source.input') ?? '', /^or rtsp:.* ffmpeg\), rtmp:.* better kept by passwordFile$/);
  t.false(help.has('cameras.*.source.heightPx'));
  t.false(help.has('cameras.*.source.path'));
  t.regex(help.get('cameras.*.source.type') ?? '', /^auto: the Pi camera/);
  t.notRegex(help.get('cameras.*.source.type') ?? '', /widthPx/);
  t.is(help.get('metrics.listen'), 'off, or the address to listen on, such as 127.0.0.1:9464.');
});

test('a field has value, default, range, origin and help', (t) => {
  const file = join(temporaryFolder(t), 'goby.yaml');
  writeFileSync(file, 'cameras:\n  front:\n    minScore: 0.6\n');
  const fields = settingFields(loadConfig({ file, settings: ['infer.threads=2'] }), help);
  const field = (key: string) => fields.find((one) => one.key === key)!;
  const score = field('cameras.front.minScore');
  t.is(score.value, 0.6);
  t.is(score.default, 0.5);
  t.is(score.minimum, 0);
  t.is(score.maximum, 1);
  t.regex(score.from, /goby\.yaml/);
  t.regex(score.help ?? '', /Confidence threshold/);
  t.deepEqual(field('log.level').choices, ['error', 'warn', 'info', 'debug']);
  t.is(field('snapshots.enabled').type, 'boolean');
  t.is(field('cameras.front.holdMs').from, 'default');
  t.true(
    fields.some(({ key, value }) => key === 'device.name' && value === undefined),
    'a key without a value is there too',
  );
});

test('whatever can be set for the default configuration is a field, and has help', (t) => {
  const fields = settingFields(loadConfig({ settings: [] }), help);
  const keys = fields.map(({ key }) => key);
  t.is(new Set(keys).size, keys.length);
  const settable = fields.filter(({ key }) => settableAs(key.split('.')) !== undefined);
  t.true(settable.length > 20, `${settable.length} of ${settableKeys().length}`);
  const without = settable.filter(({ help: words }) => words === undefined).map(({ key }) => key);
  // Their names say it, and goby.yaml says nothing more.
  t.deepEqual(
    without.filter((key) => !['snapshots.enabled', 'log.level', 'cameras.camera.source.type'].includes(key)),
    [],
  );
});

test('what was set while goby ran can be told from the rest, and its path stays here', (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'overrides.yaml'), 'cameras:\n  camera:\n    minScore: 0.7\n');
  const loaded = loadConfig({ settings: ['infer.threads=2'], env: { GOBY_STATE_DIR: folder } });
  const fields = settingFields(loaded, help);
  t.like(
    fields.find(({ key }) => key === 'cameras.camera.minScore'),
    { value: 0.7, isOverride: true },
  );
  t.is(fields.filter(({ isOverride }) => isOverride).length, 1);
  t.false(JSON.stringify(fields.map(({ from }) => from)).includes(folder));
});
