/** Does the service run, and does it say that it is well? */
import type { AgentStatus } from '../system/service/status.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

export interface ServiceFacts {
  /** ActiveState of the unit, such as active or failed; absent: no systemd, or no unit. */
  readonly activeState?: string;
  /** ExecMainStatus: the exit code of the last run. */
  readonly lastExitCode?: number;
  readonly restarts?: number;
  /** Absent: no agent answers. */
  readonly status?: AgentStatus;
  /** Sentence of why the status socket could not be asked. */
  readonly refused?: string;
  readonly nowMs: number;
}

export function checkService(facts: ServiceFacts): Finding {
  const { activeState, lastExitCode, restarts = 0, status, refused, nowMs } = facts;
  if (status !== undefined) {
    const minutes = Math.max(0, Math.round((nowMs - status.startedAtMs) / 60_000));
    const told = `goby ${status.version} runs as process ${status.pid}, since ${minutes} min.`;
    return restarts > 3
      ? warn('service', `${told} systemd restarted it ${restarts} times.`, 'See why: journalctl -u goby -p warning')
      : ok('service', told);
  }
  if (refused !== undefined) return fail('service', refused);
  if (activeState === 'active' || activeState === 'activating' || activeState === 'deactivating')
    return fail(
      'service',
      `The service is ${activeState}, but doesn't answer on its status socket.`,
      'Wait a minute, then: journalctl -u goby -n 50',
    );
  if (activeState === 'failed')
    return fail(
      'service',
      lastExitCode === 78
        ? "The service ended because its configuration can't be used."
        : `The service failed (exit code ${lastExitCode ?? 'unknown'}).`,
      lastExitCode === 78
        ? 'Mend what goby check-config /etc/goby/goby.yaml says, then: sudo systemctl restart goby'
        : 'See why: journalctl -u goby -n 50',
    );
  if (activeState === 'inactive')
    return warn('service', 'The service is installed and does not run.', 'Start it: sudo systemctl enable --now goby');
  return ok('service', 'No agent runs.', 'Start one by hand with: goby run');
}
