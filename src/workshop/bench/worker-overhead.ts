/** Bench: what the worker process costs above the bare Invoke of the same inference. */
import type { Engine, LoadedModel } from '../../flow/infer/engine.ts';
import { type Summary, summarise } from './samples.ts';

export interface WorkerOverhead {
  readonly inputBytes: number;
  readonly invokeMs: Summary;
  readonly roundTripMs: Summary;
  /** Round trip minus Invoke, per inference. */
  readonly overheadMs: Summary;
}

/** Runs `count` inferences on the same input, after `warmUp` that don't count. */
export async function measureWorkerOverhead(
  engine: Engine,
  loaded: LoadedModel,
  { count, warmUp = 20, onProgress }: { count: number; warmUp?: number; onProgress: (done: number) => void },
): Promise<WorkerOverhead> {
  const input = new Uint8Array(imageBytes(loaded)).fill(127);
  const invoke: number[] = [];
  const roundTrip: number[] = [];
  const overhead: number[] = [];
  for (let done = -warmUp; done < count; done++) {
    const fromMs = performance.now();
    const result = await engine.infer(loaded.name, [input]);
    const tookMs = performance.now() - fromMs;
    if (done < 0) continue;
    invoke.push(result.invokeMs);
    roundTrip.push(tookMs);
    overhead.push(tookMs - result.invokeMs);
    onProgress(done + 1);
  }
  return {
    inputBytes: input.byteLength,
    invokeMs: summarise(invoke),
    roundTripMs: summarise(roundTrip),
    overheadMs: summarise(overhead),
  };
}

/** Bytes per element of the tensor types images come in. */
const elementBytes: Record<string, number> = { uint8: 1, int8: 1, float16: 2, int16: 2, float32: 4, int32: 4 };

/** Size of the picture input: the first one. */
export function imageBytes({ inputs }: LoadedModel): number {
  const { shape, type } = inputs[0]!;
  return shape.reduce((product, extent) => product * extent, 1) * (elementBytes[type] ?? 1);
}
