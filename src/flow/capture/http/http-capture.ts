/**
 * Cameras over HTTP: a stream of JPEG pictures as it comes, without ffmpeg, or one picture that is asked for again and again.
 * ffmpeg gives an MJPEG stream times of its own at 25 frames a second, so that a camera at 5 would seem to run five times too
 * slowly and lose most of its frames; and it decodes every frame, also those that nobody looks at.
 */
import type { IncomingMessage } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import sharp from 'sharp';
import { sentence, UnavailableError } from '../../../errors.ts';
import type { RotationDeg } from '../frame.ts';
import { FrameRate } from '../frame-rate.ts';
import { mostPixels } from '../mjpeg-splitter.ts';
import type { CaptureContext } from '../supervised-camera.ts';
import { askCamera, type CameraAddress, close, type TlsOptions } from './ask-camera.ts';
import type { CameraLogin } from './camera-login.ts';
import { noPicture } from './http-failure.ts';
import { type BodyKind, kindOfBytes, kindOfType, readPictures, readWhole } from './read-pictures.ts';

export interface HttpCamera {
  readonly address: CameraAddress;
  readonly login: CameraLogin | undefined;
  readonly tls?: TlsOptions | undefined;
  readonly rotationDeg: RotationDeg;
  /** At most this many frames of a stream. */
  readonly framesPerSecond: number;
  /** Time from one single picture to the next. */
  readonly intervalMs: number;
}

/**
 * Shows what the camera gives, for as long as it gives it.
 * @returns at once, when the address leads to something that only ffmpeg can read; nothing is open then
 * @throws UnavailableError when the camera can't be asked, or ends the stream; the signal's reason
 */
export async function captureHttp(camera: HttpCamera, context: CaptureContext): Promise<void> {
  context.announce(`an answer of ${camera.address.shown}`, 0);
  const answer = await ask(camera, context.signal);
  if (answer.kind === 'foreign') {
    await close(answer.body);
    return;
  }
  const isOnePicture = answer.kind === 'stream' ? await showStream(camera, context, answer) : true;
  await showPictures(camera, context, answer.kind === 'stream' && isOnePicture ? undefined : answer);
}

interface Answer {
  readonly kind: BodyKind;
  /** As the camera names it. */
  readonly type: string;
  readonly body: IncomingMessage;
  /** All that comes, with what was read of it already. */
  readonly chunks: AsyncIterable<Buffer>;
}

async function ask(camera: HttpCamera, signal: AbortSignal): Promise<Answer> {
  const body = await askCamera({ ...camera, signal });
  const type = body.headers['content-type'] ?? '';
  const kind = kindOfType(type);
  if (kind !== 'unknown') return { kind, type, body, chunks: body };
  const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const first = await firstBytes(chunks, camera, signal);
  return { kind: kindOfBytes(first), type, body, chunks: joined(first, chunks) };
}

/** Enough to tell a picture from text. */
const tellingBytes = 16;

async function firstBytes(chunks: AsyncIterator<Buffer>, camera: HttpCamera, signal: AbortSignal): Promise<Buffer> {
  let first = Buffer.alloc(0);
  try {
    while (first.length < tellingBytes) {
      const next = await chunks.next();
      if (next.done) break;
      first = Buffer.concat([first, next.value]);
    }
    return first;
  } catch (error) {
    throw broken(camera, error, signal);
  }
}

async function* joined(first: Buffer, rest: AsyncIterator<Buffer>): AsyncIterable<Buffer> {
  yield first;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

/** @returns true when all that came was one picture: then the camera has to be asked for each */
async function showStream(camera: HttpCamera, context: CaptureContext, { body, chunks }: Answer): Promise<boolean> {
  const { address, framesPerSecond, rotationDeg } = camera;
  const { sink, signal, announce } = context;
  announce(`MJPEG of ${address.shown} at up to ${framesPerSecond} frames a second`, 1000 / framesPerSecond);
  const rate = new FrameRate(framesPerSecond);
  const isWanted = (): boolean => rate.isDue(performance.now());
  let pictures: number;
  try {
    pictures = await readPictures(chunks, { sink, rotationDeg, isWanted, signal });
  } catch (error) {
    throw broken(camera, error, signal);
  } finally {
    await close(body);
  }
  signal.throwIfAborted();
  if (pictures === 1 && body.complete) return true;
  const remedy = 'Some cameras serve one viewer at a time: close other programs and browser tabs that show it.';
  throw pictures > 0
    ? new UnavailableError(`The camera ${address.shown} ended its stream.`)
    : new UnavailableError(`The camera ${address.shown} ended its stream without a whole picture.`, { remedy });
}

/** @param first an answer that is there already */
async function showPictures(camera: HttpCamera, context: CaptureContext, first: Answer | undefined): Promise<void> {
  const { address, intervalMs } = camera;
  const { signal, announce } = context;
  announce(`a picture of ${address.shown} each ${intervalMs / 1000} s`, intervalMs);
  let answer = first;
  let failures = 0;
  for (let dueMs = performance.now(); ; ) {
    if (answer !== undefined) failures = (await showPicture(camera, context, answer)) ? 0 : failures + 1;
    // A picture that was cut short is counted; one alone is no fault.
    if (failures > 1) throw new UnavailableError(`The camera ${address.shown} gives no whole picture.`);
    dueMs = Math.max(dueMs + intervalMs, performance.now());
    await wait(dueMs - performance.now(), undefined, { signal });
    answer = await ask(camera, signal);
  }
}

/** @returns false when no whole picture came */
async function showPicture(camera: HttpCamera, { sink, signal }: CaptureContext, answer: Answer): Promise<boolean> {
  const { body, chunks, kind, type } = answer;
  let pictures = 0;
  // The first whole picture is the one: some cameras leave the connection open behind it.
  const onPicture = (): void => {
    pictures += 1;
    body.destroy();
  };
  try {
    if (kind === 'page' || kind === 'foreign') throw noPicture(camera.address.shown, type);
    const source = kind === 'other picture' ? asJpeg(chunks) : chunks;
    await readPictures(source, { sink, rotationDeg: camera.rotationDeg, signal, onPicture });
  } catch (error) {
    if (pictures === 0 || signal.aborted) throw broken(camera, error, signal);
  } finally {
    await close(body);
  }
  return pictures > 0;
}

/** For the few cameras that give PNG and the like. */
async function* asJpeg(chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  const picture = sharp(await readWhole(chunks), { limitInputPixels: mostPixels });
  yield await picture.autoOrient().jpeg({ quality: 95 }).toBuffer();
}

function broken({ address }: HttpCamera, error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof UnavailableError) return error;
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ECONNRESET') {
    return new UnavailableError(`The camera ${address.shown} ended its stream.`, { cause: error });
  }
  return new UnavailableError(`What the camera ${address.shown} sent broke off: ${sentence(error)}.`, { cause: error });
}
