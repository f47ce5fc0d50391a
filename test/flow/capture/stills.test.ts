/** The Pi camera as single photos, through stand-ins for rpicam-still and libcamera-still. */
import test, { type ExecutionContext } from 'ava';
import type { StillsConfig } from '../../../src/config/camera-section.ts';
import { libraryOptions } from '../../../src/flow/capture/node-libcamera.ts';
import { stillArguments } from '../../../src/flow/capture/rpicam-arguments.ts';
import { cameraConfig, type RecordedCamera, recorded, standInEnvironment, until } from './cameras-under-test.ts';

const source = { type: 'stills', widthPx: 128, heightPx: 96, intervalMs: 500 };

async function trial(
  t: ExecutionContext,
  programs: Record<string, string>,
  settings: Record<string, string> = {},
): Promise<RecordedCamera> {
  const env = await standInEnvironment(t, { programs, settings });
  const config = cameraConfig(source, { stallTimeoutMs: 4000 });
  return recorded(t, { config, env });
}

test('missing programs are named', async (t) => {
  const subject = await trial(t, {});
  subject.start();
  const { detail } = await subject.reaches('reconnecting');
  t.regex(detail, /^The program rpicam-still isn't installed.*nor libcamera-still.*rpicam-apps-lite$/);
});

test('no camera, and a truncated photo', async (t) => {
  const missing = await trial(t, { 'rpicam-still': 'rpicam-still' }, { GOBY_STAND_IN_MODE: 'missing' });
  missing.start();
  t.regex((await missing.reaches('reconnecting')).detail, /^rpicam-still finds no camera/);
  const truncated = await trial(t, { 'rpicam-still': 'rpicam-still' }, { GOBY_STAND_IN_MODE: 'truncated' });
  truncated.start();
  await until(() => truncated.camera.counters.corruptTotal >= 2, 'two corrupt photos');
  t.is(truncated.framesSeen, 0);
});

test('a program that hangs is ended', async (t) => {
  const subject = await trial(t, { 'rpicam-still': 'rpicam-still' }, { GOBY_STAND_IN_MODE: 'stall' });
  subject.start();
  t.regex((await subject.reaches('reconnecting')).detail, /^The camera stalled: no frame came for 4\.5 s/);
});

test('libcamera-still serves where rpicam-still is missing', async (t) => {
  const subject = await trial(t, { 'libcamera-still': 'rpicam-still' });
  subject.start();
  await subject.gives(2);
  t.regex(subject.status?.detail ?? '', /^libcamera-still takes a 128x96 photo each 500 ms/);
  t.like(subject.frames[0], { format: 'jpeg', widthPx: 128, heightPx: 96 });
});

test('photos further apart than a second declare when the next one is due', async (t) => {
  const env = await standInEnvironment(t, { programs: ['rpicam-still'] });
  const subject = recorded(t, { config: cameraConfig({ ...source, intervalMs: 60_000 }), env });
  subject.start();
  const { waitUntilMs = 0 } = await subject.reaches('streaming');
  t.true(waitUntilMs > performance.now() + 55_000);
  await subject.camera.stop();
});

test('every option reaches rpicam-still; those that are off are left out', (t) => {
  const config = cameraConfig({ ...source, rotationDeg: 180, flipVertical: true, brightness: -0.5 })
    .source as StillsConfig;
  t.is(
    stillArguments(config).join(' '),
    '--nopreview --camera 0 --width 128 --height 96 --exposure normal --brightness=-0.5 --vflip --rotation 180 --timeout 100 --encoding jpg --thumb none --output -',
  );
  t.deepEqual(libraryOptions(config, '/run/photo.jpg'), {
    nopreview: true,
    camera: 0,
    width: 128,
    height: 96,
    exposure: 'normal',
    brightness: -0.5,
    vflip: true,
    rotation: 180,
    timeout: 100,
    encoding: 'jpg',
    output: '/run/photo.jpg',
  });
});
