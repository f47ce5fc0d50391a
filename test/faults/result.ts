/** One row of the table of faults. */
import type { Verdict } from './ledger.ts';

export interface FaultResult extends Verdict {
  readonly fault: string;
  readonly times: number;
  /** Events that the device has written. */
  readonly sent: number;
  /** From the fault until health told it, where a part of the agent failed. */
  readonly worstNoticedMs?: number;
  /**
   * Until the next event, or detection, was at the broker. Counted from the blow where a part of the agent failed, what it
   * took to notice included; from its end where the world around the agent did. Absent: nothing stopped.
   */
  readonly worstRecoveryMs?: number;
  /** Outputs: what was seen of them during the fault. */
  readonly outputs: 'safe' | 'unsafe' | '-';
}

export function isGood({ lost, reordered, unmarked, mistimed, outputs }: FaultResult): boolean {
  return lost === 0 && reordered === 0 && unmarked === 0 && mistimed === 0 && outputs !== 'unsafe';
}
