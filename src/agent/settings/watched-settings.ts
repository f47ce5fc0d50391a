/** The settings of the agent, with what a change is judged by: frames from the cameras, and the broker session. */
import { frameIntervalMs } from '../../config/camera-section.ts';
import type { LoadedConfig } from '../../config/load.ts';
import type { Logger } from '../../logger.ts';
import type { StateFile } from '../../system/files/state-file.ts';
import type { Health } from '../../system/service/health.ts';
import { Settings } from './settings.ts';

/** A camera that shows something so seldom is well when it says so: waiting for its next frame would take too long. */
const seldomMs = 20_000;

export interface WatchedSettingsOptions {
  readonly loaded: LoadedConfig;
  readonly file: Pick<StateFile, 'write'>;
  readonly health: Pick<Health, 'get' | 'lastProgressMs'>;
  readonly logger: Logger;
  restart(reason: string): void;
}

export function createWatchedSettings(options: WatchedSettingsOptions): Settings {
  const { loaded, file, health, logger, restart } = options;
  const { cameras } = loaded.config;
  const isStreaming = (camera: string): boolean => health.get(`camera/${camera}`)?.state === 'streaming';
  const hasFrameSince = (camera: string, sinceMs: number): boolean => {
    const config = cameras[camera];
    if (config !== undefined && frameIntervalMs(config.source) > seldomMs) return isStreaming(camera);
    return isStreaming(camera) && (health.lastProgressMs(`camera/${camera}`) ?? 0) > sinceMs;
  };
  return new Settings({
    loaded,
    file,
    logger,
    restart,
    healthyCameras: () => Object.keys(cameras).filter(isStreaming),
    troubles: (trialled, sinceMs) => [
      ...trialled.filter((camera) => !hasFrameSince(camera, sinceMs)).map((camera) => `no frames from ${camera}`),
      ...(hasSession(health) ? [] : ['no session with the broker']),
    ],
  });
}

/** With mqtt.broker off there is none to have. */
function hasSession(health: Pick<Health, 'get'>): boolean {
  const state = health.get('broker')?.state;
  return state === 'connected' || state === 'stopped';
}
