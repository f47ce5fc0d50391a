/** Downloads from a real server that is absent, slow, broken or hostile. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { GobyError, InputError, UnavailableError } from '../../src/errors.ts';
import { type Download, download } from '../../src/models/download.ts';
import { breaking, type FileServer, type Manner, serve, whole } from './file-server.ts';

const content = Buffer.from(Array.from({ length: 100_000 }, (_, at) => (at * 31) % 251));
const patience = { idleTimeoutMs: 10_000, tries: 3, firstPauseMs: 1 };

interface Workplace {
  readonly server: FileServer;
  readonly part: string;
  get(options?: Partial<Download>): Promise<{ resumed: boolean }>;
}

async function workplace(t: ExecutionContext, manner: Manner): Promise<Workplace> {
  const folder = mkdtempSync(join(tmpdir(), 'goby-download-'));
  const server = await serve(manner);
  t.teardown(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const part = join(folder, 'deep', 'model.tflite.part');
  return {
    server,
    part,
    get: (options) =>
      download({ url: `${server.address}/model.tflite`, part, bytes: content.length, patience, ...options }),
  };
}

function status(code: number): Manner {
  return (_, response) => response.writeHead(code).end('sorry');
}

test('a missing file is told at once, and asked for once', async (t) => {
  const { get, server } = await workplace(t, status(404));
  await t.throwsAsync(get(), {
    instanceOf: UnavailableError,
    message: /model\.tflite can't be fetched: .*404 \(there is no such file\)/,
  });
  t.is(server.requests.length, 1);
});

test('a server in trouble is asked again, then given up', async (t) => {
  const { get, server } = await workplace(t, status(503));
  await t.throwsAsync(get(), { instanceOf: UnavailableError, message: /503/ });
  t.is(server.requests.length, 3);
});

test('a server that is not there', async (t) => {
  const { get, server } = await workplace(t, status(500));
  await server.close();
  await t.throwsAsync(get(), { instanceOf: UnavailableError, message: /ECONNREFUSED.*GOBY_MODEL_MIRROR/s });
});

test('a server that says nothing is left after the idle timeout', async (t) => {
  const { get } = await workplace(t, () => undefined);
  await t.throwsAsync(get({ patience: { idleTimeoutMs: 50, tries: 2, firstPauseMs: 1 } }), {
    instanceOf: UnavailableError,
    message: /nothing came for 0\.05 s/,
  });
});

test('a server that falls silent in the middle is left, and what came is kept', async (t) => {
  const { get, part } = await workplace(t, (_, response) => {
    response.writeHead(200, { 'content-length': content.length });
    response.write(content.subarray(0, 5000));
  });
  await t.throwsAsync(get({ patience: { idleTimeoutMs: 1500, tries: 1, firstPauseMs: 1 } }), {
    message: /nothing came/,
  });
  t.is(statSync(part).size, 5000);
});

test('a transfer that breaks off again and again goes on where it stopped', async (t) => {
  const { get, part, server } = await workplace(t, breaking(content, 30_000));
  await get();
  t.deepEqual(readFileSync(part), content);
  t.deepEqual(
    server.requests.map(({ range }) => range),
    [undefined, 'bytes=30000-', 'bytes=60000-', 'bytes=90000-'],
  );
});

test('a part file of an earlier run is continued', async (t) => {
  const { get, part, server } = await workplace(t, whole(content));
  await get({ url: `${server.address}/first` });
  writeFileSync(part, content.subarray(0, 70_000));
  t.deepEqual(await get(), { resumed: true });
  t.is(server.requests.at(-1)?.range, 'bytes=70000-');
  t.deepEqual(readFileSync(part), content);
});

test('a server without ranges sends all again', async (t) => {
  const { get, part } = await workplace(t, (_, response) => response.writeHead(200).end(content));
  await get();
  writeFileSync(part, content.subarray(0, 70_000));
  await get();
  t.deepEqual(readFileSync(part), content);
});

test('another range than the one asked for is not appended', async (t) => {
  const { get, part } = await workplace(t, (request, response) => {
    const ranged = request.headers.range !== undefined;
    response.writeHead(ranged ? 206 : 200, ranged ? { 'content-range': `bytes 0-9/${content.length}` } : {});
    response.end(content);
  });
  await get();
  writeFileSync(part, content.subarray(0, 70_000));
  await get();
  t.deepEqual(readFileSync(part), content);
});

test('a part file that is too long starts anew', async (t) => {
  const { get, part } = await workplace(t, whole(content));
  await get();
  writeFileSync(part, Buffer.alloc(content.length + 1));
  await get();
  t.deepEqual(readFileSync(part), content);
});

test('without a known size, a complete part file is taken as it is', async (t) => {
  const { get, part } = await workplace(t, whole(content));
  await get();
  await get({ bytes: undefined });
  t.deepEqual(readFileSync(part), content);
});

test('more than was pinned is refused by its announced length, and by what really comes', async (t) => {
  const announced = await workplace(t, whole(content));
  await t.throwsAsync(announced.get({ bytes: 1000 }), {
    instanceOf: InputError,
    message: /100000 bytes .* at most 1000/,
  });
  t.false(existsSync(announced.part));
  const chunked = await workplace(t, (_, response) => {
    response.writeHead(200);
    response.write(content);
    response.end(content);
  });
  await t.throwsAsync(chunked.get(), { instanceOf: InputError, message: /at most 100000/ });
});

test('redirects are followed, also relative ones, but not for ever', async (t) => {
  const good = await workplace(t, (request, response, server) => {
    if (request.url === '/model.tflite') response.writeHead(302, { location: `${server.address}/two` }).end();
    else if (request.url === '/two') response.writeHead(307, { location: 'three' }).end();
    else whole(content)(request, response, server);
  });
  await good.get();
  t.deepEqual(readFileSync(good.part), content);
  const loop = await workplace(t, (_, response) => response.writeHead(302, { location: '/model.tflite' }).end());
  await t.throwsAsync(loop.get(), { instanceOf: UnavailableError, message: /leads on more than 5 times/ });
  t.is(loop.server.requests.length, 6);
});

test('a redirect to anything but http is not followed', async (t) => {
  const { get } = await workplace(t, (_, response) =>
    response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
  );
  await t.throwsAsync(get(), { instanceOf: UnavailableError, message: /not safe to follow/ });
});

test('secrets in an address are not printed', async (t) => {
  const { get, server } = await workplace(t, status(404));
  const error = await t.throwsAsync(get({ url: `${server.address}/m?token=secret` }));
  t.notRegex(error.message, /secret/);
});

test('a full disk is a sentence', async (t) => {
  const { get, part } = await workplace(t, whole(content));
  await get();
  rmSync(part);
  symlinkSync('/dev/full', part);
  await t.throwsAsync(get(), { instanceOf: GobyError, message: /The disk is full: .*model\.tflite/ });
});

test('a disk that is too small is told before anything is fetched', async (t) => {
  const { get, server } = await workplace(t, whole(content));
  await t.throwsAsync(get({ bytes: 2 ** 60 }), { instanceOf: GobyError, message: /too full .* MB are needed/ });
  t.is(server.requests.length, 0);
});

test('progress counts what was there before', async (t) => {
  const { get, part } = await workplace(t, whole(content));
  await get();
  writeFileSync(part, content.subarray(0, 70_000));
  const seen: [number, number | undefined][] = [];
  await get({ onProgress: (done, total) => seen.push([done, total]) });
  t.true(seen[0]![0] > 70_000);
  t.deepEqual(seen.at(-1), [100_000, 100_000]);
});
