/** What the agent can be asked for over MQTT, put together from its parts. */

import type { RequestHandler } from '../../flow/publish/request.ts';
import type { Snapshots } from '../../flow/snapshot/snapshots.ts';
import type { LogThreshold } from '../../logger.ts';
import type { Settings } from '../settings/settings.ts';
import { configRequests } from './config-requests.ts';
import { deviceRequests } from './device-requests.ts';
import { type ModelsPort, modelRequests } from './model-requests.ts';

export interface AgentRequestsOptions {
  readonly settings: Settings;
  readonly threshold: LogThreshold;
  readonly snapshots: Pick<Snapshots, 'take'>;
  readonly models: ModelsPort;
  restart(reason: string): void;
}

export function agentRequests(options: AgentRequestsOptions): Record<string, RequestHandler> {
  const { settings, threshold, snapshots, models, restart } = options;
  const startedMs = performance.now();
  return {
    ...configRequests(settings),
    ...modelRequests(models, settings),
    ...deviceRequests({
      threshold,
      cameras: () => Object.keys(settings.loaded.config.cameras),
      restart,
      snapshot: (camera) => snapshots.take(camera),
      uptimeMs: () => performance.now() - startedMs,
    }),
  };
}
