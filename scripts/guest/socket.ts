/** Connects to a socket that QEMU is about to make. */
import { createConnection, type Socket } from 'node:net';

/** @throws the last error after ten seconds */
export async function connectWhenThere(path: string): Promise<Socket> {
  const untilMs = performance.now() + 10_000;
  for (;;) {
    try {
      return await new Promise((resolve, reject) => {
        const socket = createConnection(path);
        socket.once('connect', () => {
          socket.off('error', reject);
          resolve(socket);
        });
        socket.once('error', reject);
      });
    } catch (error) {
      if (performance.now() > untilMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
