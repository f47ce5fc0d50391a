import test from 'ava';
import fc from 'fast-check';
import sharp from 'sharp';
import type { Frame, RotationDeg } from '../../../src/flow/capture/frame.ts';
import { decodeFrame } from '../../../src/flow/preprocess/decoded-frame.ts';
import { cropInto, halvesOf, insidePicture, squareAround } from '../../../src/flow/preprocess/geometry.ts';
import { createPreprocessor } from '../../../src/flow/preprocess/preprocessor.ts';
import type { TensorSpec } from '../../../src/flow/preprocess/tensor.ts';
import { toFrame } from '../../../src/geometry/boxes.ts';

const picture = { widthPx: 640, heightPx: 480 };

function spec(sidePx: number, channels: 1 | 3 = 3): TensorSpec {
  return { index: 0, name: 'input', type: 'uint8', shape: [1, sidePx, sidePx, channels], scale: 0, zeroPoint: 0 };
}

function frame(bytes: Uint8Array, changes: Partial<Frame>): Frame {
  return {
    camera: 'front',
    sequence: 1,
    capturedAtMs: 0,
    monotonicMs: 0,
    format: 'jpeg',
    ...picture,
    rotationDeg: 0,
    strideBytes: 0,
    bytes,
    retain: () => undefined,
    release: () => undefined,
    ...changes,
  };
}

/** Four plain quarters: red, green above; blue, white below. */
async function quarters(rotationDeg: RotationDeg = 0): Promise<Frame> {
  const { widthPx: width, heightPx: height } = picture;
  const colours = ['#ff0000', '#00ff00', '#0000ff', '#ffffff'];
  const tiles = colours.map((background, index) => ({
    input: { create: { width: width / 2, height: height / 2, channels: 3 as const, background } },
    left: (index % 2) * (width / 2),
    top: Math.floor(index / 2) * (height / 2),
  }));
  const upright = await sharp({ create: { width, height, channels: 3, background: '#000' } })
    .composite(tiles)
    .png()
    .toBuffer();
  const turned = sharp(upright).rotate(360 - rotationDeg);
  const { data, info } = await turned.jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer({
    resolveWithObject: true,
  });
  return frame(data, { rotationDeg, widthPx: info.width, heightPx: info.height });
}

/** Mean colour of a tensor, by channel. */
function meanOf(bytes: Uint8Array, channels = 3): number[] {
  return Array.from({ length: channels }, (_, channel) => {
    const values = bytes.filter((_, index) => index % channels === channel);
    return Math.round(values.reduce((sum, value) => sum + value, 0) / values.length);
  });
}

function isNear(found: readonly number[], expected: readonly number[]): boolean {
  return found.every((value, index) => Math.abs(value - expected[index]!) <= 6);
}

test('the square around a box has its longer side and a margin on both ends', (t) => {
  t.deepEqual(squareAround([0.25, 0.25, 0.5, 0.75], picture, 0), {
    leftPx: 120,
    topPx: 120,
    widthPx: 240,
    heightPx: 240,
  });
  t.deepEqual(squareAround([0.25, 0.25, 0.5, 0.75], picture, 0.25), {
    leftPx: 60,
    topPx: 60,
    widthPx: 360,
    heightPx: 360,
  });
});

for (const rotationDeg of [0, 90, 180, 270] as const) {
  test(`a crop shows its own part of the upright picture, turned by ${rotationDeg} degrees`, async (t) => {
    const shown = await quarters(rotationDeg);
    const preprocessor = createPreprocessor({ input: spec(32), fit: 'stretch' });
    const corners = { red: [20, 20], green: [400, 20], blue: [20, 300], white: [400, 300] };
    const expected = { red: [254, 0, 0], green: [0, 255, 1], blue: [0, 0, 254], white: [255, 255, 255] };
    for (const [colour, [leftPx, topPx]] of Object.entries(corners)) {
      const tensor = await preprocessor.prepare(shown, { leftPx: leftPx!, topPx: topPx!, widthPx: 100, heightPx: 100 });
      const found = meanOf(tensor.bytes);
      t.true(isNear(found, expected[colour as keyof typeof expected]), `${colour}: ${found}`);
      tensor.release();
    }
  });
}

for (const rotationDeg of [0, 90, 180, 270] as const) {
  test(`a crop of planes is that of the JPEG, turned by ${rotationDeg} degrees`, async (t) => {
    // A slope in each direction, so that a shift shows.
    const { widthPx, heightPx } = picture;
    const luma = Uint8Array.from(
      { length: widthPx * heightPx },
      (_, at) => ((at % widthPx) * 160) / widthPx + (Math.floor(at / widthPx) * 90) / heightPx,
    );
    const planes = new Uint8Array((widthPx * heightPx * 3) / 2).fill(128);
    planes.set(luma);
    const jpeg = await sharp(luma, { raw: { width: widthPx, height: heightPx, channels: 1 } })
      .toColourspace('srgb')
      .jpeg({ quality: 100 })
      .toBuffer();
    const region = { leftPx: 200, topPx: 130, widthPx: 150, heightPx: 150 };
    const preprocessor = createPreprocessor({ input: spec(48, 1), fit: 'stretch' });
    const fromJpeg = await preprocessor.prepare(frame(jpeg, { rotationDeg }), region);
    const fromPlanes = await preprocessor.prepare(
      frame(planes, { rotationDeg, format: 'yuv420', strideBytes: widthPx }),
      region,
    );
    const worst = fromPlanes.bytes.reduce(
      (most, value, at) => Math.max(most, Math.abs(value - fromJpeg.bytes[at]!)),
      0,
    );
    t.true(worst <= 3, `differs by ${worst}`);
  });
}

