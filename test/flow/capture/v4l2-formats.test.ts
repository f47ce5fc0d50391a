/** Formats of USB cameras, as ffmpeg lists them of common ones. There is no camera on the machine that builds goby. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { systemRoots } from '../../../src/flow/capture/machine.ts';
import { chooseV4l2Format, parseV4l2Formats } from '../../../src/flow/capture/v4l2-formats.ts';
import { cameraConfig, recorded, scriptEnvironment, temporaryFolder, until } from './cameras-under-test.ts';

const line = (kind: 'Raw       ' | 'Compressed', name: string, words: string, sizes: string): string =>
  `[video4linux2,v4l2 @ 0x20485c0] ${kind}:${name.padStart(12)} :${words.padStart(21)} : ${sizes}`;
const end = '/dev/video0: Immediate exit requested';
const usual =
  '640x480 160x90 160x120 176x144 320x180 320x240 352x288 432x240 640x360 800x448 800x600 864x480 960x720 1024x576 1280x720 1600x896 1920x1080';

const listings = {
  /** An old webcam. */
  yuyvOnly: [line('Raw       ', 'yuyv422', 'YUYV 4:2:2', '640x480 352x288 320x240 176x144 160x120'), end],
  /** HD Pro Webcam C920. */
  c920: [
    line('Raw       ', 'yuyv422', 'YUYV 4:2:2', `${usual} 2304x1296 2304x1536`),
    line('Compressed', 'h264', 'H.264', usual),
    line('Compressed', 'mjpeg', 'Motion-JPEG', usual),
    end,
  ],
  /** UC01 HD Camera: raw in small sizes only. */
  uc01: [
    line('Compressed', 'mjpeg', 'Motion-JPEG', '1920x1080 1280x720 800x600 640x480 640x360'),
    line('Raw       ', 'yuyv422', 'YUYV 4:2:2', '640x480 640x360'),
    line('Compressed', 'h264', 'H.264', '1920x1080 1280x720 800x600 640x480 640x360'),
    end,
  ],
  h264Only: [line('Compressed', 'h264', 'H.264', '1920x1080 1280x720'), end],
  nv12: [
    line('Raw       ', 'nv12', 'Y/CbCr 4:2:0', '1280x720 640x480'),
    line('Raw       ', 'Unsupported', 'Greyscale 8-bit', '1280x720 640x480'),
    end,
  ],
  /** The Pi's old camera driver: any size. */
  stepwise: [
    line('Raw       ', 'yuv420p', 'Planar YUV 4:2:0', '{32-2592, 2}x{32-1944, 2}'),
    line('Raw       ', 'yuyv422', 'YUYV 4:2:2', '{32-2592, 2}x{32-1944, 2}'),
    line('Compressed', 'mjpeg', 'JFIF JPEG', '{32-2592, 2}x{32-1944, 2}'),
    line('Compressed', 'h264', 'H.264', '{32-2592, 2}x{32-1944, 2}'),
    line('Compressed', 'mjpeg', 'Motion-JPEG', '{32-2592, 2}x{32-1944, 2}'),
    end,
  ],
  metadata: [
    '[video4linux2,v4l2 @ 0x5581c3e9d2c0] ioctl(VIDIOC_G_INPUT): Inappropriate ioctl for device',
    '/dev/video1: Inappropriate ioctl for device',
  ],
  rubbish: [
    'Raw : : :',
    'Compressed: mjpeg : x : 0x0 1x1 99999999x1 {1-2, 3}x{',
    `${'Raw: a : b : 640x480 '.repeat(5000)}`,
  ],
};

