/** The MJPEG splitter: the same frames whatever the chunks, nothing from garbage, and never more memory than allowed. */
import test from 'ava';
import fc from 'fast-check';
import sharp, { type JpegOptions } from 'sharp';
import { defaultPoolSize } from '../../../src/flow/capture/frame-pool.ts';
import { FrameSink } from '../../../src/flow/capture/frame-sink.ts';
import { MjpegSplitter } from '../../../src/flow/capture/mjpeg-splitter.ts';

const maxFrameBytes = 40_000;

/** A splitter whose frames are copied and given back at once. */
function splitting(limit = maxFrameBytes) {
  const frames: Buffer[] = [];
  const sizes: string[] = [];
  const sink = new FrameSink({
    camera: 'front',
    onProgress: () => undefined,
    onFrame: (frame) => {
      frames.push(Buffer.from(frame.bytes));
      sizes.push(`${frame.widthPx}x${frame.heightPx}`);
      frame.release();
    },
  });
  const splitter = new MjpegSplitter({ sink, rotationDeg: 0, maxFrameBytes: limit });
  return { frames, sizes, sink, splitter };
}

async function jpeg(width: number, height: number, options: JpegOptions = {}): Promise<Buffer> {
  const pixels = Buffer.alloc(width * height * 3);
  for (let index = 0; index < pixels.length; index += 1) pixels[index] = (index * 7919) % 256;
  return await sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg(options)
    .toBuffer();
}

/** The picture with a segment of this marker and payload put behind its SOI. */
function withSegment(picture: Buffer, marker: number, payload: Buffer): Buffer {
  const head = Buffer.from([0xff, 0xd8, 0xff, marker, (payload.length + 2) >> 8, (payload.length + 2) & 255]);
  return Buffer.concat([head, payload, picture.subarray(2)]);
}

const plain = await jpeg(32, 24);
const pictures = [
  plain,
  await jpeg(48, 16, { progressive: true }),
  await jpeg(40, 40, { quality: 100, chromaSubsampling: '4:4:4' }),
  // A thumbnail, with SOI and EOI of its own, inside APP1.
  withSegment(plain, 0xe1, Buffer.concat([Buffer.from('Exif\0\0'), await jpeg(16, 16)])),
  withSegment(plain, 0xfe, Buffer.from([0xff, 0xd9, 0xff, 0xd8, 0xff, 0xda])),
];
const sizes = ['32x24', '48x16', '40x40', '32x24', '32x24'];

test('a thumbnail or a comment with markers inside does not end a picture', (t) => {
  const { frames, sizes: told, splitter, sink } = splitting();
  splitter.feed(Buffer.concat(pictures));
  t.deepEqual(frames, pictures);
  t.deepEqual(told, sizes);
  t.is(sink.counters.corruptTotal, 0);
});

test('any chunking gives the same frames, also with garbage between them', (t) => {
  const picture = fc.nat({ max: pictures.length - 1 });
  // Garbage without SOI: with one in it, a picture seems to begin there, which is another test.
  const garbage = fc
    .uint8Array({ maxLength: 60 })
    .map((bytes) => Buffer.from(bytes.map((byte) => (byte === 0xd8 ? 0 : byte))));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(garbage, picture), { minLength: 1, maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 40 }),
      (parts, cuts) => {
        const stream = Buffer.concat(parts.flatMap(([noise, index]) => [noise, pictures[index] as Buffer]));
        const { frames, splitter, sink } = splitting();
        for (let at = 0, cut = 0; at < stream.length; cut += 1) {
          const length = cuts[cut % cuts.length] as number;
          splitter.feed(stream.subarray(at, at + length));
          at += length;
        }
        splitter.end();
        t.deepEqual(
          frames,
          parts.map(([, index]) => pictures[index]),
        );
        t.is(sink.counters.corruptTotal, 0);
      },
    ),
    { numRuns: 300 },
  );
});

test('one byte at a time gives the same frames', (t) => {
  const { frames, splitter } = splitting();
  for (const byte of Buffer.concat(pictures)) splitter.feed(Buffer.from([byte]));
  t.deepEqual(frames, pictures);
});

