/** All configured outputs together: actions, manual switching, safe states, and what they are doing. */
import type { OutputConfig } from '../../config/schema.ts';
import { InputError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import type { OutputAction } from '../decide/action.ts';
import { keepAdapter } from './keep-adapter.ts';
import { type OpenedSwitch, type OpenSwitchOptions, openSwitch } from './open-switch.ts';
import { Output, type OutputState } from './output.ts';
import type { LineStatus } from './retried-line.ts';
import { systemTimers, type Timers } from './timers.ts';

export interface OutputsOptions {
  readonly config: Readonly<Record<string, OutputConfig>>;
  readonly logger: Logger;
  /** Whether its line can be used has changed: published under health. */
  readonly onStatus: (name: string, status: LineStatus) => void;
  /** Something else than an action switched it (by hand, its time limit, its safe state): rules let go of it. */
  readonly onOverride?: (name: string) => void;
  /** A simulated line changed its level, each half period of a blink too. */
  readonly onSimulated?: (name: string, on: boolean) => void;
  readonly open?: (options: OpenSwitchOptions) => OpenedSwitch;
  readonly timers?: Timers;
}

/** One output for the status socket. */
export interface OutputReport {
  readonly line: string;
  readonly adapter: string;
  readonly on?: boolean;
  /** A sentence when the line can't be used. */
  readonly fault?: string;
  readonly cutOffsTotal: number;
}

export interface Outputs {
  /** Takes every line at its safe level. Failures are told through onStatus and tried again, never thrown. */
  start(): void;
  /** @throws InputError when there is no such output */
  apply(action: OutputAction): void;
  /** Switches by hand. @throws InputError when there is no such output */
  set(name: string, on: boolean): void;
  /** Puts all in their safe state until the next action: detections stopped, or a part was lost. */
  safe(reason: string): void;
  /** Leaves every line at its safe level and gives it back. At once; may be called more than once. */
  stop(): void;
  report(): Record<string, OutputReport>;
  /** Called when what an output does has changed; not for each half period of a blink. */
  onState(listener: (name: string, state: OutputState) => void): void;
}

export function createOutputs(options: OutputsOptions): Outputs {
  const { config, logger, onStatus, onOverride, onSimulated, timers = systemTimers, open = openSwitch } = options;
  const listeners: ((name: string, state: OutputState) => void)[] = [];
  const outputs = new Map(
    Object.entries(config).map(([name, outputConfig]) => [
      name,
      new Output({
        name,
        config: outputConfig,
        timers,
        logger,
        open: keepAdapter(outputConfig.adapter, (line: OpenSwitchOptions) =>
          open({ ...line, onSimulated: (on) => onSimulated?.(name, on) }),
        ),
        onState: (state) => {
          for (const listener of listeners) listener(name, state);
        },
        onStatus: (status) => onStatus(name, status),
        onOverride: () => onOverride?.(name),
      }),
    ]),
  );
  const named = (name: string): Output => {
    const output = outputs.get(name);
    if (output) return output;
    const names = [...outputs.keys()].join(', ') || 'none';
    throw new InputError(`There is no output ${name}.`, { remedy: `Outputs in the configuration: ${names}.` });
  };
  return {
    start: () => each(outputs, (output) => output.start()),
    apply: (action) => named(action.output).apply(action),
    set: (name, on) => named(name).set(on, 'switched by hand'),
    safe: (reason) => each(outputs, (output) => output.holdSafe(reason)),
    stop: () => each(outputs, (output) => output.stop()),
    report: () => Object.fromEntries([...outputs].map(([name, output]) => [name, reportOf(output, config[name]!)])),
    onState: (listener) => listeners.push(listener),
  };
}

/** Every output gets its turn, also when one fails: the first failure is thrown at the end. */
function each(outputs: ReadonlyMap<string, Output>, work: (output: Output) => void): void {
  const failures: unknown[] = [];
  for (const output of outputs.values()) {
    try {
      work(output);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

function reportOf(output: Output, config: OutputConfig): OutputReport {
  const { on } = output.state;
  return {
    line: config.line,
    adapter: output.adapter ?? config.adapter,
    ...(on === undefined ? {} : { on }),
    ...(output.status.state === 'unavailable' ? { fault: output.status.detail } : {}),
    cutOffsTotal: output.cutOffsTotal,
  };
}
