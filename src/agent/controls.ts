/** The controls of the agent: what the configuration names, with the state they had last. */
import { join } from 'node:path';
import type { LoadedConfig } from '../config/load.ts';
import { type Arming, createArming } from '../flow/control/arming.ts';
import type { ControlReading } from '../flow/control/control.ts';
import { type Controls, createControls } from '../flow/control/controls.ts';
import { openStoredValues, type StoredValues } from '../flow/control/stored-values.ts';
import type { Logger } from '../logger.ts';
import { StateFile } from '../system/files/state-file.ts';

export interface AgentControls {
  readonly controls: Controls;
  readonly arming: Arming;
  readonly stored: StoredValues;
}

export function createAgentControls({ config, places }: LoadedConfig, logger: Logger): AgentControls {
  const controls = createControls();
  controls.onChange(({ name, value, reason }) => {
    logger.info(`${name} ${typeof value === 'number' ? value : value ? 'on' : 'off'} (${reason})`);
  });
  const stored = openStoredValues(new StateFile(join(places.stateDir, 'controls.json')), logger);
  return { controls, stored, arming: createArming({ config: config.controls, controls, stored }) };
}

/** Every control as it is now, and each change. */
export function tellControls(controls: Controls, tell: (reading: ControlReading) => void): void {
  for (const reading of controls.list()) tell(reading);
  controls.onChange(tell);
}
