/** `goby train` as a user runs it: on real photos, with a small base. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { packedLabels } from '../../../src/models/labels/packed-labels.ts';
import { places, shared, testRequiring } from '../../requiring.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function goby(
  folder: string,
  args: readonly string[],
  watch: (child: ChildProcess, text: string) => void = () => undefined,
): Promise<Ended> {
  const child = spawn(process.execPath, ['--import=tsx', join(places.root, 'src', 'main.ts'), ...args], {
    cwd: places.root,
    env: { ...process.env, GOBY_STATE_DIR: join(folder, 'state') },
  });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk) => {
      texts[name] += chunk;
      watch(child, texts[name]);
    });
  }
  return once(child, 'close').then(([code]) => ({ code, ...texts }));
}

/** Some photos of each class, the first of each folder. */
async function someOf(folder: string, counts: Record<string, number>): Promise<string> {
  for (const [name, count] of Object.entries(counts)) {
    await mkdir(join(folder, 'photos', name), { recursive: true });
    const names = (await readdir(shared(`datasets/pikachu/${name}`))).sort().slice(0, count);
    for (const file of names)
      await copyFile(shared(`datasets/pikachu/${name}/${file}`), join(folder, 'photos', name, file));
  }
  return join(folder, 'photos');
}

const small = ['--architecture', 'mobilenet_v1_0.25_128'];
const needs = [{ kind: 'mirror' }, { kind: 'runtime' }] as const;

