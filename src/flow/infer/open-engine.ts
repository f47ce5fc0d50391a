/** The engine that the configuration describes, on the library that goby fetched or the one that is named. */
import type { LoadedConfig } from '../../config/load.ts';
import type { InferConfig } from '../../config/schema.ts';
import type { Logger } from '../../logger.ts';
import { findEdgetpuDevices } from './edgetpu-device.ts';
import { createWorkerEngine, type WorkerEngine } from './worker-engine.ts';

/** Starts no process before the first model; stop() it in any case. */
export function openEngine({ config, places }: Pick<LoadedConfig, 'config' | 'places'>, logger: Logger): WorkerEngine {
  const { infer, cameras } = config;
  return createWorkerEngine({
    config: infer,
    library: infer.library ?? places.runtimeLibrary,
    logger,
    cameras: Object.keys(cameras).length,
  });
}

/** Whether an Edge TPU is there, and may be used. */
export function hasEdgetpu({ edgetpu }: Pick<InferConfig, 'edgetpu'>): boolean {
  return edgetpu === 'auto' && findEdgetpuDevices().length > 0;
}
