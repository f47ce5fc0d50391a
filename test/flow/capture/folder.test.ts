/** Photos as a camera: order, speed, bad files, folders that aren't there. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import type { FolderConfig } from '../../../src/config/camera-section.ts';
import { exifRotation } from '../../../src/flow/capture/exif-orientation.ts';
import { folderCapture } from '../../../src/flow/capture/folder.ts';
import { FrameSink } from '../../../src/flow/capture/frame-sink.ts';
import { silentLogger } from '../../../src/logger.ts';
import { cameraConfig, recorded, temporaryFolder, until, writePhotos } from './cameras-under-test.ts';

test('a missing folder and one without photos are told; the camera starts when photos come', async (t) => {
  const path = join(await temporaryFolder(t), 'photos');
  const subject = recorded(t, { config: cameraConfig({ type: 'folder', path, framesPerSecond: 50 }) });
  subject.start();
  const { detail } = await subject.reaches('reconnecting');
  t.is(detail, `The folder of photos ${path} does not exist. Check source.path.`);
  await mkdir(path);
  const empty = await subject.reaches('reconnecting', /has no photos/);
  t.is(
    empty.detail,
    `The folder ${path} has no photos: expected files that end in .jpg or .jpeg. Put photos there, or change source.path.`,
  );
  await writePhotos(path, 1);
  await subject.gives(2);
  t.is(subject.status?.state, 'streaming');
});

test('truncated, empty, foreign and unreadable photos are counted and skipped, and told once', async (t) => {
  const path = await temporaryFolder(t);
  await writePhotos(path, 2);
  const whole = await readFile(join(path, 'photo0.jpg'));
  await writeFile(join(path, 'photo0a.jpg'), whole.subarray(0, whole.length / 2));
  await writeFile(join(path, 'photo0b.jpg'), '');
  await writeFile(join(path, 'photo0c.JPEG'), 'a text');
  await mkdir(join(path, 'photo0d.jpg'));
  const subject = recorded(t, { config: cameraConfig({ type: 'folder', path, framesPerSecond: 100 }) });
  subject.start();
  await until(() => subject.camera.counters.corruptTotal >= 8, 'two rounds of bad photos');
  await subject.gives(4);
  t.deepEqual(
    subject.frames.slice(0, 4).map(({ origin }) => origin),
    ['photo0.jpg', 'photo1.jpg', 'photo0.jpg', 'photo1.jpg'],
  );
  t.is(subject.lines.filter((line) => line.includes('skipped')).length, 4);
  t.is(subject.camera.counters.restartsTotal, 0);
});

test('a folder of nothing but bad photos is told, and tried again', async (t) => {
  const path = await temporaryFolder(t);
  await writeFile(join(path, 'a.jpg'), 'no photo');
  const subject = recorded(t, { config: cameraConfig({ type: 'folder', path, framesPerSecond: 100 }) });
  subject.start();
  t.regex((await subject.reaches('reconnecting')).detail, /^None of the 1 photos in .* is a whole JPEG file/);
  await until(() => subject.camera.counters.restartsTotal >= 1, 'a restart');
});

test('each once: every photo comes, also when frames are held for long, then the camera ends', async (t) => {
  const path = await temporaryFolder(t);
  await writePhotos(path, 7);
  const config = cameraConfig({ type: 'folder', path, loop: false, framesPerSecond: 120 });
  const subject = recorded(t, { config });
  subject.holding = true;
  subject.start();
  await subject.gives(3);
  subject.holding = false;
  for (const frame of subject.held) frame.release();
  await subject.reaches('ended');
  t.deepEqual(
    subject.frames.map(({ origin }) => origin),
    [0, 1, 2, 3, 4, 5, 6].map((index) => `photo${index}.jpg`),
  );
  t.is(subject.camera.counters.droppedTotal, 0);
});

test('a folder that vanishes in the middle is told, and no frame is wrong', async (t) => {
  const path = join(await temporaryFolder(t), 'photos');
  await writePhotos(path, 3);
  const subject = recorded(t, { config: cameraConfig({ type: 'folder', path, framesPerSecond: 50 }) });
  subject.start();
  await subject.gives(2);
  await rm(path, { recursive: true });
  await subject.reaches('reconnecting', /does not exist|whole JPEG/);
  await writePhotos(path, 3);
  const seen = subject.framesSeen;
  await subject.gives(seen + 2);
  t.is(subject.status?.state, 'streaming');
});

test('the turn of a photo is its EXIF orientation and the configured rotation together', async (t) => {
  const path = await temporaryFolder(t);
  const photo = sharp({ create: { width: 40, height: 20, channels: 3, background: 'olive' } }).jpeg();
  for (const orientation of [1, 3, 6, 8]) {
    const bytes = await photo.clone().withMetadata({ orientation }).toBuffer();
    await writeFile(join(path, `${orientation}.jpg`), bytes);
  }
  for (const [rotationDeg, expected] of [
    [0, [0, 180, 90, 270]],
    [270, [270, 90, 0, 180]],
  ] as const) {
    const source = { type: 'folder', path, rotationDeg, loop: false, framesPerSecond: 100 };
    const subject = recorded(t, { config: cameraConfig(source) });
    subject.start();
    await subject.reaches('ended');
    t.deepEqual(
      subject.frames.map((frame) => frame.rotationDeg),
      [...expected],
    );
    t.true(subject.frames.every(({ widthPx, heightPx }) => widthPx === 40 && heightPx === 20));
  }
});

test('an EXIF segment that is cut short, or none, means upright', async (t) => {
  const photo = sharp({ create: { width: 8, height: 8, channels: 3, background: 'olive' } }).jpeg();
  const turned = await photo.clone().withMetadata({ orientation: 6 }).toBuffer();
  t.is(exifRotation(turned), 90);
  t.is(exifRotation(await photo.toBuffer()), 0);
  for (let length = 0; length < turned.length; length += 1) {
    t.true([0, 90].includes(exifRotation(turned.subarray(0, length))));
  }
  const bytes = Buffer.from(turned);
  for (let at = 2; at < 60; at += 1) {
    const broken = Buffer.from(bytes);
    broken[at] = 0xff;
    t.notThrows(() => exifRotation(broken));
  }
});

test('a photo that was read ahead gives its buffer back when the camera is stopped or stalls', async (t) => {
  const path = await temporaryFolder(t);
  await writePhotos(path, 2);
  const stop = new AbortController();
  const sink = new FrameSink({
    camera: 'front',
    poolSize: 1,
    onFrame: (frame) => frame.release(),
    onProgress: () => undefined,
  });
  const config = cameraConfig({ type: 'folder', path, framesPerSecond: 0.01 }).source as FolderConfig;
  const running = folderCapture(config, silentLogger)({ sink, signal: stop.signal, announce: () => undefined });
  const isTaken = (): boolean => {
    const buffer = sink.claim();
    if (buffer !== undefined) sink.giveBack(buffer);
    return buffer === undefined;
  };
  await until(() => sink.counters.framesTotal === 1 && isTaken(), 'the second photo is read ahead');
  stop.abort(new Error('stopped'));
  await t.throwsAsync(running, { message: 'stopped' });
  await until(() => !isTaken(), 'its buffer is free again');
  t.pass();
});
