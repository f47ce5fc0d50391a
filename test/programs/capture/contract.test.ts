/** What every camera promises, tried on every adapter with real programs, and on the fake. */
import { spawnSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import sharp from 'sharp';
import { defaultPoolSize } from '../../../src/flow/capture/frame-pool.ts';
import { yuvFrameBytes } from '../../../src/flow/capture/yuv-splitter.ts';
import { FakeCamera } from '../../fakes/camera.ts';
import {
  cameraConfig,
  isAlive,
  type KeptFrame,
  RecordedCamera,
  recorded,
  standInEnvironment,
  standInRuns,
  temporaryFolder,
  until,
  writePhotos,
} from '../../flow/capture/cameras-under-test.ts';
import { testRequiring } from '../../requiring.ts';

interface Subject {
  readonly name: string;
  readonly needsFfmpeg?: boolean;
  readonly make: (t: ExecutionContext, log: string) => Promise<RecordedCamera>;
}

const small = { widthPx: 128, heightPx: 96, framesPerSecond: 50 };

const subjects: readonly Subject[] = [
  {
    name: 'rpicam, yuv420',
    make: async (t, log) =>
      recorded(t, {
        config: cameraConfig({ type: 'rpicam', ...small }),
        env: await standInEnvironment(t, { programs: ['rpicam-vid'], settings: { GOBY_STAND_IN_LOG: log } }),
      }),
  },
  {
    name: 'rpicam, mjpeg',
    make: async (t, log) =>
      recorded(t, {
        config: cameraConfig({ type: 'rpicam', format: 'mjpeg', ...small }),
        env: await standInEnvironment(t, { programs: ['rpicam-vid'], settings: { GOBY_STAND_IN_LOG: log } }),
      }),
  },
  {
    name: 'libcamera-vid',
    make: async (t, log) =>
      recorded(t, {
        config: cameraConfig({ type: 'rpicam', ...small }),
        env: await standInEnvironment(t, {
          programs: { 'libcamera-vid': 'rpicam-vid' },
          settings: { GOBY_STAND_IN_LOG: log },
        }),
      }),
  },
  {
    name: 'stills',
    make: async (t, log) =>
      recorded(t, {
        config: cameraConfig({ type: 'stills', widthPx: 128, heightPx: 96, intervalMs: 500 }),
        env: await standInEnvironment(t, { programs: ['rpicam-still'], settings: { GOBY_STAND_IN_LOG: log } }),
      }),
  },
  {
    name: 'folder',
    make: async (t) => {
      const path = await temporaryFolder(t);
      await writePhotos(path, 4);
      return recorded(t, { config: cameraConfig({ type: 'folder', path, framesPerSecond: 50 }) });
    },
  },
  {
    name: 'auto, with a Pi camera',
    make: async (t, log) =>
      recorded(t, {
        config: cameraConfig({ type: 'auto' }),
        env: await standInEnvironment(t, {
          programs: ['rpicam-vid', 'rpicam-hello'],
          settings: { GOBY_STAND_IN_LOG: log },
        }),
      }),
  },
  {
    name: 'ffmpeg, a file in a loop',
    needsFfmpeg: true,
    make: async (t) =>
      recorded(t, { config: cameraConfig({ type: 'ffmpeg', input: await video(t, 'mp4'), loop: true, ...small }) }),
  },
  {
    name: 'ffmpeg, over HTTP',
    needsFfmpeg: true,
    make: async (t) =>
      recorded(t, { config: cameraConfig({ type: 'ffmpeg', input: await served(t, await video(t, 'ts')), ...small }) }),
  },
  {
    name: 'the fake',
    make: async (t) => {
      const bytes = await sharp({ create: { width: 32, height: 16, channels: 3, background: 'teal' } })
        .jpeg()
        .toBuffer();
      const picture = { format: 'jpeg', widthPx: 32, heightPx: 16, strideBytes: 0, bytes } as const;
      const camera = new FakeCamera({ pictures: [picture], periodMs: 10 });
      t.teardown(() => camera.stop());
      return new RecordedCamera(camera, []);
    },
  },
];

/** Two seconds of ffmpeg's test picture. */
async function video(t: ExecutionContext, format: 'mp4' | 'ts'): Promise<string> {
  const file = join(await temporaryFolder(t), `video.${format}`);
  const source = 'testsrc=size=320x180:rate=25:duration=2';
  const made = spawnSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', source, '-pix_fmt', 'yuv420p', file]);
  t.is(made.status, 0, made.stderr.toString());
  return file;
}

async function served(t: ExecutionContext, file: string): Promise<string> {
  const server = createServer((_request, response) => createReadStream(file).pipe(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/video.ts`;
}

async function checkPicture(t: ExecutionContext, frame: KeptFrame): Promise<void> {
  if (frame.format === 'jpeg') {
    t.is(frame.strideBytes, 0);
    // Decodes to the end, and has the size the frame tells.
    const { info } = await sharp(frame.bytes, { failOn: 'error' }).raw().toBuffer({ resolveWithObject: true });
    t.deepEqual({ width: info.width, height: info.height }, { width: frame.widthPx, height: frame.heightPx });
  } else {
    t.true(frame.strideBytes >= frame.widthPx);
    t.is(frame.bytes.length, yuvFrameBytes(frame));
  }
}

for (const { name, needsFfmpeg = false, make } of subjects) {
  const declare = (title: string, body: (t: ExecutionContext) => Promise<void>): void =>
    testRequiring(needsFfmpeg ? [{ kind: 'program', name: 'ffmpeg' }] : [], title, body);

  declare(`${name}: tells its states and gives whole frames, numbered from 1`, async (t) => {
    const log = join(await temporaryFolder(t), 'runs');
    const subject = await make(t, log);
    const startedMs = Date.now();
    subject.start();
    t.is(subject.statuses[0]?.state, 'starting');
    t.is(subject.framesSeen, 0, 'start() returns before the first frame');
    await subject.gives(5);
    t.is(subject.status?.state, 'streaming');
    t.not(subject.status?.detail, '');
    t.deepEqual(
      subject.frames.slice(0, 5).map(({ sequence }) => sequence),
      [1, 2, 3, 4, 5],
    );
    for (const frame of subject.frames.slice(0, 5)) {
      t.is(frame.camera, 'front');
      t.is(frame.rotationDeg, 0);
      t.true(frame.capturedAtMs >= startedMs && frame.capturedAtMs <= Date.now());
      t.true(frame.monotonicMs > 0 && frame.monotonicMs <= performance.now());
      await checkPicture(t, frame);
    }
    t.true(subject.camera.counters.framesTotal >= 5);
    t.is(subject.camera.counters.corruptTotal, 0);
  });

  declare(`${name}: drops and counts frames while none is given back, then goes on`, async (t) => {
    const subject = await make(t, join(await temporaryFolder(t), 'runs'));
    subject.holding = true;
    subject.start();
    await until(() => subject.camera.counters.droppedTotal >= 2, 'two dropped frames');
    t.is(subject.held.length, defaultPoolSize, 'as many frames are out as there are buffers');
    const before = subject.held.map(({ bytes }) => Buffer.from(bytes));
    subject.holding = false;
    t.deepEqual(
      subject.held.map(({ bytes }) => Buffer.from(bytes)),
      before,
      'what is held is not written over',
    );
    for (const frame of subject.held) {
      frame.release();
      t.throws(() => frame.release(), { message: /released already/ }, 'nothing is given back twice');
    }
    await subject.gives(2 * defaultPoolSize);
    const numbers = subject.frames.map(({ sequence }) => sequence);
    t.deepEqual(numbers.slice(0, defaultPoolSize), [1, 2, 3, 4, 5]);
    t.true((numbers[defaultPoolSize] ?? 0) >= defaultPoolSize + 3, `the gap shows: ${numbers.join(' ')}`);
  });

  declare(`${name}: stops in order, and nothing follows`, async (t) => {
    const log = join(await temporaryFolder(t), 'runs');
    const subject = await make(t, log);
    subject.start();
    await subject.gives(1);
    await Promise.all([subject.camera.stop(), subject.camera.stop()]);
    t.is(subject.status?.state, 'stopped');
    const told = [subject.framesSeen, subject.statuses.length];
    for (const { pid } of await standInRuns(log)) t.false(isAlive(pid), 'its program is gone');
    await subject.camera.stop();
    await new Promise(setImmediate);
    t.deepEqual([subject.framesSeen, subject.statuses.length], told);
  });

  declare(`${name}: may be stopped at once, or without ever being started`, async (t) => {
    const subject = await make(t, join(await temporaryFolder(t), 'runs'));
    subject.start();
    await subject.camera.stop();
    t.is(subject.status?.state, 'stopped');
    t.is(subject.framesSeen, 0);
    const idle = await make(t, join(await temporaryFolder(t), 'runs'));
    await idle.camera.stop();
    idle.start();
    t.deepEqual(idle.statuses, []);
  });
}

test('photos come with the name of their file', async (t) => {
  const path = await temporaryFolder(t);
  await writePhotos(path, 2);
  await writeFile(join(path, 'notes.txt'), 'not a photo');
  const subject = recorded(t, { config: cameraConfig({ type: 'folder', path, framesPerSecond: 100 }) });
  subject.start();
  await subject.gives(3);
  t.deepEqual(
    subject.frames.slice(0, 3).map(({ origin }) => origin),
    ['photo0.jpg', 'photo1.jpg', 'photo0.jpg'],
  );
});
