/** The argument list of ffmpeg: input, at most the configured rate and size, out as YUV4MPEG2 in JFIF colours. */
import type { FfmpegConfig } from '../../config/camera-section.ts';
import type { FfmpegInput } from './ffmpeg-input.ts';
import { apart, early } from './frame-rate.ts';
import type { ChosenFormat, PictureSize } from './v4l2-formats.ts';

/**
 * @param major ffmpeg's major version; undefined: unknown, taken as a new one
 * @param format what a device is asked for; undefined: ffmpeg tries what it knows
 */
export function ffmpegArguments(
  config: FfmpegConfig,
  input: FfmpegInput,
  major: number | undefined,
  format?: ChosenFormat,
): string[] {
  return [
    ...['-nostdin', '-hide_banner', '-loglevel', 'error'],
    ...inputOptions(config, input, format),
    ...input.args,
    ...['-map', '0:v:0', '-vf', `${rateFilter(config.framesPerSecond)},${sizeFilter(config)}`],
    // Frames as they come: without it ffmpeg repeats frames to keep a constant rate. -vsync is the name until 5.0.
    ...[major !== undefined && major < 6 ? '-vsync' : '-fps_mode', 'passthrough'],
    ...['-pix_fmt', 'yuv420p', '-f', 'yuv4mpegpipe', 'pipe:1'],
  ];
}

function inputOptions(config: FfmpegConfig, { kind, shown }: FfmpegInput, format: ChosenFormat | undefined): string[] {
  switch (kind) {
    case 'device':
      return [
        ...['-f', 'v4l2', '-video_size', sizeText(format?.size ?? config)],
        ...['-framerate', String(config.framesPerSecond)],
        ...inputFormat(format?.name ?? config.inputFormat),
      ];
    case 'rtsp':
    case 'http':
      return ['-flags', 'low_delay'];
    case 'live':
      return [
        // A look of half a second tells what it is; by itself ffmpeg looks at five seconds, and shows them late.
        ...['-flags', 'low_delay', '-analyzeduration', '500000', '-probesize', '1000000', '-fpsprobesize', '0'],
        // rpicam-vid sends bare H.264 or JPEG by TCP and UDP, to which ffmpeg would give times of its own.
        ...(/^(tcp|udp):/.test(shown) ? ['-use_wallclock_as_timestamps', '1'] : []),
      ];
    case 'file':
      // -re: at the speed of the recording, as if it were a camera.
      return [...(config.loop ? ['-stream_loop', '-1'] : []), '-re'];
  }
}

function sizeText({ widthPx, heightPx }: PictureSize): string {
  return `${widthPx}x${heightPx}`;
}

function inputFormat(name: string | undefined): string[] {
  return name === undefined ? [] : ['-input_format', name];
}

/**
 * At most this many frames a second, never a repeated one: the rule of frame-rate.ts, with the time that the next one is due in
 * variable 0. Times that jump back, as those of a camera that was restarted, begin it anew.
 */
function rateFilter(framesPerSecond: number): string {
  const period = 1 / framesPerSecond;
  const jumpedBack = `lt(t,ld(0)-${2 * period})`;
  const isDue = `gte(t,ld(0)-${early * period})+${jumpedBack}`;
  const nextDue = `if(${jumpedBack},t+${period},max(ld(0)+${period},t+${apart * period}))`;
  return `select='if(${isDue},1+0*st(0,${nextDue}),0)'`;
}

/**
 * Fits the picture into the configured size: its ratio is kept, nothing is padded (boxes are fractions of the picture
 * itself) and nothing is enlarged (it would cost time and add no detail).
 */
function sizeFilter({ widthPx, heightPx }: FfmpegConfig): string {
  return [
    `scale=w='min(${widthPx},iw)':h='min(${heightPx},ih)'`,
    'force_original_aspect_ratio=decrease:force_divisible_by=2',
    'out_range=pc:out_color_matrix=bt601',
  ].join(':');
}
