import { readFileSync } from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import sharp from 'sharp';
import { InputError } from '../../../src/errors.ts';
import type { Frame, RotationDeg } from '../../../src/flow/capture/frame.ts';
import { elementTable } from '../../../src/flow/preprocess/element-writer.ts';
import { fitInto } from '../../../src/flow/preprocess/geometry.ts';
import { createPreprocessor } from '../../../src/flow/preprocess/preprocessor.ts';
import type { TensorSpec, TensorType } from '../../../src/flow/preprocess/tensor.ts';
import { shared, testRequiring } from '../../requiring.ts';

function input(shape: readonly number[], type: TensorType = 'uint8', scale = 0, zeroPoint = 0): TensorSpec {
  return { index: 0, name: 'input', type, shape, scale, zeroPoint };
}

function frame(bytes: Uint8Array, changes: Partial<Frame>): Frame {
  return {
    camera: 'front',
    sequence: 1,
    capturedAtMs: 0,
    monotonicMs: 0,
    format: 'jpeg',
    widthPx: 2,
    heightPx: 2,
    rotationDeg: 0,
    strideBytes: 0,
    bytes,
    retain: () => undefined,
    release: () => undefined,
    ...changes,
  };
}

/** I420 of an RGB picture by JFIF's formulas, chroma averaged over 2x2, rows padded to `stride`. */
function toI420(rgb: Uint8Array, widthPx: number, heightPx: number, stride: number): Uint8Array {
  const bytes = new Uint8Array((stride * heightPx * 3) / 2).fill(77);
  const pixel = (x: number, y: number) =>
    [0, 1, 2].map((c) => rgb[(y * widthPx + x) * 3 + c]!) as [number, number, number];
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      const [r, g, b] = pixel(x, y);
      bytes[y * stride + x] = Math.round(0.299 * r + 0.587 * g + 0.114 * b);
    }
  }
  for (let y = 0; y < heightPx / 2; y++) {
    for (let x = 0; x < widthPx / 2; x++) {
      const four = [pixel(2 * x, 2 * y), pixel(2 * x + 1, 2 * y), pixel(2 * x, 2 * y + 1), pixel(2 * x + 1, 2 * y + 1)];
      const [r, g, b] = [0, 1, 2].map((c) => four.reduce((sum, one) => sum + one[c]!, 0) / 4) as [
        number,
        number,
        number,
      ];
      const clamp = (value: number) => Math.min(255, Math.max(0, Math.round(value)));
      bytes[stride * heightPx + y * (stride / 2) + x] = clamp(-0.168736 * r - 0.331264 * g + 0.5 * b + 128);
      bytes[(stride * heightPx * 5) / 4 + y * (stride / 2) + x] = clamp(0.5 * r - 0.418688 * g - 0.081312 * b + 128);
    }
  }
  return bytes;
}

