/** Streams that people name beside RTSP and HTTP, each with a real ffmpeg as the other end, and files with odd names. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { freePort } from '../../../src/workshop/bench/loopback-port.ts';
import { cameraConfig, type RecordedCamera, recorded, temporaryFolder } from '../../flow/capture/cameras-under-test.ts';
import { testRequiring } from '../../requiring.ts';

const ffmpeg = [{ kind: 'program', name: 'ffmpeg' }] as const;

/** A camera at ten frames a second that sends to an address, or waits there for a viewer, and again when that one has left. */
function sending(t: ExecutionContext, output: readonly string[]): void {
  const film = ['-re', '-f', 'lavfi', '-i', 'testsrc=size=320x180:rate=10', '-pix_fmt', 'yuv420p', '-g', '10'];
  let child: ChildProcess;
  let isOver = false;
  const start = (): void => {
    if (isOver) return;
    child = spawn('ffmpeg', ['-nostdin', '-v', 'error', ...film, ...output], { stdio: 'ignore' });
    child.once('exit', () => setTimeout(start, 100));
  };
  start();
  t.teardown(() => {
    isOver = true;
    child.kill('SIGKILL');
  });
}

function watching(t: ExecutionContext, input: string): RecordedCamera {
  const camera = recorded(t, { config: cameraConfig({ type: 'ffmpeg', input, framesPerSecond: 30 }) });
  camera.start();
  return camera;
}

const h264 = ['-c:v', 'libx264', '-tune', 'zerolatency', '-preset', 'ultrafast'];

/** What the camera writes, and where goby reads it. */
const streams: readonly (readonly [string, (port: number) => readonly [output: readonly string[], input: string]])[] = [
  [
    'bare H.264 by TCP, as rpicam-vid --listen',
    (port) => [[...h264, '-f', 'h264', `tcp://127.0.0.1:${port}?listen=1`], `tcp://127.0.0.1:${port}`],
  ],
  [
    'bare JPEG by TCP',
    (port) => [['-c:v', 'mjpeg', '-f', 'mjpeg', `tcp://127.0.0.1:${port}?listen=1`], `tcp://127.0.0.1:${port}`],
  ],
  [
    'MPEG-TS by UDP, which goby waits for',
    (port) => [[...h264, '-f', 'mpegts', `udp://127.0.0.1:${port}?pkt_size=1316`], `udp://127.0.0.1:${port}`],
  ],
  [
    'MPEG-TS by SRT',
    (port) => [[...h264, '-f', 'mpegts', `srt://127.0.0.1:${port}?mode=listener`], `srt://127.0.0.1:${port}`],
  ],
  [
    'FLV by RTMP',
    (port) => [
      [...h264, '-f', 'flv', '-listen', '1', `rtmp://127.0.0.1:${port}/live/cam`],
      `rtmp://127.0.0.1:${port}/live/cam`,
    ],
  ],
];

for (const [name, ends] of streams) {
  testRequiring(ffmpeg, `a stream is shown: ${name}`, async (t) => {
    const [output, input] = ends(await freePort());
    sending(t, output);
    const camera = watching(t, input);
    await camera.gives(15);
    t.like(camera.frames.at(-1), { widthPx: 320, heightPx: 180, format: 'yuv420' });
    const { detail } = await camera.reaches('streaming');
    t.true(detail.includes(`ffmpeg streams ${input} at up to`), detail);
  });
}

testRequiring(ffmpeg, 'a stream that is away is told with what to check, and shown when it comes', async (t) => {
  const port = await freePort();
  const camera = watching(t, `tcp://127.0.0.1:${port}`);
  const { detail } = await camera.reaches('reconnecting', /^ffmpeg, reading tcp:/);
  t.regex(detail, /can't reach the camera over the network\. Check the address and port/);
  sending(t, [...h264, '-f', 'h264', `tcp://127.0.0.1:${port}?listen=1`]);
  await camera.gives(5);
  t.is(camera.lines.filter((line) => /can't reach/.test(line)).length, 1);
});

for (const name of ['my video.mp4', 'Haustür Süd.mp4', "it's 100% [1].mp4", '-y.mp4', 'a:b.mp4']) {
  testRequiring(ffmpeg, `a file is shown whatever its name: ${name}`, async (t) => {
    const input = join(await temporaryFolder(t), name);
    const film = ['-f', 'lavfi', '-i', 'testsrc=size=64x48:rate=10:duration=0.5', '-pix_fmt', 'yuv420p'];
    t.is(spawnSync('ffmpeg', ['-v', 'error', ...film, input]).status, 0);
    const camera = watching(t, input);
    await camera.reaches('ended');
    t.is(camera.framesSeen, 5);
  });
}
