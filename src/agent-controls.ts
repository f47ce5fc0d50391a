/** The controls of the agent: what the configuration names, with the state they had last. */
import { join } from 'node:path';
import type { Config } from './config/schema.ts';
import { type Arming, createArming } from './control/arming.ts';
import { type Controls, createControls } from './control/controls.ts';
import { openStoredValues, type StoredValues } from './control/stored-values.ts';
import type { Logger } from './logger.ts';
import { StateFile } from './state-file.ts';

export interface AgentControls {
  readonly controls: Controls;
  readonly arming: Arming;
  readonly stored: StoredValues;
}

export function createAgentControls(options: {
  readonly config: Pick<Config, 'controls'>;
  readonly stateDir: string;
  readonly logger: Logger;
}): AgentControls {
  const { config, stateDir, logger } = options;
  const controls = createControls();
  controls.onChange(({ name, value, reason }) => {
    logger.info(`${name} ${typeof value === 'number' ? value : value ? 'on' : 'off'} (${reason})`);
  });
  const stored = openStoredValues(new StateFile(join(stateDir, 'controls.json')), logger);
  return { controls, stored, arming: createArming({ config: config.controls, controls, stored }) };
}