test('a truncated or foreign JPEG is an InputError that names the frame, and the next frame works', async (t) => {
  const whole = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#336699' } })
    .jpeg()
    .toBuffer();
  const preprocessor = createPreprocessor({ input: input([1, 32, 32, 3]), fit: 'stretch' });
  for (const bytes of [whole.subarray(0, whole.length - 40), Buffer.from('not a picture'), new Uint8Array()]) {
    const error = await t.throwsAsync(
      preprocessor.prepare(frame(bytes, { widthPx: 64, heightPx: 64, origin: 'x.jpg' })),
    );
    t.true(error instanceof InputError, String(error));
    t.regex(error.message, /Frame x\.jpg of front can't be decoded/);
  }
  const tensor = await preprocessor.prepare(frame(whole, { widthPx: 64, heightPx: 64 }));
  t.is(tensor.bytes.length, 32 * 32 * 3);
});

test('an input that is no picture is refused with its shape', (t) => {
  for (const bad of [input([1, 10]), input([1, 8, 8, 4]), input([1, 8, 8, 3], 'int64')]) {
    t.throws(() => createPreprocessor({ input: bad, fit: 'stretch' }), { message: /goby feeds pictures/ });
  }
});

test('letterbox keeps the ratio and pads with grey, stretch fills', async (t) => {
  const wide = await sharp({ create: { width: 80, height: 40, channels: 3, background: '#ff0000' } })
    .jpeg({ quality: 100 })
    .toBuffer();
  const size = { widthPx: 80, heightPx: 40 };
  const boxed = await createPreprocessor({ input: input([1, 20, 20, 3]), fit: 'letterbox' }).prepare(frame(wide, size));
  t.deepEqual(boxed.placement, { x0: 0, y0: 0.25, x1: 1, y1: 0.75 });
  t.deepEqual([...boxed.bytes.subarray(0, 3)], [128, 128, 128]);
  t.true(boxed.bytes[(10 * 20 + 10) * 3]! > 240);
  const filled = await createPreprocessor({ input: input([1, 20, 20, 3]), fit: 'stretch' }).prepare(frame(wide, size));
  t.deepEqual(filled.placement, { x0: 0, y0: 0, x1: 1, y1: 1 });
  t.true(filled.bytes[0]! > 240);
});

test('padding is grey again when a buffer is used for another size of frame', async (t) => {
  const red = (width: number, height: number) =>
    sharp({ create: { width, height, channels: 3, background: '#ff0000' } })
      .jpeg({ quality: 100 })
      .toBuffer();
  const preprocessor = createPreprocessor({ input: input([1, 20, 20, 3]), fit: 'letterbox' });
  const square = await preprocessor.prepare(frame(await red(40, 40), { widthPx: 40, heightPx: 40 }));
  square.release();
  const wide = await preprocessor.prepare(frame(await red(40, 20), { widthPx: 40, heightPx: 20 }));
  t.is(wide.bytes, square.bytes, 'the same buffer');
  t.deepEqual([...wide.bytes.subarray(0, 3)], [128, 128, 128]);
});

test('values are stored as the input type wants them', (t) => {
  t.deepEqual(
    [0, 128, 255].map((pixel) => elementTable(input([1], 'uint8', 1 / 128, 128))[pixel]),
    [0, 128, 255],
  );
  t.deepEqual(
    [0, 128, 255].map((pixel) => elementTable(input([1], 'int8', 1 / 128, 0))[pixel]),
    [-128, 0, 127],
  );
  t.deepEqual(
    [0, 255].map((pixel) => elementTable(input([1], 'float32'))[pixel]),
    [-1, 1],
  );
  const stated = { mean: 0, standardDeviation: 255 };
  t.deepEqual(
    [0, 255].map((pixel) => elementTable(input([1], 'float32'), stated)[pixel]),
    [0, 1],
  );
  t.deepEqual(
    [0, 51, 255].map((pixel) => elementTable(input([1], 'int8', 1 / 255, -128), stated)[pixel]),
    [-128, -77, 127],
  );
});

/** Four quarters of the picture: red, green, blue, white; clockwise from the upper left: red, green, white, blue. */
const quarters = { red: [255, 0, 0], green: [0, 255, 0], white: [255, 255, 255], blue: [0, 0, 255] } as const;
const clockwise = ['red', 'green', 'white', 'blue'] as const;

function quartersRgb(size: number): Uint8Array {
  const rgb = new Uint8Array(size * size * 3);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const name = y < size / 2 ? (x < size / 2 ? 'red' : 'green') : x < size / 2 ? 'blue' : 'white';
      rgb.set(quarters[name], (y * size + x) * 3);
    }
  }
  return rgb;
}

