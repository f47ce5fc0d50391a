/** The page's server as a browser, and as somebody who means harm, meets it. */
import { rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { startWeb } from '../web-under-test.ts';

const administrator = 'administrator words';
const viewer = 'only looking words';

test('on loopback without a password everybody is in, and sees what is kept first', async (t) => {
  const { ask, open, feed } = await startWeb(t);
  feed.kept.push({ topic: 'goby/test/state', payload: '{"state":"online"}', qos: 1, retain: true });
  t.deepEqual(await (await ask('/session')).json(), { needsLogin: false, role: 'administrator' });
  const page = await open();
  await page.until(() => page.texts.length >= 2);
  t.deepEqual(page.texts[0], { base: 'goby/test', role: 'administrator', cameras: ['front'] });
  t.deepEqual(page.texts[1], { topic: 'goby/test/state', payload: '{"state":"online"}', retain: true });
  feed.say('front/events', '{"type":"new"}');
  await page.until(() => page.texts.length >= 3);
  t.is(page.texts[2]!['topic'], 'goby/test/front/events');
});

test('beyond loopback it does not listen without a password, and says how to set one', async (t) => {
  await t.throwsAsync(startWeb(t, { listen: '0.0.0.0:0' }), { message: /goby web password/ });
  const { ask } = await startWeb(t, { listen: '127.0.0.1:0', administrator });
  t.is((await ask('/sessions')).status, 401);
});

test('a port that is taken is a sentence', async (t) => {
  const { origin } = await startWeb(t);
  await t.throwsAsync(startWeb(t, { listen: `127.0.0.1:${new URL(origin).port}` }), {
    message: /another program has this port\. Take another port/,
  });
});

test('login sets a cookie that scripts and other sites do not get, and logout ends it', async (t) => {
  const { post, ask, logIn, open } = await startWeb(t, { administrator });
  t.is((await post('/login', { password: 'wrong wrong wrong' })).status, 401);
  const answer = await post('/login', { password: administrator });
  t.regex(answer.headers.get('set-cookie') ?? '', /HttpOnly; SameSite=Strict/);
  const cookie = await logIn(administrator);
  t.is((await ask('/sessions', { headers: { cookie } })).status, 200);
  t.is((await ask('/sessions')).status, 401);
  await t.throwsAsync(open(), { message: '401' });
  const page = await open({ cookie });
  const closed = page.closed();
  t.is((await post('/logout', {}, { cookie })).status, 200);
  t.is(await closed, 1008, 'an open page of the session is closed');
  t.is(
    (await ask('/sessions', { headers: { cookie } })).status,
    401,
    'a cookie that was stolen before is worth nothing',
  );
});

test('after some wrong tries the right password has to wait too, and is told how long', async (t) => {
  const { post, clock } = await startWeb(t, { administrator });
  for (let one = 0; one < 4; one++) t.is((await post('/login', { password: 'wrong wrong wrong' })).status, 401);
  const kept = await post('/login', { password: administrator });
  t.is(kept.status, 429);
  t.is(kept.headers.get('retry-after'), '2');
  clock.nowMs += 2000;
  t.is((await post('/login', { password: administrator })).status, 200);
});

test('somebody who may only look can not switch, ask for changes, or end sessions', async (t) => {
  const { logIn, open, feed, post, ask } = await startWeb(t, { administrator, viewer });
  const cookie = await logIn(viewer);
  const page = await open({ cookie });
  for (const topic of [
    'output/led/set',
    'control/alarm/set',
    'request/config-set',
    'request/restart',
    'request/models-use',
  ]) {
    page.send({ topic, payload: 'ON' });
  }
  page.send({ topic: 'request/config-get', payload: '{}' });
  await page.until(() => page.texts.length >= 6);
  t.deepEqual(
    page.texts.slice(1).map(({ refused }) => refused),
    ['output/led/set', 'control/alarm/set', 'request/config-set', 'request/restart', 'request/models-use'],
  );
  t.deepEqual(feed.taken, [{ topic: 'goby/test/request/config-get', payload: '{}' }]);
  const [session] = (await (await ask('/sessions', { headers: { cookie } })).json()) as { id: string }[];
  t.is((await post(`/sessions/${session!.id}/revoke`, {}, { cookie })).status, 403);
});

test('the administrator ends the session of a stolen cookie', async (t) => {
  const { logIn, open, post, ask } = await startWeb(t, { administrator, viewer });
  const stolen = await logIn(viewer);
  const page = await open({ cookie: stolen });
  const cookie = await logIn(administrator);
  const list = (await (await ask('/sessions', { headers: { cookie } })).json()) as { id: string; role: string }[];
  t.false(JSON.stringify(list).includes('Hash'));
  const { id } = list.find(({ role }) => role === 'viewer')!;
  const closed = page.closed();
  t.is((await post(`/sessions/${id}/revoke`, {}, { cookie })).status, 200);
  t.is(await closed, 1008);
  t.is((await ask('/sessions', { headers: { cookie: stolen } })).status, 401);
  t.is((await post(`/sessions/${id}/revoke`, {}, { cookie })).status, 404);
});

test('forms and sockets of other sites are refused, with a cookie too', async (t) => {
  const { logIn, open, post, origin } = await startWeb(t, { administrator });
  const cookie = await logIn(administrator);
  for (const foreign of ['http://evil.example', 'null', `${origin}0`, 'https://127.0.0.1']) {
    t.is((await post('/logout', {}, { cookie, origin: foreign })).status, 403, foreign);
    await t.throwsAsync(open({ cookie, origin: foreign }), { message: '403' }, foreign);
  }
});

test('a name that a stranger can point here is refused; addresses, local names and named hosts are not', async (t) => {
  const { origin } = await startWeb(t, { administrator, hosts: ['goby.example.org'] });
  const status = (host: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const asked = request(`${origin}/session`, { headers: { host } }, ({ statusCode }) => resolve(statusCode));
      asked.on('error', reject);
      asked.end();
    });
  for (const host of [
    'evil.example',
    'evil.example:8971',
    'goby.example.org.evil.example',
    '127.0.0.1.evil.example',
    'x'.repeat(3000),
  ]) {
    t.is(await status(host), 421, host.slice(0, 40));
  }
  for (const host of [
    'goby.example.org',
    'GOBY.example.org:80',
    'pi.local:8971',
    'raspberrypi',
    '192.168.1.7:8971',
    '[::1]:8971',
    'localhost',
  ]) {
    t.is(await status(host), 200, host);
  }
});

