/** Tells systemd about readiness, progress and the end, as sd_notify(3) does; says nothing where systemd doesn't listen. */
import { createRequire } from 'node:module';
import { GobyError } from '../errors.ts';

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

/** Sends one datagram. Throws when the receiver isn't there. */
export type SendDatagram = (text: string) => void;

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

/** Constants of Linux, the same on x86-64 and arm64. */
const afUnix = 1;
const sockDgram = 2;
const sockCloexec = 0o2000000;
const msgNosignal = 0x4000;
const msgDontwait = 0x40;
const pathBytes = 108;

/**
 * A unix datagram socket through libc: Node has none, and systemd-notify(1) would speak as another process, which
 * NotifyAccess=main refuses. koffi is loaded here, not at import, so that it costs nothing without systemd.
 */
export function openDatagramSocket(address: string): SendDatagram {
  const to = socketAddress(address);
  const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
  const libc = koffi.load(null);
  const socket = libc.func('int socket(int domain, int type, int protocol)');
  const sendto = libc.func(
    'long sendto(int fd, void *data, size_t length, int flags, void *to, unsigned int toLength)',
  );
  const failed = (call: string): GobyError => {
    const number = koffi.errno();
    const name = Object.entries(koffi.os.errno).find(([, value]) => value === number)?.[0] ?? `error ${number}`;
    return new GobyError(`systemd's notification socket ${address} can't be used: ${call} gave ${name}.`);
  };
  const descriptor = socket(afUnix, sockDgram | sockCloexec, 0) as number;
  if (descriptor < 0) throw failed('socket');
  return (text) => {
    const data = Buffer.from(text);
    // Never waits: a manager that is stuck must not stop the pipeline; it reads 512 datagrams behind at most.
    if (Number(sendto(descriptor, data, data.length, msgNosignal | msgDontwait, to, to.length)) !== data.length)
      throw failed('sendto');
  };
}

/** struct sockaddr_un. `@name` is an abstract socket: a zero byte instead of @, and no zero at the end. */
export function socketAddress(address: string): Buffer {
  const abstract = address.startsWith('@');
  if (!abstract && !address.startsWith('/'))
    throw new GobyError(`NOTIFY_SOCKET must start with / or @, found "${address}".`);
  const path = Buffer.from(abstract ? `\0${address.slice(1)}` : `${address}\0`);
  if (path.length > pathBytes) throw new GobyError(`NOTIFY_SOCKET is longer than ${pathBytes - 1} bytes: ${address}.`);
  const family = Buffer.alloc(2);
  family.writeUInt16LE(afUnix);
  return Buffer.concat([family, path]);
}
