/** Controls: setting, telling, refusing; and arming, which outlives the process. */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { ControlConfig } from '../../../src/config/controls-section.ts';
import { GobyError, InputError } from '../../../src/errors.ts';
import { createArming } from '../../../src/flow/control/arming.ts';
import type { ControlReading } from '../../../src/flow/control/control.ts';
import { createControls } from '../../../src/flow/control/controls.ts';
import { openStoredValues } from '../../../src/flow/control/stored-values.ts';
import { createLogger } from '../../../src/logger.ts';
import { StateFile } from '../../../src/system/files/state-file.ts';
import { temporaryFolderOfFile } from '../../temporary-folder.ts';
import { until } from '../publish/waiting.ts';

const folder = temporaryFolderOfFile();

const alarm: ControlConfig = { kind: 'arming', initial: 'on', delayMs: 0 };

function stateFile(text?: string): string {
  const path = join(mkdtempSync(join(folder, 'controls-')), 'controls.json');
  if (text !== undefined) writeFileSync(path, text);
  return path;
}

/** Arming as one run of the agent has it. */
function run(path: string, config: Record<string, ControlConfig>) {
  const log: string[] = [];
  const logger = createLogger({
    part: 'controls',
    threshold: { level: 'debug' },
    format: 'text',
    write: (line) => log.push(line),
  });
  const controls = createControls();
  const stored = openStoredValues(new StateFile(path), logger);
  let nowMs = 1000;
  const arming = createArming({ config, controls, stored, now: () => nowMs });
  return {
    controls,
    arming,
    stored,
    log,
    later: (ms: number) => {
      nowMs += ms;
    },
  };
}

test('a change is told once, with who made it; setting what it has already is no change', (t) => {
  const controls = createControls();
  const told: ControlReading[] = [];
  controls.onChange((reading) => told.push(reading));
  controls.add({ name: 'alarm', kind: 'arming', value: false });
  controls.set('alarm', true, 'MQTT');
  controls.set('alarm', true, 'the button door');
  t.deepEqual(told, [
    { name: 'alarm', kind: 'arming', value: false, reason: 'at the start' },
    { name: 'alarm', kind: 'arming', value: true, reason: 'MQTT' },
  ]);
  t.deepEqual(controls.list(), [told[1]!]);
});

test('a value that can not take effect is refused and not told; a reported one is not applied', (t) => {
  const controls = createControls();
  const applied: unknown[] = [];
  controls.add({
    ...{ name: 'min-score', kind: 'number', min: 0, max: 1, step: 0.05, value: 0.5 },
    apply: (value) => {
      if (value === 0.9) throw new InputError('not today');
      applied.push(value);
    },
  });
  t.throws(() => controls.set('min-score', 0.9, 'MQTT'), { instanceOf: InputError, message: 'not today' });
  t.is(controls.get('min-score')?.value, 0.5);
  controls.set('min-score', 0.6, 'MQTT');
  controls.report('min-score', 0.7, 'the configuration');
  t.deepEqual(applied, [0.6]);
  t.is(controls.get('min-score')?.value, 0.7);
  t.throws(() => controls.set('min-score', Number.NaN, 'MQTT'), { instanceOf: InputError });
  t.throws(() => controls.add({ name: 'min-score', kind: 'arming', value: true }), { instanceOf: InputError });
});

test('what was armed and disarmed is so after a restart; the initial state counts once', async (t) => {
  const path = stateFile();
  const config = { alarm, night: { ...alarm, initial: 'off' } as const };
  const first = run(path, config);
  t.deepEqual([first.arming.isArmed('alarm'), first.arming.isArmed('night')], [true, false]);
  first.controls.set('alarm', false, 'MQTT');
  first.controls.set('night', true, 'MQTT');
  await first.stored.flush();
  const second = run(path, config);
  t.deepEqual([second.arming.isArmed('alarm'), second.arming.isArmed('night')], [false, true]);
  t.deepEqual(second.log, []);
});

test('changes that come while one is written end with the newest on disk', async (t) => {
  const path = stateFile();
  const { controls, stored } = run(path, { alarm });
  for (let index = 0; index < 25; index++) controls.set('alarm', index % 2 === 1, 'MQTT');
  await stored.flush();
  t.deepEqual(JSON.parse(readFileSync(path, 'utf8')), { alarm: false });
});

test('the delay runs from the switching on, and not after a restart', async (t) => {
  const path = stateFile();
  const config = { alarm: { ...alarm, initial: 'off', delayMs: 30_000 } as const };
  const first = run(path, config);
  first.controls.set('alarm', true, 'the button door');
  t.false(first.arming.isArmed('alarm'));
  first.later(29_999);
  t.false(first.arming.isArmed('alarm'));
  first.later(1);
  t.true(first.arming.isArmed('alarm'));
  first.controls.set('alarm', false, 'the button door');
  t.false(first.arming.isArmed('alarm'));
  first.controls.set('alarm', true, 'the button door');
  await first.stored.flush();
  t.true(run(path, config).arming.isArmed('alarm'));
  t.false(first.arming.isArmed('no-such-control'));
});

for (const text of ['', '{"alarm":', '[]', '{"alarm":"yes"}', '\u0000\u0000\u0000']) {
  test(`a damaged file ${JSON.stringify(text)} is set aside with a sentence and stops nothing`, async (t) => {
    const path = stateFile(text);
    const { arming, controls, stored, log } = run(path, { alarm });
    t.true(arming.isArmed('alarm'));
    t.regex(log[0]!, /can't be read; the initial states of the configuration count.*is now .*controls\.json\.damaged/);
    t.is(readFileSync(`${path}.damaged`, 'utf8'), text);
    controls.set('alarm', false, 'MQTT');
    await stored.flush();
    t.false(run(path, { alarm }).arming.isArmed('alarm'));
  });
}

test('where nothing can be written it is told once, and arming works', async (t) => {
  const path = join(stateFile('a file where a folder should be'), 'below', 'controls.json');
  const { arming, controls, stored, log } = run(path, { alarm });
  const before = log.length;
  for (const on of [false, true, false]) {
    controls.set('alarm', on, 'MQTT');
    await stored.flush();
  }
  t.false(arming.isArmed('alarm'));
  t.is(log.length, before + 1);
  t.regex(log.at(-1)!, /The states of controls can't be kept, and a restart would undo them: /);
  t.false(existsSync(path));
});

test('what a full disk did not take is written as soon as there is room', async (t) => {
  const written: string[] = [];
  const log: string[] = [];
  let isFull = true;
  const file = {
    read: () => undefined,
    write: async (text: string) => {
      if (isFull) throw new GobyError('The disk is full.');
      written.push(text);
    },
  };
  const logger = createLogger({
    part: 'x',
    threshold: { level: 'info' },
    format: 'text',
    write: (line) => log.push(line),
  });
  const stored = openStoredValues(file as never, logger, 5);
  stored.set('alarm', true);
  await stored.flush();
  isFull = false;
  await until('it is written', () => written.length > 0);
  t.deepEqual(JSON.parse(written[0]!), { alarm: true });
  await until('it is told', () => /are kept now/.test(log.join('\n')));
});
