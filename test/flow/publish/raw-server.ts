/** A server that is only sockets: for what no real broker does when asked. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';

/** A TCP server that does this with whoever comes. */
export async function serve(t: ExecutionContext, welcome: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    t.teardown(() => socket.destroy());
    welcome(socket);
  }).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Splits what a client sends into its packets: type, body behind the fixed header, and flags, MQTT section 2.1. */
export function forEachPacket(socket: Socket, take: (type: number, body: Buffer, flags: number) => void): void {
  let rest = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      let length = 0;
      let at = 1;
      do length += (rest[at]! & 0x7f) << (7 * (at - 1));
      while (rest[at++]! & 0x80);
      if (rest.length < 2 || rest.length < at + length) return;
      take(rest[0]! >> 4, rest.subarray(at, at + length), rest[0]! & 0x0f);
      rest = rest.subarray(at + length);
    }
  });
}
