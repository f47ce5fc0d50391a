/** Photos of a folder as a camera: in the order of their names, at a frame rate, in a loop or each once. */
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { FolderConfig } from '../../config/camera-section.ts';
import { UnavailableError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { exifRotation } from './exif-orientation.ts';
import type { RotationDeg } from './frame.ts';
import type { PooledBuffer } from './frame-pool.ts';
import type { FrameSink, Picture } from './frame-sink.ts';
import { JpegScanner } from './jpeg-scanner.ts';
import type { Capture } from './supervised-camera.ts';

const largestPhotoBytes = 64 * 1024 * 1024;
/** SOI and the first byte of the next marker. */
const jpegBeginningBytes = 3;
/** How often a camera that gives each photo once looks for a free buffer. */
const bufferPollMs = 5;

export function folderCapture(config: FolderConfig, logger: Logger): Capture {
  /** Photos that were complained of: once is enough, however often the folder comes round. */
  const told = new Set<string>();
  const complain = (name: string, why: string): void => {
    if (!told.has(name)) logger.warn(`skipped ${name} in ${config.path}: ${why}`);
    told.add(name);
  };
  return async ({ sink, signal, announce }) => {
    announce(
      `photos of ${config.path} at ${config.framesPerSecond} a second${roundText(config)}`,
      Math.max(1000 / config.framesPerSecond, config.pauseMs),
    );
    const reader = new PhotoReader(config, sink, complain);
    // A read from a vanished network drive never ends: what the signal says doesn't wait for it.
    await Promise.race([aborted(signal), play(config, reader, signal)]);
  };
}

function roundText({ loop, pauseMs }: FolderConfig): string {
  if (!loop) return ', each once';
  return pauseMs === 0 ? ', in a loop' : `, in a loop with ${pauseMs / 1000} s of nothing between`;
}

async function aborted(signal: AbortSignal): Promise<never> {
  return await new Promise((_resolve, reject) => {
    const fail = (): void => reject(signal.reason);
    if (signal.aborted) fail();
    signal.addEventListener('abort', fail, { once: true });
  });
}

async function play(config: FolderConfig, reader: PhotoReader, signal: AbortSignal): Promise<void> {
  const periodMs = 1000 / config.framesPerSecond;
  let dueMs = performance.now();
  do {
    const names = await listPhotos(config.path);
    let shown = 0;
    for (const name of names) {
      // Read ahead: the photo is in memory when its time comes.
      const photo = await reader.read(name, signal);
      try {
        await waitUntil(dueMs, signal);
      } catch (error) {
        // Stopped or stalled meanwhile: a buffer that is kept would be missing ever after.
        if (typeof photo === 'object') reader.sink.giveBack(photo.buffer);
        throw error;
      }
      dueMs = Math.max(dueMs + periodMs, performance.now());
      if (photo === 'skipped') continue;
      shown += 1;
      if (photo === 'no buffer') reader.sink.dropped();
      else reader.sink.deliver(photo.buffer, photo.picture);
    }
    if (shown === 0) {
      throw new UnavailableError(`None of the ${names.length} photos in ${config.path} is a whole JPEG file.`, {
        remedy: 'Put whole photos there.',
      });
    }
    dueMs += config.pauseMs;
  } while (config.loop);
}

async function waitUntil(dueMs: number, signal: AbortSignal): Promise<void> {
  const leftMs = dueMs - performance.now();
  if (leftMs > 0) await wait(leftMs, undefined, { signal });
  signal.throwIfAborted();
}

/** @throws UnavailableError when the folder is missing, unreadable or has no photos */
async function listPhotos(path: string): Promise<string[]> {
  const names = await readdir(path).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'ENOENT' ? 'does not exist' : `can't be read (${cause.code})`;
    throw new UnavailableError(`The folder of photos ${path} ${why}.`, { remedy: 'Check source.path.', cause });
  });
  const photos = names.filter((name) => /\.jpe?g$/i.test(name)).sort();
  if (photos.length > 0) return photos;
  throw new UnavailableError(`The folder ${path} has no photos: expected files that end in .jpg or .jpeg.`, {
    remedy: 'Put photos there, or change source.path.',
  });
}

interface Photo {
  readonly buffer: PooledBuffer;
  readonly picture: Picture;
}

class PhotoReader {
  readonly sink: FrameSink;
  readonly #config: FolderConfig;
  readonly #complain: (name: string, why: string) => void;

  constructor(config: FolderConfig, sink: FrameSink, complain: (name: string, why: string) => void) {
    this.sink = sink;
    this.#config = config;
    this.#complain = complain;
  }

  /** Reads a photo into a buffer. One that is unreadable or truncated is counted and skipped. */
  async read(name: string, signal: AbortSignal): Promise<Photo | 'skipped' | 'no buffer'> {
    const buffer = await this.#claim(signal);
    if (buffer === undefined) return 'no buffer';
    let file: FileHandle | undefined;
    try {
      file = await open(join(this.#config.path, name), 'r');
      const lengthBytes = await readWhole(file, buffer);
      const picture = pictureOf(buffer.bytes.subarray(0, lengthBytes), name, this.#config.rotationDeg);
      if (picture !== undefined) return { buffer, picture };
      this.#complain(name, "it isn't a whole JPEG file");
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      this.#complain(name, `it can't be read (${code})`);
    } finally {
      await file?.close();
    }
    this.sink.giveBack(buffer);
    this.sink.corrupt();
    return 'skipped';
  }

  /** In a loop a photo may be dropped, as with a camera; when each comes once, it waits for a buffer. */
  async #claim(signal: AbortSignal): Promise<PooledBuffer | undefined> {
    for (;;) {
      const buffer = this.sink.claim();
      if (buffer !== undefined || this.#config.loop) return buffer;
      await wait(bufferPollMs, undefined, { signal });
    }
  }
}

async function readWhole(file: FileHandle, buffer: PooledBuffer): Promise<number> {
  const { size } = await file.stat();
  if (size > largestPhotoBytes) throw new Error(`larger than ${largestPhotoBytes} bytes`);
  buffer.reserve(size, 0);
  let filled = 0;
  while (filled < size) {
    const { bytesRead } = await file.read(buffer.bytes, filled, size - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}

/** Undefined unless the bytes start with a whole JPEG picture. */
function pictureOf(bytes: Buffer, name: string, turnDeg: RotationDeg): Picture | undefined {
  const scanner = new JpegScanner();
  const begun = scanner.scan(bytes, 0);
  const lengthBytes = scanner.scan(bytes, begun);
  // A file that doesn't start with a picture is something else, whatever it holds further on.
  if (begun !== jpegBeginningBytes || scanner.event !== 'end') return undefined;
  return {
    format: 'jpeg',
    widthPx: scanner.widthPx,
    heightPx: scanner.heightPx,
    strideBytes: 0,
    // What follows the picture, such as a phone's video clip, is left out.
    lengthBytes,
    rotationDeg: ((exifRotation(bytes) + turnDeg) % 360) as RotationDeg,
    origin: name,
  };
}
