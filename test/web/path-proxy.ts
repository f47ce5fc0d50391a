/** A reverse proxy as people have one: it serves something of its own, and passes what lies below a path on, sockets too. */
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import type { ExecutionContext } from 'ava';

export interface PathProxyOptions {
  /** Begins and ends with a slash. */
  readonly path: string;
  readonly target: string;
  /** The Host header that goby gets; absent: what the browser sent, as `proxy_set_header Host $host` does. */
  readonly host?: string;
  /** PEM: it is then at https. */
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer };
  /** What it answers elsewhere, as HTML. */
  readonly page?: string;
}

/** @returns where a browser finds it, without a slash at the end */
export async function startPathProxy(t: ExecutionContext, options: PathProxyOptions): Promise<string> {
  const { path, target, host, tls, page = '' } = options;
  const { hostname, port } = new URL(target);
  const headersOf = (asked: IncomingMessage) => ({
    ...asked.headers,
    host: host ?? asked.headers.host,
    'x-forwarded-for': asked.socket.remoteAddress,
    'x-forwarded-host': asked.headers.host,
    'x-forwarded-proto': tls === undefined ? 'http' : 'https',
  });
  const pathOf = (asked: IncomingMessage): string | undefined =>
    asked.url?.startsWith(path) ? asked.url.slice(path.length - 1) : undefined;
  const server = (tls === undefined ? createServer() : createHttpsServer(tls)) as Server;
  server.on('request', (asked, answer) => {
    const to = pathOf(asked);
    if (to === undefined) {
      answer.setHeader('content-type', 'text/html');
      answer.end(page);
      return;
    }
    const passed = request({ hostname, port, path: to, method: asked.method, headers: headersOf(asked) }, (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers);
      got.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    asked.pipe(passed);
  });
  server.on('upgrade', (asked, client, head) => {
    const to = pathOf(asked);
    const passed = connect(Number(port), hostname, () => {
      const lines = Object.entries(headersOf(asked)).map(([name, value]) => `${name}: ${value}`);
      passed.write(`GET ${to} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
      passed.write(head);
      passed.pipe(client).pipe(passed);
    });
    for (const [one, other] of [
      [client, passed],
      [passed, client],
    ] as const) {
      one.on('error', () => undefined);
      one.on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
