/** The argument list of ffmpeg: input, at most the configured rate and size, out as YUV4MPEG2 in JFIF colours. */
import type { FfmpegConfig } from '../../config/camera-section.ts';
import type { FfmpegInput } from './ffmpeg-input.ts';

/** @param major ffmpeg's major version; undefined: unknown, taken as a new one */
export function ffmpegArguments(config: FfmpegConfig, input: FfmpegInput, major: number | undefined): string[] {
  return [
    ...['-nostdin', '-hide_banner', '-loglevel', 'error'],
    ...inputOptions(config, input.kind),
    ...input.args,
    ...['-map', '0:v:0', '-vf', `${rateFilter(config.framesPerSecond)},${sizeFilter(config)}`],
    // Frames as they come: without it ffmpeg repeats frames to keep a constant rate. -vsync is the name until 5.0.
    ...[major !== undefined && major < 6 ? '-vsync' : '-fps_mode', 'passthrough'],
    ...['-pix_fmt', 'yuv420p', '-f', 'yuv4mpegpipe', 'pipe:1'],
  ];
}

function inputOptions(config: FfmpegConfig, kind: FfmpegInput['kind']): string[] {
  switch (kind) {
    case 'device':
      return [
        ...['-f', 'v4l2', '-video_size', `${config.widthPx}x${config.heightPx}`],
        ...['-framerate', String(config.framesPerSecond)],
        ...(config.inputFormat === undefined ? [] : ['-input_format', config.inputFormat]),
      ];
    case 'rtsp':
    case 'http':
      return ['-flags', 'low_delay'];
    case 'file':
      // -re: at the speed of the recording, as if it were a camera.
      return [...(config.loop ? ['-stream_loop', '-1'] : []), '-re'];
  }
}

/**
 * At most this many frames a second, never a repeated one: the first frame of each slot of 1/rate, and, for a source of
 * just this rate whose times jitter, any frame that is nearly a slot behind the last.
 */
function rateFilter(framesPerSecond: number): string {
  const newSlot = `gt(floor(t*${framesPerSecond}),floor(prev_selected_t*${framesPerSecond}))`;
  const due = `gte(t-prev_selected_t,${0.95 / framesPerSecond})`;
  return `select='isnan(prev_selected_t)+${newSlot}+${due}'`;
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
