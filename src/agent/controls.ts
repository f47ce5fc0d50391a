/** The controls of the agent: arming as the configuration names it, and a threshold for each camera. */
import { join } from 'node:path';
import type { LoadedConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { thresholdControl } from '../config/threshold-control.ts';
import { isExpected, sentence } from '../errors.ts';
import { type Arming, createArming } from '../flow/control/arming.ts';
import type { ControlReading } from '../flow/control/control.ts';
import { type Controls, createControls } from '../flow/control/controls.ts';
import { openStoredValues, type StoredValues } from '../flow/control/stored-values.ts';
import type { Logger } from '../logger.ts';
import { StateFile } from '../system/files/state-file.ts';
import type { Settings } from './settings/settings.ts';

export interface AgentControls {
  readonly controls: Controls;
  readonly arming: Arming;
  readonly stored: StoredValues;
}

/** Arming controls, each with the state it had last. */
export function createAgentControls({ config, places }: LoadedConfig, logger: Logger): AgentControls {
  const controls = createControls();
  controls.onChange(({ name, value, reason }) => {
    logger.info(`${name} ${typeof value === 'number' ? value : value ? 'on' : 'off'} (${reason})`);
  });
  const stored = openStoredValues(new StateFile(join(places.stateDir, 'controls.json')), logger);
  return { controls, stored, arming: createArming({ config: config.controls, controls, stored }) };
}

/**
 * Adds a number from 0 to 1 for each camera. Set over MQTT or from Home Assistant it is a change of settings like any other,
 * and it follows the configuration when that changes in another way.
 */
export function addThresholds(options: {
  readonly controls: Controls;
  readonly config: Pick<Config, 'cameras'>;
  readonly settings: Pick<Settings, 'change' | 'onChange'>;
  readonly logger: Logger;
}): void {
  const { controls, config, settings, logger } = options;
  const named = Object.keys(config.cameras).map((camera) => ({ camera, name: thresholdControl(camera) }));
  for (const { camera, name } of named) {
    controls.add({
      name,
      kind: 'number',
      min: 0,
      max: 1,
      step: 0.01,
      value: config.cameras[camera]!.minScore,
      isTold: true,
      // The settings check it, keep it and put it on trial. So it is published when they took it, never when they refuse it.
      apply: (minScore) => {
        settings.change({ cameras: { [camera]: { minScore } } }, `the control ${name}`).catch((error: unknown) => {
          if (!isExpected(error)) throw error;
          logger.warn(sentence(error));
        });
      },
    });
  }
  settings.onChange(({ cameras }) => {
    for (const { camera, name } of named) controls.report(name, cameras[camera]!.minScore, 'the configuration');
  });
}

/** Publishes every control as it is now, and each change. */
export function publishControls(controls: Controls, publish: (reading: ControlReading) => void): void {
  for (const reading of controls.list()) publish(reading);
  controls.onChange(publish);
}
