/** What the agent can be asked for over MQTT, put together from its parts. */

import type { Command } from '../../flow/publish/request.ts';
import type { Snapshots } from '../../flow/snapshot/snapshots.ts';
import type { LogThreshold } from '../../logger.ts';
import type { Settings } from '../settings/settings.ts';
import { configCommands } from './config-requests.ts';
import { deviceCommands } from './device-requests.ts';
import { type ModelsPort, modelCommands } from './model-requests.ts';

export interface AgentCommandsOptions {
  readonly settings: Settings;
  readonly threshold: LogThreshold;
  readonly snapshots: Pick<Snapshots, 'take'>;
  readonly models: ModelsPort;
  restart(reason: string): void;
}

export function agentCommands(options: AgentCommandsOptions): Record<string, Command> {
  const { settings, threshold, snapshots, models, restart } = options;
  const startedMs = performance.now();
  return {
    ...configCommands(settings),
    ...modelCommands(models, settings),
    ...deviceCommands({
      threshold,
      cameras: () => Object.keys(settings.loaded.config.cameras),
      restart,
      snapshot: (camera) => snapshots.take(camera),
      uptimeMs: () => performance.now() - startedMs,
    }),
  };
}
