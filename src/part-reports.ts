/** How the states of the broker session and of the worker reach health and the log. */
import type { EngineStatus } from './infer/engine.ts';
import type { Logger } from './logger.ts';
import type { SessionStatus } from './publish/mqtt-session.ts';
import type { Health } from './service/health.ts';

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
