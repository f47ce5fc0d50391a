/** The page at https with a given certificate, and behind a reverse proxy: what the proxy says of others is not believed. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { WebSocket } from 'ws';
import { makeCertificates, opensslNeed } from '../../flow/publish/certificates.ts';
import { testRequiring } from '../../requiring.ts';
import { startPathProxy } from '../path-proxy.ts';
import { startWeb } from '../web-under-test.ts';

const administrator = 'administrator words';

function folderOf(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'goby-test-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

testRequiring(
  [opensslNeed],
  'with a certificate the page and its socket are at https, and a login for https only',
  async (t) => {
    const { serverCertificate, serverKey, ca } = makeCertificates(folderOf(t));
    const web = await startWeb(t, {
      administrator,
      certificate: { certificateFile: serverCertificate, keyFile: serverKey },
    });
    t.regex(web.origin, /^https:/);
    const trusted = { ca: readFileSync(ca) };
    const ask = (path: string, method: string, headers: object, body = '') =>
      new Promise<{ status?: number | undefined; cookie: string }>((resolve, reject) => {
        const asked = request(`${web.origin}${path}`, { method, headers: { ...headers }, ...trusted }, (answer) => {
          answer.resume();
          resolve({ status: answer.statusCode, cookie: String(answer.headers['set-cookie'] ?? '') });
        });
        asked.on('error', reject);
        asked.end(body);
      });
    t.is((await ask('/', 'GET', {})).status, 200);
    const json = { origin: web.origin, 'content-type': 'application/json' };
    const { status, cookie } = await ask('/login', 'POST', json, JSON.stringify({ password: administrator }));
    t.is(status, 200);
    t.regex(cookie, /; Secure/);
    const socket = new WebSocket(`${web.origin.replace('https', 'wss')}/socket`, {
      headers: { origin: web.origin, cookie: cookie.split(';')[0]! },
      ...trusted,
    });
    t.teardown(() => socket.terminate());
    const first = await new Promise<string>((resolve, reject) => {
      socket.once('message', (data) => resolve(String(data)));
      socket.once('error', reject);
    });
    t.like(JSON.parse(first), { base: 'goby/test' });
    // Plain HTTP to this port gets nothing, and old TLS neither.
    await t.throwsAsync(fetch(web.origin.replace('https', 'http')));
    const { hostname, port } = new URL(web.origin);
    await t.throwsAsync(
      new Promise((resolve, reject) => {
        const old = connectTls({ host: hostname, port: Number(port), maxVersion: 'TLSv1.1', ...trusted }, () =>
          resolve(old),
        );
        old.once('error', reject);
      }),
    );
  },
);

testRequiring([opensslNeed], 'a certificate that can not be used is a sentence with its file', async (t) => {
  const folder = folderOf(t);
  const { serverCertificate, serverKey, clientKey } = makeCertificates(folder);
  const noise = join(folder, 'noise.pem');
  writeFileSync(noise, 'no certificate');
  for (const [certificateFile, keyFile, expected] of [
    [join(folder, 'none.crt'), serverKey, /certificate can't be read.*none\.crt/],
    [noise, serverKey, /certificate.*can't be used/],
    [serverCertificate, clientKey, /certificate.*can't be used/],
    [serverCertificate, noise, /certificate.*can't be used/],
  ] as const) {
    await t.throwsAsync(startWeb(t, { certificate: { certificateFile, keyFile } }), { message: expected });
  }
});

test('below a path, as Home Assistant does it: files, login, its cookie, pictures and the socket', async (t) => {
  const web = await startWeb(t, {
    administrator,
    hosts: ['goby.example.org'],
    picture: async () => ({ bytes: new Uint8Array([1, 2, 3]), type: 'image/jpeg' }),
  });
  const path = '/api/hassio_ingress/abc-123/';
  const proxy = await startPathProxy(t, { path, target: web.origin });
  const base = `${proxy}${path}`;
  const html = await (await fetch(base)).text();
  const files = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file!);
  t.true(files.length >= 3);
  for (const file of files) t.is((await fetch(new URL(file, base))).status, 200, file);
  const answer = await fetch(`${base}login`, {
    method: 'POST',
    headers: { origin: proxy, 'content-type': 'application/json' },
    body: JSON.stringify({ password: administrator }),
  });
  t.is(answer.status, 200);
  const set = answer.headers.get('set-cookie') ?? '';
  t.notRegex(set, /path=/i, 'a browser then takes the folder of the page, and sends it nowhere else of the proxy');
  const cookie = set.split(';')[0]!;
  t.is((await fetch(`${base}pictures/a-1`, { headers: { cookie } })).status, 200);
  const opened = (origin: string, cookies = cookie) =>
    new Promise<string>((resolve) => {
      const socket = new WebSocket(`${base.replace('http', 'ws')}socket`, { headers: { origin, cookie: cookies } });
      t.teardown(() => socket.terminate());
      socket.once('message', (data) => resolve(JSON.parse(String(data)).base));
      socket.once('unexpected-response', (_request, response) => resolve(String(response.statusCode)));
      socket.once('error', (error) => resolve(String(error)));
    });
  t.is(await opened(proxy), 'goby/test');
  t.is(await opened(proxy, ''), '401');
  t.is(await opened('http://evil.example'), '403');
});

test('a proxy with a Host of its own works where web.hosts names what browsers see, and nowhere else', async (t) => {
  const web = await startWeb(t, { administrator, hosts: ['home.example.org'] });
  const proxy = await startPathProxy(t, { path: '/goby/', target: web.origin, host: '172.30.33.1:8971' });
  const logIn = (origin: string) =>
    fetch(`${proxy}/goby/login`, {
      method: 'POST',
      headers: { origin, 'content-type': 'application/json' },
      body: JSON.stringify({ password: administrator }),
    });
  const secure = await logIn('https://home.example.org');
  t.is(secure.status, 200);
  t.regex(secure.headers.get('set-cookie') ?? '', /; Secure/);
  t.is((await logIn('https://evil.example.org')).status, 403);
  t.is((await logIn('https://home.example.org.evil.example')).status, 403);
});

test('headers of a proxy are not believed: neither another host, nor https, nor an address of whom to make wait', async (t) => {
  const { ask, post, origin } = await startWeb(t, { administrator });
  const lies = { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', forwarded: 'host=evil.example' };
  const login = { password: administrator };
  t.is((await post('/login', login, { ...lies, origin: 'https://evil.example' })).status, 403);
  const answer = await post('/login', login, lies);
  t.is(answer.status, 200);
  t.notRegex(answer.headers.get('set-cookie') ?? '', /Secure/, origin);
  t.is((await ask('/session', { headers: lies })).status, 200);
  // Each try as from another address: they are counted as one all the same.
  for (let one = 0; one < 4; one++)
    await post('/login', { password: 'wrong wrong wrong' }, { 'x-forwarded-for': `10.0.0.${one}` });
  t.is((await post('/login', login, { 'x-forwarded-for': '10.0.0.99' })).status, 429);
});

test('without a password nobody gets in through a proxy that nobody named', async (t) => {
  const web = await startWeb(t);
  const proxy = await startPathProxy(t, { path: '/', target: web.origin, host: new URL(web.origin).host });
  for (const path of ['/', '/session', '/metrics', '/sessions', '/pictures/a-1']) {
    t.is((await fetch(`${proxy}${path}`)).status, 403, path);
    t.not((await web.ask(path)).status, 403, path);
  }
  await t.throwsAsync(web.open({ 'x-forwarded-for': '203.0.113.7' }), { message: '403' });
  await web.open();
});
