/** What the agent is started with. */
import type { LoadedConfig } from '../config/load.ts';
import type { Detections } from '../flow/interpret/detection.ts';
import type { Logger, LogThreshold } from '../logger.ts';
import type { Health } from '../system/service/health.ts';

export interface AgentOptions {
  readonly loaded: LoadedConfig;
  readonly version: string;
  readonly logger: Logger;
  /** Of the logger, which can be changed over MQTT. */
  readonly threshold: LogThreshold;
  readonly health: Health;
  /** Whether source auto may replay the sample photos where no camera is found. Never for a service: a photo is no visitor. */
  readonly samplePhotos: boolean;
  /** Called for every inference and every change of a simulated output, for people who watch. */
  onDetections?(seen: Detections): void;
  onSimulatedOutput?(name: string, on: boolean): void;
  /** Starts the whole process anew; returns at once. */
  restart(reason: string): void;
}