/** A camera, what is wanted of it, and what it is asked for. */
const choices: readonly (readonly [
  keyof typeof listings,
  size: string,
  fps: number,
  inputFormat: string | undefined,
  asked: string | undefined,
])[] = [
  ['yuyvOnly', '640x480', 10, undefined, 'yuyv422 640x480'],
  ['yuyvOnly', '1280x720', 10, undefined, 'yuyv422 640x480'],
  ['yuyvOnly', '300x200', 10, undefined, 'yuyv422 320x240'],
  ['yuyvOnly', '640x480', 10, 'mjpeg', undefined],
  ['c920', '640x480', 10, undefined, 'yuyv422 640x480'],
  ['c920', '1280x720', 10, undefined, 'mjpeg 1280x720'],
  ['c920', '640x480', 60, undefined, 'yuyv422 640x480'],
  ['c920', '1280x720', 30, undefined, 'mjpeg 1280x720'],
  ['c920', '1920x1080', 10, undefined, 'mjpeg 1920x1080'],
  ['c920', '2304x1536', 2, undefined, 'yuyv422 2304x1536'],
  ['c920', '1280x720', 10, 'h264', 'h264 1280x720'],
  ['c920', '1280x720', 10, 'mjpg', 'mjpeg 1280x720'],
  ['c920', '700x500', 30, undefined, 'mjpeg 800x600'],
  ['uc01', '640x480', 10, undefined, 'yuyv422 640x480'],
  ['uc01', '1280x720', 10, undefined, 'mjpeg 1280x720'],
  ['h264Only', '640x480', 10, undefined, 'h264 1280x720'],
  ['nv12', '1280x720', 10, undefined, 'nv12 1280x720'],
  ['stepwise', '640x480', 10, undefined, 'yuv420p 640x480'],
  ['stepwise', '1280x720', 10, undefined, 'yuv420p 1280x720'],
  ['stepwise', '1280x720', 30, undefined, 'mjpeg 1280x720'],
  ['stepwise', '4096x2160', 10, undefined, 'mjpeg 2592x1944'],
  ['metadata', '640x480', 10, undefined, undefined],
];
for (const [camera, size, framesPerSecond, inputFormat, asked] of choices) {
  test(`${camera}, ${size} at ${framesPerSecond} a second${inputFormat === undefined ? '' : ` as ${inputFormat}`}: ${asked}`, (t) => {
    const [widthPx, heightPx] = size.split('x').map(Number) as [number, number];
    const formats = parseV4l2Formats(listings[camera].join('\n'));
    const chosen = chooseV4l2Format(formats, { widthPx, heightPx, framesPerSecond, inputFormat });
    t.is(chosen && `${chosen.name} ${chosen.size.widthPx}x${chosen.size.heightPx}`, asked);
  });
}

test('a listing of rubbish gives nothing that could be asked for', (t) => {
  for (const format of parseV4l2Formats(listings.rubbish.join('\n'))) {
    t.true(format.sizes.every(({ widthPx, heightPx }) => widthPx >= 10 && heightPx >= 10));
    t.true(format.sizes.length <= 256);
  }
});

/** A stand-in for ffmpeg that lists formats, notes how it is run, and shows one picture after the other. */
async function fakeCamera(
  t: Parameters<typeof temporaryFolder>[0],
  listing: readonly string[],
  source: Record<string, unknown> = {},
) {
  const folder = await temporaryFolder(t);
  const log = join(folder, 'runs');
  const body = [
    'case "$*" in',
    '*-version*) echo "ffmpeg version 5.1.9";;',
    `*-list_formats*) cat >&2 <<'LISTING'\n${listing.join('\n')}\nLISTING`,
    'exit 1;;',
    `*) echo "$*" >> ${log}; printf 'YUV4MPEG2 W2 H2 F10:1 C420jpeg\\n'`,
    "while :; do printf 'FRAME\\n123456'; sleep 0.05; done;;",
    'esac',
  ].join('\n');
  const env = await scriptEnvironment(t, 'ffmpeg', body);
  // A file in place of the device: what is tried is what is asked of ffmpeg.
  writeFileSync(join(folder, 'video0'), '');
  const subject = recorded(t, {
    config: cameraConfig({ type: 'ffmpeg', input: '/dev/video0', ...source }),
    env,
    roots: { ...systemRoots, dev: folder },
  });
  subject.start();
  return { subject, runs: () => readFileSync(log, 'utf8') };
}

test('the camera is asked for what was chosen, and says so', async (t) => {
  const { subject, runs } = await fakeCamera(t, listings.uc01, { widthPx: 1280, heightPx: 720 });
  await subject.gives(2);
  t.regex(runs(), /-f v4l2 -video_size 1280x720 -framerate 10 -input_format mjpeg -i /);
  t.regex((await subject.reaches('streaming')).detail, /\(mjpeg, 1280x720\)/);
});

test('a format that the camera does not give is told with those that it gives', async (t) => {
  const { subject } = await fakeCamera(t, listings.yuyvOnly, { inputFormat: 'h264' });
  t.regex(
    (await subject.reaches('reconnecting')).detail,
    /doesn't give h264; it gives yuyv422\. Set source\.inputFormat/,
  );
});

test('a camera that lists nothing is left to ffmpeg', async (t) => {
  const { subject, runs } = await fakeCamera(t, listings.metadata, { inputFormat: 'mjpeg' });
  await until(() => subject.framesSeen > 0, 'a frame');
  t.regex(runs(), /-video_size 1280x720 -framerate 10 -input_format mjpeg -i /);
});
