/** Tells systemd about readiness, progress and the end, as sd_notify(3) does; says nothing where systemd doesn't listen. */
import { openDatagramSocket, type SendDatagram } from './datagram-socket.ts';

export interface Notifier {
  /** How long systemd waits for a ping before it restarts the service; undefined: no watchdog is set. */
  readonly watchdogUsec: number | undefined;
  /** Everything is up. `status` is shown by `systemctl status`. */
  ready(status: string): void;
  status(text: string): void;
  /** One ping. */
  watchdog(): void;
  stopping(status: string): void;
  /** A start or stop that takes long may take this much longer still. */
  extendTimeout(extraMs: number): void;
}

const silent: Notifier = {
  watchdogUsec: undefined,
  ready: () => undefined,
  status: () => undefined,
  watchdog: () => undefined,
  stopping: () => undefined,
  extendTimeout: () => undefined,
};

/**
 * Takes systemd's variables out of the environment, so that child processes neither notify nor expect a watchdog.
 * @param onFault told the first time a datagram can't be sent; the service goes on without
 */
export function takeNotifier(env: NodeJS.ProcessEnv, onFault: (error: unknown) => void, pid = process.pid): Notifier {
  const { NOTIFY_SOCKET: address, WATCHDOG_USEC: usec, WATCHDOG_PID: watchdogPid } = env;
  delete env['NOTIFY_SOCKET'];
  delete env['WATCHDOG_USEC'];
  delete env['WATCHDOG_PID'];
  if (address === undefined || address === '') return silent;
  const meant = watchdogPid === undefined || Number(watchdogPid) === pid;
  const watchdogUsec = meant && Number(usec) > 0 ? Number(usec) : undefined;

  let send: SendDatagram | undefined;
  let faulty = false;
  const notify = (...lines: string[]): void => {
    try {
      send ??= openDatagramSocket(address);
      send(lines.map((line) => line.replaceAll('\n', ' ')).join('\n'));
    } catch (error) {
      if (!faulty) onFault(error);
      faulty = true;
    }
  };
  return {
    watchdogUsec,
    ready: (status) => notify('READY=1', `STATUS=${status}`),
    status: (text) => notify(`STATUS=${text}`),
    watchdog: () => notify('WATCHDOG=1'),
    stopping: (status) => notify('STOPPING=1', `STATUS=${status}`),
    extendTimeout: (extraMs) => notify(`EXTEND_TIMEOUT_USEC=${Math.round(extraMs * 1000)}`),
  };
}
