/** Is the clock right? A Pi has no battery: until it has asked a time server, its events carry a wrong time. */
import { type Finding, ok, warn } from './finding.ts';

export interface ClockFacts {
  /** Absent: nothing on this machine tells. */
  readonly synchronised?: boolean;
  readonly nowMs: number;
  /** Time of goby's own files: no right clock is before it. */
  readonly builtAtMs: number;
}

const remedy = 'Check the network and: timedatectl status';

export function checkClock({ synchronised, nowMs, builtAtMs }: ClockFacts): Finding {
  const time = new Date(nowMs).toISOString();
  if (nowMs < builtAtMs - 86_400_000)
    return warn('clock', `The clock says ${time}, which is before goby was installed.`, remedy);
  if (synchronised === false)
    return warn('clock', `The clock (${time}) is not synchronised; times of events may be wrong.`, remedy);
  return ok(
    'clock',
    `${time}${synchronised === true ? ', synchronised.' : "; whether it is synchronised can't be told here."}`,
  );
}
