/** The real engine with its status and log on record, and models of the mirror by name. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import sharp from 'sharp';
import { configSchema, type InferConfig } from '../../../src/config/schema.ts';
import type { EngineStatus, LoadedModel } from '../../../src/flow/infer/engine.ts';
import { createWorkerEngine } from '../../../src/flow/infer/worker-engine.ts';
import { createLogger } from '../../../src/logger.ts';
import type { ModelFile } from '../../../src/models/model-file.ts';
import { mirror, places } from '../../requiring.ts';

export const needs = [{ kind: 'mirror' }, { kind: 'runtime' }] as const;

export function engineUnderTest(
  t: ExecutionContext,
  config: Partial<InferConfig> = {},
  findDevices: () => readonly unknown[] = () => [],
  builtInKernels = false,
) {
  const statuses: EngineStatus[] = [];
  const logged: string[] = [];
  const engine = createWorkerEngine({
    config: { ...configSchema.parse({}).infer, ...config },
    library: places.runtimeLibrary,
    logger: createLogger({
      part: 'infer',
      threshold: { level: 'debug' },
      format: 'text',
      write: (line) => logged.push(line),
    }),
    findDevices,
    builtInKernels,
  });
  engine.onStatus((status) => statuses.push(status));
  t.teardown(() => engine.stop());
  return { engine, statuses, logged };
}

/** A .tflite file of the mirror, with its hash. */
export function modelFile(name: string): ModelFile {
  const path = join(mirror!, `${name}.tflite`);
  return { path, sha256: createHash('sha256').update(readFileSync(path)).digest('hex') };
}

/** A photo as the bytes of a model's uint8 picture input. */
export function pictureFor({ inputs }: LoadedModel, photo: string): Promise<Uint8Array> {
  const [, height, width] = inputs[0]!.shape;
  return sharp(photo).resize(width, height, { fit: 'fill' }).removeAlpha().raw().toBuffer();
}

export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const untilMs = performance.now() + 90_000;
  while (!(await condition())) {
    if (performance.now() > untilMs) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
