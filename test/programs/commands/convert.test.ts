/** `goby convert` as a user has it: what goes wrong is a sentence and leaves no file behind, what goes right can be read. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { CommanderError } from 'commander';
import sharp from 'sharp';
import { convertCommand } from '../../../src/commands/convert.ts';
import { GobyError } from '../../../src/errors.ts';
import { packedLabels } from '../../../src/models/labels/packed-labels.ts';
import { labelFiles, readMetadata, statedNormalisation } from '../../../src/models/tflite-file/metadata.ts';
import { readModel } from '../../../src/models/tflite-file/read-model.ts';
import { places, testRequiring } from '../../requiring.ts';
import { ints, noise, TinyGraph, text } from '../../workshop/convert/tiny-graph.ts';

let folder: string;
let graph: string;
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'goby-convert-'));
  graph = await classifier().write(join(folder, 'graph'));
  for (const [name, count] of [
    ['photos', 2],
    ['empty', 0],
  ] as const) {
    await mkdir(join(folder, name));
    for (let at = 0; at < count; at += 1) {
      const raw = Uint8Array.from(noise(20 * 30 * 3, at + 1), (one) => 128 + one * 127);
      await sharp(raw, { raw: { width: 30, height: 20, channels: 3 } })
        .png()
        .toFile(join(folder, name, `${at}.png`));
    }
  }
  await mkdir(join(folder, 'broken'));
  await writeFile(join(folder, 'broken', 'a.jpg'), 'no picture');
  await writeFile(join(folder, 'labels.txt'), 'cat\ndog\nfish\nbird\n');
});
test.after.always(() => rm(folder, { recursive: true, force: true }));

function classifier(): TinyGraph {
  const own = new TinyGraph();
  own.input('x', [-1, 12, 12, 3]);
  const strides = ints(1, 2, 2, 1);
  own.node('conv', 'Conv2D', ['x', own.floats('filter', [3, 3, 3, 4])], { strides, padding: text('SAME') });
  own.node('features', 'Relu6', ['conv']);
  own.node('mean', 'Mean', ['features', own.integers('axes', [1, 2])]);
  own.node('scores', 'Softmax', ['mean']);
  return own;
}

let turn: Promise<unknown> = Promise.resolve();

/** Runs the command and gives what it printed; one at a time, as it stands in for console.log. */
function run(...args: string[]): Promise<string> {
  const own = turn.then(async () => {
    const lines: string[] = [];
    const original = console.log;
    console.log = (line: string) => lines.push(line);
    try {
      const command = convertCommand()
        .exitOverride()
        .configureOutput({ writeErr: () => undefined });
      await command.parseAsync(args, { from: 'user' });
    } finally {
      console.log = original;
    }
    return lines.join('\n');
  });
  turn = own.catch(() => undefined);
  return own;
}

async function refused(t: ExecutionContext, name: string, args: readonly string[], message: RegExp): Promise<void> {
  const output = join(folder, name, 'model.tflite');
  await mkdir(join(folder, name));
  const error = await t.throwsAsync(run('--output', output, ...args));
  t.true(error instanceof GobyError || error instanceof CommanderError);
  t.regex(error?.message ?? '', message);
  t.deepEqual(await readdir(join(folder, name)), [], 'no file, whole or partial, is left');
}

