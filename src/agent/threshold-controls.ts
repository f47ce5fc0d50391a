/** The threshold of each camera as a control: set over MQTT or from Home Assistant, it is a change of settings like any other. */
import type { Config } from '../config/schema.ts';
import { thresholdControl } from '../config/threshold-control.ts';
import { isExpected, sentence } from '../errors.ts';
import type { Controls } from '../flow/control/controls.ts';
import type { Logger } from '../logger.ts';
import type { Settings } from './settings/settings.ts';

/**
 * Adds a number from 0 to 1 for each camera.
 * @returns what tells the controls the thresholds of the configuration, to be called when that has changed
 */
export function addThresholds(options: {
  readonly controls: Controls;
  readonly config: Pick<Config, 'cameras'>;
  readonly settings: () => Pick<Settings, 'change' | 'loaded'>;
  readonly logger: Logger;
}): () => void {
  const { controls, config, settings, logger } = options;
  const named = Object.keys(config.cameras).map((camera) => ({ camera, name: thresholdControl(camera) }));
  const follow = (): void => {
    const { cameras } = settings().loaded.config;
    for (const { camera, name } of named) controls.report(name, cameras[camera]!.minScore, 'the configuration');
  };
  for (const { camera, name } of named) {
    controls.add({
      name,
      kind: 'number',
      min: 0,
      max: 1,
      step: 0.01,
      value: config.cameras[camera]!.minScore,
      isTold: true,
      // Checked, kept and put on trial by the settings: told when it counts, never for what they refuse.
      apply: (minScore) => {
        settings()
          .change({ cameras: { [camera]: { minScore } } }, `the control ${name}`)
          .catch((error: unknown) => {
            if (!isExpected(error)) throw error;
            logger.warn(sentence(error));
          });
      },
    });
  }
  return follow;
}
