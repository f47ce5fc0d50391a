/** How the states of the broker session, of the worker and of the outputs reach health and the log. */
import type { OutputStatus } from '../flow/act/held-line.ts';
import type { Outputs } from '../flow/act/outputs.ts';
import type { EngineStatus } from '../flow/infer/engine.ts';
import type { SessionStatus } from '../flow/publish/mqtt-session.ts';
import type { Logger } from '../logger.ts';
import type { Health } from '../system/service/health.ts';

/** A session that ended is a warning; what was said already is said quietly. */
export function brokerReport(health: Health, logger: Logger): (status: SessionStatus) => void {
  return ({ state, detail, waitUntilMs }) => {
    if (health.get('broker')?.detail === detail) logger.debug(detail);
    else if (state === 'connected') logger.info(detail);
    else if (state === 'disconnected' || state === 'refused') logger.warn(detail);
    health.report('broker', { state, detail, ...(waitUntilMs === undefined ? {} : { waitUntilMs }) });
  };
}

/** @param deadlineMs of one inference: a worker silent for much longer has stalled */
export function workerReport(health: Health, logger: Logger, deadlineMs: number): (status: EngineStatus) => void {
  return ({ state, detail, waitUntilMs }) => {
    if (health.get('worker')?.detail !== detail) logger[state === 'ready' ? 'info' : 'warn'](detail);
    health.report('worker', {
      state,
      detail,
      stallAfterMs: 2 * deadlineMs + 30_000,
      ...(waitUntilMs === undefined ? {} : { waitUntilMs }),
    });
  };
}

/** One part for all outputs: unavailable while the line of any of them is. */
export function outputsReport(
  health: Health,
  report: Outputs['report'],
): (name: string, status: Pick<OutputStatus, 'state'>) => void {
  const states = new Map<string, string>();
  return (changed, status) => {
    states.set(changed, status.state);
    const told = [...states].map(([name, state]) => `${name} ${state}`);
    const faulty = [...states].filter(([, state]) => state === 'unavailable').map(([name]) => name);
    const reports = report();
    const isReady = faulty.length === 0;
    health.report('outputs', {
      state: isReady ? 'ready' : 'unavailable',
      detail: isReady
        ? told.join(', ')
        : faulty.map((name) => `${name}: ${reports[name]?.fault ?? 'unavailable'}`).join('; '),
    });
  };
}
