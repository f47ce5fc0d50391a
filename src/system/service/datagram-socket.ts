/** Unix datagram sockets, by which systemd and its journal listen. */
import { createRequire } from 'node:module';
import { GobyError } from '../../errors.ts';

/** Sends one datagram. Throws when the receiver isn't there. */
export type SendDatagram = (text: string) => void;

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
    return new GobyError(`The socket ${address} can't be used: ${call} gave ${name}.`);
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
    throw new GobyError(`A socket's address must start with / or @, found "${address}".`);
  const path = Buffer.from(abstract ? `\0${address.slice(1)}` : `${address}\0`);
  if (path.length > pathBytes)
    throw new GobyError(`The address of a socket is longer than ${pathBytes - 1} bytes: ${address}.`);
  const family = Buffer.alloc(2);
  family.writeUInt16LE(afUnix);
  return Buffer.concat([family, path]);
}