test('a picture that is cut inside its scan is counted, and the next one comes whole', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400 }), (missing) => {
      const { frames, splitter, sink } = splitting();
      const cut = pictures[2]?.subarray(0, -missing) as Buffer;
      splitter.feed(Buffer.concat([cut, plain]));
      t.deepEqual(frames, [plain]);
      t.is(sink.counters.corruptTotal, 1);
    }),
  );
});

test('a stream that ends inside a picture counts it once', (t) => {
  const { frames, splitter, sink } = splitting();
  splitter.feed(plain.subarray(0, 100));
  splitter.end();
  splitter.end();
  t.is(sink.counters.corruptTotal, 1);
  splitter.feed(plain);
  t.deepEqual(frames, [plain]);
});

test('headers without a scan, and lengths that cannot be, are corrupt', (t) => {
  for (const broken of [
    [0xff, 0xd8, 0xff, 0xd9],
    [0xff, 0xd8, 0xff, 0xe0, 0x00, 0x01, 0x00],
    [0xff, 0xd8, 0xff, 0xe0, 0x00, 0x02, 0x33],
    [0xff, 0xd8, 0xff, 0x20],
  ]) {
    const { frames, splitter, sink } = splitting();
    splitter.feed(Buffer.concat([Buffer.from(broken), plain]));
    t.deepEqual(frames, [plain]);
    t.is(sink.counters.corruptTotal, 1);
  }
});

test('after garbage that looks like the start of a picture, frames come again', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 2, maxLength: 50 }), (noise) => {
      const { frames, splitter } = splitting();
      const falseStart = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), noise]);
      splitter.feed(falseStart);
      // The false start may swallow a segment of 64 KiB at most, and is given up beyond the largest frame.
      for (let count = 0; count < 300; count += 1) splitter.feed(plain);
      // Where that segment happens to end before a marker of a picture, the rest of that picture ends the false one.
      const whole = frames.filter((frame, at) => at > 0 || !frame.subarray(0, falseStart.length).equals(falseStart));
      t.true(whole.length > 0);
      t.true(whole.every((frame) => frame.equals(plain)));
    }),
  );
});

test('a picture that never ends is given up at the limit, and memory stays below it', (t) => {
  const { frames, splitter, sink } = splitting();
  splitter.feed(plain.subarray(0, plain.length - 2));
  const endless = Buffer.alloc(10_000, 0x55);
  for (let count = 0; count < 100; count += 1) splitter.feed(endless);
  t.is(sink.counters.corruptTotal, 1);
  splitter.feed(plain);
  t.deepEqual(frames, [plain]);
  const buffers = Array.from({ length: defaultPoolSize }, () => sink.claim());
  t.is(sink.claim(), undefined);
  for (const buffer of buffers) t.true((buffer?.bytes.length ?? 0) <= 2 * maxFrameBytes);
});

test('random bytes give no frame and hold no buffer', (t) => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 2000 }), { maxLength: 20 }), (chunks) => {
      const { frames, splitter, sink } = splitting();
      for (const chunk of chunks) splitter.feed(Buffer.from(chunk));
      splitter.end();
      t.deepEqual(frames, []);
      t.deepEqual(
        [sink.claim(), sink.claim(), sink.claim()].filter((buffer) => buffer === undefined),
        [],
      );
    }),
  );
});

test('without a free buffer, whole pictures are counted as dropped and keep their number', (t) => {
  const held: { sequence: number; release(): void }[] = [];
  const sink = new FrameSink({
    camera: 'front',
    onProgress: () => undefined,
    onFrame: (frame) => held.push(frame),
    poolSize: 3,
  });
  const splitter = new MjpegSplitter({ sink, rotationDeg: 0, maxFrameBytes });
  for (let count = 0; count < 5; count += 1) splitter.feed(plain);
  t.is(sink.counters.droppedTotal, 2);
  held[0]?.release();
  splitter.feed(plain);
  t.deepEqual(
    held.map(({ sequence }) => sequence),
    [1, 2, 3, 6],
  );
});