test('what lies outside the picture is padding, at its own place', async (t) => {
  const shown = await quarters();
  const preprocessor = createPreprocessor({ input: spec(40), fit: 'stretch' });
  const tensor = await preprocessor.prepare(shown, { leftPx: -100, topPx: 0, widthPx: 200, heightPx: 200 });
  const row = tensor.bytes.subarray(20 * 40 * 3, 21 * 40 * 3);
  t.deepEqual(meanOf(row.subarray(0, 18 * 3)), [128, 128, 128]);
  t.true(isNear(meanOf(row.subarray(22 * 3)), [254, 0, 0]));
});

test('a whole frame after a crop is whole again', async (t) => {
  const shown = await quarters();
  const preprocessor = createPreprocessor({ input: spec(32), fit: 'stretch' });
  const before = await preprocessor.prepare(shown);
  const whole = before.bytes.slice();
  before.release();
  (await preprocessor.prepare(shown, { leftPx: -50, topPx: -50, widthPx: 100, heightPx: 100 })).release();
  t.deepEqual((await preprocessor.prepare(shown)).bytes, whole);
});

test('any region, however far out, gives a place inside tensor and picture', (t) => {
  const side = fc.integer({ min: 1, max: 2000 });
  const offset = fc.integer({ min: -3000, max: 3000 });
  fc.assert(
    fc.property(fc.record({ leftPx: offset, topPx: offset, widthPx: side, heightPx: side }), side, (region, target) => {
      const inside = insidePicture(region, picture);
      const geometry = cropInto(region, picture, { widthPx: target, heightPx: target });
      return (
        inside.leftPx >= 0 &&
        inside.topPx >= 0 &&
        inside.widthPx >= 1 &&
        inside.heightPx >= 1 &&
        inside.leftPx + inside.widthPx <= picture.widthPx &&
        inside.topPx + inside.heightPx <= picture.heightPx &&
        geometry.leftPx >= 0 &&
        geometry.topPx >= 0 &&
        geometry.widthPx >= 1 &&
        geometry.heightPx >= 1 &&
        geometry.leftPx + geometry.widthPx <= target &&
        geometry.topPx + geometry.heightPx <= target
      );
    }),
  );
  t.pass();
});

for (const [what, format] of [
  ['a JPEG', 'jpeg'],
  ['decoded pixels', 'rgb24'],
] as const) {
  test(`two regions of ${what} share a tensor: the first above, the second below, each as it looks alone`, async (t) => {
    const whole = await quarters();
    const decoded = format === 'jpeg' ? whole : await decodeFrame(whole);
    const upper = { leftPx: 0, topPx: 40, widthPx: 200, heightPx: 100 };
    const lower = { leftPx: 400, topPx: 300, widthPx: 120, heightPx: 60 };
    const preprocessor = createPreprocessor({ input: spec(60), fit: 'stretch' });
    const tensor = await preprocessor.prepare(decoded, upper, lower);
    const half = createPreprocessor({ input: { ...spec(60), shape: [1, 30, 60, 3] }, fit: 'stretch' });
    for (const [at, region] of [upper, lower].entries()) {
      const alone = await half.prepare(decoded, region);
      t.deepEqual(tensor.bytes.slice(5400 * at, 5400 * (at + 1)), alone.bytes.slice());
      alone.release();
    }
    t.is(tensor.below!.seam, 0.5);
    const corner = toFrame([0, 0, 1, 0.5], tensor.placement).map((value) => Math.round(640 * value));
    t.deepEqual(corner, [0, Math.round(640 * (40 / 480)), 200, Math.round(640 * (140 / 480))]);
    const below = toFrame([0, 0.5, 1, 1], tensor.below!.placement).map((value) => Math.round(640 * value));
    t.deepEqual(below, [400, 400, 520, 480]);
    tensor.release();
    const next = await preprocessor.prepare(decoded, upper);
    t.is(next.below, undefined, 'a tensor that is used again shows one region');
    next.release();
  });
}

test('of a tensor with an odd number of rows the lower region takes one more', (t) => {
  const [upper, lower] = halvesOf({ widthPx: 5, heightPx: 7 });
  t.deepEqual([upper.heightPx, lower.topPx, lower.heightPx], [3, 3, 4]);
});
