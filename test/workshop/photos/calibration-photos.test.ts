/** Photos to calibrate with lie as those of classes do: in linked folders, in any form, some of them damaged. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import { openPhotos } from '../../../src/workshop/photos/calibration-photos.ts';
import { bitmapFile } from '../../flow/capture/bitmap-file.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

test('linked folders, folders below and bitmaps are read, and what is damaged is told', async (t) => {
  const folder = temporaryFolder(t);
  const elsewhere = temporaryFolder(t);
  const plain = (colour: string) =>
    sharp({ create: { width: 3, height: 3, channels: 3, background: colour } })
      .png()
      .toBuffer();
  mkdirSync(join(elsewhere, 'deep'));
  writeFileSync(join(elsewhere, 'deep', 'red.PNG'), await plain('#ff0000'));
  symlinkSync(elsewhere, join(folder, 'a-linked'));
  symlinkSync(folder, join(elsewhere, 'back'));
  writeFileSync(
    join(folder, 'b.BMP'),
    bitmapFile({ bits: 24, widthPx: 2, heightPx: 2, pixels: Array(4).fill([0, 255, 0]), colours: [] }),
  );
  writeFileSync(join(folder, 'c.jpg'), '');
  writeFileSync(join(folder, 'd.webp'), 'no picture');
  symlinkSync('/nowhere.jpg', join(folder, 'e.jpg'));
  const photos = await openPhotos(folder, [1, 1, 1, 3], { low: 0, high: 1 });
  const seen: number[][] = [];
  for await (const input of photos.inputs()) seen.push([...input]);
  t.deepEqual(seen.sort().toReversed(), [
    [1, 0, 0],
    [0, 1, 0],
  ]);
  t.is(photos.leftOut.size, 2);
});
