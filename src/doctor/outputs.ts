/** Can each output be switched? Asks the agent, or asks the kernel about the line without requesting it. */
import type { LineReport } from '../flow/act/open-switch.ts';
import type { AgentStatus } from '../system/service/status.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/** What the running agent says. */
export function outputFindings(status: Pick<AgentStatus, 'outputs'>): Finding[] {
  return Object.entries(status.outputs).map(([name, { line, adapter, on, fault }]) => {
    const part = `output ${name}`;
    if (fault !== undefined) return fail(part, fault);
    if (adapter === 'simulated') return simulated(part, `${line} is simulated`);
    return ok(part, `${line} through ${adapter}${on === undefined ? '' : on ? ', now on' : ', now off'}.`);
  });
}

export interface OutputFacts {
  readonly name: string;
  /** The line as the kernel tells of it. */
  readonly report?: LineReport;
  /** Sentence of why it can't be used at all. */
  readonly problem?: string;
}

/** What can be seen while no agent runs. */
export function checkOutput({ name, report, problem }: OutputFacts): Finding {
  const part = `output ${name}`;
  if (report === undefined) return fail(part, problem ?? 'Nothing is known of its line.');
  const { adapter, detail, holder } = report;
  if (adapter === 'simulated') return simulated(part, detail);
  if (holder === undefined) return ok(part, `${detail}, free to use.`);
  return fail(part, `${detail}, and is taken by ${holder}.`, 'End what uses it, or choose another line.');
}

function simulated(part: string, detail: string): Finding {
  return warn(
    part,
    `${detail.replace(/\.$/, '')}: nothing is switched.`,
    'On a machine with GPIO set adapter: auto or gpiochip.',
  );
}
