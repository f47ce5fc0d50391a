/** The Edge TPU in every mood, played by a stand-in libedgetpu.so.1 that is compiled here. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { InferenceResult } from '../../../src/flow/infer/engine.ts';
import { goldenInputs } from '../../../src/flow/infer/golden.ts';
import type { Backend } from '../../../src/models/model-file.ts';
import { engineUnderTest, modelFile, needs, until } from '../../flow/infer/engine-under-test.ts';
import { places, serialTestRequiring } from '../../requiring.ts';

const allNeeds = [...needs, { kind: 'program', name: 'gcc' }] as const;
const input = new Uint8Array(128 * 128 * 3).fill(90);
let folder = '';

test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'goby-edgetpu-'));
});
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

/** Compiled once for all tests of this file. */
function standIn(): string {
  const library = join(folder, 'libedgetpu.so.1');
  const source = join(places.root, 'test', 'fixtures', 'edgetpu', 'stand-in.c');
  execFileSync('gcc', ['-shared', '-fPIC', '-O1', '-Wall', '-Werror', '-o', library, source]);
  return library;
}

/** An engine with the pair loaded, the stand-in in the given mode, its right answer being the CPU's golden one. */
async function pairUnderTest(t: ExecutionContext, first: string) {
  const mode = join(folder, 'mode');
  const answer = join(folder, 'answer');
  const setMode = (name: string) => writeFileSync(mode, name);
  const pair = {
    name: 'pair',
    cpu: modelFile('mobilenet_v1_0.25_128_quant'),
    edgetpu: modelFile('mobilenet_v1_0.25_128_quant_edgetpu'),
  };
  const alone = engineUnderTest(t, { edgetpu: 'off' });
  const golden = await alone.engine.infer('pair', goldenInputs(await alone.engine.load(pair), pair));
  writeFileSync(answer, golden.outputs[0]!.bytes);
  await alone.engine.stop();
  process.env['GOBY_STAND_IN_EDGETPU'] = mode;
  process.env['GOBY_STAND_IN_EDGETPU_ANSWER'] = answer;
  setMode(first);
  const subject = engineUnderTest(t, { edgetpuLibrary: standIn(), retryMs: 200, deadlineMs: 2000 }, () => [{}]);
  await subject.engine.load(pair);
  return { ...subject, setMode, pair, infer: () => subject.engine.infer('pair', [input]) };
}

for (const fault of ['abort', 'segfault', 'hang', 'fail', 'vanish']) {
  serialTestRequiring(
    allNeeds,
    `when the Edge TPU does ${fault} in the middle, the CPU answers within a second, and the Edge TPU comes back after a golden inference`,
    async (t) => {
      const { engine, infer, setMode, pair, statuses } = await pairUnderTest(t, 'well');
      const expectBackend = ({ model }: InferenceResult, backend: Backend) => {
        t.is(model.backend, backend);
        t.is(model.sha256, backend === 'edgetpu' ? pair.edgetpu.sha256 : pair.cpu.sha256);
      };
      expectBackend(await infer(), 'edgetpu');
      t.like(engine.status, { state: 'ready', backend: 'edgetpu' });

      setMode(fault);
      const fromMs = performance.now();
      expectBackend(await infer(), 'cpu');
      const tookMs = performance.now() - fromMs;
      // The issue's own bound, not a speed: a hang is given up after 700 ms.
      t.true(tookMs < 1000, `${Math.round(tookMs)} ms`);
      await until(() => engine.status.state === 'degraded', 'the CPU is told');
      t.is(engine.status.backend, 'cpu');
      t.regex(engine.status.detail, /the CPU \(cpu\) runs pair; the Edge TPU is not used: /);
      expectBackend(await infer(), 'cpu');

      setMode('well');
      await until(() => engine.status.backend === 'edgetpu', 'the Edge TPU is back');
      expectBackend(await infer(), 'edgetpu');
      t.deepEqual(
        [...new Set(statuses.filter(({ backend }) => backend === 'edgetpu').map(({ state }) => state))],
        ['ready'],
      );
    },
  );
}

serialTestRequiring(
  allNeeds,
  'an Edge TPU that answers wrongly fails its golden inference and is not used',
  async (t) => {
    const { engine, infer, setMode, logged } = await pairUnderTest(t, 'wrong');
    t.is((await infer()).model.backend, 'cpu');
    t.regex(engine.status.detail, /golden inference of pair on the Edge TPU differs/);
    t.true(logged.some((line) => line.includes('the Edge TPU is not used for pair')));
    setMode('well');
    await until(() => engine.status.backend === 'edgetpu', 'used once it answers rightly');
    t.is((await infer()).model.backend, 'edgetpu');
  },
);

serialTestRequiring(allNeeds, 'an Edge TPU that is plugged in later is used from then on', async (t) => {
  const mode = join(folder, 'mode');
  writeFileSync(mode, 'well');
  process.env['GOBY_STAND_IN_EDGETPU'] = mode;
  process.env['GOBY_STAND_IN_EDGETPU_ANSWER'] = join(folder, 'answer');
  const devices: object[] = [];
  const { engine } = engineUnderTest(t, { edgetpuLibrary: standIn(), retryMs: 200 }, () => devices);
  const pair = {
    name: 'pair',
    cpu: modelFile('mobilenet_v1_0.25_128_quant'),
    edgetpu: modelFile('mobilenet_v1_0.25_128_quant_edgetpu'),
  };
  const loaded = await engine.load(pair);
  t.is(loaded.backend, 'cpu');
  const golden = await engine.infer('pair', goldenInputs(loaded, pair));
  writeFileSync(join(folder, 'answer'), golden.outputs[0]!.bytes);
  devices.push({});
  await until(() => engine.status.backend === 'edgetpu', 'found');
  t.is((await engine.infer('pair', [input])).model.backend, 'edgetpu');
});
