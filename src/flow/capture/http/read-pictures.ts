/**
 * The body of a camera's answer as frames. A stream of multipart/x-mixed-replace is a row of JPEG pictures with a few lines of
 * text between them: it is read by the markers of JPEG alone. Boundaries (with and without dashes, quotes and blanks), lengths
 * and headers of parts, which small cameras write as they like, need not be believed so.
 */
import { MjpegSplitter, type MjpegSplitterOptions } from '../mjpeg-splitter.ts';

/** A picture of 4096x4096 in the best quality takes less. */
export const mostPictureBytes = 32 * 1024 * 1024;
/** What begins with neither a picture nor a boundary within these isn't MJPEG. */
const sniffedBytes = 512;

export type BodyKind =
  /** A row of JPEG pictures. */
  | 'stream'
  /** One picture in JPEG. */
  | 'picture'
  /** One picture of another kind, such as PNG. */
  | 'other picture'
  /** A page that people read. */
  | 'page'
  /** Its first bytes have to be looked at. */
  | 'unknown'
  /** Something for ffmpeg. */
  | 'foreign';

/** By Content-Type, as cameras send it. */
export function kindOfType(contentType: string | undefined): BodyKind {
  const type = (contentType ?? '').split(';')[0]!.trim().toLowerCase();
  if (/^multipart\/|^video\/(x-)?(motion-)?m?jpe?g$/.test(type)) return 'stream';
  if (/^image\/(pjpeg|x-jpeg|jpe?g)$/.test(type)) return 'picture';
  if (/^image\/(png|webp|gif|tiff|avif|heif|bmp)$/.test(type)) return 'other picture';
  if (/^text\/html|^application\/(json|xml|xhtml)/.test(type)) return 'page';
  return type === '' || /^(application\/octet-stream|binary\/|text\/plain|image\/)/.test(type) ? 'unknown' : 'foreign';
}

/** By the first bytes of a body whose type says nothing. */
export function kindOfBytes(bytes: Uint8Array): BodyKind {
  const text = Buffer.from(bytes.subarray(0, sniffedBytes)).toString('latin1');
  if (text.startsWith('\xff\xd8\xff')) return 'stream';
  if (/^\s*--\S/.test(text)) return 'stream';
  return /^\s*<(!doctype|html|\?xml)/i.test(text) ? 'page' : 'foreign';
}

export interface ReadPictures extends Omit<MjpegSplitterOptions, 'maxFrameBytes' | 'hasExif'> {
  readonly signal: AbortSignal;
}

/**
 * Reads to the end, frame by frame. Resolves with the number of whole pictures, also of those that nobody wanted.
 * @throws what ended the connection, or the signal's reason
 */
export async function readPictures(
  body: AsyncIterable<Buffer>,
  { signal, ...splitting }: ReadPictures,
): Promise<number> {
  let pictures = 0;
  const splitter = new MjpegSplitter({
    ...splitting,
    maxFrameBytes: mostPictureBytes,
    hasExif: true,
    onPicture: () => {
      pictures += 1;
      splitting.onPicture?.();
    },
  });
  try {
    for await (const chunk of body) {
      signal.throwIfAborted();
      splitter.feed(chunk);
    }
    return pictures;
  } finally {
    splitter.end();
  }
}

/** The whole of it. @throws RangeError when it has more bytes than a picture may */
export async function readWhole(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > mostPictureBytes) throw new RangeError(`it has more than ${mostPictureBytes} bytes`);
  }
  return Buffer.concat(chunks);
}
