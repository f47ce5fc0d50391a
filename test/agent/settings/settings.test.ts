/** Settings from afar: what is refused, what takes effect at once, what proves itself and what is undone. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { overridesText } from '../../../src/config/overrides.ts';
import { GobyError, InputError } from '../../../src/errors.ts';
import { settingsUnderTest } from './settings-under-test.ts';

const score = (minScore: number | null) => ({ cameras: { camera: { minScore } } });

/** Changes that are refused, and why. */
const refused: readonly (readonly [string, object, RegExp])[] = [
  [
    'the broker',
    { mqtt: { broker: 'mqtt://evil' } },
    /mqtt\.broker can't be set over MQTT\. What can be: .*log\.level/,
  ],
  [
    'a source',
    { cameras: { camera: { source: { type: 'ffmpeg', input: '/etc/passwd' } } } },
    /source\.type can't be set/,
  ],
  [
    'a model',
    { cameras: { camera: { model: 'other' } } },
    /cameras\.camera\.model is changed by the command models-use/,
  ],
  ['a new camera', { cameras: { back: { minScore: 0.4 } } }, /There is no back under cameras\. Known there: camera\./],
  ['a value out of range', score(7), /The change doesn't fit: .*minScore: expected a number from 0 to 1, got 7/],
  ['a section for a value', { log: { level: { to: 'debug' } } }, /log\.level\.to can't be set/],
  ['a value for a section', { cameras: 3 }, /cameras can't be set/],
  [
    'rules that use what is not there',
    { rules: [{ name: 'a', label: 'b', output: 'lamp' }] },
    /there is no output lamp/,
  ],
  [
    'one bad key among good ones',
    { log: { level: 'debug' }, infer: { library: '/tmp/x.so' } },
    /infer\.library can't be set/,
  ],
  [
    'a key of every object',
    JSON.parse('{"__proto__":{"polluted":true}}') as object,
    /__proto__\.polluted can't be set/,
  ],
  [
    'a key below a camera that every object has',
    { cameras: { constructor: { minScore: 0.1 } } },
    /There is no constructor/,
  ],
  ['nothing', {}, /There is nothing to change/],
];

for (const [what, changes, why] of refused) {
  test(`${what} is refused with the reason, and nothing is changed`, async (t) => {
    const { settings, applied, kept, world } = settingsUnderTest();
    const error = await t.throwsAsync(settings.change(changes as never, 'MQTT'), { instanceOf: InputError });
    t.regex(error?.message ?? '', why);
    t.false(error?.message.includes('\n'));
    t.deepEqual([applied, kept().values, world.told], [[], {}, 0]);
  });
}

test('what the command line decides is refused, as it would count for nothing', async (t) => {
  const { settings } = settingsUnderTest({ command: ['log.level=error'] });
  const error = await t.throwsAsync(settings.change({ log: { level: 'debug' } }, 'MQTT'));
  t.is(error?.message, 'log.level is decided by the command line, which wins over what is set here.');
});

test('a threshold takes effect at once, is on trial while it proves itself, and is kept then', async (t) => {
  const { settings, applied, kept, pass, load, world } = settingsUnderTest({ file: 'log: { level: warn }\n' });
  const change = settings.change(score(0.7), 'MQTT');
  await pass(2500);
  t.is(applied.at(-1)?.cameras['camera']?.minScore, 0.7);
  t.true(settings.isOnTrial);
  t.deepEqual(kept(), {
    values: score(0.7),
    trial: { since: '2026-11-25T08:00:00.000Z', starts: 0, before: {}, cameras: ['camera'] },
  });
  await pass(500);
  t.deepEqual(await change, { changed: { 'cameras.camera.minScore': 0.7 }, restartRequired: false });
  t.deepEqual(kept(), { values: score(0.7), trial: undefined });
  t.is(load().config.cameras['camera']?.minScore, 0.7);
  t.is(world.told, 1);
});

test('while something is wrong nothing is kept; what gets well in time is', async (t) => {
  const { settings, kept, pass, world } = settingsUnderTest();
  world.troubles = ['no frames from camera'];
  const change = settings.change(score(0.7), 'MQTT');
  await pass(59_000);
  t.true(settings.isOnTrial);
  world.troubles = [];
  await pass(500);
  await change;
  t.deepEqual(kept(), { values: score(0.7), trial: undefined });
});

test('what is not well after 60 s is undone, and the answer says why', async (t) => {
  const { settings, applied, kept, pass, world, log, restarts } = settingsUnderTest({
    overrides: 'cameras: { camera: { minScore: 0.6 } }\n',
  });
  world.troubles = ['no frames from camera', 'no session with the broker'];
  const change = settings.change(score(0.7), 'MQTT');
  const failure = t.throwsAsync(change, { instanceOf: GobyError });
  await pass(60_000);
  const reason = 'The changed settings were undone: no frames from camera, no session with the broker within 60 s.';
  t.is((await failure)?.message, reason);
  t.true(log.at(-1)?.includes(reason));
  t.deepEqual(kept(), { values: score(0.6), trial: undefined });
  t.is(applied.at(-1)?.cameras['camera']?.minScore, 0.6);
  t.deepEqual(restarts, []);
  t.is(world.told, 2);
});

test('changes that follow each other prove themselves together, and are undone together', async (t) => {
  const { settings, kept, pass, world } = settingsUnderTest();
  world.troubles = ['no frames from camera'];
  const first = settings.change(score(0.7), 'MQTT');
  await pass(30_000);
  const second = settings.change({ log: { level: 'debug' } }, 'MQTT');
  await pass(59_500);
  t.deepEqual(kept().values, { ...score(0.7), log: { level: 'debug' } });
  t.deepEqual(kept().trial?.before, {});
  const failures = Promise.all([t.throwsAsync(first), t.throwsAsync(second)]);
  await pass(500);
  await failures;
  t.deepEqual(kept(), { values: {}, trial: undefined });
});

test('many changes at once are checked each against what the one before left, and all are kept', async (t) => {
  const { settings, kept, pass } = settingsUnderTest();
  const changes = Promise.all([0.6, 0.7, 0.8].map((value) => settings.change(score(value), 'MQTT')));
  await pass(4000);
  t.deepEqual(
    (await changes).map(({ changed }) => changed),
    [{ 'cameras.camera.minScore': 0.6 }, { 'cameras.camera.minScore': 0.7 }, { 'cameras.camera.minScore': 0.8 }],
  );
  t.deepEqual(kept(), { values: score(0.8), trial: undefined });
});

test('what is so already is no change; null takes an override back', async (t) => {
  const { settings, kept, pass, applied } = settingsUnderTest({
    overrides: 'cameras: { camera: { minScore: 0.6 } }\n',
  });
  t.deepEqual((await settings.change(score(0.6), 'MQTT')).changed, {});
  t.deepEqual(applied, []);
  const change = settings.change(score(null), 'MQTT');
  await pass(3500);
  t.deepEqual((await change).changed, { 'cameras.camera.minScore': 0.5 });
  t.deepEqual(kept().values, {});
});

test('what needs a start is answered at once, and waits for it with the mark of its trial', async (t) => {
  const { settings, kept, pass } = settingsUnderTest();
  const outcome = await settings.change({ infer: { threads: 2 } }, 'MQTT');
  t.deepEqual(outcome, { changed: { 'infer.threads': 2 }, restartRequired: true });
  t.deepEqual(settings.restartKeys, ['infer.threads']);
  const live = settings.change(score(0.7), 'MQTT');
  await pass(3500);
  t.true((await live).restartRequired);
  t.deepEqual(kept().trial?.before, {}, 'what waits for a start is not proven by what does not');
  t.deepEqual((await settings.change({ infer: { threads: null } }, 'MQTT')).restartRequired, false);
});

test('a zone can be drawn from afar; it counts at once', async (t) => {
  const { settings, load, pass } = settingsUnderTest();
  const points = [
    [0, 1],
    [0.5, 0.5],
    [1, 1],
  ];
  const changing = settings.change({ cameras: { camera: { zones: { drive: { points } } } } }, 'MQTT');
  await pass(3500);
  t.false((await changing).restartRequired);
  t.deepEqual(load().config.cameras['camera']?.zones['drive']?.points, points as never);
  const crossed = settings.change({ cameras: { camera: { zones: { drive: { points: [[0, 1]] } } } } }, 'MQTT');
  t.regex((await t.throwsAsync(crossed))?.message ?? '', /three or more points/);
});

const begun = overridesText({
  values: { infer: { threads: 2 } },
  trial: { since: '2026-11-25T07:00:00.000Z', starts: 1, before: { infer: { threads: 3 } }, cameras: ['camera'] },
});

test('after the start a change that is well is kept', async (t) => {
  const { settings, kept, pass, world, restarts } = settingsUnderTest({ overrides: begun });
  world.troubles = ['no frames from camera'];
  world.nowMs += 100_000;
  settings.begun();
  await pass(20_000);
  world.troubles = [];
  await pass(500);
  t.deepEqual(kept(), { values: { infer: { threads: 2 } }, trial: undefined });
  t.deepEqual([settings.restartKeys, restarts], [[], []]);
});

test('after the start a change that is not well is undone by another start', async (t) => {
  const { settings, kept, pass, world, restarts } = settingsUnderTest({ overrides: begun });
  world.troubles = ['no session with the broker'];
  settings.begun();
  await pass(60_000);
  t.deepEqual(kept(), { values: { infer: { threads: 3 } }, trial: undefined });
  t.deepEqual(restarts, ['the changed settings were undone']);
});

/** As startOnOverrides leaves it behind when it has counted a start. */
async function counted() {
  const h = settingsUnderTest({ overrides: begun });
  const { values, trial } = h.kept();
  writeFileSync(join(h.folder, 'overrides.yaml'), overridesText({ values, trial: { ...trial!, starts: 2 } }));
  return { ...h, before: trial! };
}

test('a stop in good order before the change has proved itself gives the count of this start back', async (t) => {
  const { settings, kept, pass, before } = await counted();
  settings.begun();
  settings.stopped();
  await settings.settled();
  t.deepEqual(kept(), { values: { infer: { threads: 2 } }, trial: before });
  await pass(60_000);
  t.deepEqual(kept().trial, before, 'nothing is undone or kept any more');
});

test('a stop after the change was kept, undone, or followed by another one gives nothing back', async (t) => {
  const kept = await counted();
  kept.settings.begun();
  await kept.pass(4000);
  kept.settings.stopped();
  await kept.settings.settled();
  t.deepEqual(kept.kept(), { values: { infer: { threads: 2 } }, trial: undefined });

  const undone = await counted();
  undone.world.troubles = ['no frames from camera'];
  undone.settings.begun();
  await undone.pass(60_000);
  undone.settings.stopped();
  await undone.settings.settled();
  t.deepEqual(undone.kept(), { values: { infer: { threads: 3 } }, trial: undefined });

  const followed = await counted();
  followed.settings.begun();
  await followed.settings.change({ device: { name: 'Door' } }, 'MQTT');
  const { trial } = followed.kept();
  followed.settings.stopped();
  await followed.settings.settled();
  t.deepEqual(followed.kept(), { values: { infer: { threads: 2 }, device: { name: 'Door' } }, trial });
  t.is(trial?.starts, 0);
});

test('what can not be written is refused, and nothing takes effect', async (t) => {
  const { settings, applied, folder } = settingsUnderTest();
  const { rmSync, writeFileSync } = await import('node:fs');
  rmSync(folder, { recursive: true });
  writeFileSync(folder, 'a file where the folder was');
  await t.throwsAsync(settings.change(score(0.7), 'MQTT'), { instanceOf: GobyError, message: /overrides\.yaml/ });
  t.deepEqual(applied, []);
  t.false(settings.isOnTrial);
});

const labels = ['person', 'bicycle', 'car', 'cell phone'];

/** Changes of labels that the model lacks, and what is said. */
const unknownToTheModel: readonly (readonly [string, object, RegExp])[] = [
  [
    'another case',
    { cameras: { camera: { labels: ['Person'] } } },
    /no label "Person" \(near to it: person\).*nothing is ever seen.*Write: labels: \[person\]/,
  ],
  [
    'an everyday word',
    { cameras: { camera: { labels: ['person', 'people', 'bike'] } } },
    /"people" \(near to it: person\).*"bike" \(near to it: bicycle\)\. Write: labels: \[person, bicycle\]/,
  ],
  [
    'a word that is like none',
    { cameras: { camera: { labels: ['zebra'] } } },
    /no label "zebra" \(it has person, bicycle, car, cell phone\)/,
  ],
  [
    'a zone',
    {
      cameras: {
        camera: {
          zones: {
            drive: {
              points: [
                [0, 0],
                [1, 0],
                [1, 1],
              ],
              labels: ['cars'],
            },
          },
        },
      },
    },
    /cameras\.camera\.zones\.drive\.labels: .*near to it: car/,
  ],
  [
    'a filter',
    { cameras: { camera: { filters: { cellphone: { minScore: 0.7 } } } } },
    /cameras\.camera\.filters: .*near to it: cell phone/,
  ],
  [
    'a rule',
    { rules: [{ name: 'r', label: 'Person', output: 'led' }] },
    /The rule r can't fire.*did you mean person\?/,
  ],
];
for (const [what, changes, why] of unknownToTheModel) {
  test(`a label that the model lacks is refused: ${what}`, async (t) => {
    const { settings, applied, kept } = settingsUnderTest({ labels });
    const error = await t.throwsAsync(settings.change(changes as never, 'MQTT'), { instanceOf: InputError });
    t.regex(error?.message ?? '', why);
    t.deepEqual([applied, kept().values], [[], {}]);
  });
}

test('labels are taken where the model has them, where its labels are not known, and beside older faults', async (t) => {
  const change = { cameras: { camera: { labels: ['car'] } } };
  for (const setUp of [{ labels }, {}, { labels, file: 'cameras: { camera: { filters: { dog: {} } } }' }]) {
    const { settings, applied, pass } = settingsUnderTest(setUp);
    const changed = settings.change(change, 'MQTT');
    await pass(4000);
    t.deepEqual((await changed).changed, { 'cameras.camera.labels': ['car'] });
    t.deepEqual(applied.at(-1)?.cameras['camera']?.labels, ['car']);
  }
});

test('on a disk that is full from the start, a change is refused and nothing changes', async (t) => {
  const { settings, world, applied, kept } = settingsUnderTest();
  world.diskIsFull = true;
  await t.throwsAsync(settings.change(score(0.3) as never, 'MQTT'), { message: /disk is full/ });
  t.deepEqual([applied, kept().values, world.told], [[], {}, 0]);
  t.is(settings.loaded.config.cameras['camera']?.minScore, 0.5);
});

test('on a disk that fills up before a change is kept, the answer is no, and it is kept as soon as there is room', async (t) => {
  const { settings, world, applied, log, pass, kept } = settingsUnderTest();
  const changed = settings.change(score(0.3) as never, 'MQTT');
  await settings.settled();
  world.diskIsFull = true;
  const answered = t.throwsAsync(changed, {
    message: /in effect, but not kept yet.*restart may undo it: The disk is full/,
  });
  await pass(4000);
  await answered;
  t.is(applied.at(-1)?.cameras['camera']?.minScore, 0.3);
  t.true(kept().trial !== undefined);
  await pass(130_000);
  t.is(log.filter((line) => /can't be kept/.test(line)).length, 1);
  world.diskIsFull = false;
  await pass(61_000);
  t.is(kept().trial, undefined);
  t.deepEqual(kept().values, { cameras: { camera: { minScore: 0.3 } } });
  t.regex(log.at(-1)!, /are kept now/);
});

test('a change that is undone while the disk is full is taken out of the file as soon as there is room', async (t) => {
  const { settings, world, pass, kept } = settingsUnderTest();
  const changed = settings.change(score(0.3) as never, 'MQTT');
  await settings.settled();
  world.diskIsFull = true;
  world.troubles = ['no frames from camera'];
  const answered = t.throwsAsync(changed, { message: /were undone/ });
  await pass(61_000);
  await answered;
  t.deepEqual(kept().values, { cameras: { camera: { minScore: 0.3 } } });
  world.diskIsFull = false;
  await pass(61_000);
  t.deepEqual(kept().values, {});
});
