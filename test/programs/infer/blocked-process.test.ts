/** The main process at a long task of its own: the answer of a worker lies in the pipe when the deadline is looked at. */
import { join } from 'node:path';
import { engineUnderTest } from '../../flow/infer/engine-under-test.ts';
import { flattenModel } from '../../models/derived/flatten-model.ts';
import { bytesOf, putModel } from '../../models/graph-builder.ts';
import { testRequiring } from '../../requiring.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

/** Longer than the deadline below, and long enough for the answer of a small model on a busy machine. */
const blockedMs = 4000;

testRequiring(
  [{ kind: 'runtime' }],
  'a worker that answered in time is not ended by a main process that was busy',
  async (t) => {
    const { engine } = engineUnderTest(t, { deadlineMs: 1500 });
    const cpu = putModel(join(temporaryFolder(t), 'small.tflite'), flattenModel());
    await engine.load({ name: 'small', cpu });
    const pids = engine.workerPids();
    const answer = engine.infer('small', [bytesOf('FLOAT32', Array(12).fill(0.5))]);
    // The request goes out first.
    await new Promise((resolve) => setImmediate(resolve));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, blockedMs);
    t.is((await answer).outputs.length, 1);
    // A worker that was ended is gone by its next answer.
    await t.notThrowsAsync(engine.infer('small', [bytesOf('FLOAT32', Array(12).fill(0.5))]));
    t.deepEqual(engine.workerPids(), pids);
  },
);
