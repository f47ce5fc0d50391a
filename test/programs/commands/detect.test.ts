/** `goby detect --tiles`: small things are found, at an inference a tile, and the tiles are drawn. */
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { type Box, intersection } from '../../../src/geometry/boxes.ts';
import { pathInStore } from '../../../src/models/store.ts';
import { type Need, places, shared, testRequiring } from '../../requiring.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

interface Result {
  readonly regions?: readonly { readonly box: Box; readonly reason: string }[];
  readonly detections: readonly {
    readonly label: string;
    readonly box: Box;
    readonly region?: { readonly box: Box; readonly reason: string };
  }[];
  readonly annotated?: string;
}

const needs: readonly Need[] = [{ kind: 'runtime' }, { kind: 'samples' }];

function detect(...args: string[]): Result {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import=tsx', join(places.root, 'src', 'main.ts'), 'detect', '--json', ...args],
    { cwd: places.root, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Result;
}

testRequiring(needs, 'faces that are too small in the whole photo are found in its tiles, each once', async (t) => {
  const folder = temporaryFolder(t);
  // The faces of a photo, much smaller, in a corner of a picture of 640 x 480 pixels.
  const small = await sharp(join(places.photos, 'sample1.jpg')).resize({ width: 200 }).toBuffer();
  const photo = join(folder, 'wide.jpg');
  await sharp({ create: { width: 640, height: 480, channels: 3, background: '#777777' } })
    .composite([{ input: small, left: 420, top: 40 }])
    .jpeg({ quality: 95 })
    .toFile(photo);
  const model = ['--model', 'face-detection-short-range', '--max', '100'];
  const whole = detect(photo, ...model);
  const tiled = detect(photo, ...model, '--tiles', '--annotate', folder);
  t.is(whole.regions, undefined);
  t.true(tiled.detections.length >= 2);
  t.true(tiled.detections.length > whole.detections.length);
  for (const { box, region } of tiled.detections) {
    t.true(box[0] > 0.6 && box[3] < 0.5, 'where the photo lies');
    t.is(region?.reason === 'tile' || region?.reason === 'whole', true);
    t.true(intersection(box, region!.box) > 0, 'in the tile that showed it');
  }
  t.like(tiled.regions![0], { reason: 'whole', box: [0, 0, 1, 1] });
  t.true(tiled.regions!.length > 10);
  const drawn = await sharp(tiled.annotated!).raw().toBuffer();
  const plain = await sharp(photo).raw().toBuffer();
  // A tile's edge runs over the grey far from the faces.
  t.true(drawn.some((value, at) => at > (plain.length * 2) / 3 && Math.abs(value - plain[at]!) > 60));
});

testRequiring(
  needs,
  'a photo smaller than the model is looked at as it is, and what is no picture is told',
  async (t) => {
    const folder = temporaryFolder(t);
    const photo = join(folder, 'small.jpg');
    await sharp(join(places.photos, 'sample1.jpg')).resize({ width: 96, height: 96, fit: 'cover' }).toFile(photo);
    const { regions } = detect(photo, '--model', 'face-detection-short-range', '--tiles');
    t.deepEqual(regions, [{ box: [0, 0, 1, 1], reason: 'whole' }]);
    writeFileSync(join(folder, 'none.jpg'), 'no picture');
    t.throws(() => detect(join(folder, 'none.jpg'), '--model', 'face-detection-short-range', '--tiles'), {
      message: /none\.jpg/,
    });
  },
);

const builtTitle = 'the default model finds more kites and persons on a beach in tiles than in the whole photo';
const built = pathInStore(places, 'ssdlite-mobilenet-v2-coco', 'ssdlite_mobilenet_v2_coco_int8.tflite');
if (existsSync(built)) {
  const beach = 'images/kite_and_cold.jpg';
  testRequiring([...needs, { kind: 'shared', path: beach }], builtTitle, async (t) => {
    const count = ({ detections }: Result, wanted: string) => detections.filter(({ label }) => label === wanted).length;
    const whole = detect(shared(beach));
    const tiled = detect(shared(beach), '--tiles', '--max', '100');
    t.log(`${basename(beach)}: kites ${count(whole, 'kite')}, in tiles ${count(tiled, 'kite')}`);
    t.true(count(tiled, 'kite') >= 2 * count(whole, 'kite'));
    t.true(count(tiled, 'person') >= 2 * count(whole, 'person'));
  });
} else {
  console.log(`skipped: ${builtTitle}: it is not built (goby models pull)`);
}
