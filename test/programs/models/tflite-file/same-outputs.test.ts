/** A model that was read and written again gives the same outputs as its original, byte for byte. */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { goldenInputs } from '../../../../src/flow/infer/golden.ts';
import { createWorkerEngine } from '../../../../src/flow/infer/worker-engine.ts';
import { silentLogger } from '../../../../src/logger.ts';
import { delegateCoverage } from '../../../../src/models/tflite-file/delegate-coverage.ts';
import { readModel } from '../../../../src/models/tflite-file/read-model.ts';
import { writeModel } from '../../../../src/models/tflite-file/write-model.ts';
import { mirror, places, testRequiring } from '../../../requiring.ts';

/** Loads but can't run, on purpose. */
const brokenOnPurpose = 'model_invoking_error.tflite';

async function sameOutputs(t: ExecutionContext, source: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'goby-same-'));
  const engine = createWorkerEngine({
    config: { threads: 1, edgetpu: 'off', deadlineMs: 60_000, retryMs: 1000 },
    library: places.runtimeLibrary,
    logger: silentLogger,
  });
  const outputsOf = async (name: string, bytes: Uint8Array): Promise<string[]> => {
    const path = join(folder, `${name}.tflite`);
    await writeFile(path, bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const loaded = await engine.load({ name, cpu: { path, sha256 } });
    const { outputs } = await engine.infer(name, goldenInputs(loaded, undefined));
    return outputs.map((output) => createHash('sha256').update(output.bytes).digest('hex'));
  };
  let compared = 0;
  try {
    for (const name of await readdir(source, { recursive: true })) {
      if (!name.endsWith('.tflite') || name === brokenOnPurpose) continue;
      const bytes = await readFile(join(source, name));
      const model = readModel(bytes, name);
      if (delegateCoverage(model).compiledForEdgeTpu) continue;
      const again = await outputsOf(`again-${compared}`, writeModel(model));
      t.deepEqual(again, await outputsOf(`original-${compared}`, bytes), name);
      compared += 1;
    }
    t.true(compared > 0);
  } finally {
    await engine.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

testRequiring([{ kind: 'mirror' }, { kind: 'runtime' }], 'models of the mirror run alike after rewriting', (t) =>
  sameOutputs(t, mirror!),
);

testRequiring([{ kind: 'samples' }, { kind: 'runtime' }], 'face detectors run alike after rewriting', (t) =>
  sameOutputs(t, join(places.root, 'var', 'models')),
);
