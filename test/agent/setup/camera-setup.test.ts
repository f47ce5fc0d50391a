/** New cameras from the page: tried for real, kept among goby's own settings, the password apart; nothing but network cameras and devices. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import sharp from 'sharp';
import { createCameraSetup } from '../../../src/agent/setup/camera-setup.ts';
import type { Tree } from '../../../src/config/layers.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { changeOverrides } from '../../../src/config/overrides.ts';
import { InputError } from '../../../src/errors.ts';
import { createCamera } from '../../../src/flow/capture/create-camera.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { agentUnderTest } from '../agent-under-test.ts';

const jpeg = await sharp({ create: { width: 320, height: 240, channels: 3, background: '#446688' } })
  .jpeg()
  .toBuffer();
const secret = 'S3cr3t:@/x';

/** A camera that asks for a login and gives a picture. @returns its host and port */
async function camera(t: ExecutionContext): Promise<string> {
  const right = `Basic ${Buffer.from(`admin:${secret}`).toString('base64')}`;
  const server = createServer((request, response) => {
    if (request.headers.authorization === right) response.writeHead(200, { 'content-type': 'image/jpeg' }).end(jpeg);
    else response.writeHead(401, { 'www-authenticate': 'Basic realm="cam"' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function passwordOf(source: object): string | undefined {
  return 'passwordFile' in source ? String(source.passwordFile) : undefined;
}

function setUp(t: ExecutionContext, yaml = '') {
  const stateDir = temporaryFolder(t);
  const file = join(stateDir, 'goby.yaml');
  writeFileSync(file, yaml);
  const changes: Tree[] = [];
  const world = { refuses: false };
  const settings = {
    loaded: loadConfig({ file, env: { GOBY_STATE_DIR: stateDir } }),
    change: async (change: Tree) => {
      if (world.refuses) throw new InputError('No.');
      changes.push(change);
      const { loaded } = settings;
      settings.loaded = loaded.withOverrides(changeOverrides(loaded.overrides.values, change));
      return { changed: {}, restartRequired: true };
    },
  };
  const setup = createCameraSetup({
    settings,
    stateDir,
    openCamera: createCamera,
    patienceMs: 10_000,
    probe: async () => ({
      programs: [],
      piCameras: [{ index: 0, sensor: 'imx219', detail: '' }],
      v4l2Devices: [
        { device: '/dev/video0', name: 'Webcam', usable: true },
        { device: '/dev/video9', name: 'codec', usable: false, reason: 'gives no pictures' },
      ],
      holders: [],
    }),
    discover: async () => [{ host: '192.168.1.20', name: 'Acme', service: 'http://192.168.1.20/onvif' }],
  });
  const passwordFileOf = (name: string) => passwordOf(settings.loaded.config.cameras[name]!.source);
  const secrets = () => readdirSync(join(stateDir, 'secrets')).sort();
  return { stateDir, changes, setup, world, passwordFileOf, secrets };
}

test('cameras of the machine and of the network are listed, with what is configured', async (t) => {
  const { setup } = setUp(t);
  t.deepEqual(await setup.find(), {
    cameras: [
      { id: 'pi:0', kind: 'pi', name: 'imx219' },
      { id: 'usb:/dev/video0', kind: 'usb', name: 'Webcam (/dev/video0)' },
      { trouble: 'gives no pictures', kind: 'usb', name: 'codec (/dev/video9)' },
      { kind: 'network', name: 'Acme', host: '192.168.1.20' },
    ],
    configured: ['camera'],
  });
});

test('a picture comes with the right password, however it is given, and nothing of it stays', async (t) => {
  const { setup, stateDir } = setUp(t);
  const host = await camera(t);
  const wishes = [
    { address: `http://${host}/snap.jpg`, user: 'admin', password: secret },
    { address: `http://admin:${encodeURIComponent(secret)}@${host}/snap.jpg` },
  ];
  for (const wish of wishes) {
    const picture = await setup.try(wish);
    t.like(await sharp(picture).metadata(), { width: 320, height: 240 });
  }
  t.deepEqual(readdirSync(join(stateDir, 'secrets')), []);
  const error = await t.throwsAsync(
    setup.try({ address: `http://${host}/snap.jpg`, user: 'admin', password: 'wrong' }),
  );
  t.regex(error.message, /No picture came/);
  t.deepEqual(readdirSync(join(stateDir, 'secrets')), []);
});

test('a camera is kept with its password in a file of its own', async (t) => {
  const { setup, stateDir, changes, passwordFileOf } = setUp(t);
  await setup.keep('gate', { address: 'rtsp://192.168.1.20/stream', user: 'admin', password: secret });
  const passwordFile = passwordFileOf('gate')!;
  t.true(passwordFile.startsWith(join(stateDir, 'secrets', 'camera-gate.')));
  t.deepEqual(changes, [
    { cameras: { gate: { source: { type: 'ffmpeg', input: 'rtsp://admin@192.168.1.20/stream', passwordFile } } } },
  ]);
  t.is(readFileSync(passwordFile, 'utf8'), `${secret}\n`);
  t.is(statSync(passwordFile).mode & 0o777, 0o600);
  await setup.find();
  await setup.keep('desk', { found: 'usb:/dev/video0' });
  await setup.keep('door', { found: 'pi:0' });
  t.deepEqual(changes.slice(1), [
    { cameras: { desk: { source: { type: 'ffmpeg', input: '/dev/video0' } } } },
    { cameras: { door: { source: { type: 'rpicam', cameraIndex: 0 } } } },
  ]);
});

test('a refused change leaves the old password, and nothing of the new one', async (t) => {
  const { setup, world, secrets, passwordFileOf } = setUp(t);
  const wish = { address: 'rtsp://192.168.1.20/stream', user: 'admin', password: secret };
  await setup.keep('gate', wish);
  const before = secrets();
  world.refuses = true;
  await t.throwsAsync(setup.keep('gate', { ...wish, password: 'another' }), { message: 'No.' });
  await t.throwsAsync(setup.keep('desk', wish), { message: 'No.' });
  t.deepEqual(secrets(), before);
  t.is(readFileSync(passwordFileOf('gate')!, 'utf8'), `${secret}\n`);
});

test('a new password comes beside the one that is in use, and what nothing uses goes', async (t) => {
  const { setup, secrets, stateDir, passwordFileOf } = setUp(t);
  const wish = { address: 'rtsp://192.168.1.20/stream', user: 'admin', password: secret };
  await setup.keep('gate', wish);
  const first = passwordFileOf('gate')!;
  for (const stray of ['camera-gate.0123abcd', 'camera-gate.x', 'camera-gate2.0123abcd'])
    writeFileSync(join(stateDir, 'secrets', stray), 'stray');
  await setup.keep('gate', { ...wish, password: 'another' });
  const second = passwordFileOf('gate')!;
  t.not(second, first);
  t.is(readFileSync(first, 'utf8'), `${secret}\n`);
  t.is(readFileSync(second, 'utf8'), 'another\n');
  t.deepEqual(
    secrets().filter((name) => readFileSync(join(stateDir, 'secrets', name), 'utf8') === 'stray'),
    ['camera-gate.x', 'camera-gate2.0123abcd'],
  );
});

test('a camera that is kept anew without a password loses its old one', async (t) => {
  const { setup, passwordFileOf } = setUp(t);
  await setup.keep('gate', { address: 'rtsp://192.168.1.20/stream', user: 'admin', password: secret });
  await setup.keep('gate', { address: 'rtsp://192.168.1.77/stream' });
  t.is(passwordFileOf('gate'), undefined);
});

test('a password of goby.yaml goes to no other address', async (t) => {
  const yaml =
    'cameras: { gate: { source: { type: ffmpeg, input: rtsp://admin@10.0.0.1/, passwordFile: /etc/goby/gate } } }';
  const { setup, changes, passwordFileOf } = setUp(t, yaml);
  await t.throwsAsync(setup.keep('gate', { address: 'rtsp://admin@192.168.1.77/stream' }), { message: /goby\.yaml/ });
  t.deepEqual(changes, []);
  await setup.keep('gate', { address: 'rtsp://192.168.1.77/stream', user: 'admin', password: 'another' });
  t.is(readFileSync(passwordFileOf('gate')!, 'utf8'), 'another\n');
});

for (const address of [
  'file:///etc/passwd',
  '/etc/passwd',
  './photos',
  '/dev/video0',
  'concat:a|b',
  'RTSP:/x',
  'rtsp://',
  'http://host/a b',
  'tcp://host',
  'exec:sh',
  'rtsp://h/\n-f lavfi',
]) {
  test(`no camera: ${JSON.stringify(address)}`, async (t) => {
    const { setup, changes } = setUp(t);
    await t.throwsAsync(setup.try({ address }));
    await t.throwsAsync(setup.keep('x', { address }));
    t.deepEqual(changes, []);
  });
}

test('what is not in the list can not be asked for', async (t) => {
  const { setup } = setUp(t);
  await setup.find();
  for (const found of ['usb:/dev/video9', 'usb:/etc/passwd', 'pi:1', '']) await t.throwsAsync(setup.try({ found }));
});

test('what the page keeps is there after a start, and the same over MQTT is refused', async (t) => {
  const agent = agentUnderTest(t, { config: { web: { listen: '127.0.0.1:0' } } });
  await agent.start();
  const origin = /the page is at (http:\/\/[\d.:]+)/.exec(agent.log.join('\n'))![1]!;
  const keep = (body: object) =>
    fetch(`${origin}/cameras/keep`, {
      method: 'POST',
      headers: { origin, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const wish = { address: 'rtsp://192.168.1.20/stream', user: 'admin', password: secret };
  t.is((await keep({ name: 'gate', wish })).status, 200);
  t.is((await keep({ name: '../x', wish })).status, 400);
  t.is((await keep({ name: 'other', wish: { address: 'file:///etc/passwd' } })).status, 422);
  const { config } = loadConfig({
    file: join(agent.folder, 'goby.yaml'),
    env: { GOBY_STATE_DIR: join(agent.folder, 'state') },
  });
  t.is(config.cameras['gate']?.source.type, 'ffmpeg');
  t.deepEqual(Object.keys(config.cameras), ['front', 'gate']);
  t.false(readFileSync(join(agent.folder, 'state', 'overrides.yaml'), 'utf8').includes('S3cr3t'));
  const observer = await agent.observe();
  await observer.send(
    'goby/pi/request/config-set',
    JSON.stringify({ config: { cameras: { more: { source: { type: 'ffmpeg', input: 'rtsp://192.168.1.21/' } } } } }),
  );
  const answer = JSON.stringify(await observer.message('goby/pi/response/config-set'));
  t.regex(answer, /can't be set over MQTT/);
});
