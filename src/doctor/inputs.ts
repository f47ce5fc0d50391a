/** Can each input be heard? Asks the agent, or asks the kernel about the line without requesting it. */
import type { LineReport } from '../flow/act/open-switch.ts';
import type { AgentStatus } from '../system/service/status.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/** What the running agent says; nothing where none is configured. */
export function inputFindings({ health }: Pick<AgentStatus, 'health'>): Finding[] {
  const inputs = health['inputs'];
  if (inputs === undefined) return [];
  const detail = inputs.detail ?? inputs.state;
  return [inputs.state === 'unavailable' ? fail('inputs', detail) : ok('inputs', `${detail}.`)];
}

export interface InputFacts {
  readonly name: string;
  /** The line as the kernel tells of it. */
  readonly report?: LineReport;
  /** Sentence of why it can't be used at all. */
  readonly problem?: string;
}

/** What can be seen while no agent runs. */
export function checkInput({ name, report, problem }: InputFacts): Finding {
  const part = `input ${name}`;
  if (report === undefined) return fail(part, problem ?? 'Nothing is known of its line.');
  const { adapter, detail, holder } = report;
  if (adapter === 'simulated') {
    const remedy = 'On a machine with GPIO set adapter: auto or gpiochip.';
    return warn(part, `${detail.replace(/\.$/, '')}: it is never pressed.`, remedy);
  }
  if (adapter === 'onoff') return fail(part, `${detail}: inputs need a kernel with the GPIO character device.`);
  if (holder === undefined) return ok(part, `${detail}, free to use.`);
  return fail(part, `${detail}, and is taken by ${holder}.`, 'End what uses it, or choose another line.');
}
