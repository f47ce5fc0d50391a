/** What every engine promises, tried on the real one and on the fake: test/programs/infer/ and test/flow/infer/. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { InputError, UnavailableError } from '../../../src/errors.ts';
import type { EngineStatus } from '../../../src/flow/infer/engine.ts';
import type { WorkerEngine } from '../../../src/flow/infer/worker-engine.ts';
import type { ModelPair } from '../../../src/models/model-file.ts';
import { echoModel } from '../../fakes/models.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { until } from '../publish/waiting.ts';

export interface EngineUnderContract {
  readonly engine: WorkerEngine;
  /** Makes the worker die; it comes back by itself. */
  lose(): void;
}

type Open = (t: ExecutionContext) => EngineUnderContract;

/** Title and body of each test, to be declared with whatever the engine needs. */
export function engineContract(open: Open): [title: string, body: (t: ExecutionContext) => Promise<void>][] {
  const setUp = (t: ExecutionContext) => {
    const opened = open(t);
    const folder = temporaryFolder(t);
    const put = (name: string, bytes: Uint8Array = echoModel({ description: name })): ModelPair => {
      const path = join(folder, `${name}.tflite`);
      writeFileSync(path, bytes);
      return { name, cpu: { path, sha256: createHash('sha256').update(bytes).digest('hex') } };
    };
    const statuses: EngineStatus[] = [];
    opened.engine.onStatus((status) => statuses.push(status));
    t.teardown(() => opened.engine.stop());
    return { ...opened, put, statuses, folder };
  };
  const pixels = (first: number): Uint8Array => Uint8Array.from({ length: 12 }, (_, at) => first + at);

  return [
    [
      'a loaded model says what it takes and gives, and the status says who runs it',
      async (t) => {
        const { engine, put, statuses } = setUp(t);
        t.is(engine.status.state, 'starting');
        const pair = put('echo');
        const loaded = await engine.load(pair);
        t.like(loaded, { name: 'echo', sha256: pair.cpu.sha256 });
        t.like(loaded.inputs[0], { type: 'uint8', shape: [1, 2, 2, 3], zeroPoint: 0 });
        t.like(loaded.outputs[0], { type: 'uint8', shape: [1, 12] });
        t.true(Math.abs(loaded.inputs[0]!.scale - 1 / 255) < 1e-6);
        t.is(engine.status.state, 'ready');
        t.is(engine.status.backend, loaded.backend);
        t.regex(engine.status.detail, /echo/);
        t.is(statuses.at(-1), engine.status);
      },
    ],
    [
      'an inference answers with its model, its time, and what the model makes of the input',
      async (t) => {
        const { engine, put } = setUp(t);
        const { sha256 } = await engine.load(put('echo'));
        t.true(engine.isIdle);
        const asked = engine.infer('echo', [pixels(100)]);
        t.false(engine.isIdle);
        const answer = await asked;
        t.true(engine.isIdle);
        t.deepEqual(new Uint8Array(answer.outputs[0]!.bytes), pixels(100));
        t.is(answer.outputs[0]!.spec.shape.at(-1), 12);
        t.is(answer.model.sha256, sha256);
        t.true(answer.invokeMs >= 0 && answer.roundTripMs >= answer.invokeMs);
      },
    ],
    [
      'calls that come at once are answered in order, each with its own',
      async (t) => {
        const { engine, put } = setUp(t);
        await Promise.all([engine.load(put('one')), engine.load(put('other'))]);
        const order: number[] = [];
        const first = await Promise.all(
          [1, 2, 3, 4, 5, 6].map(async (value) => {
            const { outputs } = await engine.infer(value % 2 ? 'one' : 'other', [pixels(value)]);
            order.push(value);
            return outputs[0]!.bytes[0];
          }),
        );
        t.deepEqual(first, [1, 2, 3, 4, 5, 6]);
        t.deepEqual(order, [1, 2, 3, 4, 5, 6]);
      },
    ],
    [
      'what is wrong with a file or a request is a sentence about it, and other models go on',
      async (t) => {
        const { engine, put, folder } = setUp(t);
        await engine.load(put('good'));
        const whole = echoModel();
        const missing = { path: join(folder, 'missing.tflite'), sha256: '0'.repeat(64) };
        for (const [pair, says] of [
          [{ name: 'bad', cpu: missing }, /missing\.tflite/],
          [put('text', Buffer.from('x'.repeat(100))), /text\.tflite/],
          [put('cut', whole.subarray(0, whole.length / 2)), /cut\.tflite/],
          [{ ...put('other-hash'), cpu: { ...put('other-hash').cpu, sha256: '0'.repeat(64) } }, /SHA-256/],
        ] as const) {
          const error = await t.throwsAsync(engine.load(pair), { instanceOf: InputError });
          t.regex(error!.message, says);
          t.is((await engine.infer('good', [pixels(7)])).outputs[0]!.bytes[0], 7);
        }
        await t.throwsAsync(engine.infer('good', [new Uint8Array(5)]), { instanceOf: InputError });
        await t.throwsAsync(engine.infer('unknown', [pixels(0)]), { instanceOf: UnavailableError });
        t.is((await engine.infer('good', [pixels(8)])).outputs[0]!.bytes[0], 8);
      },
    ],
    [
      'a model that was unloaded is gone, one that never was is no mistake, and what was asked before is answered',
      async (t) => {
        const { engine, put } = setUp(t);
        await engine.load(put('echo'));
        await engine.load(put('stays'));
        const before = engine.infer('echo', [pixels(3)]);
        await engine.unload('echo');
        t.is((await before).outputs[0]!.bytes[0], 3);
        await t.throwsAsync(engine.infer('echo', [pixels(3)]), { instanceOf: UnavailableError });
        await engine.unload('never');
        t.is((await engine.infer('stays', [pixels(4)])).outputs[0]!.bytes[0], 4);
      },
    ],
    [
      'a worker that dies is told, and comes back with its models',
      async (t) => {
        const { engine, put, statuses, lose } = setUp(t);
        await engine.load(put('echo'));
        const from = statuses.length;
        lose();
        await until('the loss is told', () => statuses.slice(from).some(({ state }) => state === 'failing-over'));
        t.is((await engine.infer('echo', [pixels(9)])).outputs[0]!.bytes[0], 9);
        await until('it is back', () => engine.status.state === 'ready');
      },
    ],
    [
      'stop refuses what comes later, is told, and may be called again',
      async (t) => {
        const { engine, put } = setUp(t);
        const pair = put('echo');
        await engine.load(pair);
        const inFlight = engine.infer('echo', [pixels(1)]).then(
          () => 'answered',
          (error: unknown) => (error instanceof UnavailableError ? 'refused' : String(error)),
        );
        await engine.stop();
        t.true(['answered', 'refused'].includes(await inFlight));
        t.is(engine.status.state, 'stopped');
        await t.throwsAsync(engine.infer('echo', [pixels(1)]), { instanceOf: UnavailableError });
        await t.throwsAsync(engine.load(pair), { instanceOf: UnavailableError });
        await engine.stop();
        t.is(engine.status.state, 'stopped');
        t.true(engine.isIdle);
      },
    ],
  ];
}
