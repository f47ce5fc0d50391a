/** Feeds a target with mutated inputs, and says what came of it. */
import { createRandom, mutated } from './mutations.ts';
import type { FuzzTarget } from './targets.ts';

export interface FuzzReport {
  readonly target: string;
  readonly inputs: number;
  readonly seed: number;
  /** Inputs that were not dealt with as they should be: the first few, in base 64, with the error. */
  readonly failures: readonly { readonly error: string; readonly input: string }[];
  readonly failed: number;
  /** The slowest input. */
  readonly slowestMs: number;
  /** Memory of the process after all against after a tenth of them. */
  readonly growthBytes: number;
}

const keptFailures = 5;
/** An input that takes longer hangs. */
const hangMs = 60_000;

export async function runTarget(
  name: string,
  target: FuzzTarget,
  options: {
    inputs: number;
    seed: number;
    onProgress(done: number): void;
    /** What came of an input that was dealt with as it should be. */
    onOutcome?(outcome: string, input: Buffer): void;
  },
): Promise<FuzzReport> {
  const { inputs, seed, onProgress, onOutcome } = options;
  const random = createRandom(seed);
  const failures: { error: string; input: string }[] = [];
  let failed = 0;
  let slowestMs = 0;
  let settledBytes = 0;
  for (let index = 0; index < inputs; index++) {
    const bytes = mutated(target.seeds[index % target.seeds.length]!, random);
    const fromMs = performance.now();
    try {
      const outcome = await withinHang(target.run(bytes));
      onOutcome?.(outcome, bytes);
    } catch (error) {
      failed += 1;
      const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
      if (failures.length < keptFailures) failures.push({ error: told, input: bytes.toString('base64') });
    }
    slowestMs = Math.max(slowestMs, performance.now() - fromMs);
    if (index === Math.floor(inputs / 10)) settledBytes = memory();
    onProgress(index + 1);
  }
  await target.stop?.();
  return { target: name, inputs, seed, failures, failed, slowestMs, growthBytes: memory() - settledBytes };
}

function memory(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function withinHang(work: Promise<string> | string): Promise<string> {
  if (typeof work === 'string') return work;
  let timer: NodeJS.Timeout | undefined;
  const hang = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`it hangs: nothing came of it in ${hangMs} ms`)), hangMs);
  });
  return Promise.race([work, hang]).finally(() => clearTimeout(timer));
}
