/** A real unix datagram socket for tests, as systemd's end of NOTIFY_SOCKET. */
import koffi from 'koffi';
import { socketAddress } from '../../../src/system/service/datagram-socket.ts';

export interface DatagramReceiver {
  /** The next datagram; undefined when none waits. Local datagrams are there as soon as they are sent. */
  receive(): string | undefined;
  close(): void;
}

export function openReceiver(address: string): DatagramReceiver {
  const libc = koffi.load(null);
  const socket = libc.func('int socket(int domain, int type, int protocol)');
  const bind = libc.func('int bind(int fd, void *address, unsigned int length)');
  const recv = libc.func('long recv(int fd, void *data, size_t length, int flags)');
  const close = libc.func('int close(int fd)');
  const descriptor = socket(1, 2, 0) as number;
  const at = socketAddress(address);
  if (descriptor < 0 || bind(descriptor, at, at.length) !== 0) throw new Error(`can't bind ${address}`);
  return {
    receive: () => {
      const data = Buffer.alloc(4096);
      const length = Number(recv(descriptor, data, data.length, 0x40));
      return length < 0 ? undefined : data.toString('utf8', 0, length);
    },
    close: () => close(descriptor),
  };
}
