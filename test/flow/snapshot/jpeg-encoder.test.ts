/** Every kind of frame becomes the same upright JPEG. */
import test, { type ExecutionContext } from 'ava';
import sharp from 'sharp';
import { configSchema } from '../../../src/config/schema.ts';
import { InputError } from '../../../src/errors.ts';
import type { Frame, RotationDeg } from '../../../src/flow/capture/frame.ts';
import type { Mark } from '../../../src/flow/snapshot/boxes-svg.ts';
import { createJpegEncoder, snapshotSize } from '../../../src/flow/snapshot/jpeg-encoder.ts';
import { jpegFrame, quarters, size, yuvFrame } from './frames.ts';

const config = configSchema.parse({}).snapshots;

/** Mean colour of a small square around a point given in fractions. */
async function colourAt(jpeg: Uint8Array, x: number, y: number): Promise<number[]> {
  const { width, height } = await sharp(jpeg).metadata();
  const [left, top] = [Math.round(x * width) - 4, Math.round(y * height) - 4];
  const { channels } = await sharp(await sharp(jpeg).extract({ left, top, width: 8, height: 8 }).toBuffer()).stats();
  return channels.map(({ mean }) => mean);
}

async function checkQuarters(t: ExecutionContext, jpeg: Uint8Array): Promise<void> {
  const centres = {
    topLeft: [0.25, 0.25],
    topRight: [0.75, 0.25],
    bottomLeft: [0.25, 0.75],
    bottomRight: [0.75, 0.75],
  };
  for (const [name, [x, y]] of Object.entries(centres)) {
    const found = await colourAt(jpeg, x!, y!);
    const expected = quarters[name as keyof typeof quarters];
    for (const [index, value] of expected.entries()) {
      t.true(Math.abs(found[index]! - value) <= 6, `${name}: ${found.map(Math.round)} for ${expected}`);
    }
  }
}

const makers: Record<string, (rotationDeg: RotationDeg) => Promise<Frame>> = { jpeg: jpegFrame, yuv420: yuvFrame };
for (const [format, make] of Object.entries(makers)) {
  for (const rotationDeg of [0, 90, 180, 270] as const) {
    test(`a ${format} frame that is to be turned by ${rotationDeg} comes out upright`, async (t) => {
      const encode = createJpegEncoder(config);
      const jpeg = await encode(await make(rotationDeg), []);
      const { format: found, width, height } = await sharp(jpeg).metadata();
      t.deepEqual({ found, width, height }, { found: 'jpeg', width: size.widthPx, height: size.heightPx });
      await checkQuarters(t, jpeg);
    });
  }
}

test('EXIF of the camera is neither applied a second time nor handed on', async (t) => {
  const frame = await jpegFrame();
  const bytes = await sharp(frame.bytes)
    .withExif({ IFD0: { Artist: 'me' } })
    .withMetadata({ orientation: 6 })
    .toBuffer();
  const jpeg = await createJpegEncoder(config)({ ...frame, bytes }, []);
  await checkQuarters(t, jpeg);
  const { exif, orientation } = await sharp(jpeg).metadata();
  t.is(exif, undefined);
  t.is(orientation, undefined);
});

const mark: Mark = { label: 'person', score: 0.9, box: [0.3, 0.3, 0.7, 0.7] };

test('the box is drawn where the object is, and left out when boxes are off', async (t) => {
  const plain = await createJpegEncoder({ ...config, boxes: false })(await yuvFrame(), [mark]);
  const drawn = await createJpegEncoder(config)(await yuvFrame(), [mark]);
  const differenceAt = async (x: number, y: number) => {
    const [a, b] = [await colourAt(plain, x, y), await colourAt(drawn, x, y)];
    return Math.max(...a.map((value, index) => Math.abs(value - b[index]!)));
  };
  t.true((await differenceAt(0.3, 0.6)) > 20, 'left side');
  t.true((await differenceAt(0.6, 0.7)) > 20, 'lower side');
  t.true((await differenceAt(0.6, 0.6)) < 6, 'inside');
  t.true((await differenceAt(0.15, 0.85)) < 6, 'outside');
  await checkQuarters(t, plain);
});

test('a label is no markup', async (t) => {
  const encode = createJpegEncoder(config);
  await t.notThrowsAsync(encode(await jpegFrame(), [{ ...mark, label: '<&"\'> </svg>' }]));
});

test('a large picture is shrunk in its own ratio, a small one stays', async (t) => {
  t.deepEqual(snapshotSize({ widthPx: 1920, heightPx: 1080, rotationDeg: 0 }, 1280), { widthPx: 1280, heightPx: 720 });
  t.deepEqual(snapshotSize({ widthPx: 1920, heightPx: 1080, rotationDeg: 90 }, 1280), { widthPx: 720, heightPx: 1280 });
  t.deepEqual(snapshotSize({ widthPx: 64, heightPx: 48, rotationDeg: 0 }, 1280), { widthPx: 64, heightPx: 48 });
  const jpeg = await createJpegEncoder({ ...config, longestSidePx: 80 })(await yuvFrame(90), [mark]);
  const { width, height } = await sharp(jpeg).metadata();
  t.deepEqual({ width, height }, { width: 80, height: 60 });
});

test('a truncated JPEG is told in a sentence', async (t) => {
  const frame = await jpegFrame();
  const encode = createJpegEncoder(config);
  const error = await t.throwsAsync(encode({ ...frame, bytes: frame.bytes.subarray(0, 900) }, []), {
    instanceOf: InputError,
  });
  t.regex(error.message, /^The snapshot of frame 7 can't be encoded: .+\.$/);
});
