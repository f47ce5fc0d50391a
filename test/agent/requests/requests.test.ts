/** Requests for configuration, models and the device, as they answer over MQTT. */
import test from 'ava';
import { agentRequests } from '../../../src/agent/requests/agent-requests.ts';
import { deviceRequests } from '../../../src/agent/requests/device-requests.ts';
import type { ModelInUse, ModelSwap, ModelsPort } from '../../../src/agent/requests/model-requests.ts';
import { GobyError, UnavailableError } from '../../../src/errors.ts';
import { createRequestTable } from '../../../src/flow/publish/requests.ts';
import { topicsFor } from '../../../src/flow/publish/topics.ts';
import { type LogThreshold, silentLogger } from '../../../src/logger.ts';
import type { ListedModel } from '../../../src/models/listing.ts';
import { type SettingsSetUp, settingsUnderTest } from '../settings/settings-under-test.ts';

type Answer = { status: string; data: Record<string, unknown>; error?: string; transaction?: unknown };

const sha = (digit: string): string => digit.repeat(64);

const listed = [{ name: 'birds', sha256: sha('b') }, { name: 'broken' }] as unknown as readonly ListedModel[];

function setUp(options: SettingsSetUp & { uptimeMs?: number; models?: Partial<ModelsPort> } = {}) {
  const world = settingsUnderTest(options);
  const answers: { topic: string; answer: Answer }[] = [];
  const restarts: string[] = [];
  const swaps: ModelSwap[] = [];
  const threshold: LogThreshold = { level: 'info' };
  let model: ModelInUse = { camera: 'camera', model: 'default', sha256: sha('a'), backend: 'cpu' };
  let nowMs = 0;
  const parts = {
    settings: world.settings,
    threshold,
    restart: (reason: string) => void restarts.push(reason),
    snapshots: {
      take: (camera: string) =>
        camera === 'camera'
          ? Promise.resolve({ camera, jpeg: new Uint8Array(7), capturedAtMs: 0, file: '/snapshots/x.jpg' })
          : Promise.reject(new UnavailableError('no frame')),
    },
    models: {
      list: () => Promise.resolve(listed),
      inUse: () => [model],
      use: async (swap: ModelSwap) => {
        swaps.push(swap);
        if (swap.sha256 === sha('f')) throw new GobyError('The golden test failed; the old model goes on.');
        model = { ...model, model: swap.model, sha256: swap.sha256 };
        return model;
      },
      ...options.models,
    },
  };
  const { uptimeMs = 60_000 } = options;
  const table = createRequestTable({
    topics: topicsFor({ prefix: 'goby', deviceId: 'pi' }),
    handlers: {
      info: () => ({}),
      setOutput: () => undefined,
      setControl: () => undefined,
      requests: {
        ...agentRequests(parts),
        restart: deviceRequests({
          ...parts,
          cameras: () => [],
          snapshot: parts.snapshots.take,
          uptimeMs: () => uptimeMs,
        })['restart']!,
      },
    },
    logger: silentLogger,
    respond: ({ topic, payload }) => {
      answers.push({ topic, answer: JSON.parse(payload as string) as Answer });
    },
    now: () => nowMs,
  });
  return {
    ...world,
    answers,
    restarts,
    swaps,
    threshold,
    model: () => model,
    /** Sends a request and lets time pass until it is answered. */
    ask: async (name: string, payload: object = {}, passMs = 3500): Promise<Answer> => {
      const before = answers.length;
      nowMs += 60_000;
      table.take(`goby/pi/request/${name}`, Buffer.from(JSON.stringify(payload)), false);
      for (let round = 0; answers.length === before && round < 50; round++) {
        await new Promise((resolve) => setImmediate(resolve));
        if (round % 10 === 9) await world.pass(passMs);
      }
      const { topic, answer } = answers[before]!;
      if (!/\/response\//.test(topic)) throw new Error(topic);
      return answer;
    },
    send: (name: string, payload: object = {}) =>
      table.take(`goby/pi/request/${name}`, Buffer.from(JSON.stringify(payload)), false),
  };
}

test('config-get gives everything, or one key with where it comes from', async (t) => {
  const { ask } = setUp({ file: 'log: { level: warn }\n', overrides: 'cameras: { camera: { minScore: 0.6 } }\n' });
  const whole = await ask('config-get', { transaction: 1 });
  t.is(whole.transaction, 1);
  t.like(whole.data, {
    overrides: { cameras: { camera: { minScore: 0.6 } } },
    on_trial: false,
    restart_required: false,
  });
  t.like(whole.data['config'], { log: { level: 'warn' } });
  const one = await ask('config-get', { key: 'cameras.camera.minScore' });
  t.like(one.data, { key: 'cameras.camera.minScore', value: 0.6 });
  t.regex(String(one.data['from']), /overrides\.yaml$/);
  t.like((await ask('config-get', { key: 'log' })).data, { value: { level: 'warn', format: 'auto' } });
  t.regex((await ask('config-get', { key: 'log.loud' })).error!, /There is no setting log\.loud\. Settings here: /);
});

test('config-set takes one key or a tree, and answers with what changed once it has proved itself', async (t) => {
  const { ask, kept } = setUp();
  t.deepEqual(await ask('config-set', { key: 'cameras.camera.minScore', value: 0.7, transaction: 'a' }), {
    status: 'ok',
    data: { changed: { 'cameras.camera.minScore': 0.7 }, restart_required: false },
    transaction: 'a',
  });
  const rules = [{ name: 'light', label: 'person', output: 'led' }];
  const answer = await ask('config-set', { config: { rules, infer: { threads: 2 } } });
  t.true(answer.data['restart_required']);
  t.deepEqual(kept().values['rules'], rules);
  t.true((await ask('config-get')).data['restart_required']);
});

test('config-set that is refused or undone is answered with the reason and the transaction', async (t) => {
  const { ask, world } = setUp();
  t.like(await ask('config-set', { key: 'mqtt.broker', value: 'off', transaction: 5 }), {
    status: 'error',
    data: {},
    transaction: 5,
  });
  t.regex((await ask('config-set', { value: 3 })).error!, /^the payload must be \{"key":/);
  world.troubles = ['no frames from camera'];
  const undone = await ask('config-set', { key: 'log.level', value: 'debug' }, 61_000);
  t.is(undone.error, 'The changed settings were undone: no frames from camera within 60 s.');
});

test('requests that cost something are limited by the minute, and each one over is told', async (t) => {
  const { send, answers, ask } = setUp();
  await ask('ping');
  for (let index = 0; index < 8; index++) send('models-use', { camera: 'no', model: 'x', sha256: sha('1') });
  await new Promise((resolve) => setImmediate(resolve));
  const errors = answers.map(({ answer }) => answer.error ?? '').filter((error) => error !== '');
  t.is(errors.filter((error) => error === 'more than 6 of these a minute').length, 2);
  t.is(errors.filter((error) => error.startsWith('There is no camera no')).length, 6);
});

test('models-list names models with hashes, and what each camera uses', async (t) => {
  const { ask } = setUp();
  t.deepEqual((await ask('models-list')).data, {
    models: [{ name: 'birds', sha256: sha('b') }, { name: 'broken' }],
    cameras: [{ camera: 'camera', model: 'default', sha256: sha('a'), backend: 'cpu' }],
  });
});

test('models-use swaps first and writes it down then; a failed test changes nothing', async (t) => {
  const { ask, kept, swaps } = setUp();
  const good = await ask('models-use', { camera: 'camera', model: 'birds', sha256: sha('b') });
  t.like(good, { status: 'ok', data: { model: 'birds', sha256: sha('b') } });
  t.deepEqual(kept(), { values: { cameras: { camera: { model: 'birds' } } }, trial: undefined });
  const bad = await ask('models-use', { camera: 'camera', model: 'broken', sha256: sha('f') });
  t.is(bad.error, 'The golden test failed; the old model goes on.');
  t.deepEqual(kept().values, { cameras: { camera: { model: 'birds' } } });
  t.is(swaps.length, 2);
  for (const payload of [
    { camera: 'camera', model: 'birds' },
    { camera: 'camera', model: 'birds', sha256: 'abc' },
  ]) {
    t.regex((await ask('models-use', payload)).error!, /64 hex digits/);
  }
});

test('a model is used by its name only: no file of the machine is opened for who may send requests', async (t) => {
  const { ask, swaps } = setUp();
  for (const model of ['/etc/shadow', '../x.tflite', 'x.tflite', '__proto__', '']) {
    const { error } = await ask('models-use', { camera: 'camera', model, sha256: sha('b') });
    t.is(error, `There is no model ${model}. Models here: birds, broken.`);
  }
  t.deepEqual(swaps, []);
});

test('a model with which frames stop is swapped back', async (t) => {
  const { ask, kept, swaps, world, model } = setUp();
  world.troubles = ['no frames from camera'];
  const answer = await ask('models-use', { camera: 'camera', model: 'birds', sha256: sha('b') }, 61_000);
  t.regex(answer.error!, /were undone: no frames from camera/);
  t.deepEqual(
    swaps.map((swap) => swap.model),
    ['birds', 'default'],
  );
  t.like(model(), { model: 'default', sha256: sha('a') });
  t.deepEqual(kept(), { values: {}, trial: undefined });
});

test('log-level changes what is logged until the next start', async (t) => {
  const { ask, threshold, kept } = setUp();
  t.deepEqual((await ask('log-level', { level: 'debug' })).data, { level: 'debug', before: 'info' });
  t.is(threshold.level, 'debug');
  t.deepEqual(kept().values, {});
  t.is((await ask('log-level', { level: 'loud' })).error, 'the payload must be {"level":"error|warn|info|debug"}');
});

test('snapshot answers with time, size and place; a camera that is not there is told with those that are', async (t) => {
  const { ask } = setUp();
  const data = { camera: 'camera', time: '1970-01-01T00:00:00.000Z', bytes: 7, file: '/snapshots/x.jpg' };
  t.deepEqual((await ask('snapshot', { camera: 'camera' })).data, data);
  t.deepEqual((await ask('snapshot')).data, data, 'with one camera it needs no name');
  t.is((await ask('snapshot', { camera: 'back' })).error, 'There is no camera back. Cameras here: camera.');
});

test('restart answers first; one that comes right after a start is refused', async (t) => {
  const later = setUp();
  t.deepEqual((await later.ask('restart')).data, { restarting: true });
  t.deepEqual(later.restarts, ['asked for over MQTT']);
  const early = setUp({ uptimeMs: 3000 });
  const { error } = await early.ask('restart');
  t.is(error, 'goby started 3 s ago; it can be restarted 10 s after a start.');
  t.deepEqual(early.restarts, []);
});
