/** Cameras over HTTP in the shapes of common firmware: streams, single pictures, logins, and everything that goes wrong. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import sharp from 'sharp';
import { testRequiring } from '../../../requiring.ts';
import { makeCertificates, opensslNeed } from '../../publish/certificates.ts';
import {
  cameraConfig,
  type RecordedCamera,
  recorded,
  standInEnvironment,
  temporaryFolder,
  until,
} from '../cameras-under-test.ts';
import type { LoginRules } from '../login-rules.ts';
import {
  cameraShapes,
  type MjpegServer,
  type MjpegServerOptions,
  samplePictures,
  serveMjpeg,
} from '../mjpeg-server.ts';

interface Subject {
  readonly server: MjpegServer;
  readonly camera: RecordedCamera;
}

/** A camera and goby at it. There is no ffmpeg on PATH: whatever is seen was read by goby itself. */
async function watching(
  t: ExecutionContext,
  serving: Partial<MjpegServerOptions>,
  {
    source = {},
    more = {},
    login = '',
  }: { source?: Record<string, unknown>; more?: Record<string, unknown>; login?: string } = {},
): Promise<Subject> {
  const pictures = serving.pictures ?? (await samplePictures(6));
  const server = await serveMjpeg(t, { framesPerSecond: 30, ...serving, pictures });
  const input = server.url.replace('//', `//${login}`);
  const env = await standInEnvironment(t, { programs: [] });
  const { framesPerSecond, ...rest } = { type: 'ffmpeg', framesPerSecond: 120, ...source };
  const config = cameraConfig({ input, ...(framesPerSecond === undefined ? {} : { framesPerSecond }), ...rest }, more);
  const camera = recorded(t, { config, env });
  camera.start();
  return { server, camera };
}

for (const [name, shape] of Object.entries(cameraShapes)) {
  test(`frames of a stream arrive as they were sent: ${name}`, async (t) => {
    const pictures = await samplePictures(6);
    const { camera } = await watching(t, { shape, pictures });
    // On a busy machine two frames may come at once, of which the rate lets one pass: in the end each comes.
    await until(() => new Set(camera.frames.map(({ widthPx }) => widthPx)).size === 6, 'all six pictures');
    for (const { bytes, widthPx, format } of camera.frames) {
      t.is(format, 'jpeg');
      t.true(bytes.equals(pictures[(widthPx - 160) / 16]!), `the picture of ${widthPx} px`);
    }
    t.is(camera.camera.counters.restartsTotal, 0);
    t.regex(
      (await camera.reaches('streaming')).detail,
      /^MJPEG of http:\/\/127\.0\.0\.1:\d+\/stream at up to 120 frames a second/,
    );
  });
}

test('a slow camera is no stalled one', async (t) => {
  const { camera } = await watching(t, { framesPerSecond: 0.5 }, { more: { stallTimeoutMs: 4000 } });
  await camera.gives(3);
  t.is(camera.camera.counters.restartsTotal, 0);
});

test('frames beyond the wanted rate are left out, and are no drops', async (t) => {
  const { camera, server } = await watching(t, { framesPerSecond: 60 }, { source: { framesPerSecond: 4 } });
  await camera.gives(4);
  t.true(camera.framesSeen < 40);
  t.is(camera.camera.counters.droppedTotal + camera.camera.counters.corruptTotal, 0);
  t.is(server.requests.length, 1);
});

test('a stream that stalls is asked for again, one viewer at a time', async (t) => {
  const { camera, server } = await watching(t, { stallsAfter: 3, oneViewer: true }, { more: { stallTimeoutMs: 1000 } });
  await camera.gives(7);
  await camera.reaches('reconnecting', /^The camera stalled: no frame came for .* expected: MJPEG of/);
  t.is(server.mostViewers, 1);
  await camera.camera.stop();
  await until(() => server.viewers === 0, 'the connection is closed');
});

test('a stream that ends is asked for again', async (t) => {
  const { camera } = await watching(t, { endsAfter: 3 });
  await camera.gives(7);
  t.regex((await camera.reaches('reconnecting')).detail, /The camera http:.* ended its stream\.$/);
});

test('cut and broken pictures are counted and left out', async (t) => {
  const [whole] = await samplePictures(1);
  const huge = Buffer.from(whole!);
  // The size in the frame header: 65535x65535.
  huge.fill(0xff, huge.indexOf(Buffer.from([0xff, 0xc0])) + 5, huge.indexOf(Buffer.from([0xff, 0xc0])) + 9);
  const pictures = [whole!.subarray(0, 900), whole!, huge, whole!, Buffer.from('no picture'), whole!];
  const { camera } = await watching(t, { pictures });
  await camera.gives(3);
  for (const { widthPx, bytes } of camera.frames) t.true(widthPx === 160 && bytes.equals(whole!));
  await until(() => camera.camera.counters.corruptTotal >= 2, 'both are counted');
});

