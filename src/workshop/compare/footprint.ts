/** What loading one model costs, measured in a worker of its own: time to load, first inference, memory. */
import type { Engine, LoadedModel } from '../../flow/infer/engine.ts';
import type { Model } from '../../models/model.ts';
import { proportionalSetBytes } from '../bench/memory.ts';
import { imageBytes } from '../bench/worker-overhead.ts';

export interface Footprint {
  readonly loadMs: number;
  readonly firstMs: number;
  /** Absent where the kernel doesn't tell. */
  readonly memoryBytes?: number;
}

export type WorkerEngine = Engine & { workerPids(): number[] };

/**
 * The same file is loaded and run once before under another name, so that starting the process and the library isn't
 * counted. Stops the engine.
 */
export async function measureFootprint(engine: WorkerEngine, { pair }: Pick<Model, 'pair'>): Promise<Footprint> {
  try {
    const before = await engine.load({ ...pair, name: `${pair.name} before` });
    await engine.infer(before.name, [grayPicture(before)]);
    const memory = async (): Promise<number> =>
      (await Promise.all(engine.workerPids().map((pid) => proportionalSetBytes(pid)))).reduce((a, b) => a + b, 0);
    const beforeBytes = await memory();
    const fromMs = performance.now();
    const loaded = await engine.load(pair);
    const loadMs = performance.now() - fromMs;
    const { roundTripMs: firstMs } = await engine.infer(pair.name, [grayPicture(loaded)]);
    const grownBytes = (await memory()) - beforeBytes;
    return { loadMs, firstMs, ...(beforeBytes > 0 ? { memoryBytes: Math.max(0, grownBytes) } : {}) };
  } finally {
    await engine.stop();
  }
}

/** A picture whose every value is in range for the input's type. */
export function grayPicture(loaded: LoadedModel): Uint8Array {
  const whole = /^u?int8$/.test(loaded.inputs[0]!.type);
  return new Uint8Array(imageBytes(loaded)).fill(whole ? 127 : 0);
}