testRequiring([{ kind: 'runtime' }], 'refusals leave nothing behind', async (t) => {
  await refused(t, 'r1', ['--graph', join(folder, 'none.json')], /none\.json can't be read/);
  await refused(
    t,
    'r2',
    ['--graph', graph, '--output-arrays', 'score'],
    /no node named score\. Close to it are: scores/,
  );
  await refused(t, 'r3', ['--graph', graph, '--plot', 'page.html'], /--plot needs --inference-type quantized/);
  await refused(
    t,
    'r9',
    ['--graph', graph, '--calibration', 'c.json'],
    /--calibration needs --inference-type quantized/,
  );
  const both = ['--inference-type', 'quantized', '--calibration', 'a.json', '--save-calibration', 'b.json'];
  await refused(t, 'r10', ['--graph', graph, ...both], /name one/);
  await refused(t, 'r4', ['--graph', graph, '--input-shapes', '1,x'], /--input-shapes takes whole numbers/);
  await refused(t, 'r5', ['--graph', graph, '--input-range', '1,-1'], /--input-range takes two numbers/);
  await refused(
    t,
    'r6',
    ['--graph', graph, '--detections', '20', '--output-arrays', 'features,scores'],
    /has no anchors/,
  );
  await refused(t, 'r8', ['--graph', graph, '--detections', '30'], /--detections takes 20, 50, 100/);
  await writeFile(join(folder, 'few.txt'), 'cat\ndog\n');
  await refused(
    t,
    'r7',
    ['--graph', graph, '--labels', join(folder, 'few.txt')],
    /has 2 labels, and the model tells 4 classes apart/,
  );
});

test('a folder to write to that can not be made is told in a sentence', async (t) => {
  await t.throwsAsync(run('--graph', graph, '--output', join(graph, 'below-a-file.tflite')), { instanceOf: GobyError });
});

testRequiring(
  [{ kind: 'runtime' }],
  'quantizing without photos, or with broken ones, leaves nothing behind',
  async (t) => {
    const quantized = ['--graph', graph, '--inference-type', 'quantized', '--calibration-images'];
    await refused(t, 'q1', [...quantized, join(folder, 'empty')], /holds no photos/);
    await refused(t, 'q2', [...quantized, join(folder, 'missing')], /missing can't be read/);
    await refused(t, 'q3', [...quantized, join(folder, 'broken')], /a\.jpg can't be read as a photo/);
  },
);

testRequiring(
  [{ kind: 'runtime' }],
  'from a kept calibration the same model comes out, whatever the photos',
  async (t) => {
    const kept = join(folder, 'calibration.json');
    const [first, second, other] = ['first', 'second', 'other'].map((name) => join(folder, `${name}.tflite`));
    const quantized = ['--graph', graph, '--inference-type', 'quantized'];
    const one = join(folder, 'one-photo');
    await mkdir(one);
    await copyFile(join(folder, 'photos', '1.png'), join(one, '1.png'));
    const photos = ['--calibration-images', join(folder, 'photos')];
    await run(...quantized, '--output', first!, ...photos, '--save-calibration', kept);
    await run(...quantized, '--output', second!, '--calibration-images', one, '--calibration', kept);
    await run(...quantized, '--output', other!, '--calibration-images', one);
    t.deepEqual(await readFile(second!), await readFile(first!));
    t.notDeepEqual(await readFile(other!), await readFile(first!), 'the photos would have given another one');
  },
);

testRequiring([{ kind: 'runtime' }], 'a float model with labels, its summary, and its cost', async (t) => {
  const output = join(folder, 'float.tflite');
  const printed = await run('--graph', graph, '--output', output, '--labels', join(folder, 'labels.txt'));
  const bytes = await readFile(output);
  const model = readModel(bytes, output);
  t.deepEqual(packedLabels(bytes, 'converted').list?.labels, ['cat', 'dog', 'fish', 'bird']);
  t.deepEqual(model.subgraphs[0]!.tensors[model.subgraphs[0]!.inputs[0]!]!.shape, [1, 12, 12, 3]);
  t.regex(printed, /CONV_2D +1/);
  t.regex(printed, /parameters +112/);
  t.regex(printed, /Written to .*float\.tflite\./);
});

testRequiring([{ kind: 'runtime' }], 'a cut in the middle, and a drawing of it', async (t) => {
  const output = join(folder, 'cut.dot');
  const cut = ['--input-arrays', 'features', '--input-shapes', '1,6,6,4', '--output-arrays', 'mean'];
  await run('--graph', graph, '--output', output, '--output-format', 'graphviz', ...cut);
  const drawing = await readFile(output, 'utf8');
  t.regex(drawing, /^digraph/);
  t.regex(drawing, /MEAN/);
  t.notRegex(drawing, /CONV_2D|SOFTMAX/);
});

testRequiring([{ kind: 'runtime' }], 'a quantized model with check and plot', async (t) => {
  const [output, plot] = [join(folder, 'int8.tflite'), join(folder, 'int8.html')];
  const photos = ['--inference-type', 'quantized', '--calibration-images', join(folder, 'photos')];
  const printed = await run('--graph', graph, '--output', output, ...photos, '--check', '--plot', plot);
  const [main] = readModel(await readFile(output), output).subgraphs;
  t.is(main!.tensors[main!.inputs[0]!]!.type, 'UINT8');
  t.is(main!.tensors[main!.outputs[0]!]!.type, 'FLOAT32');
  t.regex(printed, /output +kind +same first answer/);
  t.regex(printed, /Layers that stray most from float/);
  t.regex(await readFile(plot, 'utf8'), /<svg[\s\S]*conv[\s\S]*<\/svg>/);
});

/** One channel is a thousand times larger than the others, which 8 bits then can't tell apart; the last layer leaves it out. */
function fragile(): TinyGraph {
  const own = new TinyGraph();
  own.input('x', [1, 12, 12, 3]);
  const strides = ints(1, 2, 2, 1);
  own.node('conv', 'Conv2D', ['x', own.floats('filter', [3, 3, 3, 4])], { strides, padding: text('SAME') });
  own.node('features', 'Relu', [own.node('sum', 'BiasAdd', ['conv', own.floats('bias', [4], [5000, 1, 1, 1])])]);
  own.node('mean', 'Mean', ['features', own.integers('axes', [1, 2])]);
  const weights = [0, 0, 4, -4, -4, 4, 2, 3];
  own.node('logits', 'MatMul', ['mean', own.floats('w', [4, 2], weights)], { transpose_a: { b: false } });
  own.node('scores', 'Softmax', ['logits']);
  return own;
}

testRequiring([{ kind: 'runtime' }], 'a model that strays from float is not written, unless one insists', async (t) => {
  const file = join(folder, 'fragile.pb');
  await writeFile(file, fragile().frozen());
  const args = ['--graph', file, '--inference-type', 'quantized', '--calibration-images', join(folder, 'photos')];
  await refused(t, 'strayed', args, /can't be trusted, and nothing was written: 8 bits stray.*scores has/);
  const output = join(folder, 'kept.tflite');
  const error = await t.throwsAsync(run(...args, '--output', output, '--keep-anyway'), { instanceOf: GobyError });
  t.regex(error!.message, /kept\.tflite was kept as you asked/);
  t.is((error as GobyError).exitCode, 1);
  t.is(readModel(await readFile(output), output).subgraphs.length, 1);
});

testRequiring([{ kind: 'runtime' }], 'pixels in a range that turns them black are noticed', async (t) => {
  const own = new TinyGraph();
  own.input('x', [1, 12, 12, 3]);
  own.node('scaled', 'RealDiv', ['x', own.floats('by', [], [127.5])]);
  own.node('shifted', 'Sub', ['scaled', own.floats('one', [], [1])]);
  own.node('conv', 'Conv2D', ['shifted', own.floats('filter', [3, 3, 3, 4])], {
    strides: ints(1, 2, 2, 1),
    padding: text('SAME'),
  });
  const file = join(folder, 'scaling.pb');
  await writeFile(file, own.frozen());
  const photos = ['--graph', file, '--calibration-images', join(folder, 'photos')];
  for (const type of ['float', 'quantized']) {
    const args = [...photos, '--inference-type', type];
    await refused(t, `black-${type}`, [...args, '--input-range', '-1,1'], /every picture is one colour/);
    const printed = await run(...args, '--output', join(folder, `scaling-${type}.tflite`));
    t.regex(printed, /pixels +0\.\.255 are 0\.\.255 \(found: the graph begins with pixel \* 0\.007843 \+ -1\)/);
  }
});

testRequiring([{ kind: 'runtime' }], 'photos in folders below count, broken ones are left out by name', async (t) => {
  const photos = join(folder, 'classes');
  await mkdir(join(photos, 'cats'), { recursive: true });
  await copyFile(join(folder, 'photos', '0.png'), join(photos, 'cats', 'a.PNG'));
  await copyFile(join(folder, 'photos', '1.png'), join(photos, 'b.png'));
  await writeFile(join(photos, 'cats', 'empty.jpg'), '');
  const output = join(folder, 'below.tflite');
  const { child, stderr } = program('', [
    ...['--graph', graph, '--output', output, '--inference-type', 'quantized', '--calibration-images', photos],
  ]);
  const [code] = await once(child, 'close');
  t.is(code, 0, stderr());
  t.regex(stderr(), /cats\/empty\.jpg can't be read as a photo.*It was left out/);
});

testRequiring([{ kind: 'runtime' }], 'what pixels and labels are is stated in the file', async (t) => {
  const common = ['--graph', graph, '--labels', join(folder, 'labels.txt')];
  const photos = ['--calibration-images', join(folder, 'photos')];
  for (const [name, args, stated] of [
    ['float', ['--input-range', '0,255'], { mean: [0], standardDeviation: [1] }],
    ['assumed', [], { mean: [127.5], standardDeviation: [127.5] }],
    ['quantized', ['--inference-type', 'quantized', '--input-range', '0,1'], { mean: [0], standardDeviation: [255] }],
  ] as const) {
    const output = join(folder, `stated-${name}.tflite`);
    await run(...common, ...photos, '--output', output, ...args);
    const metadata = readMetadata(readModel(await readFile(output), output), output)!;
    const { mean, standardDeviation } = statedNormalisation(metadata, 0)!;
    const rounded = (numbers: readonly number[]) => numbers.map((number) => Number(number.toFixed(3)));
    t.deepEqual({ mean: rounded(mean), standardDeviation: rounded(standardDeviation) }, stated as never, name);
    t.deepEqual(
      labelFiles(metadata).map((file) => [file.name, file.type]),
      [['labels.txt', 'TENSOR_AXIS_LABELS']],
    );
  }
});

testRequiring(
  [{ kind: 'runtime' }],
  'what is .tflite already is passed on, also where a .pb was expected',
  async (t) => {
    const model = join(folder, 'trained.tflite');
    await run('--graph', graph, '--output', model);
    for (const [given, output] of [
      [model, 'copy.tflite'],
      [join(folder, 'trained.pb'), 'copy2.tflite'],
    ] as const) {
      const printed = await run(
        '--graph_def_file',
        given,
        '--output_file',
        join(folder, output),
        '--input_array=input',
      );
      t.regex(printed, /trained\.tflite is \.tflite already: there is nothing to convert/);
      t.deepEqual(await readFile(join(folder, output)), await readFile(model));
    }
    await run('--graph', model, '--output', join(folder, 'trained.dot'), '--output_format', 'GRAPHVIZ_DOT');
    t.regex(await readFile(join(folder, 'trained.dot'), 'utf8'), /^digraph/);
    await refused(t, 'float-already', ['--graph', model, '--inference_type', 'QUANTIZED_UINT8'], /already, in float/);
  },
);

/** The whole program as a process of its own, below `setup` of the shell. */
function program(setup: string, args: readonly string[]) {
  const main = [process.execPath, '--import', 'tsx', join(places.root, 'src', 'main.ts'), 'convert', ...args];
  const child = spawn('sh', ['-c', `${setup} exec "$@"`, 'sh', ...main], { cwd: places.root });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  return { child, stderr: () => stderr };
}

testRequiring(
  [{ kind: 'runtime' }],
  'a disk that is full is told in a sentence, and no partial file is left',
  async (t) => {
    await mkdir(join(folder, 'full'));
    // Files may grow to one block of 512 bytes; writing more fails as on a full disk.
    const setup = "trap '' XFSZ; ulimit -f 1;";
    const { child, stderr } = program(setup, ['--graph', graph, '--output', join(folder, 'full', 'model.tflite')]);
    const [code] = await once(child, 'close');
    t.is(code, 1);
    t.regex(stderr(), /goby: .*\.tflite could not be written/);
    t.notRegex(stderr(), /\n +at /);
    t.deepEqual(await readdir(join(folder, 'full')), []);
  },
);

testRequiring([{ kind: 'runtime' }], 'an interrupted conversion says so and leaves nothing behind', async (t) => {
  await mkdir(join(folder, 'many'));
  await mkdir(join(folder, 'interrupted'));
  for (let at = 0; at < 300; at += 1)
    await copyFile(join(folder, 'photos', '0.png'), join(folder, 'many', `${at}.png`));
  const photos = ['--inference-type', 'quantized', '--calibration-images', join(folder, 'many')];
  const output = join(folder, 'interrupted', 'model.tflite');
  const { child, stderr } = program('', ['--graph', graph, '--output', output, ...photos]);
  // Once: a second one ends it at once, as users expect.
  let isSent = false;
  child.stderr.on('data', () => {
    if (!isSent && stderr().includes('calibrating')) isSent = child.kill('SIGINT');
  });
  const [code] = await once(child, 'close');
  t.is(code, 130);
  t.regex(stderr(), /goby: Interrupted: nothing was written\./);
  t.deepEqual(await readdir(join(folder, 'interrupted')), []);
});
