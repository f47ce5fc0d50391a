/** New cameras over HTTP: for the administrator, with the password again, and nothing but what was asked for. */
import test from 'ava';
import { InputError } from '../../../src/errors.ts';
import type { CameraWish } from '../../../src/web/setup/camera-setup.ts';
import { startWeb } from '../web-under-test.ts';

const administrator = 'correct horse';
const viewer = 'only a look';

function setup(asked: unknown[]) {
  return {
    find: async () => ({ cameras: [], configured: ['front'] }),
    try: async (wish: CameraWish) => {
      asked.push(wish);
      if ('address' in wish && wish.address.includes('broken')) {
        throw new InputError('No picture came: rtsp://admin:S3cr3t@broken/1 refused.');
      }
      return new Uint8Array([0xff, 0xd8]);
    },
    keep: async (name: string, wish: CameraWish) => {
      asked.push([name, wish]);
    },
  };
}

const wish = { address: 'rtsp://cam/1' };

test('who may only look, is not logged in, or comes from another site, reaches no camera', async (t) => {
  const asked: unknown[] = [];
  const web = await startWeb(t, { administrator, viewer, setup: setup(asked) });
  for (const path of ['/cameras/find', '/cameras/try', '/cameras/keep']) {
    const body = { wish, name: 'gate', administrator };
    t.is((await web.post(path, body)).status, 401, path);
    const cookie = await web.logIn(viewer);
    t.is((await web.post(path, body, { cookie })).status, 403, path);
    const own = await web.logIn(administrator);
    t.is((await web.post(path, body, { cookie: own, origin: 'https://evil.example' })).status, 403, path);
    t.is((await web.ask(path, { headers: { cookie: own } })).status, 404, path);
  }
  t.deepEqual(asked, []);
});

test('each picture and each camera needs the password again, and wrong ones cost a wait', async (t) => {
  const asked: unknown[] = [];
  const web = await startWeb(t, { administrator, viewer, setup: setup(asked) });
  const cookie = await web.logIn(administrator);
  for (const wrong of ['', 'wrong', viewer]) {
    t.is((await web.post('/cameras/keep', { name: 'gate', wish, administrator: wrong }, { cookie })).status, 401);
    web.clock.nowMs += 3_600_000;
  }
  t.deepEqual(asked, []);
  for (let tries = 0; tries < 12; tries++) await web.post('/cameras/try', { wish, administrator: 'x' }, { cookie });
  const late = await web.post('/cameras/try', { wish, administrator }, { cookie });
  t.is(late.status, 429);
  web.clock.nowMs += 3_600_000;
  t.is((await web.post('/cameras/try', { wish, administrator }, { cookie })).status, 200);
  t.is((await web.post('/cameras/keep', { name: 'gate', wish, administrator }, { cookie })).status, 200);
  t.deepEqual(asked, [wish, ['gate', wish]]);
});

test('names, wishes and lengths are checked, and no secret comes back', async (t) => {
  const asked: unknown[] = [];
  const web = await startWeb(t, { setup: setup(asked) });
  for (const body of [
    {},
    { wish: { path: '/etc/passwd' } },
    { wish: { address: '' } },
    { wish: { address: 'x'.repeat(3000) } },
    { wish: { ...wish, program: 'sh' } },
    { wish, more: 1 },
  ]) {
    t.is((await web.post('/cameras/try', body)).status, 400, JSON.stringify(body).slice(0, 60));
  }
  for (const name of ['', '../x', 'A', 'a b', 'x'.repeat(64), '__proto__']) {
    t.is((await web.post('/cameras/keep', { name, wish })).status, 400, name);
  }
  t.deepEqual(asked, []);
  t.is((await web.post('/cameras/try', { wish: { address: 'x'.repeat(20_000) } })).status, 413);
  const answer = await web.post('/cameras/try', { wish: { address: 'rtsp://broken/1' } });
  t.is(answer.status, 422);
  const { error } = (await answer.json()) as { error: string };
  t.regex(error, /No picture came/);
  t.false(error.includes('S3cr3t'));
});
