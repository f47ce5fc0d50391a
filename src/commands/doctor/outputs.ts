/** Can each output be switched? Asks the agent, or asks the kernel about the line without requesting it. */
import type { FoundLine } from '../../act/gpio-lines.ts';
import type { OutputConfig } from '../../config/schema.ts';
import type { AgentStatus } from '../../service/status.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/** What the running agent says. */
export function outputFindings(status: Pick<AgentStatus, 'outputs'>): Finding[] {
  return Object.entries(status.outputs).map(([name, { line, adapter, on, fault }]) => {
    const part = `output ${name}`;
    if (fault !== undefined) return fail(part, fault);
    if (adapter === 'simulated') return simulated(part, line);
    return ok(part, `${line} through ${adapter}${on === undefined ? '' : on ? ', now on' : ', now off'}.`);
  });
}

export interface OutputFacts {
  readonly name: string;
  readonly config: Pick<OutputConfig, 'adapter' | 'line'>;
  /** Whether /dev has GPIO chips at all. */
  readonly hasChips: boolean;
  /** Whether /sys/class/gpio is there, for onoff. */
  readonly hasSysfs: boolean;
  /** The line as the kernel tells of it. */
  readonly found?: Pick<FoundLine, 'chip' | 'info'>;
  /** Sentence of why it was not found or may not be asked for. */
  readonly problem?: string;
}

export function checkOutput({ name, config, hasChips, hasSysfs, found, problem }: OutputFacts): Finding {
  const part = `output ${name}`;
  const { adapter, line } = config;
  if (adapter === 'simulated' || (adapter === 'auto' && !hasChips && !hasSysfs)) return simulated(part, line);
  if (adapter === 'onoff' || (adapter === 'auto' && !hasChips))
    return hasSysfs
      ? ok(part, `${line} through onoff and /sys/class/gpio, which needs root to export a line.`)
      : fail(part, 'There is no /sys/class/gpio for onoff here.', 'Set adapter: gpiochip or auto.');
  if (problem !== undefined) return fail(part, problem);
  if (found === undefined) return fail(part, `${line} was not found.`);
  const { chip, info } = found;
  const place = `${line} is line ${info.offset} of ${chip.name} (${chip.label})`;
  return info.used
    ? fail(
        part,
        `${place} and is taken by ${info.consumer === '' ? 'a program or driver without a name' : info.consumer}.`,
        'End what uses it, or choose another line.',
      )
    : ok(part, `${place}, free to use.`);
}

function simulated(part: string, line: string): Finding {
  return warn(
    part,
    `${line} is simulated: nothing is switched.`,
    'On a machine with GPIO set adapter: auto or gpiochip.',
  );
}