test('every answer forbids framing, foreign scripts and guessing of types', async (t) => {
  const { ask } = await startWeb(t);
  for (const path of ['/', '/session', '/nothing', '/assets/..%2f..%2fmain.js']) {
    const { headers } = await ask(path);
    t.regex(
      headers.get('content-security-policy') ?? '',
      /default-src 'none'.*script-src 'self'.*frame-ancestors 'self'/,
      path,
    );
    t.is(headers.get('x-content-type-options'), 'nosniff', path);
    t.is(headers.get('x-frame-options'), 'SAMEORIGIN', path);
  }
});

test('nothing but the files of the page is given out', async (t) => {
  const { ask, origin } = await startWeb(t);
  for (const path of [
    '/../package.json',
    '/assets/../index.html',
    '/assets/%2e%2e/index.html',
    '/passwords.json',
    '/assets/',
    '/page',
    '/main.tsx',
  ]) {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const { hostname, port } = new URL(origin);
      const asked = request({ hostname, port, path, headers: { host: 'localhost' } }, ({ statusCode }) =>
        resolve(statusCode),
      );
      asked.on('error', reject);
      asked.end();
    });
    t.is(status, 404, path);
  }
  t.is((await ask('/socket')).status, 404, 'the socket is no page');
});

test('what a page sends is bounded and checked', async (t) => {
  const { open, feed, post } = await startWeb(t);
  const page = await open();
  for (const message of [
    'nonsense',
    '[]',
    '{"topic":1}',
    '{"live":[{"camera":"front","perSecond":1e9,"always":true}]}',
    '{"topic":"../x","payload":""}',
    '{"topic":"request/ping/more","payload":""}',
    '{"topic":"front/detections","payload":"{}"}',
  ]) {
    page.send(message);
  }
  await page.until(() => page.texts.length >= 8);
  t.true(page.texts.slice(1).every(({ refused }) => typeof refused === 'string'));
  t.deepEqual(feed.taken, []);
  page.send({ topic: 'request/ping', payload: 'x'.repeat(200_000) });
  t.is(await page.closed(), 1009);
  t.is((await post('/login', { password: 'x'.repeat(100_000) })).status, 413);
});

test('live pictures come only while they are asked for, with what was seen in the same message', async (t) => {
  const { open, live } = await startWeb(t);
  const page = await open();
  page.send({
    live: [
      { camera: 'front', perSecond: 5, always: false },
      { camera: 'no-camera', perSecond: 5, always: false },
    ],
  });
  page.send({ topic: 'nothing', payload: '' });
  await page.until(() => page.texts.length >= 2);
  t.is(live.watchers.size, 1);
  live.show({ camera: 'front', seen: { frame: 7, detections: [] }, jpeg: Buffer.from('picture') });
  await page.until(() => page.pictures.length === 1);
  t.deepEqual(page.pictures[0]!.header, { camera: 'front', frame: 7, detections: [] });
  t.is(page.pictures[0]!.jpeg.toString(), 'picture');
  page.send({ live: [] });
  page.send({ topic: 'nothing', payload: '' });
  await page.until(() => page.texts.length >= 3);
  t.is(live.watchers.size, 0);
});

