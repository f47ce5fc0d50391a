/** What the agent can be asked for over MQTT, put together from its parts. */
import type { LogThreshold } from './logger.ts';
import type { Command } from './publish/command.ts';
import { configCommands } from './remote/config-commands.ts';
import { deviceCommands } from './remote/device-commands.ts';
import { type ModelsPort, modelCommands } from './remote/model-commands.ts';
import type { Settings } from './remote/settings.ts';
import type { Snapshots } from './snapshot/snapshots.ts';

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
