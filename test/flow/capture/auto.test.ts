/** Source auto: what it chooses on which machine, and the sentence it says. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { sourceSection } from '../../../src/config/camera-section.ts';
import { autoPhotos, autoRpicam, autoV4l2, chooseSource } from '../../../src/flow/capture/auto.ts';
import type { MachineRoots } from '../../../src/flow/capture/machine.ts';
import {
  cameraConfig,
  recorded,
  scriptEnvironment,
  standInEnvironment,
  temporaryFolder,
  until,
  writePhotos,
} from './cameras-under-test.ts';

interface Node {
  readonly name: string;
  readonly index?: number;
  readonly hasFile?: boolean;
}

/** A machine's /sys and /dev with these V4L2 nodes, in the order video0, video1 and on. */
async function machineWith(t: ExecutionContext, nodes: readonly Node[]): Promise<MachineRoots> {
  const root = await temporaryFolder(t);
  const roots = { sys: join(root, 'sys'), dev: join(root, 'dev'), proc: join(root, 'proc') };
  await mkdir(roots.dev, { recursive: true });
  for (const [number, { name, index = 0, hasFile = true }] of nodes.entries()) {
    const folder = join(roots.sys, 'class', 'video4linux', `video${number}`);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'name'), `${name}\n`);
    await writeFile(join(folder, 'index'), `${index}\n`);
    if (hasFile) await writeFile(join(roots.dev, `video${number}`), '');
  }
  return roots;
}

/** As on a Pi 4 with a USB camera plugged in. */
const piNodes: readonly Node[] = [
  { name: 'unicam-image' },
  { name: 'bcm2835-codec-decode' },
  { name: 'bcm2835-isp-output0' },
  { name: 'rp1-cfe-csi2_ch0' },
  { name: 'pispbe-input' },
  { name: 'rpi-hevc-dec' },
];
const webcam: readonly Node[] = [
  { name: 'HD Webcam C270', index: 1 },
  { name: 'HD Webcam C270', index: 0 },
];

test('the defaults of auto are those of the configuration', (t) => {
  t.deepEqual(sourceSection.parse({ type: 'rpicam' }), autoRpicam);
  t.deepEqual(sourceSection.parse({ type: 'ffmpeg', input: '/dev/video2' }), autoV4l2('/dev/video2'));
  const pauseMs = 4000;
  t.deepEqual(sourceSection.parse({ type: 'folder', path: 'photos', pauseMs }), autoPhotos('photos'));
});

test('a Pi camera that is listed is chosen before a USB camera', async (t) => {
  const env = await standInEnvironment(t, { programs: ['rpicam-vid', 'rpicam-hello'] });
  const choice = await chooseSource({ env, roots: await machineWith(t, webcam) }, '/photos');
  t.deepEqual(choice, {
    source: autoRpicam,
    reason: 'Source auto chose the Pi camera imx219, because rpicam-vid is installed and lists it.',
  });
});

test('without a listed Pi camera, the first usable V4L2 camera is chosen', async (t) => {
  const env = await standInEnvironment(t, {
    programs: { 'rpicam-vid': 'rpicam-vid', 'rpicam-hello': 'rpicam-hello', ffmpeg: 'rpicam-hello' },
    settings: { GOBY_STAND_IN_MODE: 'missing' },
  });
  const roots = await machineWith(t, [...piNodes, ...webcam]);
  const choice = await chooseSource({ env, roots }, '/photos');
  t.deepEqual(choice, {
    source: autoV4l2(join(roots.dev, 'video7')),
    reason: `Source auto chose the camera ${join(roots.dev, 'video7')} (HD Webcam C270) through ffmpeg, because no Pi camera was found (rpicam-hello lists no camera).`,
  });
});

test('a V4L2 camera without ffmpeg, and codec nodes alone, lead to the sample photos', async (t) => {
  const env = await standInEnvironment(t, { programs: [] });
  const roots = await machineWith(t, webcam);
  const without = await chooseSource({ env, roots }, '/photos');
  t.deepEqual(without.source, autoPhotos('/photos'));
  t.is(
    without.reason,
    `Source auto chose the sample photos in /photos, because no Pi camera was found (rpicam-vid is not installed) and ${join(roots.dev, 'video1')} (HD Webcam C270) needs ffmpeg: sudo apt install ffmpeg.`,
  );
  const withFfmpeg = await standInEnvironment(t, { programs: { ffmpeg: 'rpicam-hello' } });
  const codecs = await chooseSource({ env: withFfmpeg, roots: await machineWith(t, piNodes) }, '/photos');
  t.regex(codecs.reason, /sample photos .* and there is no usable \/dev\/video device\.$/);
});

test('a list that fails is told', async (t) => {
  const env = await scriptEnvironment(t, 'rpicam-vid', 'echo "ERROR: *** the tuning file is gone ***" >&2; exit 1');
  const { reason } = await chooseSource({ env, roots: await machineWith(t, []) }, '/photos');
  t.regex(reason, /rpicam-vid --list-cameras failed: ERROR: \*\*\* the tuning file is gone \*\*\*/);
});

test('the choice is logged once and stays in the state; the sample photos come', async (t) => {
  const photos = await temporaryFolder(t);
  await writePhotos(photos, 2);
  const env = await standInEnvironment(t, { programs: [] });
  const config = cameraConfig({ type: 'auto' });
  const subject = recorded(t, { config, photos, env, roots: await machineWith(t, []) });
  subject.start();
  await subject.gives(2);
  t.regex(subject.status?.detail ?? '', /^photos of .*; Source auto chose the sample photos in /);
  t.is(subject.lines.filter((line) => line.includes('Source auto chose')).length, 1);
});

test('with neither camera nor photos it says so, and looks again', async (t) => {
  const photos = join(await temporaryFolder(t), 'photos');
  const env = await standInEnvironment(t, { programs: [] });
  const config = cameraConfig({ type: 'auto' });
  const subject = recorded(t, { config, photos, env, roots: await machineWith(t, []) });
  subject.start();
  const { detail } = await subject.reaches('reconnecting');
  t.regex(detail, /^The folder of photos .* does not exist\. .*Source auto chose .* no Pi camera was found/);
  await writePhotos(photos, 1);
  await subject.gives(1);
});

test('a Pi camera that was chosen stays the choice while it is away', async (t) => {
  const photos = await temporaryFolder(t);
  await writePhotos(photos, 1);
  const env = await standInEnvironment(t, {
    programs: ['rpicam-vid', 'rpicam-hello'],
    settings: { GOBY_STAND_IN_MODE: 'busy' },
  });
  const config = cameraConfig({ type: 'auto' });
  const subject = recorded(t, { config, photos, env, roots: await machineWith(t, []) });
  subject.start();
  await subject.reaches('reconnecting', /The camera is busy/);
  await until(() => subject.camera.counters.restartsTotal >= 2, 'restarts');
  t.is(subject.framesSeen, 0, 'sample photos never stand in for a real camera');
});
