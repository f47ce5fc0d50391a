/** A camera that speaks MJPEG over HTTP as the common ones do, byte by byte as their firmware writes it, and as the odd ones do. */
import { createServer, type Server, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';
import sharp from 'sharp';
import { acceptsLogin, type LoginRules } from './login-rules.ts';

/** How one kind of camera writes. */
export interface CameraShape {
  /** Status line and headers, up to the empty line. */
  readonly head: string;
  /** What comes before the first picture. */
  readonly prologue?: string;
  /** A picture with what stands around it. */
  part(jpeg: Buffer, index: number): Buffer;
}

const lines = (...texts: string[]): string => `${texts.join('\r\n')}\r\n`;
const around = (before: string, jpeg: Buffer, after = ''): Buffer =>
  Buffer.concat([Buffer.from(before, 'latin1'), jpeg, Buffer.from(after, 'latin1')]);
const chunk = (bytes: Buffer): Buffer => around(`${bytes.length.toString(16)}\r\n`, bytes, '\r\n');

const esp32 = '123456789000000000000987654321';

export const cameraShapes: Readonly<Record<string, CameraShape>> = {
  /** espressif's CameraWebServer: chunked, with the boundary before each picture. */
  'ESP32-CAM': {
    head: lines(
      'HTTP/1.1 200 OK',
      `Content-Type: multipart/x-mixed-replace;boundary=${esp32}`,
      'Transfer-Encoding: chunked',
      'Access-Control-Allow-Origin: *',
      'X-Framerate: 60',
      '',
    ),
    part: (jpeg, index) =>
      Buffer.concat([
        chunk(Buffer.from(`\r\n--${esp32}\r\n`)),
        chunk(
          Buffer.from(
            lines('Content-Type: image/jpeg', `Content-Length: ${jpeg.length}`, `X-Timestamp: ${index}.000000`, ''),
          ),
        ),
        chunk(jpeg),
      ]),
  },
  'mjpg-streamer': {
    head: lines(
      'HTTP/1.0 200 OK',
      'Connection: close',
      'Server: MJPG-Streamer/0.2',
      'Cache-Control: no-store, no-cache, must-revalidate, pre-check=0, post-check=0, max-age=0',
      'Pragma: no-cache',
      'Expires: Mon, 3 Jan 2000 12:34:56 GMT',
      'Content-Type: multipart/x-mixed-replace;boundary=boundarydonotcross',
      '',
    ),
    prologue: '--boundarydonotcross\r\n',
    part: (jpeg, index) =>
      around(
        lines('Content-Type: image/jpeg', `Content-Length: ${jpeg.length}`, `X-Timestamp: ${index}.000000`, ''),
        jpeg,
        '\r\n--boundarydonotcross\r\n',
      ),
  },
  Motion: {
    head: lines(
      'HTTP/1.1 200 OK',
      'Connection: close',
      'Content-Type: multipart/x-mixed-replace; boundary=BoundaryString',
      '',
    ),
    part: (jpeg) =>
      around(
        lines('--BoundaryString', 'Content-type: image/jpeg', `Content-Length: ${String(jpeg.length).padStart(9)}`, ''),
        jpeg,
        '\r\n',
      ),
  },
  'IP Webcam': {
    head: lines(
      'HTTP/1.0 200 OK',
      'Connection: close',
      'Server: IP Webcam Server 0.4',
      'Content-Type: multipart/x-mixed-replace;boundary=Ba4oTvQMY8ew04N8dcnM',
      '',
    ),
    part: (jpeg) => around(lines('--Ba4oTvQMY8ew04N8dcnM', 'Content-Type: image/jpeg', ''), jpeg, '\r\n'),
  },
  Axis: {
    head: lines(
      'HTTP/1.0 200 OK',
      'Cache-Control: no-cache',
      'Content-Type: multipart/x-mixed-replace; boundary=--myboundary',
      '',
    ),
    part: (jpeg) =>
      around(lines('--myboundary', 'Content-Type: image/jpeg', `Content-Length: ${jpeg.length}`, ''), jpeg, '\r\n'),
  },
  'quoted boundary with a blank': {
    head: lines('HTTP/1.1 200 OK', 'Content-Type: multipart/x-mixed-replace; boundary="--video boundary--"', ''),
    part: (jpeg) =>
      around(
        lines(
          '--video boundary--',
          `Content-length: ${jpeg.length}`,
          'Date: 01-01-2000 12:00:00 AM',
          'Content-type: image/jpeg',
          '',
        ),
        jpeg,
        '\r\n',
      ),
  },
  'bare line feeds': {
    head: 'HTTP/1.0 200 OK\nContent-Type: multipart/x-mixed-replace;boundary=b\n\n',
    part: (jpeg) => around(`\n--b\nContent-Type: image/jpeg\nContent-Length: ${jpeg.length}\n\n`, jpeg, '\n'),
  },
  'lengths that are wrong': {
    head: lines('HTTP/1.1 200 OK', 'Content-Type: multipart/x-mixed-replace; boundary=b', ''),
    part: (jpeg, index) =>
      around(lines('--b', `Content-Length: ${index % 2 === 0 ? 10 : jpeg.length * 3}`, ''), jpeg, '\r\n'),
  },
  'no boundary at all': {
    head: lines('HTTP/1.0 200 OK', 'Content-Type: video/x-motion-jpeg', ''),
    part: (jpeg) => jpeg,
  },
  'no type at all': {
    head: lines('HTTP/1.0 200 OK', ''),
    part: (jpeg) => around('\r\n--x\r\n\r\n', jpeg),
  },
  'octet-stream of bare pictures': {
    head: lines('HTTP/1.0 200 OK', 'Content-Type: application/octet-stream', ''),
    part: (jpeg) => jpeg,
  },
  'garbage between and after pictures': {
    head: lines('HTTP/1.1 200 OK', 'Content-Type: multipart/x-mixed-replace; boundary=b', ''),
    part: (jpeg, index) =>
      Buffer.concat([
        Buffer.from(`--b\r\n\r\n`),
        Buffer.from([0xff, 0xd8, index, 0xff, 0xff]),
        jpeg,
        Buffer.alloc(index * 7, 0xff),
        Buffer.from('\0\0\r\n'),
      ]),
  },
};

export interface MjpegServerOptions {
  readonly shape?: CameraShape;
  /** Sent in turn. */
  readonly pictures: readonly Buffer[];
  readonly framesPerSecond: number;
  /** The connection goes quiet behind so many pictures. */
  readonly stallsAfter?: number;
  /** The connection ends behind so many pictures. */
  readonly endsAfter?: number;
  /** A second viewer is refused, as by cameras with little memory. */
  readonly oneViewer?: boolean;
  readonly login?: LoginRules;
  /** Answers instead, by the number of the request from 0; undefined: the stream. */
  readonly answer?: (target: string, request: number) => string | Buffer | undefined;
}

export interface MjpegServer {
  readonly url: string;
  readonly port: number;
  /** Header lines of each request so far. */
  readonly requests: readonly (readonly string[])[];
  /** Most viewers at one time. */
  readonly mostViewers: number;
  readonly viewers: number;
}

/** On loopback, until the test is over. */
export async function serveMjpeg(
  t: Pick<ExecutionContext, 'teardown'>,
  options: MjpegServerOptions,
): Promise<MjpegServer> {
  const requests: string[][] = [];
  const sockets = new Set<Socket>();
  const state = { mostViewers: 0, viewers: 0 };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    let text = '';
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      // A TLS hello is no HTTP.
      if (text.startsWith('\x16')) socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) return;
      const request = text.slice(0, end).split('\r\n');
      text = '';
      requests.push(request);
      respond(socket, request, requests.length - 1, options, state);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => stop(server, sockets));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}/stream`,
    port,
    requests,
    get mostViewers() {
      return state.mostViewers;
    },
    get viewers() {
      return state.viewers;
    },
  };
}

function respond(
  socket: Socket,
  request: readonly string[],
  number: number,
  options: MjpegServerOptions,
  state: { mostViewers: number; viewers: number },
): void {
  const target = request[0]!.split(' ')[1]!;
  const refused = options.login === undefined ? undefined : acceptsLogin(options.login, request);
  const answer = refused ?? options.answer?.(target, number);
  if (answer !== undefined) {
    socket.end(answer);
    return;
  }
  if (options.oneViewer && state.viewers > 0) {
    socket.destroy();
    return;
  }
  state.viewers += 1;
  state.mostViewers = Math.max(state.mostViewers, state.viewers);
  const stopShowing = show(socket, options);
  socket.on('close', () => {
    state.viewers -= 1;
    stopShowing();
  });
}

function show(socket: Socket, options: MjpegServerOptions): () => void {
  const { shape = cameraShapes['ESP32-CAM']!, pictures, framesPerSecond, stallsAfter, endsAfter } = options;
  socket.write(shape.head);
  if (shape.prologue !== undefined) socket.write(shape.prologue);
  let index = 0;
  const startedMs = performance.now();
  let timer: NodeJS.Timeout;
  const next = (): void => {
    if (index === stallsAfter) return;
    if (index === endsAfter) {
      socket.end();
      return;
    }
    socket.write(shape.part(pictures[index % pictures.length]!, index));
    index += 1;
    const dueInMs = startedMs + (index * 1000) / framesPerSecond - performance.now();
    // Never a burst of what is late: a real camera has none.
    timer = setTimeout(next, Math.max(dueInMs, 700 / framesPerSecond));
  };
  next();
  return () => clearTimeout(timer);
}

function stop(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy();
  return new Promise((resolve) => server.close(() => resolve()));
}

/** Pictures that can be told apart by their size, of as many bytes as a camera's. */
export async function samplePictures(count: number, { width = 160, height = 120 } = {}): Promise<Buffer[]> {
  return await Promise.all(
    Array.from({ length: count }, (_, index) =>
      sharp({
        create: {
          width: width + 16 * index,
          height,
          channels: 3,
          background: '#888',
          noise: { type: 'gaussian', mean: 128, sigma: 12 },
        },
      })
        .jpeg({ quality: 70 })
        .toBuffer(),
    ),
  );
}
