/** The part of the schema that describes cameras and where their frames come from. */
import { z } from 'zod';
import { motionSection } from './motion-section.ts';
import { regionsSection } from './regions-section.ts';
import { secondStageSection } from './second-stage-section.ts';
import { inputExpected, inputFault, inputsMeant, isPictureAddress } from './source-input.ts';
import { trackingSection } from './tracking-section.ts';
import {
  durationMs,
  expects,
  flag,
  fraction,
  labelList,
  mends,
  oneNumberOf,
  oneOf,
  path,
  paths,
  pattern,
  realNumber,
  section,
  text,
  wholeNumber,
} from './values.ts';
import { zoneKeys } from './zones-section.ts';

const rotationDeg = () => oneNumberOf([0, 90, 180, 270]).default(0);
/** Large enough to see far, and less than 1.4 MB a frame. Cameras that give less are taken as they are. */
const widthPx = () => wholeNumber(64, 4096, 1280).default(1280);
const heightPx = () => wholeNumber(64, 4096, 720).default(720);
const framesPerSecond = (fallback: number) => realNumber(0.01, 120, fallback).default(fallback);

/** Picture controls that rpicam-vid, rpicam-still and their libcamera-* ancestors share. Absent: the camera decides. */
const exposure = {
  exposure: oneOf(['normal', 'sport', 'long']).default('normal'),
  shutterUs: wholeNumber(1, 200_000_000, 10_000).optional(),
  gain: realNumber(0, 64, 2).optional(),
  brightness: realNumber(-1, 1, 0).optional(),
  flipHorizontal: flag().default(false),
  flipVertical: flag().default(false),
  cameraIndex: wholeNumber(0, 15, 0).default(0),
};

/** The Pi camera as a stream, through rpicam-vid or libcamera-vid. */
const rpicam = section({
  type: z.literal('rpicam'),
  widthPx: widthPx(),
  heightPx: heightPx(),
  framesPerSecond: framesPerSecond(10),
  format: oneOf(['yuv420', 'mjpeg']).default('yuv420'),
  mjpegQuality: wholeNumber(1, 100, 90).default(90),
  rotationDeg: rotationDeg(),
  ...exposure,
});

/** The Pi camera as single photos, through rpicam-still, libcamera-still or node-libcamera. */
const stills = section({
  type: z.literal('stills'),
  widthPx: widthPx(),
  heightPx: heightPx(),
  intervalMs: durationMs(500, 86_400_000, 5000).default(5000),
  rotationDeg: rotationDeg(),
  ...exposure,
});

