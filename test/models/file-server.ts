/** A real HTTP server on a free port that gives one file in good and bad manners, and remembers what it was asked. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

export type Manner = (request: IncomingMessage, response: ServerResponse, server: FileServer) => void;

export interface FileServer {
  readonly address: string;
  readonly requests: {
    readonly url: string;
    readonly range: string | undefined;
    readonly authorization: string | undefined;
  }[];
  close(): Promise<void>;
}

export async function serve(manner: Manner): Promise<FileServer> {
  const requests: FileServer['requests'] = [];
  const server: Server = createServer((request, response) => {
    const { range, authorization } = request.headers;
    requests.push({ url: request.url ?? '', range, authorization });
    manner(request, response, handle);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = (server.address() as { port: number }).port;
  const handle: FileServer = {
    address: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return handle;
}

/** Sends the content, or the range that was asked for. */
export function whole(content: Uint8Array): Manner {
  return (request, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (start >= content.length && start > 0) {
      response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
      return;
    }
    const ranged = request.headers.range !== undefined;
    response.writeHead(ranged ? 206 : 200, {
      'content-length': content.length - start,
      ...(ranged ? { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` } : {}),
    });
    response.end(content.subarray(start));
  };
}

/** Like `whole`, but breaks the connection after so many bytes of each answer. */
export function breaking(content: Uint8Array, afterBytes: number): Manner {
  return (request, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    response.writeHead(start > 0 ? 206 : 200, {
      'content-length': content.length - start,
      ...(start > 0 ? { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` } : {}),
    });
    const piece = content.subarray(start, start + afterBytes);
    response.write(piece, () => {
      if (start + piece.length >= content.length) response.end();
      else response.destroy();
    });
  };
}