const logins: readonly (readonly [string, LoginRules])[] = [
  ['basic', { scheme: 'basic', user: 'admin', password: 'pä ss:w/@%' }],
  ['digest of RFC 2069', { scheme: 'digest', user: 'admin', password: 'secret' }],
  ['digest with MD5', { scheme: 'digest', user: 'admin', password: 'secret', algorithm: 'MD5', qop: 'auth' }],
  ['digest with MD5, unnamed', { scheme: 'digest', user: 'admin', password: 'secret', qop: 'auth,auth-int' }],
  ['digest with SHA-256', { scheme: 'digest', user: 'adm"in', password: 'secret', algorithm: 'SHA-256', qop: 'auth' }],
  ['digest with letters beyond ASCII', { scheme: 'digest', user: 'jürgen ✓', password: 'secret', qop: 'auth' }],
  ['digest with MD5-sess', { scheme: 'digest', user: 'admin', password: 'secret', algorithm: 'MD5-sess', qop: 'auth' }],
];
for (const [name, login] of logins) {
  test(`logs in with ${name}, and the password is in no line`, async (t) => {
    const written = `${encodeURIComponent(login.user)}:${encodeURIComponent(login.password)}@`;
    const { camera, server } = await watching(t, { login: { ...login } }, { login: written });
    await camera.gives(3);
    t.is(server.requests.length, 2);
    t.false(
      server.requests[0]!.some((line) => /^authorization/i.test(line)),
      'nothing is sent before it is asked for',
    );
    t.notRegex(JSON.stringify([camera.lines, camera.statuses]), /secret|pä ss|p%C3/);
  });

  test(`a wrong password is told once, with ${name}`, async (t) => {
    const { camera, server } = await watching(t, { login: { ...login } }, { login: 'admin:wrong-one@' });
    const { detail } = await camera.reaches('reconnecting');
    t.regex(
      detail,
      /refuses the user or the password\. Check the user in source\.input and the file of source\.passwordFile/,
    );
    await until(() => server.requests.length >= 6, 'three attempts');
    t.is(camera.lines.filter((line) => /refuses/.test(line)).length, 1);
    t.notRegex(JSON.stringify([camera.lines, camera.statuses]), /wrong-one/);
  });
}

