/** The parts of the agent that are there from the first moment, and wait for no camera, broker or model: state, rules, outputs. */
import { type DeviceIdentity, identifyDevice } from '../config/device-id.ts';
import { createOutputs, type Outputs } from '../flow/act/outputs.ts';
import { createRules, type Rules } from '../flow/decide/rules.ts';
import { type AgentControls, addThresholds, createAgentControls } from './controls.ts';
import type { AgentOptions } from './options.ts';
import { linesReport } from './part-health.ts';
import type { Settings } from './settings/settings.ts';
import { createWatchedSettings } from './settings/watched-settings.ts';

export interface AgentCore {
  readonly device: DeviceIdentity;
  readonly controls: AgentControls;
  readonly settings: Settings;
  readonly rules: Rules;
  readonly outputs: Outputs;
}

/** No line is taken before outputs.start(). @throws ConfigError when there is no device id to be had */
export function createCore(options: AgentOptions): AgentCore {
  const { loaded, overridesFile, logger, health, restart, onSimulatedOutput } = options;
  const { config } = loaded;
  const controls = createAgentControls(loaded, logger.child('controls'));
  const settings = createWatchedSettings({
    loaded,
    file: overridesFile,
    health,
    logger: logger.child('settings'),
    restart,
  });
  addThresholds({ controls: controls.controls, config, settings, logger: logger.child('settings') });
  const rules = createRules(config.rules, { isArmed: controls.arming.isArmed, wallMs: Date.now });
  const outputs = createOutputs({
    config: config.outputs,
    logger: logger.child('outputs'),
    onStatus: linesReport(health, 'outputs'),
    onOverride: (name) => rules.letGo(name),
    onSimulated: (name, on) => onSimulatedOutput?.(name, on),
  });
  return { device: identifyDevice(config.device), controls, settings, rules, outputs };
}
