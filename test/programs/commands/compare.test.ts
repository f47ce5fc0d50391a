/** `goby compare` on real models. */

import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { packFiles } from '../../../src/models/tflite-file/associated-files.ts';
import { places, shared, testRequiring } from '../../requiring.ts';

let folder: string;
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'goby-compare-'));
});
test.after.always(() => rm(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function compare(...args: string[]): Promise<Ended> {
  const entry = join(places.root, 'src', 'main.ts');
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--import=tsx', entry, 'compare', ...args],
      { cwd: places.root, maxBuffer: 1 << 24 },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

const small = () => shared('models/mobilenet_v1_0.25_128_quant.tflite');
const medium = () => shared('models/mobilenet_v1_0.5_160_quant.tflite');
const labels = () => shared('models/imagenet_labels.txt');

/** Copies with their labels beside them, as a user keeps them. */
async function labelled(): Promise<string[]> {
  const files = [
    [small(), 'mobilenet_v1_0.25_128_quant'],
    [medium(), 'mobilenet_v1_0.5_160_quant'],
  ] as const;
  for (const [from, name] of files) {
    await copyFile(from, join(folder, `${name}.tflite`));
    await copyFile(labels(), join(folder, `${name}.txt`));
  }
  return files.map(([, name]) => join(folder, `${name}.tflite`));
}

testRequiring(
  [{ kind: 'mirror' }, { kind: 'runtime' }],
  'two classifiers side by side, with every output',
  async (t) => {
    const files = await labelled();
    for (const name of ['macaw', 'hot dog']) await mkdir(join(folder, 'photos', name), { recursive: true });
    await copyFile(shared('images/parrot.jpg'), join(folder, 'photos', 'macaw', 'parrot.jpg'));
    await writeFile(join(folder, 'photos', 'macaw', 'torn.jpg'), 'not a photo');
    await copyFile(shared('images/hot_dog.jpg'), join(folder, 'photos', 'hot dog', 'hot_dog.jpg'));
    const page = join(folder, 'page.html');
    const csv = join(folder, 'table.csv');
    const { code, stdout, stderr } = await compare(
      ...files,
      ...['--duration', '0.05', '--imagenet-dir', join(folder, 'photos'), '--html', page, '--csv', csv, '--json'],
    );
    t.is(code, 0, stderr);
    const found = JSON.parse(stdout);
    t.deepEqual(
      found.models.map(({ name, backend }: { name: string; backend: string }) => [name, backend]),
      [
        ['mobilenet_v1_0.25_128_quant', 'xnnpack'],
        ['mobilenet_v1_0.5_160_quant', 'xnnpack'],
      ],
    );
    t.is(found.reference, 'mobilenet_v1_0.5_160_quant');
    for (const model of found.models) {
      t.is(model.imagenet.photos, 2);
      t.true(model.firstMs > 0 && model.loadMs > 0 && model.framesPerSecond > 0 && model.memoryBytes >= 0);
      t.true(model.roundTripMs.count >= 5);
      t.true(model.checks.every(({ agrees }: { agrees: boolean }) => agrees));
    }
    t.is(found.models[1].imagenet.top1, 1);
    t.regex(stderr, /left out: .*torn\.jpg is not a picture/);
    t.regex(await readFile(page, 'utf8'), /<svg[\s\S]*mobilenet_v1_0\.5_160_quant/);
    t.is((await readFile(csv, 'utf8')).trimEnd().split('\r\n').length, 3);
  },
);

testRequiring(
  [{ kind: 'mirror' }, { kind: 'runtime' }],
  'a model that cannot run is told, the others are compared',
  async (t) => {
    const torn = join(folder, 'torn.tflite');
    await writeFile(torn, (await readFile(small())).subarray(0, 1000));
    const { code, stdout, stderr } = await compare(small(), join(folder, 'nowhere.tflite'), '--duration', '0.05');
    t.is(code, 1, stderr);
    t.regex(stderr, /nowhere\.tflite is left out: .*there is no file/);
    t.regex(stdout, /mobilenet_v1_0\.25_128_quant +xnnpack +int8 per channel, from uint8 per tensor/);
    const zip = join(folder, 'export.zip');
    const inside = { name: 'model.tflite', bytes: await readFile(medium()) };
    await writeFile(
      zip,
      packFiles(new Uint8Array(), [inside, { name: 'labels.txt', bytes: await readFile(labels()) }]),
    );
    const unpacked = await compare(zip, small(), '--duration', '0.05');
    t.is(unpacked.code, 0, unpacked.stderr);
    t.regex(unpacked.stdout, /export +xnnpack/);
    const alone = await compare(torn, '--duration', '0.05');
    t.not(alone.code, 0);
    t.false(alone.stderr.includes('    at '), alone.stderr);
  },
);

test('refusals', async (t) => {
  const nothing = await compare('--set', 'models.mirror=/nowhere', '--reference', 'x', join(folder, 'none.tflite'));
  t.is(nothing.code, 78);
  t.regex(nothing.stderr, /there is no file/);
  const seconds = await compare('--duration', 'soon');
  t.is(seconds.code, 64);
  t.regex(seconds.stderr, /--duration takes seconds/);
});

testRequiring(
  [{ kind: 'mirror' }, { kind: 'shared', path: 'cases/models/ssd_v1_quant.tflite' }],
  'a detector among classifiers is refused, and so is a folder without classes',
  async (t) => {
    const detector = await compare(shared('cases/models/ssd_v1_quant.tflite'));
    t.is(detector.code, 78);
    t.regex(detector.stderr, /is a detector\. Detectors are compared with --detectors/);
    const flat = await compare(small(), '--image-dir', shared('images/traffic'));
    t.is(flat.code, 1);
    t.regex(flat.stderr, /holds no photos in folders\. Expected is one folder per class/);
    const strange = await compare(small(), '--image-dir', shared('images'), '--duration', '0.05');
    t.is(strange.code, 0, strange.stderr);
    t.regex(strange.stdout, /has no accuracy: its labels don't have traffic/);
  },
);

testRequiring([{ kind: 'runtime' }], 'detectors by mAP on annotated photos', async (t) => {
  const coco = join(folder, 'coco');
  await mkdir(join(coco, 'images'), { recursive: true });
  await copyFile(join(places.photos, 'sample1.jpg'), join(coco, 'images', 'sample1.jpg'));
  const instances = {
    images: [{ id: 1, file_name: 'sample1.jpg', width: 1000, height: 1000 }],
    annotations: [{ image_id: 1, category_id: 1, bbox: [0, 0, 1000, 1000], iscrowd: 0 }],
    categories: [{ id: 1, name: 'person' }],
  };
  await writeFile(join(coco, 'instances.json'), JSON.stringify(instances));
  const args = ['ssdlite-mobilenet-v2-coco', '--detectors', '--coco', coco, '--duration', '0.05', '--json'];
  const { code, stdout, stderr } = await compare(...args);
  t.is(code, 0, stderr);
  const [model] = JSON.parse(stdout).models;
  t.is(model.backend, 'xnnpack');
  t.true(model.map >= 0 && model.map <= 1);
  t.true(model.xnnpackShare > 0.9);
});