test('a camera that wants a login which is not configured, or not known, is told', async (t) => {
  const login: LoginRules = { scheme: 'basic', user: 'a', password: 'b' };
  t.regex(
    (await (await watching(t, { login })).camera.reaches('reconnecting')).detail,
    /wants a user and a password\. Write the user into source\.input/,
  );
  const odd = await watching(t, { login: { ...login, challenges: ['NTLM'] } }, { login: 'a:b@' });
  t.regex((await odd.camera.reaches('reconnecting')).detail, /wants a login that goby doesn't know \(NTLM\)/);
});

test('redirects are followed, and the password goes to no other host', async (t) => {
  const elsewhere = await serveMjpeg(t, { pictures: await samplePictures(2), framesPerSecond: 50 });
  const login: LoginRules = { scheme: 'basic', user: 'a', password: 'b' };
  const { camera, server } = await watching(
    t,
    {
      login,
      answer: (target) =>
        target === '/stream'
          ? 'HTTP/1.1 302 Found\r\nLocation: /next?x=1\r\nContent-Length: 0\r\n\r\n'
          : `HTTP/1.1 307 There\r\nLocation: ${elsewhere.url}\r\nContent-Length: 0\r\n\r\n`,
    },
    { login: 'a:b@' },
  );
  await camera.gives(2);
  t.deepEqual(
    server.requests.map(([line]) => line),
    ['GET /stream HTTP/1.1', 'GET /stream HTTP/1.1', 'GET /next?x=1 HTTP/1.1'],
  );
  t.false(elsewhere.requests[0]!.some((line) => /^authorization/i.test(line)));
});

/** Answers that are no pictures, and what is said of them. */
const troubles: readonly (readonly [string, string | Buffer, RegExp])[] = [
  ['a redirect in a circle', 'HTTP/1.1 302 Found\r\nLocation: /stream\r\n\r\n', /redirects goby more than 5 times/],
  [
    'a redirect to a file',
    'HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n',
    /redirects goby to something that is no http/,
  ],
  [
    'a web page',
    'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>Welcome</html>',
    /gives a web page, not a picture or a stream/,
  ],
  [
    'a page without a type',
    'HTTP/1.1 200 OK\r\n\r\n<!DOCTYPE html><html>',
    /gives a web page|gives something without a type/,
  ],
  ['404', 'HTTP/1.1 404 Not Found\r\n\r\n', /has no such page \(status 404\)\. Check the path/],
  ['403', 'HTTP/1.1 403 No\r\n\r\n', /forbids it/],
  ['503', 'HTTP/1.1 503 Busy\r\n\r\n', /too much to do.*one viewer at a time/],
  ['500', 'HTTP/1.1 500 Oh\r\n\r\n', /answers with status 500/],
  ['headers without an end', `HTTP/1.1 200 OK\r\n${'X-Filler: yes\r\n'.repeat(5000)}`, /headers that never end/],
  ['one endless header', `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(200_000)}`, /headers that never end/],
  ['another protocol', 'SSH-2.0-OpenSSH_9.2p1\r\n', /something that isn't HTTP \(HPE_.*\)\. Check the port/],
  ['nothing', '', /closed the connection before an answer/],
  [
    'an empty picture',
    'HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 0\r\n\r\n',
    /gives no whole picture/,
  ],
];
for (const [name, answer, says] of troubles) {
  test(`is told with what to do, once: ${name}`, async (t) => {
    const { camera, server } = await watching(t, { answer: () => answer });
    t.regex((await camera.reaches('reconnecting')).detail, says);
    await until(() => server.requests.length >= 3, 'it is tried again');
    t.is(
      new Set(camera.lines.map((line) => line.replace(/^\S+ /, ''))).size,
      camera.lines.length,
      camera.lines.join('\n'),
    );
  });
}

test('a camera that takes the connection and says nothing is told as one that stalls', async (t) => {
  const { camera } = await watching(
    t,
    { shape: { head: '', part: () => Buffer.alloc(0) } },
    { more: { stallTimeoutMs: 500 } },
  );
  t.regex(
    (await camera.reaches('reconnecting')).detail,
    /stalled: no frame came for 0\.5 s; expected: an answer of http:/,
  );
});

test('no camera at all is told with what to do', async (t) => {
  const server = await serveMjpeg(t, { pictures: await samplePictures(1), framesPerSecond: 1 });
  const env = await standInEnvironment(t, { programs: [] });
  const closed = recorded(t, { config: cameraConfig({ type: 'ffmpeg', input: 'http://127.0.0.1:1/' }), env });
  closed.start();
  t.regex((await closed.reaches('reconnecting')).detail, /refuses the connection \(ECONNREFUSED\)\. Check the port/);
  const unknown = recorded(t, {
    config: cameraConfig({ type: 'ffmpeg', input: 'http://no-such-camera.invalid/' }),
    env,
  });
  unknown.start();
  t.regex((await unknown.reaches('reconnecting')).detail, /can't be found: its name is unknown/);
  const secure = recorded(t, {
    config: cameraConfig({ type: 'ffmpeg', input: server.url.replace('http:', 'https:') }),
    env,
  });
  secure.start();
  t.regex((await secure.reaches('reconnecting')).detail, /speaks no TLS on this port \(EPROTO\)\. Write http:/);
});

function picture(bytes: Buffer, type = 'image/jpeg', length = true): Buffer {
  const head = `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\n${length ? `Content-Length: ${bytes.length}\r\n` : ''}Connection: close\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), bytes]);
}

test('one picture where a stream was expected is asked for again and again', async (t) => {
  const pictures = await samplePictures(3);
  const { camera } = await watching(t, { pictures, answer: (_target, request) => picture(pictures[request % 3]!) });
  await camera.gives(3);
  t.deepEqual(
    camera.frames.slice(0, 3).map(({ widthPx }) => widthPx),
    [160, 176, 192],
  );
  t.is(camera.camera.counters.restartsTotal, 0);
  t.regex((await camera.reaches('streaming')).detail, /^a picture of http:.* each 1 s/);
});

for (const [name, answer] of [
  ['as octet-stream', (bytes: Buffer) => picture(bytes, 'application/octet-stream')],
  [
    'as one part of a multipart answer',
    (bytes: Buffer) =>
      picture(
        Buffer.concat([Buffer.from('--b\r\nContent-Type: image/jpeg\r\n\r\n'), bytes, Buffer.from('\r\n--b--\r\n')]),
        'multipart/x-mixed-replace; boundary=b',
      ),
  ],
  ['without a length', (bytes: Buffer) => picture(bytes, 'image/jpg', false)],
] as const) {
  test(`one picture is recognised: ${name}`, async (t) => {
    const [bytes] = await samplePictures(1);
    const { camera } = await watching(t, { answer: () => answer(bytes!) });
    await camera.gives(2);
    t.is(camera.camera.counters.restartsTotal, 0);
  });
}

test('a source of type snapshot asks at its interval, logs in once, and keeps its nonce', async (t) => {
  const pictures = await samplePictures(4);
  const login: LoginRules = { scheme: 'digest', user: 'a', password: 'b', algorithm: 'SHA-256', qop: 'auth', uses: 3 };
  const { camera, server } = await watching(
    t,
    { login, answer: (_target, request) => picture(pictures[request % 4]!) },
    { source: { type: 'snapshot', intervalMs: 200, framesPerSecond: undefined }, login: 'a:b@' },
  );
  await camera.gives(6);
  // Three refusals: nothing sent, and a nonce that was used three times, twice at most.
  t.true(server.requests.length <= 9, String(server.requests.length));
  t.is(camera.camera.counters.restartsTotal, 0);
  t.true(new Set(camera.frames.map(({ widthPx }) => widthPx)).size > 1);
  t.regex((await camera.reaches('streaming')).detail, /^a picture of .* each 0\.2 s/);
});

test('a snapshot that fails is told once, however often it is tried, and again when it works', async (t) => {
  const [bytes] = await samplePictures(1);
  let isBroken = true;
  const { camera, server } = await watching(
    t,
    { answer: () => (isBroken ? 'HTTP/1.1 500 Oh\r\n\r\n' : picture(bytes!)) },
    { source: { type: 'snapshot', intervalMs: 200, framesPerSecond: undefined } },
  );
  await until(() => server.requests.length >= 5, 'five attempts');
  t.is(camera.lines.length, 1);
  isBroken = false;
  await camera.gives(2);
  t.is(camera.lines.length, 2);
  t.regex(camera.lines[1]!, /streams again/);
});

test('a snapshot whose address gives a film is told', async (t) => {
  const { camera } = await watching(
    t,
    { answer: () => 'HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\n\r\nxxxx' },
    { source: { type: 'snapshot', framesPerSecond: undefined } },
  );
  t.regex(
    (await camera.reaches('reconnecting')).detail,
    /gives neither a picture nor a stream of pictures.*source\.type: ffmpeg/,
  );
});

testRequiring(
  [opensslNeed],
  'a certificate is checked, with the authority that is named, or not at all where that is said',
  async (t) => {
    const folder = await temporaryFolder(t);
    const { ca, serverCertificate, serverKey } = makeCertificates(folder);
    const [bytes] = await samplePictures(1);
    const server = createServer(
      { cert: readFileSync(serverCertificate), key: readFileSync(serverKey) },
      (_request, response) => response.writeHead(200, { 'content-type': 'image/jpeg' }).end(bytes),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.teardown(() => server.close());
    const input = `https://127.0.0.1:${(server.address() as AddressInfo).port}/snap.jpg`;
    const env = await standInEnvironment(t, { programs: [] });
    const start = (tls: object): RecordedCamera => {
      const camera = recorded(t, { config: cameraConfig({ type: 'snapshot', input, intervalMs: 200, tls }), env });
      camera.start();
      return camera;
    };
    t.regex(
      (await start({}).reaches('reconnecting')).detail,
      /shows a certificate that is not accepted .*source\.tls\.caFile, or set source\.tls\.verify: false/,
    );
    await start({ caFile: ca }).gives(1);
    await start({ verify: false }).gives(1);
    t.regex((await start({ caFile: join(folder, 'none') }).reaches('reconnecting')).detail, /source\.tls\.caFile/);
  },
);

test('a picture in PNG, and one that says how the phone was held', async (t) => {
  const base = sharp({ create: { width: 96, height: 64, channels: 3, background: '#2a4' } });
  const png = await watching(t, { answer: () => undefined, pictures: [await base.clone().jpeg().toBuffer()] });
  await png.camera.gives(1);
  const pngBytes = await base.clone().png().toBuffer();
  const asPng = await watching(t, { answer: () => picture(pngBytes, 'image/png') });
  await asPng.camera.gives(1);
  t.like(asPng.camera.frames[0], { format: 'jpeg', widthPx: 96, heightPx: 64 });
  const turned = await base.clone().jpeg().withMetadata({ orientation: 6 }).toBuffer();
  const phone = await watching(t, { answer: () => picture(turned) }, { source: { rotationDeg: 180 } });
  await phone.camera.gives(1);
  t.is(phone.camera.frames[0]?.rotationDeg, 270);
});
