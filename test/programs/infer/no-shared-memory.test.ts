/** Where shared memory is used up or absent, tensors go to the worker through its pipe, and the answers are the same. */
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { WorkerProcess } from '../../../src/flow/infer/worker-process.ts';
import { silentLogger } from '../../../src/logger.ts';
import { fingerprintOf } from '../../../src/system/files/integrity.ts';
import { Scope } from '../../faults/scope.ts';
import { mountSmallDisk } from '../../faults/small-disk.ts';
import { places, serialTestRequiring } from '../../requiring.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const path = join(places.root, 'var/models/face-detection-short-range/face_detection_short_range.tflite');
const needs = [{ kind: 'runtime' }, { kind: 'samples' }] as const;
const limit = { deadlineMs: 60_000 };
/** 128 x 128 x 3 floats, with something to see. */
const input = new Uint8Array(Float32Array.from({ length: 128 * 128 * 3 }, (_, at) => Math.sin(at / 50)).buffer);

async function worker(t: ExecutionContext, folder?: string) {
  const told: string[] = [];
  const memory = { ...(folder === undefined ? {} : { folder }), onNone: (why: string) => void told.push(why) };
  const settings = { accelerator: 'cpu', library: places.runtimeLibrary, threads: 1 } as const;
  const process = new WorkerProcess(settings, silentLogger, memory);
  t.teardown(async () => {
    process.kill('the test is over');
    await process.exited;
  });
  const { sha256 } = await fingerprintOf(path);
  await process.request({ kind: 'load', model: 'm', path, sha256, feedback: [] }, limit);
  const infer = async (): Promise<Buffer> => {
    const { payload } = await process.infer('m', process.put([input.subarray(0, 1000), input.subarray(1000)]), limit);
    return Buffer.from(payload);
  };
  return { told, infer };
}

serialTestRequiring(needs, 'without any shared memory the pipe takes its place, and that is told', async (t) => {
  const usual = await (await worker(t)).infer();
  const { told, infer } = await worker(t, join(temporaryFolder(t), 'absent'));
  for (let one = 0; one < 3; one++) t.true((await infer()).equals(usual));
  t.is(told.length, 1);
  t.regex(told[0]!, /Memory for tensors can't be had in .*absent/);
});

serialTestRequiring(
  [...needs, { kind: 'small-disk' }],
  'shared memory that fills up while it runs costs no inference, and is used again when there is room',
  async (t) => {
    const usual = await (await worker(t)).infer();
    const scope = new Scope();
    t.teardown(() => scope.end());
    const disk = mountSmallDisk(scope);
    const { told, infer } = await worker(t, disk.folder);
    disk.fill();
    t.true((await infer()).equals(usual));
    t.is(told.length, 1);
    t.regex(told[0]!, /can't be handed to the worker: ENOSPC/);
    disk.empty();
    t.true((await infer()).equals(usual));
    t.is(told.length, 1);
  },
);
