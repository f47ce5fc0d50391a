/** Raw YUV420: cutting by length, the stride from one frame's length, and ffmpeg's self-describing stream. */
import test from 'ava';
import fc from 'fast-check';
import { UnavailableError } from '../../../src/errors.ts';
import type { Frame } from '../../../src/flow/capture/frame.ts';
import { defaultPoolSize } from '../../../src/flow/capture/frame-pool.ts';
import { FrameSink } from '../../../src/flow/capture/frame-sink.ts';
import { Y4mSplitter } from '../../../src/flow/capture/y4m-splitter.ts';
import { YuvSplitter } from '../../../src/flow/capture/yuv-splitter.ts';
import { certainStride, strideOfFrame } from '../../../src/flow/capture/yuv-stride.ts';

function sinkInto(frames: Frame[], keepBuffers = false): FrameSink {
  return new FrameSink({
    camera: 'front',
    onProgress: () => undefined,
    onFrame: (frame) => {
      frames.push({ ...frame, bytes: Buffer.from(frame.bytes) });
      if (!keepBuffers) frame.release();
    },
  });
}

const layout = { widthPx: 6, heightPx: 4, strideBytes: 8 };
const frameBytes = 48;
const picture = (fill: number): Buffer => Buffer.alloc(frameBytes, fill);

/** Feeds in pieces of these lengths, in turn. */
function feedInPieces(splitter: { feed(chunk: Buffer): void }, stream: Buffer, lengths: readonly number[]): void {
  for (let at = 0, index = 0; at < stream.length; index += 1) {
    const length = lengths[index % lengths.length] as number;
    splitter.feed(stream.subarray(at, at + length));
    at += length;
  }
}

const pieces = fc.array(fc.integer({ min: 1, max: 130 }), { minLength: 1, maxLength: 10 });

test('any chunking gives the same planes', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), pieces, (count, lengths) => {
      const frames: Frame[] = [];
      const splitter = new YuvSplitter(sinkInto(frames), layout, 90);
      const stream = Buffer.concat(Array.from({ length: count }, (_, index) => picture(index + 1)));
      feedInPieces(splitter, stream, lengths);
      t.is(frames.length, count);
      frames.forEach((frame, index) => {
        t.deepEqual(frame.bytes, picture(index + 1));
        t.like(frame, { ...layout, rotationDeg: 90, sequence: index + 1, format: 'yuv420' });
      });
    }),
  );
});

test('a stream that ends inside a frame counts it, and gives its buffer back', (t) => {
  const sink = sinkInto([]);
  const splitter = new YuvSplitter(sink, layout, 0);
  splitter.feed(picture(1).subarray(0, 20));
  splitter.end();
  splitter.end();
  t.is(sink.counters.corruptTotal, 1);
  for (let claimed = 0; claimed < defaultPoolSize; claimed++) t.truthy(sink.claim());
});

test('frames reuse the buffers of the pool: none is made for each frame', (t) => {
  const memories = new Set<ArrayBufferLike>();
  const sink = new FrameSink({
    camera: 'front',
    onProgress: () => undefined,
    onFrame: (frame) => {
      memories.add(frame.bytes.buffer);
      frame.release();
    },
  });
  const splitter = new YuvSplitter(sink, layout, 0);
  for (let count = 0; count < 100; count += 1) splitter.feed(picture(count));
  t.is(sink.counters.framesTotal, 100);
  t.true(memories.size <= defaultPoolSize);
});

test('a width that is a multiple of 128 needs no measuring', (t) => {
  t.is(certainStride(640), 640);
  t.is(certainStride(1280), 1280);
  t.is(certainStride(800), undefined);
  t.is(certainStride(320), undefined);
});

test('the length of one frame tells the stride of Pi 4, Pi 5 and tight rows', (t) => {
  const size = { widthPx: 200, heightPx: 100 };
  t.is(strideOfFrame((256 * 100 * 3) / 2, size), 256);
  t.is(strideOfFrame((200 * 100 * 3) / 2, size), 200);
  t.is(strideOfFrame((832 * 360 * 3) / 2, { widthPx: 780, heightPx: 360 }), 832);
  t.is(strideOfFrame((384 * 240 * 3) / 2, { widthPx: 320, heightPx: 240 }), 384);
  const error = t.throws(() => strideOfFrame(30_001, size), { instanceOf: UnavailableError });
  t.is(
    error?.message,
    'The camera gave 30001 bytes for a YUV420 frame of 200x100, which fits no row length goby knows (200, 208, 224, 256 bytes). Set source.widthPx to a multiple of 128, such as 640, or source.format to mjpeg.',
  );
});

const header = 'YUV4MPEG2 W6 H4 F10:1 Ip A1:1 C420jpeg XYSCSS=420JPEG XCOLORRANGE=FULL\n';
const y4m = (count: number): Buffer =>
  Buffer.concat([
    Buffer.from(header),
    // 0x0a is a newline: planes must not be taken for lines.
    ...Array.from({ length: count }, (_, index) =>
      Buffer.concat([Buffer.from('FRAME\n'), Buffer.alloc(36, index === 1 ? 0x0a : index + 1)]),
    ),
  ]);

test('YUV4MPEG2 in any chunking gives frames of its own size', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5 }), pieces, (count, lengths) => {
      const frames: Frame[] = [];
      const splitter = new Y4mSplitter(sinkInto(frames), 0);
      feedInPieces(splitter, y4m(count), lengths);
      t.is(frames.length, count);
      frames.forEach((frame, index) => {
        t.like(frame, { widthPx: 6, heightPx: 4, strideBytes: 6 });
        t.deepEqual(frame.bytes, Buffer.alloc(36, index === 1 ? 0x0a : index + 1));
      });
    }),
  );
});

test('YUV4MPEG2 out of step, with other planes, or garbage, is an error in words', (t) => {
  for (const stream of [
    Buffer.concat([y4m(1), Buffer.from('FRIME\n')]),
    Buffer.concat([y4m(1), Buffer.alloc(5000, 0x20)]),
    Buffer.from('YUV4MPEG2 W6 H4 F10:1 C444\nFRAME\n'),
    Buffer.from('YUV4MPEG2 W0 H4 C420jpeg\n'),
    Buffer.from('<html>\n'),
  ]) {
    const splitter = new Y4mSplitter(sinkInto([]), 0);
    t.throws(() => splitter.feed(stream), { instanceOf: UnavailableError, message: /lost step: expected the start/ });
  }
});
