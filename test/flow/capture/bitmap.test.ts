/** Bitmaps of every depth, written byte by byte as Windows writes them. */
import test from 'ava';
import sharp from 'sharp';
import { decodeBitmap } from '../../../src/flow/capture/bitmap.ts';
import { openPicture } from '../../../src/flow/capture/open-picture.ts';
import { bitmapFile } from './bitmap-file.ts';

const red = [255, 0, 0];
const green = [0, 255, 0];
const white = [255, 255, 255];
/** 3 pixels wide: rows are filled up to 4 bytes. */
const pixels = [red, green, white, green, green, red];

for (const bits of [24, 32, 16, 8, 4, 1] as const) {
  test(`${bits} bits a pixel`, (t) => {
    const colours = bits === 1 ? [red, green] : [red, green, white];
    const shown = bits === 1 ? [red, green, red, green, green, red] : pixels;
    const { rgb, widthPx, heightPx } = decodeBitmap(
      bitmapFile({ bits, widthPx: 3, heightPx: 2, pixels: shown, colours }),
    );
    t.deepEqual([widthPx, heightPx], [3, 2]);
    t.deepEqual([...rgb], shown.flat());
  });
}

test('a negative height is from the top', (t) => {
  const bytes = bitmapFile({ bits: 24, widthPx: 3, heightPx: 2, pixels, colours: [] });
  new DataView(bytes.buffer).setInt32(22, -2, true);
  t.deepEqual([...decodeBitmap(bytes).rgb.subarray(0, 9)], [...green, ...green, ...red]);
});

test('what is cut short, huge or compressed is a sentence', (t) => {
  const whole = bitmapFile({ bits: 24, widthPx: 3, heightPx: 2, pixels, colours: [] });
  const changed = (at: number, value: number): Uint8Array => {
    const bytes = whole.slice();
    new DataView(bytes.buffer).setUint32(at, value, true);
    return bytes;
  };
  t.throws(() => decodeBitmap(whole.subarray(0, 20)), { message: /cut short/ });
  t.throws(() => decodeBitmap(whole.subarray(0, whole.length - 1)), { message: /cut short/ });
  t.throws(() => decodeBitmap(changed(18, 1_000_000_000)), { message: /1000000000 x 2 pixels/ });
  t.throws(() => decodeBitmap(changed(30, 1)), { message: /compressed/ });
});

test('bitmaps and what sharp reads are opened alike, and an empty file is named so', async (t) => {
  const bitmap = bitmapFile({ bits: 24, widthPx: 3, heightPx: 2, pixels, colours: [] });
  const raw = (bytes: Uint8Array) => openPicture(bytes).removeAlpha().raw().toBuffer();
  const png = await sharp(Uint8Array.from(pixels.flat()), { raw: { width: 3, height: 2, channels: 3 } })
    .png()
    .toBuffer();
  t.deepEqual(await raw(bitmap), await raw(png));
  t.throws(() => openPicture(new Uint8Array(0)), { message: 'is empty' });
});
