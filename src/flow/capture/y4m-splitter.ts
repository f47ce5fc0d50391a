/**
 * Cuts ffmpeg's yuv4mpegpipe output into frames. The stream says its own size, so that a picture of any ratio can be
 * scaled to fit without padding, and marks each picture, so that a slip is seen.
 */
import { UnavailableError } from '../../errors.ts';
import type { RotationDeg } from './frame.ts';
import type { FrameSink } from './frame-sink.ts';
import { YuvSplitter } from './yuv-splitter.ts';

const longestLineBytes = 256;

export class Y4mSplitter {
  readonly #sink: FrameSink;
  readonly #rotationDeg: RotationDeg;
  #pictures: YuvSplitter | undefined;
  #line = '';
  /** The line before a picture was read whole, newline included. */
  #atPicture = false;

  constructor(sink: FrameSink, rotationDeg: RotationDeg) {
    this.#sink = sink;
    this.#rotationDeg = rotationDeg;
  }

  /** @throws UnavailableError when the stream isn't YUV4MPEG2 with 4:2:0 planes, or loses step */
  feed(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#pictures !== undefined && this.#atPicture) {
        at = this.#pictures.take(chunk, at);
        this.#atPicture = !this.#pictures.isBetween;
      } else {
        at = this.#readLine(chunk, at);
      }
    }
  }

  end(): void {
    this.#pictures?.end();
  }

  /** Reads a header line or the line before each picture; when it is whole, acts on it. */
  #readLine(chunk: Buffer, from: number): number {
    const end = chunk.indexOf(0x0a, from);
    const to = end < 0 ? chunk.length : end;
    this.#line += chunk.toString('latin1', from, Math.min(to, from + longestLineBytes + 1));
    if (this.#line.length > longestLineBytes) throw outOfStep(this.#line);
    if (end < 0) return to;
    if (this.#pictures === undefined) this.#readHeader();
    else if (/^FRAME( |$)/.test(this.#line)) this.#atPicture = true;
    else throw outOfStep(this.#line);
    this.#line = '';
    return end + 1;
  }

  #readHeader(): void {
    const header = this.#line;
    const widthPx = Number(/ W(\d+)/.exec(header)?.[1]);
    const heightPx = Number(/ H(\d+)/.exec(header)?.[1]);
    const isPlanar420 = / C420(jpeg|mpeg2|paldv)?( |$)/.test(header);
    if (!header.startsWith('YUV4MPEG2 ') || !isPlanar420 || !(widthPx > 0) || !(heightPx > 0)) throw outOfStep(header);
    this.#pictures = new YuvSplitter(this.#sink, { widthPx, heightPx, strideBytes: widthPx }, this.#rotationDeg);
  }
}

function outOfStep(line: string): UnavailableError {
  const shown = JSON.stringify(line.slice(0, 40));
  return new UnavailableError(`ffmpeg's output lost step: expected the start of a picture, got ${shown}.`);
}