test('a page that is closed leaves nothing behind', async (t) => {
  const { open, live, feed, server } = await startWeb(t);
  const page = await open();
  page.send({ live: [{ camera: 'front', perSecond: 5, always: false }] });
  page.send({ topic: 'nothing', payload: '' });
  await page.until(() => page.texts.length >= 2);
  page.socket.terminate();
  while (server.viewers > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  t.is(live.watchers.size, 0);
  t.is(feed.listeners, 0);
});

test('a page that reads nothing loses pictures, not the memory, and is closed when even words pile up', async (t) => {
  const { open, live, feed, server } = await startWeb(t);
  const page = await open();
  page.send({ live: [{ camera: 'front', perSecond: 5, always: true }] });
  page.send({ topic: 'nothing', payload: '' });
  await page.until(() => page.texts.length >= 2);
  page.socket.pause();
  const jpeg = Buffer.alloc(100_000);
  for (let one = 0; one < 400; one++) {
    live.show({ camera: 'front', seen: { frame: one }, jpeg });
    if (one % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  for (let one = 0; one < 200 && server.viewers > 0; one++) {
    feed.say('front/detections', 'x'.repeat(100_000));
    await new Promise((resolve) => setImmediate(resolve));
  }
  page.socket.resume();
  await page.closed();
  t.true(page.pictures.length < 100, `${page.pictures.length} of 400 pictures`);
});

test('no more than twenty pages at once', async (t) => {
  const { open } = await startWeb(t);
  await Promise.all(Array.from({ length: 20 }, () => open()));
  await t.throwsAsync(open(), { message: '503' });
});

test('a picture of an event is for those who are in', async (t) => {
  const { ask, logIn } = await startWeb(t, {
    administrator,
    picture: async (event) => (event === 'abc' ? { bytes: new Uint8Array([1, 2]), type: 'image/jpeg' } : undefined),
  });
  t.is((await ask('/pictures/abc')).status, 401);
  const cookie = await logIn(administrator);
  const answer = await ask('/pictures/abc', { headers: { cookie } });
  t.is(answer.headers.get('content-type'), 'image/jpeg');
  t.is((await answer.arrayBuffer()).byteLength, 2);
  t.is((await ask('/pictures/none', { headers: { cookie } })).status, 404);
});

test('a changed password ends what was opened with the old one', async (t) => {
  const { accounts, logIn, ask } = await startWeb(t, { administrator });
  const cookie = await logIn(administrator);
  t.is((await ask('/sessions', { headers: { cookie } })).status, 200);
  await accounts.setPassword('administrator', 'quite another one');
  t.is((await ask('/sessions', { headers: { cookie } })).status, 401);
});

test('what is no address, no page and no socket is refused, and ends nothing', async (t) => {
  const { origin, ask } = await startWeb(t, { administrator });
  const { port } = new URL(origin);
  const said = (path: string, upgrade: string) =>
    new Promise<string>((resolve, reject) => {
      const head = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nOrigin: ${origin}\r\n${upgrade}\r\n`;
      const socket = connect(Number(port), '127.0.0.1', () => socket.write(head));
      let text = '';
      socket.on('data', (data) => (text += String(data)));
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
    });
  const upgrade = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${'A'.repeat(22)}==\r\n`;
  for (const path of ['//', 'http://[', '///socket', '/%', '*', '/socket/../x', 'http://a/socket', '/%E0%A4%A?x=%']) {
    t.regex(await said(path, upgrade), /^HTTP\/1\.1 40[04] /, `socket ${path}`);
    t.regex(await said(path, 'Connection: close\r\n'), /^HTTP\/1\.1 (4\d\d) /, path);
  }
  t.regex(await said('/socket', upgrade), /^HTTP\/1\.1 401 /);
  t.is((await ask('/session')).status, 200);
});

test('passwords that are lost or damaged while it runs shut the page, on the network and behind a proxy', async (t) => {
  for (const options of [
    { listen: '0.0.0.0:0', administrator },
    { hosts: ['goby.example.org'], administrator },
  ]) {
    const { folder, ask, logIn, open, post, origin } = await startWeb(t, options);
    const near = origin.replace('0.0.0.0', '127.0.0.1');
    const cookie = await logIn(administrator);
    for (const damage of [
      () => writeFileSync(join(folder, 'passwords.json'), '{"administrator":'),
      () => rmSync(join(folder, 'passwords.json')),
    ]) {
      damage();
      // As long as the hashes are kept in memory.
      await new Promise((resolve) => setTimeout(resolve, 2100));
      t.is((await ask('/sessions')).status, 401);
      t.is((await ask('/sessions', { headers: { cookie } })).status, 401);
      t.is(((await (await ask('/session')).json()) as { needsLogin: boolean }).needsLogin, true);
      t.true([401, 429, 500].includes((await post('/login', { password: administrator })).status), near);
      await t.throwsAsync(open({ cookie }), { message: '401' });
    }
  }
});

test('names for a proxy need a password, as the network does', async (t) => {
  await t.throwsAsync(startWeb(t, { hosts: ['goby.example.org'] }), { message: /goby web password/ });
});

test('a login over https, also when a proxy ends it, gives a cookie for https only', async (t) => {
  const { ask, origin } = await startWeb(t, { administrator, hosts: ['goby.example.org'] });
  for (const [from, isSecure] of [
    ['https://goby.example.org', true],
    [origin, false],
  ] as const) {
    const answer = await ask('/login', {
      ...{ method: 'POST', body: JSON.stringify({ password: administrator }) },
      headers: { origin: from, 'content-type': 'application/json' },
    });
    t.is(answer.status, 200);
    t.is(/; Secure/.test(answer.headers.get('set-cookie') ?? ''), isSecure, from);
  }
});

test('somebody who may only look sees no logins of others', async (t) => {
  const { logIn, ask } = await startWeb(t, { administrator, viewer });
  await logIn(administrator);
  const cookie = await logIn(viewer);
  const list = (await (await ask('/sessions', { headers: { cookie } })).json()) as { role: string }[];
  t.deepEqual(
    list.map(({ role }) => role),
    ['viewer'],
  );
});

test('a body that is far too long is not taken into memory, wherever it is sent', async (t) => {
  const { logIn, origin } = await startWeb(t, { administrator });
  const cookie = await logIn(administrator);
  const before = process.memoryUsage().rss;
  let most = 0;
  for (const path of ['/login', '/logout', '/sessions/abc/revoke', '/nothing']) {
    const status = await new Promise<number | string>((resolve) => {
      const asked = request(`${origin}${path}`, { method: 'POST', headers: { origin, cookie } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      });
      asked.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
      const chunk = Buffer.alloc(1 << 20);
      let sent = 0;
      const send = (): void => {
        most = Math.max(most, process.memoryUsage().rss);
        if (sent++ === 150 || asked.destroyed) asked.end();
        else asked.write(chunk, () => setImmediate(send));
      };
      send();
    });
    t.true(typeof status === 'string' || [413, 401, 404, 200].includes(status), `${path}: ${status}`);
  }
  t.true(most - before < 120 << 20, `${((most - before) / 1e6).toFixed(0)} MB more`);
});

test('a message of a page that meets a bug ends that page, and no more', async (t) => {
  const { open, live, ask } = await startWeb(t);
  live.watch = () => {
    throw new Error('a bug');
  };
  const page = await open();
  const closed = page.closed();
  page.send({ live: [{ camera: 'front', perSecond: 5, always: false }] });
  t.is(await closed, 1011);
  t.is((await ask('/session')).status, 200);
});

test('photos of training sets are for the administrator alone', async (t) => {
  const asked: string[][] = [];
  const web = await startWeb(t, {
    administrator: 'administrator words',
    viewer: 'viewer words',
    trainingPhoto: async (...names) => {
      asked.push(names);
      return names[2] === 'a.jpg' ? new Uint8Array([1, 2, 3]) : undefined;
    },
  });
  const get = async (path: string, cookie = '') => web.ask(path, { headers: { cookie } });
  t.is((await get('/training/door/postman/a.jpg')).status, 401);
  t.is((await get('/training/door/postman/a.jpg', await web.logIn('viewer words'))).status, 403);
  t.deepEqual(asked, []);
  const cookie = await web.logIn('administrator words');
  const found = await get('/training/door/postman/a.jpg', cookie);
  t.is(found.headers.get('content-type'), 'image/jpeg');
  t.deepEqual(new Uint8Array(await found.arrayBuffer()), new Uint8Array([1, 2, 3]));
  t.is((await get('/training/door/postman/b.jpg', cookie)).status, 404);
  t.is((await get('/training/%2e%2e/%2e%2e/passwd', cookie)).status, 404);
});
