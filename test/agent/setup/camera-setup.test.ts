/** New cameras from the page: tried for real, kept among goby's own settings, the password apart; nothing but network cameras and devices. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import sharp from 'sharp';
import { createCameraSetup } from '../../../src/agent/setup/camera-setup.ts';
import type { Tree } from '../../../src/config/layers.ts';
import { loadConfig } from '../../../src/config/load.ts';
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

function setUp(t: ExecutionContext) {
  const stateDir = temporaryFolder(t);
  const changes: Tree[] = [];
  const setup = createCameraSetup({
    settings: {
      loaded: loadConfig({ env: { GOBY_STATE_DIR: stateDir } }),
      change: async (change) => {
        changes.push(change);
        return { changed: {}, restartRequired: true };
      },
    },
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
  return { stateDir, changes, setup };
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
  const { setup, stateDir, changes } = setUp(t);
  await setup.keep('gate', { address: 'rtsp://192.168.1.20/stream', user: 'admin', password: secret });
  const passwordFile = join(stateDir, 'secrets', 'camera-gate');
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
