/** How the states of lines, of the broker session, of the outbox and of the worker reach health and the log. */
import type { LineStatus } from '../flow/act/retried-line.ts';
import type { EngineStatus } from '../flow/infer/engine.ts';
import type { SessionStatus } from '../flow/publish/mqtt-session.ts';
import type { OutboxOptions } from '../flow/publish/outbox/outbox.ts';
import type { Logger } from '../logger.ts';
import type { Health } from '../system/service/health.ts';

/** A session that ended is a warning; what was logged already goes to debug. */
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
    const level = state === 'ready' || state === 'stopped' ? 'info' : 'warn';
    if (health.get('worker')?.detail !== detail) logger[level](detail);
    health.report('worker', {
      state,
      detail,
      stallAfterMs: 2 * deadlineMs + 30_000,
      ...(waitUntilMs === undefined ? {} : { waitUntilMs }),
    });
  };
}

/** Logged when it becomes unavailable, and when it is ready again. */
export function outboxReport(health: Health, logger: Logger): NonNullable<OutboxOptions['onStatus']> {
  return ({ state, detail }) => {
    const before = health.get('outbox');
    if (state === 'unavailable' && before?.state !== state) logger.warn(detail);
    else if (before?.state === 'unavailable' && state === 'ready') logger.info(detail);
    health.report('outbox', { state, detail });
  };
}

/** One part for all outputs, and one for all inputs: unavailable while the line of any of them is. */
export function linesReport(
  health: Pick<Health, 'report'>,
  part: 'inputs' | 'outputs',
): (name: string, status: Pick<LineStatus, 'state' | 'detail'>) => void {
  const statuses = new Map<string, Pick<LineStatus, 'state' | 'detail'>>();
  return (changed, status) => {
    statuses.set(changed, status);
    const faulty = [...statuses].filter(([, { state }]) => state === 'unavailable');
    const detail =
      faulty.length > 0
        ? faulty.map(([name, one]) => `${name}: ${one.detail}`)
        : [...statuses].map(([name, { state }]) => `${name}: ${state}`);
    health.report(part, { state: faulty.length > 0 ? 'unavailable' : 'ready', detail: detail.join('; ') });
  };
}
