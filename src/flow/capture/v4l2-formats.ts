/** Which pixel format and size a V4L2 camera is asked for: chosen from what the device itself lists, through ffmpeg. */
import type { Program } from './find-program.ts';
import { runShortly } from './short-run.ts';

export interface V4l2Format {
  /** As ffmpeg's option -input_format takes it. */
  readonly name: string;
  readonly isCompressed: boolean;
  readonly sizes: readonly PictureSize[];
  /** Any size between two, in steps, as the Pi's own driver lists it. */
  readonly range?: { readonly smallest: PictureSize; readonly largest: PictureSize };
}

export interface PictureSize {
  readonly widthPx: number;
  readonly heightPx: number;
}

/** A line such as `[video4linux2,v4l2 @ 0x55] Compressed:       mjpeg :          Motion-JPEG : 640x480 1280x720`. */
const formatLine = /(Raw|Compressed) *: +([a-z0-9_]+) : +.*? : (.+)$/i;
/** `{32-2592, 2}x{32-1944, 2}` */
const sizeRange = /\{(\d+)-(\d+), \d+\}x\{(\d+)-(\d+), \d+\}/;
/** What no camera has more of. */
const mostFormats = 64;
const mostSizes = 256;

/** Reads what `ffmpeg -f v4l2 -list_formats all` writes. Formats that ffmpeg can't read are left out. */
export function parseV4l2Formats(listing: string): V4l2Format[] {
  const found = new Map<string, V4l2Format>();
  for (const line of listing.split('\n').slice(0, 1000)) {
    const [, kind = '', name = '', sizes = ''] = formatLine.exec(line.trimEnd()) ?? [];
    if (name === '' || name === 'Unsupported' || found.has(name) || found.size >= mostFormats) continue;
    const [, ...range] = (sizeRange.exec(sizes) ?? []).map(Number) as [number, number, number, number, number];
    found.set(name, {
      name,
      isCompressed: kind.toLowerCase() === 'compressed',
      sizes: [...sizes.matchAll(/(?<![\d-])(\d{2,5})x(\d{2,5})(?!\d)/g)].slice(0, mostSizes).map(sizeOf),
      ...(range.length === 4
        ? {
            range: {
              smallest: { widthPx: range[0], heightPx: range[2] },
              largest: { widthPx: range[1], heightPx: range[3] },
            },
          }
        : {}),
    });
  }
  return [...found.values()];
}

function sizeOf([, width, height]: RegExpMatchArray): PictureSize {
  return { widthPx: Number(width), heightPx: Number(height) };
}

/** Names of V4L2, as v4l2-ctl shows them, and those of ffmpeg. */
const ffmpegNames: Readonly<Record<string, string>> = {
  yuyv: 'yuyv422',
  uyvy: 'uyvy422',
  mjpg: 'mjpeg',
  jpeg: 'mjpeg',
  yu12: 'yuv420p',
  avc: 'h264',
};

export interface WantedPicture extends PictureSize {
  readonly framesPerSecond: number;
  /** The only format that will do. */
  readonly inputFormat?: string | undefined;
}

export interface ChosenFormat {
  readonly name: string;
  /** What the device is asked for: the wanted size, else the next larger, else its largest. */
  readonly size: PictureSize;
}

/**
 * USB 2 carries about 40 MB a second in practice, of which YUYV takes 2 bytes a pixel; at larger sizes USB cameras give raw pictures
 * ever more slowly, and listings don't tell how slowly. 640x480 at 30 a second is what nearly every camera can. What gives any size, as
 * the Pi's own driver does, isn't on USB, and as many pixels a second may come in fewer pictures.
 */
const mostRawPixels = 640 * 480;
const mostRawPixelsPerSecond = mostRawPixels * 30;

/** Compressed formats, the cheapest to decode first; a lost packet of H.264 spoils the pictures up to the next key frame. */
const compressed = ['mjpeg', 'h264', 'hevc'];
/** Raw formats that need no or little work to become yuv420p. */
const raw = ['yuv420p', 'nv12', 'yuyv422', 'uyvy422'];

/** @returns undefined for a device that lists nothing that can be used: then ffmpeg is left to try */
export function chooseV4l2Format(formats: readonly V4l2Format[], wanted: WantedPicture): ChosenFormat | undefined {
  const { inputFormat, widthPx, heightPx, framesPerSecond } = wanted;
  const only = inputFormat === undefined ? undefined : (ffmpegNames[inputFormat] ?? inputFormat);
  const allowed = only === undefined ? formats : formats.filter(({ name }) => name === only);
  const isSlow = widthPx * heightPx * Math.min(framesPerSecond, 30) <= mostRawPixelsPerSecond;
  const isSmall = widthPx * heightPx <= mostRawPixels;
  const candidates = allowed
    .map((format) => ({ format, size: nearestSize(format, wanted) }))
    .filter((one): one is { format: V4l2Format; size: PictureSize } => one.size !== undefined);
  const [best] = candidates.sort(
    (one, other) =>
      // A size that is large enough counts more than anything; then what costs the least.
      Number(isEnough(other.size, wanted)) - Number(isEnough(one.size, wanted)) ||
      preference(one.format, rawSuits(one.format)) - preference(other.format, rawSuits(other.format)) ||
      area(other.size) - area(one.size),
  );
  return best === undefined ? undefined : { name: best.format.name, size: best.size };

  function rawSuits({ range }: V4l2Format): boolean {
    return isSlow && (isSmall || range !== undefined);
  }
}

/** Lower is better. */
function preference({ name, isCompressed }: V4l2Format, rawSuits: boolean): number {
  const order = isCompressed ? compressed : raw;
  const place = order.indexOf(name);
  const within = place < 0 ? order.length : place;
  return (isCompressed === rawSuits ? 100 : 0) + within;
}

function nearestSize({ sizes, range }: V4l2Format, wanted: PictureSize): PictureSize | undefined {
  if (range !== undefined) {
    const within = (value: number, from: number, to: number): number => Math.min(Math.max(value, from), to);
    return {
      widthPx: within(wanted.widthPx, range.smallest.widthPx, range.largest.widthPx),
      heightPx: within(wanted.heightPx, range.smallest.heightPx, range.largest.heightPx),
    };
  }
  const larger = sizes.filter((size) => isEnough(size, wanted)).sort((one, other) => area(one) - area(other));
  return larger[0] ?? [...sizes].sort((one, other) => area(other) - area(one))[0];
}

function isEnough(size: PictureSize, wanted: PictureSize): boolean {
  return size.widthPx >= wanted.widthPx && size.heightPx >= wanted.heightPx;
}

function area({ widthPx, heightPx }: PictureSize): number {
  return widthPx * heightPx;
}

/** What a device lists; empty when it says nothing, such as one that is away or busy. Never throws. */
export async function listV4l2Formats(ffmpeg: Program, device: string, env: NodeJS.ProcessEnv): Promise<V4l2Format[]> {
  const args = ['-nostdin', '-hide_banner', '-f', 'v4l2', '-list_formats', 'all', '-i', device];
  const { output } = await runShortly(ffmpeg, args, { env, timeoutMs: 5000 });
  return parseV4l2Formats(output);
}