/** @param alsoWrong what is wrong with an input that would be right elsewhere */
function checkedInput(example: string, alsoWrong: (input: string) => string | undefined = () => undefined) {
  return text(inputExpected, example)
    .superRefine((input, context) => {
      const fault = alsoWrong(input) ?? inputFault(input);
      if (fault !== undefined) context.addIssue({ code: 'custom', message: expects(fault, example) });
    })
    .register(mends, { mend: inputsMeant })
    .register(paths, { isPath: (value) => /^\.\.?\//.test(value) });
}

/** Trust in a camera's certificate, for https:// addresses that goby reads itself. */
const sourceTls = section({
  caFile: path('/etc/goby/camera-ca.crt').optional(),
  /** Off accepts any certificate: whoever is in between sees the pictures and the password. */
  verify: flag().default(true),
});

/** Single pictures of a network camera, each asked for. */
const snapshot = section({
  type: z.literal('snapshot'),
  input: checkedInput('http://camera.local/snapshot.jpg', (input) =>
    /^https?:/.test(input) ? undefined : 'the address of a picture, which starts with http:// or https://',
  ),
  /** File whose only line is the password of the address's user; it is never printed. */
  passwordFile: path('/etc/goby/camera-password').optional(),
  intervalMs: durationMs(200, 86_400_000, 2000).default(2000),
  tls: sourceTls.prefault({}),
  rotationDeg: rotationDeg(),
});

/** Anything that ffmpeg reads: V4L2 devices, streams by RTSP, RTMP, SRT, TCP and UDP, video files; and HTTP. */
const ffmpeg = section({
  type: z.literal('ffmpeg'),
  input: checkedInput('/dev/video0'),
  /** Pixel format asked of a V4L2 device. */
  inputFormat: pattern(
    /^[a-z0-9_]{1,16}$/,
    'a pixel format in small letters, as in mjpeg, yuyv422, h264',
    'mjpeg',
  ).optional(),
  /** File whose only line is the password of the address's user; it is never printed. */
  passwordFile: path('/etc/goby/camera-password').optional(),
  widthPx: widthPx(),
  heightPx: heightPx(),
  framesPerSecond: framesPerSecond(10),
  rtspTransport: oneOf(['tcp', 'udp']).default('tcp'),
  tls: sourceTls.prefault({}),
  rotationDeg: rotationDeg(),
  /** Files only: start over at the end. */
  loop: flag().default(false),
});

/** Photos of a folder, in the order of their names. */
const folder = section({
  type: z.literal('folder'),
  path: path('photos'),
  framesPerSecond: framesPerSecond(2),
  /** Off: each photo once, then the camera ends. */
  loop: flag().default(true),
  /** Nothing is shown for this long between two rounds. */
  pauseMs: durationMs(0, 3_600_000, 4000).default(0),
  rotationDeg: rotationDeg(),
});

/** The Pi camera when there is one, else the first V4L2 camera, else the sample photos. */
const auto = section({ type: z.literal('auto') });

export const sourceSection = z
  .discriminatedUnion('type', [auto, rpicam, stills, ffmpeg, snapshot, folder], {
    error: expects('a source with type auto, rpicam, stills, ffmpeg, snapshot or folder', '{ type: rpicam }'),
  })
  .register(mends, { mend: sourcesMeant });

/** A type, an address, a device, a file or a folder alone. */
function sourcesMeant(found: unknown): unknown[] {
  if (typeof found !== 'string') return [];
  const picture = isPictureAddress(found) ? [{ type: 'snapshot', input: found }] : [];
  return [{ type: found }, ...picture, { type: 'ffmpeg', input: found }, { type: 'folder', path: found }];
}

export const cameraSection = section({
  source: sourceSection.prefault({ type: 'auto' }),
  /** Catalog name, or the name of an entry under models.own. */
  model: text('the name of a model of the catalog or of models.own', 'face-detection-short-range').default('default'),
  /** auto: as the model is trained; see models/fit.ts. */
  fit: oneOf(['auto', 'letterbox', 'stretch']).default('auto'),
  /** Confidence threshold: detections below it are dropped. */
  minScore: fraction(0.5).default(0.5),
  /** At most this many detections of a frame are kept, best first. */
  maxDetections: wholeNumber(1, 100, 20).default(20),
  /** Labels that become presence, events and alerts; empty: every label. Absent: person where the model has it, else every label. */
  labels: labelList('a label of the model', 'person').optional(),
  /** A label counts as gone after this long without a detection. */
  holdMs: durationMs(0, 3_600_000, 2000).default(2000),
  /** Skips inferences while nothing moves. */
  motion: motionSection.prefault({}),
  /** Looks at parts of the frame, each as large as the model sees it, where that shows more. */
  regions: regionsSection.prefault({}),
  tracking: trackingSection.prefault({}),
  ...zoneKeys,
  /** Models that look at crops of what the first one found. */
  secondStage: secondStageSection.prefault({}),
  /** A camera without a frame for this long is restarted; see also capture/silence-limit.ts. */
  stallTimeoutMs: durationMs(500, 600_000, 10_000).default(10_000),
});

export type SourceConfig = z.output<typeof sourceSection>;
export type RpicamConfig = z.output<typeof rpicam>;
export type StillsConfig = z.output<typeof stills>;
export type FfmpegConfig = z.output<typeof ffmpeg>;
export type SnapshotConfig = z.output<typeof snapshot>;
export type FolderConfig = z.output<typeof folder>;
export type CameraConfig = z.output<typeof cameraSection>;

/** Pictures that are taken one by one, rather than a film. */
export function takesSinglePictures(source: SourceConfig): source is StillsConfig | SnapshotConfig {
  return source.type === 'stills' || source.type === 'snapshot';
}

/** The longest regular time between two frames, ms; 0: it isn't known before the source is chosen. */
export function frameIntervalMs(source: SourceConfig): number {
  if (takesSinglePictures(source)) return source.intervalMs;
  return source.type === 'auto' ? 0 : 1000 / source.framesPerSecond;
}
