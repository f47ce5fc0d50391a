/** The engine that the configuration describes, on the library that goby fetched or the one that is named. */
import type { LoadedConfig } from '../../config/load.ts';
import type { InferConfig } from '../../config/schema.ts';
import type { Logger } from '../../logger.ts';
import { findEdgetpuDevices } from './edgetpu-device.ts';
import { createWorkerEngine, type WorkerEngine, type WorkerEngineOptions } from './worker-engine.ts';

export interface OpenEngineOptions extends Pick<WorkerEngineOptions, 'cameras'> {
  /** What a command wants otherwise than the configuration, such as a longer deadline. */
  readonly infer?: Partial<InferConfig>;
}

/** Starts no process before the first model; stop() it in any case. */
export function openEngine(
  loaded: Pick<LoadedConfig, 'config' | 'places'>,
  logger: Logger,
  { infer = {}, ...options }: OpenEngineOptions = {},
): WorkerEngine {
  const config = { ...loaded.config.infer, ...infer };
  return createWorkerEngine({ ...options, config, library: runtimeLibrary(loaded), logger });
}

/** Path of the TensorFlow Lite C library: the one that the configuration names, else the one that goby fetched. */
export function runtimeLibrary({ config, places }: Pick<LoadedConfig, 'config' | 'places'>): string {
  return config.infer.library ?? places.runtimeLibrary;
}

/** Whether an Edge TPU is there, and may be used. */
export function hasEdgetpu({ edgetpu }: Pick<InferConfig, 'edgetpu'>): boolean {
  return edgetpu === 'auto' && findEdgetpuDevices().length > 0;
}
