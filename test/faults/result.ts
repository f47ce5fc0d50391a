/** One row of the table of faults. */
import type { Verdict } from './ledger.ts';

export interface FaultResult extends Verdict {
  readonly fault: string;
  readonly times: number;
  /** Events that the device has written. */
  readonly sent: number;
  /** From the end of the fault to the next event, or detection, at the broker. Absent: nothing stopped. */
  readonly worstRecoveryMs?: number;
  /** Outputs: what was seen of them during the fault. */
  readonly outputs: 'safe' | 'unsafe' | '-';
}

export function isGood({ lost, reordered, unmarked, mistimed, outputs }: FaultResult): boolean {
  return lost === 0 && reordered === 0 && unmarked === 0 && mistimed === 0 && outputs !== 'unsafe';
}
