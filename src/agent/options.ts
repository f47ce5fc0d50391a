/** What the agent is started with. */
import type { LoadedConfig } from '../config/load.ts';
import type { createCamera } from '../flow/capture/create-camera.ts';
import type { openEngine } from '../flow/infer/open-engine.ts';
import type { Detections } from '../flow/interpret/detection.ts';
import type { Logger, LogThreshold } from '../logger.ts';
import type { resolveApart } from '../models/apart/read-apart.ts';
import type { StateFile } from '../system/files/state-file.ts';
import type { Health } from '../system/service/health.ts';
import type { LogLines } from './log-lines.ts';

/** What of the machine the agent works with. Tests give it cameras and an engine of their own. */
export interface Adapters {
  readonly openCamera: typeof createCamera;
  readonly openEngine: typeof openEngine;
  /** Of files that aren't pinned. */
  readonly resolveOwn: typeof resolveApart;
}

export interface AgentOptions {
  readonly loaded: LoadedConfig;
  /** Of the overrides: all who write it in this process share it. */
  readonly overridesFile: StateFile;
  readonly version: string;
  readonly logger: Logger;
  /** Of the logger, which can be changed over MQTT. */
  readonly threshold: LogThreshold;
  readonly health: Health;
  /** The last lines of the log, for the page; absent: none. */
  readonly logLines?: LogLines;
  /** Whether source auto may replay the sample photos where no camera is found. Never for a service: a photo is no visitor. */
  readonly samplePhotos: boolean;
  readonly adapters?: Partial<Adapters>;
  /** Called for every inference and every change of a simulated output, for people who watch. */
  onDetections?(seen: Detections): void;
  onSimulatedOutput?(name: string, on: boolean): void;
  /** Starts the whole process anew; returns at once. */
  restart(reason: string): void;
}