testRequiring(
  needs,
  'a model is trained, tried and written with its labels; a second run embeds nothing',
  async (t) => {
    const folder = temporaryFolder(t);
    const photos = await someOf(folder, { pikachu: 40, 'no-pikachu': 40 });
    await writeFile(join(photos, 'pikachu', 'torn.jpg'), 'no photo');
    await copyFile(
      join(photos, 'pikachu', (await readdir(join(photos, 'pikachu')))[0]!),
      join(photos, 'pikachu', 'again.jpg'),
    );
    const output = join(folder, 'door.tflite');
    const page = join(folder, 'report.html');
    const args = ['train', '--image-dir', photos, ...small, '--output-graph', output, '--json'];
    const first = await goby(folder, [...args, '--html', page]);
    t.is(first.code, 0, first.stderr);
    const report = JSON.parse(first.stdout);
    t.deepEqual(report.labels, ['no-pikachu', 'pikachu']);
    t.is(report.base, 'mobilenet_v1_0.25_128_quant');
    t.deepEqual(
      report.unreadable.map(({ photo }: { photo: string }) => photo),
      ['pikachu/torn.jpg'],
    );
    t.regex(first.stderr, /left out: .*torn\.jpg can't be decoded/);
    t.true(report.copies >= 1);
    t.true(report.inferences > 80);
    t.true(report.quantized.photos > 0);
    t.true(report.quantized.accuracy >= 0.6);
    const bytes = await readFile(output);
    t.is(bytes.length, report.bytes);
    t.deepEqual(packedLabels(bytes, 'trained').list?.labels, ['no-pikachu', 'pikachu']);
    t.is(await readFile(join(folder, 'door.txt'), 'utf8'), 'no-pikachu\npikachu\n');
    t.regex(await readFile(page, 'utf8'), /<h2>Test photos/);
    t.deepEqual((await readdir(folder)).sort(), [
      'door.tflite',
      'door.txt',
      'door.validation.json',
      'photos',
      'report.html',
      'state',
    ]);

    const second = await goby(folder, args);
    t.is(JSON.parse(second.stdout).inferences, 0);
    t.is(JSON.parse(second.stdout).sha256, report.sha256);

    const measured = await goby(folder, ['evaluate', '--model', output, '--image-dir', photos, '--json']);
    t.is(measured.code, 0, measured.stderr);
    const evaluated = JSON.parse(measured.stdout);
    t.true(evaluated.verdict.accuracy >= 0.7);
    t.is(evaluated.unreadable, 1);
  },
);

testRequiring(needs, 'a class is added to a model without its old photos', async (t) => {
  const folder = temporaryFolder(t);
  const photos = await someOf(folder, { pikachu: 25, 'no-pikachu': 25 });
  const output = join(folder, 'door.tflite');
  const made = await goby(folder, [
    'train',
    '--image-dir',
    photos,
    ...small,
    '--output-graph',
    output,
    '--method',
    'imprinting',
    '--json',
  ]);
  t.is(made.code, 0, made.stderr);
  const more = join(folder, 'more', 'traffic');
  await mkdir(more, { recursive: true });
  for (const name of await readdir(shared('images/traffic')))
    await copyFile(shared(`images/traffic/${name}`), join(more, name));
  const added = await goby(folder, [
    'train',
    '--image-dir',
    join(folder, 'more'),
    '--add-class',
    output,
    '--testing-percentage',
    '0',
    '--validation-percentage',
    '0',
    '--json',
  ]);
  t.is(added.code, 0, added.stderr);
  t.deepEqual(JSON.parse(added.stdout).labels, ['no-pikachu', 'pikachu', 'traffic']);
  const classified = await goby(folder, ['classify', join(more, '0001.jpg'), '--model', output, '--json']);
  t.is(JSON.parse(classified.stdout).detections[0].label, 'traffic', classified.stdout);
  const again = await goby(folder, ['train', '--image-dir', join(folder, 'more'), '--add-class', output]);
  t.is(again.code, 1);
  t.regex(again.stderr, /knows traffic already/);
});

testRequiring(needs, 'Ctrl-C keeps what was embedded, and the same command goes on', async (t) => {
  const folder = temporaryFolder(t);
  const photos = await someOf(folder, { pikachu: 60, 'no-pikachu': 60 });
  const output = join(folder, 'door.tflite');
  await writeFile(output, 'the old model');
  const args = ['train', '--image-dir', photos, ...small, '--output-graph', output, '--json'];
  let stopped = false;
  const first = await goby(folder, args, (child, text) => {
    if (stopped || !/embedding photos +[1-9]\d %/.test(text)) return;
    stopped = true;
    child.kill('SIGINT');
  });
  t.is(first.code, 130, first.stderr);
  t.regex(first.stderr, /what was embedded is kept\. The same command goes on from there/);
  t.is(await readFile(output, 'utf8'), 'the old model');
  const second = await goby(folder, args);
  t.is(second.code, 0, second.stderr);
  t.true(JSON.parse(second.stdout).inferences < 220);
  t.not(await readFile(output, 'latin1'), 'the old model');
});

testRequiring(needs, 'what cannot be trained is told, and the old model stays', async (t) => {
  const folder = temporaryFolder(t);
  const photos = await someOf(folder, { pikachu: 12, 'no-pikachu': 12 });
  const output = join(folder, 'door.tflite');
  await writeFile(output, 'the old model');
  const refused = async (message: RegExp, code: number, ...args: string[]): Promise<void> => {
    const ended = await goby(folder, ['train', '--image-dir', photos, '--output-graph', output, ...args]);
    t.is(ended.code, code, ended.stderr);
    t.regex(ended.stderr, message);
    t.false(/^ +at /m.test(ended.stderr), ended.stderr);
    t.is(await readFile(output, 'utf8'), 'the old model');
  };
  await refused(/leave nothing to train with/, 78, '--testing-percentage', '60', '--validation-percentage', '40');
  await refused(
    /There is no architecture mobilnet_v2_1\.0_224 in the catalog\. Did you mean/,
    1,
    '--architecture',
    'mobilnet_v2_1.0_224',
  );
  await refused(
    /Use the weights of another resolution: goby models pull mobilenet_v1_0\.75_192_quant, then --architecture mobilenet_0\.75_128 again\. Or: Supply mobilenet_v1_0\.75_128_quant\.tflite/,
    1,
    '--architecture',
    'mobilenet_0.75_128',
  );
  await refused(/no pooling layer/, 1, '--architecture', shared('models/traffic_model.tflite'));
  const twin = (await readdir(join(photos, 'pikachu')))[0]!;
  await copyFile(join(photos, 'pikachu', twin), join(photos, 'no-pikachu', 'stray.jpg'));
  await refused(/The same photo lies in two classes: .* and .*/, 1, ...small);
});

testRequiring(
  [{ kind: 'runtime' }],
  'without any ImageNet base the backbone of the built detector stands in, and says so',
  async (t) => {
    const folder = temporaryFolder(t);
    const photos = join(folder, 'photos');
    await paint(photos);
    const env = { GOBY_MODEL_MIRROR: join(folder, 'nowhere') };
    const ended = await gobyWith(env, folder, [
      'train',
      '--image-dir',
      photos,
      '--output-graph',
      join(folder, 'p.tflite'),
      '--json',
    ]);
    t.is(ended.code, 0, ended.stderr);
    const report = JSON.parse(ended.stdout);
    if (report.base === 'ssdlite-mobilenet-v2-coco') {
      t.regex(report.notes.join('\n'), /No ImageNet base could be had .* the backbone of the COCO detector stands in/);
    } else {
      // This machine can reach the address of the base.
      t.regex(report.base, /mobilenet_v2/);
    }
    t.is(report.labels.length, 2);
  },
);

async function paint(folder: string): Promise<void> {
  for (const [name, hue] of [
    ['blue', 250],
    ['red', 0],
  ] as const) {
    await mkdir(join(folder, name), { recursive: true });
    for (let at = 0; at < 12; at++) {
      const background = { r: hue === 0 ? 200 : 10 + at, g: 3 * at, b: hue === 0 ? 5 * at : 220 };
      await sharp({ create: { width: 64, height: 64, channels: 3, background } })
        .jpeg()
        .toFile(join(folder, name, `${name}-${at}.jpg`));
    }
  }
}

function gobyWith(env: NodeJS.ProcessEnv, folder: string, args: readonly string[]): Promise<Ended> {
  const before = process.env['GOBY_MODEL_MIRROR'];
  Object.assign(process.env, env);
  const ended = goby(folder, args);
  if (before === undefined) delete process.env['GOBY_MODEL_MIRROR'];
  else process.env['GOBY_MODEL_MIRROR'] = before;
  return ended;
}
