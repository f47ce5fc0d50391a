/** `goby outputs set`: switches one output for a while, to try its wiring. */
import { Argument, Command, InvalidArgumentError } from 'commander';
import { configFrom } from '../config/config-options.ts';
import type { OutputConfig } from '../config/schema.ts';
import { ConfigError, InputError } from '../errors.ts';
import { type GpioMachine, openSwitch } from '../flow/act/open-switch.ts';
import type { OutputLine, OutputsCommandOptions } from './options/output-line.ts';

const longestTrySeconds = 3600;

/** Part of outputsCommand(), whose options work here too. */
export function outputsSetCommand(machine: GpioMachine): Command {
  return new Command('set')
    .description('switch one output for a while, to try its wiring; then it goes back to its safe state')
    .argument('<name>', 'a name under outputs')
    .addArgument(new Argument('<level>', 'the level to try').choices(['on', 'off']))
    .option('--seconds <n>', `how long, up to ${longestTrySeconds} and to the output's maxOnMs`, seconds, 5)
    .addHelpText(
      'after',
      '\nExamples:\n  goby outputs set led on\n  goby outputs set led on --seconds 30 --config goby.yaml\n\n' +
        'Stop the agent first: it holds the lines. --config, --set and --json work here too. Ctrl-C ends it early.',
    )
    .action(async (name: string, level: 'on' | 'off', _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<OutputsCommandOptions & { seconds: number }>();
      if (options.safe) throw new InputError('--safe and set exclude each other.', { remedy: 'Use one of them.' });
      const { outputs } = configFrom(options).config;
      const output = Object.hasOwn(outputs, name) ? outputs[name] : undefined;
      if (output === undefined) {
        const names = Object.keys(outputs).join(', ') || 'none';
        throw new ConfigError(`There is no output ${name}.`, { remedy: `Outputs in the configuration: ${names}.` });
      }
      const on = level === 'on';
      const ms = tryMs(output, on, options.seconds * 1000);
      const tell = (line: OutputLine): void =>
        console.log(options.json ? JSON.stringify(line) : `${line.name}: ${line.detail}`);
      await trySwitch({ name, output, on, ms, machine, tell });
    });
}

/** The limit of the output holds here too. */
function tryMs({ safe, maxOnMs }: OutputConfig, on: boolean, wantedMs: number): number {
  return maxOnMs > 0 && on !== (safe === 'on') ? Math.min(wantedMs, maxOnMs) : wantedMs;
}

interface Trial {
  readonly name: string;
  readonly output: OutputConfig;
  readonly on: boolean;
  readonly ms: number;
  readonly machine: GpioMachine;
  readonly tell: (line: OutputLine) => void;
}

/** Resolves when the time is over or a signal came, with the line at its safe level. @throws UnavailableError */
async function trySwitch({ name, output, on, ms, machine, tell }: Trial): Promise<void> {
  const { line, activeLow, adapter: configured } = output;
  const safe = output.safe === 'on';
  const opened = openSwitch({ adapter: configured, line, activeLow, initial: safe }, machine);
  const { adapter } = opened;
  // Before the first switching: a signal that comes later must bring the output back to its safe state.
  const wait = timeOrSignal(ms);
  try {
    opened.switch.set(on);
    const level = opened.switch.get();
    tell({ name, line, adapter, on: level, detail: `${opened.detail}; ${level ? 'on' : 'off'} for ${ms / 1000} s` });
    await wait.over;
  } finally {
    wait.end();
    opened.switch.close(safe);
  }
  tell({ name, line, adapter, on: safe, detail: `${output.safe} again, its safe state` });
}

function timeOrSignal(ms: number): { readonly over: Promise<void>; readonly end: () => void } {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  let resolveOver = (): void => undefined;
  const over = new Promise<void>((resolve) => {
    resolveOver = resolve;
  });
  const end = (): void => {
    clearTimeout(timer);
    for (const signal of signals) process.off(signal, end);
    resolveOver();
  };
  const timer = setTimeout(end, ms);
  for (const signal of signals) process.on(signal, end);
  return { over, end };
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0 && value <= longestTrySeconds))
    throw new InvalidArgumentError(`Expected a number of seconds up to ${longestTrySeconds}, got ${text}. Example: 5`);
  return value;
}
