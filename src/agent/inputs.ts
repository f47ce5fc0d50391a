/** The inputs of the agent: what a press does to a control, and how their lines are doing. */

import type { InputConfig } from '../config/inputs-section.ts';
import { Input } from '../flow/act/input.ts';
import { keepAdapter } from '../flow/act/keep-adapter.ts';
import { type OpenedInput, type OpenInputOptions, openInput } from '../flow/act/open-input.ts';
import { systemTimers, type Timers } from '../flow/act/timers.ts';
import type { Controls } from '../flow/control/controls.ts';
import type { Logger } from '../logger.ts';
import type { Health } from '../system/service/health.ts';
import { linesReport } from './part-health.ts';

export interface AgentInputsOptions {
  readonly config: Readonly<Record<string, InputConfig>>;
  readonly controls: Pick<Controls, 'get' | 'set'>;
  readonly health: Pick<Health, 'report'>;
  readonly logger: Logger;
  readonly open?: (options: OpenInputOptions) => OpenedInput;
  readonly timers?: Timers;
}

export interface AgentInputs {
  start(): void;
  stop(): void;
}

export function createAgentInputs(options: AgentInputsOptions): AgentInputs {
  const { config, controls, health, open = openInput, timers = systemTimers } = options;
  const logger = options.logger.child('inputs');
  const report = linesReport(health, 'inputs');
  const inputs = Object.entries(config).map(([name, input]) => {
    const { control, action } = input;
    const set = (value: boolean): void => controls.set(control, value, `the input ${name}`);
    return new Input({
      name,
      config: input,
      timers,
      logger,
      open: keepAdapter(input.adapter, open),
      onLevel: (active) => {
        if (action === 'follow') set(active);
      },
      onEdge: (active) => {
        if (action === 'follow') set(active);
        else if (active) set(action === 'toggle' ? controls.get(control)?.value === false : action === 'on');
      },
      onStatus: (status) => report(name, status),
    });
  });
  return {
    start: () => {
      for (const input of inputs) input.start();
    },
    stop: () => {
      for (const input of inputs) input.stop();
    },
  };
}
