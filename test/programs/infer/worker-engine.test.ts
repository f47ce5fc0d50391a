/** The supervised worker with real models, real files that are no models, and real signals. One at a time: a start has a limit. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { InputError, UnavailableError } from '../../../src/errors.ts';
import { realValues } from '../../../src/flow/interpret/real-values.ts';
import { findSsdOutputs } from '../../../src/flow/interpret/ssd.ts';
import { engineUnderTest, isAlive, modelFile, needs, pictureFor, until } from '../../flow/infer/engine-under-test.ts';
import { mirror, places, serialTestRequiring, shared } from '../../requiring.ts';

test.serial('without the library every load is a sentence that names it', async (t) => {
  const { engine } = engineUnderTest(t, { library: '/nowhere.so' });
  const error = await t.throwsAsync(engine.load({ name: 'm', cpu: { path: '/nowhere.tflite', sha256: '' } }));
  t.true(error instanceof InputError || error instanceof UnavailableError, String(error));
});

test.serial('without the library a start says nothing, and the load after it is a sentence', async (t) => {
  const { engine } = engineUnderTest(t, { library: '/nowhere.so' });
  await t.notThrowsAsync(engine.start());
  const error = await t.throwsAsync(engine.load({ name: 'm', cpu: { path: '/nowhere.tflite', sha256: '' } }));
  t.true(error instanceof InputError || error instanceof UnavailableError, String(error));
});

serialTestRequiring(needs, 'a worker that was started before there was a model takes the first one', async (t) => {
  const { engine } = engineUnderTest(t);
  const started = engine.start();
  const [pid] = engine.workerPids();
  t.is((await engine.load({ name: 'm', cpu: modelFile('mobilenet_v1_0.25_128_quant') })).name, 'm');
  await started;
  t.deepEqual(engine.workerPids(), [pid!]);
  t.is((await engine.infer('m', [new Uint8Array(128 * 128 * 3)])).model.name, 'm');
});

serialTestRequiring(
  needs,
  'missing, damaged, foreign and compiled files are sentences, and other models go on',
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'goby-infer-'));
    t.teardown(() => rmSync(folder, { recursive: true }));
    const whole = readFileSync(modelFile('mobilenet_v1_0.25_128_quant').path);
    const put = (name: string, bytes: Uint8Array | string) => {
      writeFileSync(join(folder, name), bytes);
      return join(folder, name);
    };
    const { engine } = engineUnderTest(t);
    const good = await engine.load({ name: 'good', cpu: modelFile('mobilenet_v1_0.25_128_quant') });
    const input = new Uint8Array(128 * 128 * 3);
    for (const [path, says] of [
      [join(folder, 'missing.tflite'), /missing\.tflite can't be read/],
      [put('text.tflite', 'x'.repeat(100)), /text\.tflite is not a \.tflite file/],
      [put('short.tflite', whole.subarray(0, 10)), /short\.tflite is not a \.tflite file/],
      [put('cut.tflite', whole.subarray(0, 2000)), /cut\.tflite/],
      [modelFile('mobilenet_v1_0.25_128_quant_edgetpu').path, /compiled for the Edge TPU and can't run on the CPU/],
      [modelFile('model_invoking_error').path, /model_invoking_error/],
    ] as const) {
      const sha256 = await hashOf(path);
      const error = await t.throwsAsync(
        engine
          .load({ name: 'bad', cpu: { path, sha256 } })
          .then((loaded) => engine.infer(loaded.name, [new Uint8Array(1)])),
      );
      t.true(error instanceof InputError, `${path}: ${error}`);
      t.regex(error.message, says);
      t.is((await engine.infer('good', [input])).model.sha256, good.sha256);
    }
    const wrong = await t.throwsAsync(
      engine.load({ name: 'bad', cpu: { ...modelFile('mobilenet_v1_0.5_160_quant'), sha256: '0'.repeat(64) } }),
    );
    t.regex(wrong.message, /has the SHA-256 .* expected 0000/);
    t.is((await engine.infer('good', [input])).model.name, 'good');
  },
);

async function hashOf(path: string): Promise<string> {
  const { createHash } = await import('node:crypto');
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex');
  } catch {
    return '';
  }
}

serialTestRequiring(needs, 'an input of the wrong size is a sentence, and the worker goes on', async (t) => {
  const { engine } = engineUnderTest(t);
  await engine.load({ name: 'm', cpu: modelFile('mobilenet_v1_0.25_128_quant') });
  await t.throwsAsync(engine.infer('m', [new Uint8Array(5)]), {
    instanceOf: InputError,
    message: /takes 49152 bytes of input, got 5/,
  });
  const pids = engine.workerPids();
  await engine.infer('m', [new Uint8Array(49_152)]);
  t.deepEqual(engine.workerPids(), pids);
});

serialTestRequiring(
  needs,
  'inferences that are asked for at once are told apart, with outputs of their own',
  async (t) => {
    const { engine } = engineUnderTest(t);
    await engine.load({ name: 'm', cpu: modelFile('mobilenet_v1_0.25_128_quant') });
    const inputs = [3, 90, 170, 250].map((grey) => new Uint8Array(128 * 128 * 3).fill(grey));
    const answer = async (input: Uint8Array) => {
      const { outputs, invokeMs, roundTripMs } = await engine.infer('m', [input]);
      return { bytes: Buffer.from(outputs[0]!.bytes).toString('hex'), invokeMs, roundTripMs };
    };
    const alone: string[] = [];
    for (const input of inputs) alone.push((await answer(input)).bytes);
    t.is(new Set(alone).size, inputs.length, 'the answers differ');
    const fromMs = performance.now();
    const together = await Promise.all(inputs.map(answer));
    const tookMs = performance.now() - fromMs;
    t.deepEqual(
      together.map(({ bytes }) => bytes),
      alone,
    );
    t.true(together.reduce((sum, { roundTripMs }) => sum + roundTripMs, 0) <= tookMs, 'no time is counted twice');
  },
);

serialTestRequiring(
  needs,
  'Ctrl-C, which a terminal sends to every process, leaves the worker to the agent',
  async (t) => {
    const { engine, statuses } = engineUnderTest(t);
    await engine.load({ name: 'm', cpu: modelFile('mobilenet_v1_0.25_128_quant') });
    const [pid] = engine.workerPids();
    const before = statuses.length;
    process.kill(pid!, 'SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 50));
    await engine.infer('m', [new Uint8Array(128 * 128 * 3)]);
    t.deepEqual(engine.workerPids(), [pid!]);
    t.is(statuses.length, before);
    await engine.stop();
    await until(() => !isAlive(pid!), 'the end of the worker');
  },
);

serialTestRequiring(
  needs,
  'a worker that is lost with two inferences under way: both are answered by the next one',
  async (t) => {
    const { engine } = engineUnderTest(t);
    await engine.load({ name: 'm', cpu: modelFile('mobilenet_v1_0.25_128_quant') });
    const [pid] = engine.workerPids();
    process.kill(pid!, 'SIGSTOP');
    const asked = [7, 200].map((grey) => engine.infer('m', [new Uint8Array(128 * 128 * 3).fill(grey)]));
    await new Promise((resolve) => setTimeout(resolve, 50));
    process.kill(pid!, 'SIGKILL');
    const answered = await Promise.all(asked);
    t.deepEqual(
      answered.map(({ model }) => model.name),
      ['m', 'm'],
    );
    t.notDeepEqual(engine.workerPids(), [pid!]);
  },
);

serialTestRequiring(needs, 'the parrot is a macaw, on the built-in kernels and through XNNPACK', async (t) => {
  const labels = readFileSync(join(mirror!, 'imagenet_labels.txt'), 'utf8').trim().split('\n');
  const { engine } = engineUnderTest(t);
  for (const [name, backend] of [
    ['mobilenet_v2_1.0_224_quant', 'cpu'],
    ['tf2_mobilenet_v2_1.0_224_ptq', 'xnnpack'],
  ] as const) {
    const loaded = await engine.load({ name, cpu: modelFile(name) });
    const { outputs, model } = await engine.infer(name, [await pictureFor(loaded, shared('images/parrot.jpg'))]);
    const best = outputs[0]!.bytes.indexOf(Math.max(...outputs[0]!.bytes));
    t.is(labels.slice(-outputs[0]!.bytes.length)[best], 'macaw', name);
    t.is(model.backend, backend, name);
    t.is(model.outputs[0]!.scale > 0, true);
  }
  t.is(engine.workerPids().length, 1, 'both in one worker');
});

serialTestRequiring(needs, 'the traffic model sees something on every frame, its state fed back', async (t) => {
  const { engine } = engineUnderTest(t);
  const feedback = [
    { output: 4, input: 1 },
    { output: 5, input: 2 },
  ];
  const loaded = await engine.load({ name: 'traffic', cpu: modelFile('traffic_model'), feedback });
  const scores: number[] = [];
  for (const frame of ['0001', '0002', '0003']) {
    const { outputs } = await engine.infer('traffic', [
      await pictureFor(loaded, shared(`images/traffic/${frame}.jpg`)),
    ]);
    const { scores: at } = findSsdOutputs(loaded);
    scores.push(realValues(outputs[at]!).at(0));
  }
  t.true(
    scores.every((score) => score >= 0.3),
    scores.join(', '),
  );
  await t.throwsAsync(
    engine.load({ name: 'bad', cpu: modelFile('traffic_model'), feedback: [{ output: 9, input: 1 }] }),
    { message: /feedback names output 9/ },
  );
});

for (const signal of ['SIGKILL', 'SIGSEGV', 'SIGSTOP'] as const) {
  serialTestRequiring(
    needs,
    `${signal} of the worker while inferences run: the next ones are answered, the status tells`,
    async (t) => {
      const { engine, statuses } = engineUnderTest(t, { deadlineMs: 500 });
      await engine.load({ name: 'm', cpu: modelFile('mobilenet_v1_0.25_128_quant') });
      const input = new Uint8Array(49_152);
      const expected = (await engine.infer('m', [input])).outputs[0]!.bytes.slice();
      const [before] = engine.workerPids();
      const inFlight = engine.infer('m', [input]);
      process.kill(before!, signal);
      t.deepEqual((await inFlight).outputs[0]!.bytes, expected);
      t.deepEqual((await engine.infer('m', [input])).outputs[0]!.bytes, expected);
      await until(() => engine.status.state === 'ready', 'ready again');
      t.true(
        statuses.some(({ state }) => state !== 'ready'),
        'the fault was told',
      );
      t.not(engine.workerPids()[0], before);
      t.false(isAlive(before!));
    },
  );
}

serialTestRequiring(needs, 'a stopped worker is noticed while nobody asks it', async (t) => {
  const { engine, statuses } = engineUnderTest(t, { deadlineMs: 300 });
  await engine.load({ name: 'm', cpu: modelFile('mobilenet_v1_0.25_128_quant') });
  process.kill(engine.workerPids()[0]!, 'SIGSTOP');
  await until(() => statuses.some(({ state }) => state === 'failing-over'), 'noticed');
  await until(() => engine.status.state === 'ready', 'ready again');
  t.is((await engine.infer('m', [new Uint8Array(49_152)])).model.name, 'm');
});

serialTestRequiring(
  needs,
  'calls that come in while a killed worker loads its models again wait for their turn',
  async (t) => {
    const { engine } = engineUnderTest(t);
    await engine.load({ name: 'a', cpu: modelFile('mobilenet_v1_0.25_128_quant') });
    await engine.load({ name: 'b', cpu: modelFile('mobilenet_v2_1.0_224_quant') });
    for (let round = 0; round < 3; round++) {
      process.kill(engine.workerPids()[0]!, 'SIGKILL');
      const refusals: string[] = [];
      let answers = 0;
      await until(async () => {
        await engine.infer('a', [new Uint8Array(49_152)]).then(
          () => answers++,
          (error: Error) => refusals.push(error.message),
        );
        return answers >= 3;
      }, 'it answers again');
      t.deepEqual(
        refusals.filter((message) => /one request at a time/.test(message)),
        [],
      );
    }
    t.is((await engine.infer('b', [new Uint8Array(150_528)])).model.name, 'b');
  },
);

serialTestRequiring(needs, 'stop() leaves no worker; neither does the death of the agent', async (t) => {
  const { engine } = engineUnderTest(t);
  await engine.load({ name: 'm', cpu: modelFile('mobilenet_v1_0.25_128_quant') });
  const pids = engine.workerPids();
  await engine.stop();
  t.deepEqual(pids.filter(isAlive), []);
  await t.throwsAsync(engine.infer('m', [new Uint8Array(49_152)]));

  const program = `
    import { createWorkerEngine } from ${JSON.stringify(new URL('../../../src/flow/infer/worker-engine.ts', import.meta.url).href)};
    import { silentLogger } from ${JSON.stringify(new URL('../../../src/logger.ts', import.meta.url).href)};
    const config = { threads: 1, edgetpu: 'off', deadlineMs: 2000, retryMs: 1000 };
    const engine = createWorkerEngine({ config, library: ${JSON.stringify(places.runtimeLibrary)}, logger: silentLogger });
    await engine.load({ name: 'm', cpu: ${JSON.stringify(modelFile('mobilenet_v1_0.25_128_quant'))} });
    console.log(engine.workerPids().join());
    setInterval(() => undefined, 1000);
  `;
  const folder = mkdtempSync(join(tmpdir(), 'goby-agent-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'agent.mts');
  writeFileSync(file, program);
  const agent = spawn(process.execPath, ['--import=tsx', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const worker = Number(
    await new Promise<string>((resolve) => agent.stdout.once('data', (chunk) => resolve(String(chunk)))),
  );
  t.true(isAlive(worker));
  agent.kill('SIGKILL');
  await until(() => !isAlive(worker), 'the worker follows its agent');
});

serialTestRequiring(
  needs,
  'a model that is too heavy for the deadline has it raised, and the key is named',
  async (t) => {
    const { engine, logged } = engineUnderTest(t, { deadlineMs: 1 });
    const loaded = await engine.load({ name: 'heavy', cpu: modelFile('mobilenet_v2_1.0_224_quant') });
    t.is(loaded.name, 'heavy');
    const told = logged.filter((line) => /takes \d+ ms for an inference/.test(line));
    t.is(told.length, 1);
    t.regex(
      told[0]!,
      /heavy takes \d+ ms.* waited for \d+00 ms, not 1\. Set infer\.deadlineMs: \d+00 to make that the rule, or choose a smaller model/,
    );
  },
);
