/** `goby outputs`: what the outputs are doing, putting them in their safe state without an agent, and trying the wiring. */
import { Command } from 'commander';
import { addConfigOptions, type ConfigOptions, configFrom } from '../config/config-options.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { OutputConfig } from '../config/schema.ts';
import { sentence } from '../errors.ts';
import { type GpioMachine, inspectLine, openSwitch, thisMachine } from '../flow/act/open-switch.ts';
import { askStatus, statusSocketPath } from '../system/service/status-socket.ts';
import { table } from '../terminal/table.ts';
import type { OutputLine, OutputsCommandOptions } from './options/output-line.ts';
import { outputsSetCommand } from './outputs-set.ts';

/** @param machine where the lines are; tests hand in one of their own */
export function outputsCommand(machine: GpioMachine = thisMachine): Command {
  return addConfigOptions(new Command('outputs'))
    .description('list the outputs, put them in their safe state, or try the wiring')
    .option('--safe', 'put every output in its safe state; works without a running agent and never fails')
    .option('--json', 'print JSON')
    .addCommand(outputsSetCommand(machine))
    .addHelpText(
      'after',
      '\nExamples:\n  goby outputs\n  goby outputs --json\n  goby outputs --safe --config /etc/goby/goby.yaml\n  goby outputs set led on --seconds 5\n\n' +
        'Nothing is switched without --safe or set. Exit code of --safe: always 0, a line for each output says what was done.',
    )
    .action(async ({ safe = false, json = false, ...options }: OutputsCommandOptions) => {
      if (safe) return tellSafe(options, machine, json);
      const lines = await listOutputs(configFrom(options), machine);
      if (json) console.log(JSON.stringify(lines, undefined, 2));
      else if (lines.length === 0) console.log('No outputs are configured.');
      else {
        const rows = lines.map(({ name, line, adapter, on, detail }) => [name, line, adapter, levelWord(on), detail]);
        console.log(table(['output', 'line', 'adapter', 'level', 'detail'], rows));
      }
    });
}

function levelWord(on: boolean | undefined): string {
  return on === undefined ? '-' : on ? 'on' : 'off';
}

/** Asks the running agent, which holds the lines; without one, looks at the lines itself and switches nothing. */
export async function listOutputs({ config, places }: LoadedConfig, machine: GpioMachine): Promise<OutputLine[]> {
  const agent = await askStatus(statusSocketPath(config.service, places)).catch((error: unknown) => {
    console.error(`goby: ${sentence(error)}`);
    return undefined;
  });
  return Object.entries(config.outputs).map(([name, output]) => {
    const told = agent?.outputs[name];
    if (told === undefined) return inspected(name, output, machine);
    const { line, adapter, on, fault } = told;
    return {
      name,
      line,
      adapter,
      ...(on === undefined ? {} : { on }),
      detail: fault ?? `held by the agent, process ${agent?.pid}`,
    };
  });
}

function inspected(name: string, output: OutputConfig, machine: GpioMachine): OutputLine {
  const { line } = output;
  try {
    const { adapter, detail, level, holder } = inspectLine(output, machine);
    return {
      name,
      line,
      adapter,
      ...(level === undefined ? {} : { on: level }),
      detail: holder === undefined ? detail : `${detail}, held by ${holder}`,
    };
  } catch (error) {
    return { name, line, adapter: output.adapter, detail: sentence(error) };
  }
}

/** For ExecStopPost: whatever goes wrong is told, and nothing makes it fail. */
function tellSafe(options: ConfigOptions, machine: GpioMachine, json: boolean): void {
  let outputs: Readonly<Record<string, OutputConfig>>;
  try {
    outputs = configFrom(options).config.outputs;
  } catch (error) {
    console.error(`goby: no output was touched, because it isn't known which there are. ${sentence(error)}`);
    if (json) console.log('[]');
    return;
  }
  const lines = Object.entries(outputs).map(([name, output]) => makeSafe(name, output, machine));
  if (json) console.log(JSON.stringify(lines, undefined, 2));
  else for (const { name, detail } of lines) console.log(`${name}: ${detail}`);
}

/**
 * Takes a line at its safe level and gives it back: on Raspberry Pi kernels a released line keeps its level. Never throws.
 */
export function makeSafe(name: string, output: OutputConfig, machine: GpioMachine): OutputLine {
  const { line, activeLow } = output;
  const on = output.safe === 'on';
  try {
    const opened = openSwitch({ adapter: output.adapter, line, activeLow, initial: on }, machine);
    const level = opened.switch.get();
    opened.switch.close(on);
    const isSafe = level === on;
    const detail =
      opened.adapter === 'simulated'
        ? `nothing to do, ${opened.detail}`
        : isSafe
          ? `${line} is ${output.safe}, its safe state`
          : `${line} was set to ${output.safe}, its safe state, but reads ${levelWord(level)}: is something else driving it?`;
    return { name, line, adapter: opened.adapter, on: level, isSafe, detail };
  } catch (error) {
    return { name, line, adapter: output.adapter, isSafe: false, detail: `not made safe: ${sentence(error)}` };
  }
}