for (const rotationDeg of [0, 90, 180, 270] as const satisfies readonly RotationDeg[]) {
  test(`a frame to be turned by ${rotationDeg} degrees comes out upright, from YUV with a stride and from JPEG`, async (t) => {
    const size = 32;
    const rgb = quartersRgb(size);
    const yuv = frame(toI420(rgb, size, size, 64), {
      format: 'yuv420',
      widthPx: size,
      heightPx: size,
      strideBytes: 64,
      rotationDeg,
    });
    const jpeg = frame(
      await sharp(rgb, { raw: { width: size, height: size, channels: 3 } })
        .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
        .toBuffer(),
      { widthPx: size, heightPx: size, rotationDeg },
    );
    for (const one of [yuv, jpeg]) {
      const { bytes } = await createPreprocessor({ input: input([1, 16, 16, 3]), fit: 'letterbox' }).prepare(one);
      const corners = [
        [4, 4],
        [12, 4],
        [12, 12],
        [4, 12],
      ].map(([x, y]) => [...bytes.subarray((y! * 16 + x!) * 3, (y! * 16 + x!) * 3 + 3)]);
      const turned = clockwise.map((_, corner) => quarters[clockwise[(corner - rotationDeg / 90 + 4) % 4]!]);
      for (const [corner, expected] of turned.entries()) {
        for (const [channel, value] of expected.entries()) {
          t.true(
            Math.abs(corners[corner]![channel]! - value) <= 4,
            `${one.format} corner ${corner}: ${corners[corner]} for ${expected}`,
          );
        }
      }
    }
  });
}

test('a rotated wide frame is letterboxed as a tall one', async (t) => {
  const bytes = new Uint8Array((64 * 32 * 3) / 2).fill(200);
  const wide = frame(bytes, { format: 'yuv420', widthPx: 64, heightPx: 32, strideBytes: 64, rotationDeg: 90 });
  const { placement } = await createPreprocessor({ input: input([1, 32, 32, 3]), fit: 'letterbox' }).prepare(wide);
  t.deepEqual(placement, { x0: 0.25, y0: 0, x1: 0.75, y1: 1 });
});

test('one channel takes the luma', async (t) => {
  const bytes = new Uint8Array((16 * 16 * 3) / 2).fill(128);
  bytes.fill(40, 0, 256);
  const grey = frame(bytes, { format: 'yuv420', widthPx: 16, heightPx: 16, strideBytes: 16 });
  const tensor = await createPreprocessor({ input: input([1, 8, 8, 1]), fit: 'stretch' }).prepare(grey);
  t.deepEqual([...new Set(tensor.bytes)], [40]);
});

testRequiring([{ kind: 'mirror' }], 'the YUV path agrees with sharp on a real photo', async (t) => {
  const [widthPx, heightPx] = [640, 480];
  const photo = sharp(readFileSync(shared('images/grace_hopper.jpg')))
    .resize(widthPx, heightPx, { fit: 'fill' })
    .removeAlpha();
  const rgb = await photo.raw().toBuffer();
  const tensorInput = input([1, 224, 224, 3]);
  const yuv = frame(toI420(rgb, widthPx, heightPx, 640), { format: 'yuv420', widthPx, heightPx, strideBytes: 640 });
  const found = await createPreprocessor({ input: tensorInput, fit: 'stretch' }).prepare(yuv);
  const expected = await sharp(rgb, { raw: { width: widthPx, height: heightPx, channels: 3 } })
    .resize(224, 224, { fit: 'fill', kernel: 'linear' })
    .raw()
    .toBuffer();
  const mean = expected.reduce((sum, value, index) => sum + Math.abs(value - found.bytes[index]!), 0) / expected.length;
  t.true(mean < 3, `mean difference ${mean.toFixed(2)} of 255`);
});

test('a picture of any size lies whole inside its tensor', (t) => {
  const side = fc.integer({ min: 1, max: 5000 });
  const size = fc.record({ widthPx: side, heightPx: side });
  fc.assert(
    fc.property(size, size, fc.constantFrom('letterbox' as const, 'stretch' as const), (picture, tensor, fit) => {
      const { leftPx, topPx, widthPx, heightPx, placement } = fitInto(picture, tensor, fit);
      const inside =
        leftPx >= 0 && topPx >= 0 && leftPx + widthPx <= tensor.widthPx && topPx + heightPx <= tensor.heightPx;
      return inside && widthPx >= 1 && heightPx >= 1 && placement.x1 > placement.x0 && placement.y1 > placement.y0;
    }),
  );
  t.deepEqual(fitInto({ widthPx: 4, heightPx: 2 }, { widthPx: 8, heightPx: 8 }, 'letterbox').placement, {
    x0: 0,
    y0: 0.25,
    x1: 1,
    y1: 0.75,
  });
});
