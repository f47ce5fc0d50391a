/** A small RTSP server for tests: one MPEG-TS recording as RTP inside the RTSP connection, behind a password. */
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';

export interface RtspServerOptions {
  /** An MPEG-TS file. It is sent at once, then the connection stays open, as with a camera that went silent. */
  readonly recording: string;
  readonly user: string;
  readonly password: string;
}

export interface RtspServer {
  readonly port: number;
  /** First lines of the requests. */
  readonly requests: string[];
  /** Transport headers of SETUP requests. */
  readonly transports: string[];
}

const transportPacketBytes = 188;
/** Payload type 33, MPEG-TS (RFC 3551); 7 packets fill an Ethernet frame. */
const payloadType = 33;

export async function startRtspServer(t: ExecutionContext, options: RtspServerOptions): Promise<RtspServer> {
  const bytes = await readFile(options.recording);
  const expected = `Basic ${Buffer.from(`${options.user}:${options.password}`).toString('base64')}`;
  const requests: string[] = [];
  const transports: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    let pending = '';
    socket.on('data', (chunk) => {
      pending += chunk.toString('latin1');
      for (let end = pending.indexOf('\r\n\r\n'); end >= 0; end = pending.indexOf('\r\n\r\n')) {
        const request = pending.slice(0, end);
        pending = pending.slice(end + 4);
        requests.push(request.split('\r\n')[0] ?? '');
        transports.push(...[...request.matchAll(/^Transport: (.*)$/gim)].map((match) => match[1] ?? ''));
        answer(socket, request, expected, bytes);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { port: (server.address() as AddressInfo).port, requests, transports };
}

function answer(socket: Socket, request: string, expected: string, bytes: Buffer): void {
  const sequence = /^CSeq: (\d+)/im.exec(request)?.[1] ?? '0';
  const reply = (status: string, headers: string[] = [], body = ''): void => {
    const lines = [`RTSP/1.0 ${status}`, `CSeq: ${sequence}`, ...headers];
    if (body !== '') lines.push('Content-Type: application/sdp', `Content-Length: ${body.length}`);
    socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
  };
  const method = request.split(' ')[0];
  if (method === 'OPTIONS') reply('200 OK', ['Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN']);
  else if (!request.includes(`Authorization: ${expected}`)) {
    reply('401 Unauthorized', ['WWW-Authenticate: Basic realm="camera"']);
  } else if (method === 'DESCRIBE') {
    reply(
      '200 OK',
      [],
      'v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\nm=video 0 RTP/AVP 33\r\na=control:track1\r\n',
    );
  } else if (method === 'SETUP') {
    reply('200 OK', ['Transport: RTP/AVP/TCP;unicast;interleaved=0-1', 'Session: 1']);
  } else if (method === 'PLAY') {
    reply('200 OK', ['Session: 1']);
    sendRecording(socket, bytes);
  } else reply('200 OK', ['Session: 1']);
}

/** RTP packets framed as RFC 2326, section 10.12, says. */
function sendRecording(socket: Socket, bytes: Buffer): void {
  const payloadBytes = 7 * transportPacketBytes;
  for (let at = 0, number = 0; at < bytes.length; at += payloadBytes, number += 1) {
    const payload = bytes.subarray(at, at + payloadBytes);
    const head = Buffer.alloc(16);
    head.write('$', 'latin1');
    head.writeUInt16BE(12 + payload.length, 2);
    head.writeUInt8(0x80, 4);
    head.writeUInt8(payloadType, 5);
    head.writeUInt16BE(number % 65_536, 6);
    head.writeUInt32BE(number * 90, 8);
    head.writeUInt32BE(0x60b1, 12);
    socket.write(Buffer.concat([head, payload]));
  }
}
