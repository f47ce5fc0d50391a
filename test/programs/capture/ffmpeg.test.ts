/** Cameras through a real ffmpeg: files, HTTP and RTSP with a password, and what goes wrong with them. */
import { spawnSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { FfmpegConfig } from '../../../src/config/camera-section.ts';
import { ConfigError } from '../../../src/errors.ts';
import { ffmpegArguments } from '../../../src/flow/capture/ffmpeg-arguments.ts';
import { kindOf, resolveInput } from '../../../src/flow/capture/ffmpeg-input.ts';
import {
  cameraConfig,
  type RecordedCamera,
  recorded,
  scriptEnvironment,
  standInEnvironment,
  temporaryFolder,
  until,
} from '../../flow/capture/cameras-under-test.ts';
import { startRtspServer } from '../../flow/capture/rtsp-server.ts';
import { testRequiring } from '../../requiring.ts';

const ffmpeg = [{ kind: 'program', name: 'ffmpeg' }] as const;

async function recording(t: ExecutionContext, format: 'mp4' | 'ts', filter: string): Promise<string> {
  const file = join(await temporaryFolder(t), `video.${format}`);
  const made = spawnSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', filter, '-pix_fmt', 'yuv420p', file]);
  t.is(made.status, 0, made.stderr.toString());
  return file;
}

function camera(
  t: ExecutionContext,
  source: Partial<FfmpegConfig>,
  more: Record<string, unknown> = {},
): RecordedCamera {
  return recorded(t, { config: cameraConfig({ type: 'ffmpeg', framesPerSecond: 50, ...source }, more) });
}

function sourceConfig(source: Partial<FfmpegConfig>): FfmpegConfig {
  return cameraConfig({ type: 'ffmpeg', ...source }).source as FfmpegConfig;
}

test('a missing ffmpeg is named with its package', async (t) => {
  const env = await standInEnvironment(t, { programs: [] });
  const subject = recorded(t, { config: cameraConfig({ type: 'ffmpeg', input: '/dev/video0' }), env });
  subject.start();
  const { detail } = await subject.reaches('reconnecting');
  t.is(detail, "The program ffmpeg isn't installed: it is not on PATH. Install it with: sudo apt install ffmpeg");
});

testRequiring(ffmpeg, 'a missing device and a missing file are named, and tried again', async (t) => {
  const device = camera(t, { input: '/dev/video987' });
  device.start();
  t.is(
    (await device.reaches('reconnecting')).detail,
    'There is no camera device /dev/video987. Plug the camera in; goby doctor lists the devices there are.',
  );
  const file = camera(t, { input: '/nowhere/video.mp4' });
  file.start();
  t.is((await file.reaches('reconnecting')).detail, 'There is no video file /nowhere/video.mp4. Check source.input.');
  await until(() => file.camera.counters.restartsTotal >= 2, 'restarts');
});

test('a V4L2 device that is busy is told as busy', async (t) => {
  const env = await scriptEnvironment(
    t,
    'ffmpeg',
    'case "$1" in -version) echo "ffmpeg version 5.1.9"; exit 0;; esac; echo "[video4linux2,v4l2 @ 0x55] Cannot open video device /dev/video0: Device or resource busy" >&2; exit 1',
  );
  // A file takes the place of the device: what is tried is what ffmpeg says.
  const input = join(await temporaryFolder(t), 'video0');
  await writeFile(input, '');
  const subject = recorded(t, { config: cameraConfig({ type: 'ffmpeg', input }), env });
  subject.start();
  t.regex(
    (await subject.reaches('reconnecting')).detail,
    /^The camera is busy: it is in use by .*Device or resource busy/,
  );
});

testRequiring(ffmpeg, 'a file that is no video is told as such', async (t) => {
  const input = join(await temporaryFolder(t), 'video.mp4');
  await writeFile(input, 'this is no video'.repeat(100));
  const subject = camera(t, { input });
  subject.start();
  t.regex((await subject.reaches('reconnecting')).detail, /^ffmpeg, reading .*, finds no video in its input\./);
});

testRequiring(ffmpeg, 'a file is played to its end, once, at its own speed', async (t) => {
  const subject = camera(t, { input: await recording(t, 'mp4', 'testsrc=size=320x180:rate=10:duration=1') });
  const startedMs = performance.now();
  subject.start();
  const { detail } = await subject.reaches('ended');
  t.regex(detail, /came to its end$/);
  t.is(subject.framesSeen, 10);
  // -re: the tenth frame is due 900 ms after the first. Only a lower bound can be relied on.
  t.true(performance.now() - startedMs > 700);
  t.is(subject.camera.counters.restartsTotal, 0);
});

testRequiring(ffmpeg, 'the ratio is kept, nothing is enlarged, and the frame tells its size', async (t) => {
  const wide = camera(t, {
    input: await recording(t, 'mp4', 'testsrc=size=640x200:rate=10:duration=1'),
    widthPx: 320,
    heightPx: 240,
  });
  wide.start();
  await wide.gives(1);
  t.like(wide.frames[0], { widthPx: 320, heightPx: 100, strideBytes: 320 });
  const small = camera(t, { input: await recording(t, 'mp4', 'testsrc=size=160x120:rate=10:duration=1') });
  small.start();
  await small.gives(1);
  t.like(small.frames[0], { widthPx: 160, heightPx: 120 });
});

testRequiring(ffmpeg, 'a faster source is thinned to the frame rate, a slower one is not padded', async (t) => {
  const fast = camera(t, {
    input: await recording(t, 'mp4', 'testsrc=size=64x64:rate=30:duration=2'),
    framesPerSecond: 10,
  });
  const slow = camera(t, {
    input: await recording(t, 'mp4', 'testsrc=size=64x64:rate=5:duration=2'),
    framesPerSecond: 10,
  });
  fast.start();
  slow.start();
  await Promise.all([fast.reaches('ended'), slow.reaches('ended')]);
  // One more at the beginning, where the second may come half a period early.
  t.true(Math.abs(fast.framesSeen - 20) <= 1, String(fast.framesSeen));
  t.is(slow.framesSeen, 10);
});

testRequiring(ffmpeg, 'colours come in full range with the BT.601 matrix', async (t) => {
  const subject = camera(t, { input: await recording(t, 'mp4', 'color=c=white:size=128x128:rate=5:duration=1') });
  subject.start();
  await subject.gives(1);
  const { bytes } = subject.frames[0] ?? { bytes: Buffer.alloc(1) };
  t.true((bytes[0] ?? 0) >= 254, `white has Y ${bytes[0]}, 235 would be limited range`);
});

testRequiring(ffmpeg, 'ffmpeg killed from outside is started again', async (t) => {
  const input = await recording(t, 'mp4', 'testsrc=size=64x64:rate=25:duration=2');
  const subject = camera(t, { input, loop: true });
  subject.start();
  await subject.gives(2);
  for (const pid of await pidsWith(input)) process.kill(pid, 'SIGKILL');
  t.regex((await subject.reaches('reconnecting')).detail, /was ended by SIGKILL/);
  const seen = subject.framesSeen;
  await subject.gives(seen + 2);
});

/** Processes with this text in their argument list. */
async function pidsWith(text: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')));
  return pids.filter((_pid, index) => lines[index]?.includes(text)).map(Number);
}

const password = "s3cret with 'quotes' & % @";

async function passwordFile(t: ExecutionContext, text: string): Promise<string> {
  const file = join(await temporaryFolder(t), 'password');
  await writeFile(file, `${text}\n`, { mode: 0o600 });
  return file;
}

/** Fails when the password shows in any argument list, log line or state. */
async function assertUnseen(t: ExecutionContext, subject: RecordedCamera, secret: string): Promise<void> {
  t.deepEqual(await pidsWith('s3cret'), []);
  const told = JSON.stringify([subject.statuses, subject.lines]);
  t.false(told.includes(secret) || told.includes('s3cret'), told);
}

testRequiring(ffmpeg, 'HTTP with a password: let in, and the password is nowhere to be seen', async (t) => {
  // Longer than what ffmpeg reads before it starts to decode.
  const file = await recording(t, 'ts', 'testsrc=size=64x64:rate=25:duration=10');
  const expected = `Basic ${Buffer.from(`viewer:${password}`).toString('base64')}`;
  let delivering = 0;
  const server = createServer((request, response) => {
    if (request.headers.authorization !== expected) {
      response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="camera"' }).end();
      return;
    }
    delivering += 1;
    createReadStream(file).pipe(response, { end: false });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}/video.ts`;
  const good = camera(t, { input: `http://viewer@${address}`, passwordFile: await passwordFile(t, password) });
  good.start();
  await good.gives(5);
  t.is(delivering, 1);
  await assertUnseen(t, good, password);
  t.true(good.status?.detail.includes(`http://${address}`));

  const wrong = `${password} wrong`;
  const bad = camera(t, { input: `http://viewer@${address}`, passwordFile: await passwordFile(t, wrong) });
  bad.start();
  t.regex((await bad.reaches('reconnecting')).detail, /was refused by the camera.*\*\*\*@127\.0\.0\.1/);
  await assertUnseen(t, bad, wrong);
});

testRequiring(ffmpeg, 'RTSP over TCP with a password gives frames; silence is a stall', async (t) => {
  const source = await recording(t, 'ts', 'testsrc=size=64x64:rate=25:duration=10');
  const server = await startRtspServer(t, { recording: source, user: 'viewer', password });
  const input = `rtsp://viewer@127.0.0.1:${server.port}/stream?channel=1`;
  const subject = camera(t, { input, passwordFile: await passwordFile(t, password) }, { stallTimeoutMs: 8000 });
  subject.start();
  await subject.gives(5);
  await assertUnseen(t, subject, password);
  t.true(server.transports.every((transport) => transport.includes('RTP/AVP/TCP')));
  t.true(
    server.requests.every((line) => !line.includes('tcp')),
    'the transport is not part of what is asked for',
  );
  t.true(server.requests.some((line) => line.includes('?channel=1')));
  await subject.reaches('reconnecting', /stalled/);
});

testRequiring(ffmpeg, 'RTSP with nobody there says so', async (t) => {
  const subject = camera(t, { input: 'rtsp://127.0.0.1:1/stream' });
  subject.start();
  t.regex(
    (await subject.reaches('reconnecting')).detail,
    /can't reach the camera over the network\..*Connection refused/,
  );
});

test('a password file that is missing, empty or without a user in the address is told', async (t) => {
  const input = 'rtsp://viewer@camera.local/stream';
  await t.throwsAsync(resolveInput(sourceConfig({ input, passwordFile: '/nowhere/password' })), {
    message: /source\.passwordFile, \/nowhere\/password, can't be read \(ENOENT\)\. Create it/,
  });
  const empty = await passwordFile(t, '');
  await t.throwsAsync(resolveInput(sourceConfig({ input, passwordFile: empty })), {
    message: /has an empty first line/,
  });
  const full = await passwordFile(t, 'x');
  await t.throwsAsync(resolveInput(sourceConfig({ input: 'rtsp://camera.local/stream', passwordFile: full })), {
    instanceOf: ConfigError,
    message: /needs a user in source\.input/,
  });
  if (process.getuid?.() !== 0) {
    await chmod(full, 0);
    await t.throwsAsync(resolveInput(sourceConfig({ input, passwordFile: full })), { message: /EACCES/ });
  }
});

test('a password in the address itself goes the hidden way too', async (t) => {
  const input = await resolveInput(sourceConfig({ input: 'rtsp://viewer:s3cret@camera.local/stream' }));
  t.false(input.args.join(' ').includes('s3cret'));
  t.true(input.privateInput?.includes('s3cret'));
  t.is(input.shown, 'rtsp://camera.local/stream');
  t.deepEqual(input.secrets, ['s3cret']);
  t.regex(input.privateInput ?? '', /\noption rtsp_transport tcp\n$/);
  const old = await resolveInput(sourceConfig({ input: 'rtsp://viewer:s3cret@camera.local/stream' }), 4);
  t.false(old.privateInput?.includes('option'));
});

test('inputs are told apart', (t) => {
  t.is(kindOf('/dev/video0'), 'device');
  t.is(kindOf('/dev/v4l/by-id/usb-cam-index0'), 'device');
  t.is(kindOf('rtsps://camera/stream'), 'rtsp');
  t.is(kindOf('https://camera/stream'), 'http');
  t.is(kindOf('/srv/video.mp4'), 'file');
});

test('argument lists: a device with its format, a file in a loop, and the option old versions know', async (t) => {
  const device = sourceConfig({ input: '/dev/video0', inputFormat: 'mjpeg' });
  const asked = ffmpegArguments(device, await resolveInput(device), 5).join(' ');
  t.regex(asked, /-f v4l2 -video_size 1280x720 -framerate 10 -input_format mjpeg -i \/dev\/video0 -map 0:v:0/);
  t.regex(asked, /-vsync passthrough -pix_fmt yuv420p -f yuv4mpegpipe pipe:1$/);
  const stream = sourceConfig({ input: 'rtsp://camera.local/stream', rtspTransport: 'udp' });
  const streamed = ffmpegArguments(stream, await resolveInput(stream), 5).join(' ');
  t.regex(streamed, /-rtsp_transport udp -i rtsp:\/\/camera\.local\/stream/);
  const file = sourceConfig({ input: '/srv/video.mp4', loop: true });
  const played = ffmpegArguments(file, await resolveInput(file), 7).join(' ');
  t.regex(played, /-stream_loop -1 -re -i \/srv\/video\.mp4/);
  t.regex(played, /-fps_mode passthrough/);
});
