/** The settings of the agent: what can change while it works, and by what it is told whether a change did it good. */

import type { CameraConfig } from '../../config/camera-section.ts';
import type { LoadedConfig } from '../../config/load.ts';
import type { Config } from '../../config/schema.ts';
import type { Controls } from '../../flow/control/controls.ts';
import type { Logger } from '../../logger.ts';
import { StateFile } from '../../system/files/state-file.ts';
import type { Health } from '../../system/service/health.ts';
import { type LabelledModel, reportLabels, unknownLabels } from '../model-swap/unknown-labels.ts';
import { addThresholds } from '../threshold-controls.ts';
import { checkLabelChange } from './check-labels.ts';
import { Settings } from './settings.ts';

/** A camera that shows something so seldom is well when it says so: waiting for its next frame would take too long. */
const seldomMs = 20_000;

export interface AgentSettingsOptions {
  readonly loaded: LoadedConfig;
  readonly health: Health;
  readonly logger: Logger;
  /** Get one for the threshold of each camera. */
  readonly controls: Controls;
  /** The model that a camera uses now. */
  modelOf(camera: string): LabelledModel | undefined;
  apply(config: Config, before: Config): void;
  restart(reason: string): void;
  onChange(): void;
}

export function createAgentSettings(options: AgentSettingsOptions): Settings {
  const { loaded, health, logger, controls, modelOf, apply, restart, onChange } = options;
  const isStreaming = (camera: string): boolean => health.get(`camera/${camera}`)?.state === 'streaming';
  const hasFrameSince = (camera: string, sinceMs: number): boolean => {
    const config = loaded.config.cameras[camera];
    if (config !== undefined && frameIntervalMs(config) > seldomMs) return isStreaming(camera);
    return isStreaming(camera) && (health.lastProgressMs(`camera/${camera}`) ?? 0) > sinceMs;
  };
  const { config } = loaded;
  const followThresholds = addThresholds({ controls, config, settings: () => settings, logger });
  const settings: Settings = new Settings({
    loaded,
    file: new StateFile(loaded.overrides.file),
    logger,
    check: (next, before) => checkLabelChange({ next, before, modelOf }),
    apply: (next, before) => {
      apply(next, before);
      for (const [camera, section] of Object.entries(next.cameras)) {
        const model = modelOf(camera);
        if (model !== undefined) reportLabels(camera, unknownLabels(camera, section, model), health);
      }
    },
    restart,
    onChange: () => {
      followThresholds();
      onChange();
    },
    healthyCameras: () => Object.keys(loaded.config.cameras).filter(isStreaming),
    troubles: (cameras, sinceMs) => [
      ...cameras.filter((camera) => !hasFrameSince(camera, sinceMs)).map((camera) => `no frames from ${camera}`),
      ...(hasSession(health) ? [] : ['no session with the broker']),
    ],
  });
  return settings;
}

/** With mqtt.broker off there is none to have. */
function hasSession(health: Health): boolean {
  const state = health.get('broker')?.state;
  return state === 'connected' || state === 'stopped';
}

function frameIntervalMs({ source }: CameraConfig): number {
  if (source.type === 'stills') return source.intervalMs;
  return source.type === 'auto' ? 0 : 1000 / source.framesPerSecond;
}
