/** What is cut out of decoded pixels: the same as libvips gives, at a steady price. */
import test from 'ava';
import fc from 'fast-check';
import sharp from 'sharp';
import { cropInto, insidePicture } from '../../../src/flow/preprocess/geometry.ts';
import { createRgbSampler } from '../../../src/flow/preprocess/rgb-sampler.ts';

const identity = Uint8Array.from({ length: 256 }, (_, pixel) => pixel);
const tables = [identity, identity, identity] as const;

interface Case {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly targetPx: number;
  readonly region: { leftPx: number; topPx: number; widthPx: number; heightPx: number };
}

function sampled(pixels: Uint8Array, { widthPx, heightPx, targetPx, region }: Case): Uint8Array {
  const picture = { widthPx, heightPx };
  const target = { widthPx: targetPx, heightPx: targetPx };
  const geometry = cropInto(region, picture, target);
  const into = new Uint8Array(3 * targetPx * targetPx).fill(7);
  const inside = insidePicture(region, picture);
  createRgbSampler(picture, geometry, { tensorWidthPx: targetPx, region: inside }).sample(pixels, into, tables);
  return into;
}

/** Soft waves, another in each channel: what a camera shows between edges. */
function waves(widthPx: number, heightPx: number): Uint8Array {
  const pixels = new Uint8Array(3 * widthPx * heightPx);
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      const at = 3 * (y * widthPx + x);
      pixels[at] = 128 + 100 * Math.sin(x / 17);
      pixels[at + 1] = 128 + 100 * Math.sin(y / 23);
      pixels[at + 2] = 128 + 100 * Math.sin((x + y) / 31);
    }
  }
  return pixels;
}

for (const [what, sidePx] of [
  ['enlarged', 60],
  ['as large as the tensor', 96],
  ['a little shrunk', 130],
  ['shrunk by more than two', 230],
  ['shrunk by three', 288],
  ['shrunk by more than four', 440],
] as const) {
  test(`a region that is ${what} shows what libvips shows`, async (t) => {
    const [widthPx, heightPx] = [640, 480];
    const pixels = waves(widthPx, heightPx);
    const region = { leftPx: 37, topPx: 21, widthPx: sidePx, heightPx: sidePx };
    const expected = await sharp(pixels, { raw: { width: widthPx, height: heightPx, channels: 3 } })
      .extract({ left: 37, top: 21, width: sidePx, height: sidePx })
      .resize({ width: 96, height: 96, fit: 'fill', kernel: 'linear' })
      .raw()
      .toBuffer();
    const found = sampled(pixels, { widthPx, heightPx, targetPx: 96, region });
    const worst = found.reduce((most, value, at) => Math.max(most, Math.abs(value - expected[at]!)), 0);
    t.true(worst <= (sidePx === 96 ? 0 : 5), `differs by ${worst}`);
  });
}

test('a plain picture stays plain in every region, and nothing is read or written beside it', (t) => {
  const side = fc.integer({ min: 1, max: 90 });
  const cases = fc.record({
    widthPx: side,
    heightPx: side,
    targetPx: fc.integer({ min: 1, max: 40 }),
    region: fc.record({
      leftPx: fc.integer({ min: -40, max: 89 }),
      topPx: fc.integer({ min: -40, max: 89 }),
      widthPx: side,
      heightPx: side,
    }),
  });
  fc.assert(
    fc.property(cases, fc.constantFrom(0, 1, 128, 254, 255), (one, value) => {
      const pixels = new Uint8Array(3 * one.widthPx * one.heightPx).fill(value);
      const geometry = cropInto(one.region, one, { widthPx: one.targetPx, heightPx: one.targetPx });
      const found = sampled(pixels, one);
      return found.every((element, at) => {
        const [x, y] = [Math.floor(at / 3) % one.targetPx, Math.floor(at / 3 / one.targetPx)];
        const isPicture =
          x >= geometry.leftPx &&
          x < geometry.leftPx + geometry.widthPx &&
          y >= geometry.topPx &&
          y < geometry.topPx + geometry.heightPx;
        return element === (isPicture ? value : 7);
      });
    }),
  );
  t.pass();
});

test('a sampler that is used again shows the new picture', (t) => {
  const picture = { widthPx: 8, heightPx: 8 };
  const geometry = cropInto({ leftPx: 0, topPx: 0, ...picture }, picture, { widthPx: 16, heightPx: 16 });
  const sampler = createRgbSampler(picture, geometry, { tensorWidthPx: 16 });
  const into = new Uint8Array(3 * 16 * 16);
  for (const value of [200, 10]) {
    sampler.sample(new Uint8Array(3 * 64).fill(value), into, tables);
    t.deepEqual([...new Set(into)], [value]);
  }
});

test('each channel goes through its own table', (t) => {
  const picture = { widthPx: 4, heightPx: 4 };
  const geometry = cropInto({ leftPx: 0, topPx: 0, ...picture }, picture, picture);
  const into = new Int8Array(3 * 16);
  const channel = (shift: number) => Int8Array.from({ length: 256 }, (_, pixel) => pixel - shift);
  createRgbSampler(picture, geometry, { tensorWidthPx: 4 }).sample(new Uint8Array(3 * 16).fill(100), into, [
    channel(100),
    channel(99),
    channel(128),
  ]);
  t.deepEqual([...into.subarray(0, 6)], [0, 1, -28, 0, 1, -28]);
});
