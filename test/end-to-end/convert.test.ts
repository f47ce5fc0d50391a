/** The article's whole road, its lines pasted: what retrain.py left is converted and tells photos apart; what goby trains needs no converting. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { shared, testRequiring } from '../requiring.ts';
import { retrainedGraph } from '../workshop/convert/network-graphs.ts';
import { reference } from '../workshop/convert/run-model.ts';
import { noise } from '../workshop/convert/tiny-graph.ts';
import { goby } from './program.ts';

const side = 32;
const widths = [8, 16, 16, 24, 32];
const labels = ['daisy', 'dandelion', 'rose', 'tulip'];

/** Pixels of coarse patches. */
function patches(seed: number): Uint8Array {
  const colours = noise(4 * 4 * 3, seed);
  return Uint8Array.from({ length: side * side * 3 }, (_, at) => {
    const [x, y] = [Math.floor((Math.floor(at / 3) % side) / 8), Math.floor(at / 3 / side / 8)];
    return Math.round(127.5 + 127.5 * colours[(y * 4 + x) * 3 + (at % 3)]!);
  });
}

testRequiring(
  [{ kind: 'runtime' }],
  "retrain.py's graph, converted by the lines of the article, tells photos apart",
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'goby-article-'));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, 'retrained_graph.pb'), retrainedGraph(side, widths, labels.length).frozen());
    writeFileSync(join(folder, 'retrained_labels.txt'), `${labels.join('\n')}\n`);
    const photos = join(folder, 'flower_photos');
    mkdirSync(photos);
    for (let seed = 1; seed <= 8; seed += 1) {
      await sharp(patches(seed), { raw: { width: side, height: side, channels: 3 } })
        .png()
        .toFile(join(photos, `${seed}.png`));
    }
    const twin = retrainedGraph(side, widths, labels.length, 'Identity');
    for (const [type, tolerance] of [
      ['FLOAT', 0.01],
      ['QUANTIZED_UINT8', 0.1],
    ] as const) {
      const output = join(folder, `graph-${type}.tflite`);
      const converting = goby([
        'convert',
        `--graph_def_file=${join(folder, 'retrained_graph.pb')}`,
        `--output_file=${output}`,
        '--input_format=TENSORFLOW_GRAPHDEF',
        '--output_format=TFLITE',
        `--input_shape=1,${side},${side},3`,
        '--input_array=input',
        '--output_array=final_result',
        `--inference_type=${type}`,
        '--input_data_type=FLOAT',
        '--mean_values=127.5',
        '--std_dev_values=127.5',
        `--labels=${join(folder, 'retrained_labels.txt')}`,
        `--calibration-images=${photos}`,
      ]);
      t.is(await converting.exited, 0, converting.text);
      for (const seed of [1, 5, 8]) {
        const values = Float32Array.from(patches(seed), (pixel) => pixel / 127.5 - 1);
        const wanted = await reference(twin, { name: 'input', shape: [1, side, side, 3], values }, 'final_result');
        const told = goby(['classify', `--graph=${output}`, `--image=${join(photos, `${seed}.png`)}`, '--json']);
        t.is(await told.exited, 0, told.text);
        const { detections } = JSON.parse(told.lines.at(-1)!) as { detections: { label: string; score: number }[] };
        for (const { label, score } of detections) {
          const expected = wanted.values[labels.indexOf(label)]!;
          t.true(
            Math.abs(score - expected) < tolerance,
            `${type}, photo ${seed}, ${label}: ${score}, expected ${expected}`,
          );
        }
        const best = labels[wanted.values.indexOf(Math.max(...wanted.values))];
        t.is(detections[0]?.label, best);
      }
    }
    // As the messages about files of other kinds say it.
    const graph = join(folder, 'retrained_graph.pb');
    const plain = goby(['convert', graph, '--output', join(folder, 'plain.tflite'), '--input_type=FLOAT']);
    t.is(await plain.exited, 0, plain.text);
    t.true(existsSync(join(folder, 'plain.tflite')));
    for (const [given, says] of [
      [[graph, '--graph', graph], /Two graphs are named/],
      [[], /Name the graph to convert/],
      [['missing.pb'], /missing\.pb can't be read: there is no such file/],
    ] as const) {
      const refused = goby(['convert', ...given, '--output', join(folder, 'none.tflite')]);
      t.not(await refused.exited, 0);
      t.regex(refused.text, says);
    }
  },
);

testRequiring(
  [{ kind: 'mirror' }, { kind: 'runtime' }],
  'what goby trains as output_graph.pb is .tflite, and convert says so',
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'goby-article-'));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    for (const name of ['pikachu', 'no-pikachu']) {
      mkdirSync(join(folder, 'photos', name), { recursive: true });
      for (const photo of readdirSync(shared(`datasets/pikachu/${name}`))
        .sort()
        .slice(0, 12)) {
        copyFileSync(shared(`datasets/pikachu/${name}/${photo}`), join(folder, 'photos', name, photo));
      }
    }
    const env = { ...process.env, GOBY_STATE_DIR: join(folder, 'state') };
    const training = goby(
      [
        'train',
        `--image_dir=${join(folder, 'photos')}`,
        `--output_graph=${join(folder, 'output_graph.pb')}`,
        `--output_labels=${join(folder, 'output_labels.txt')}`,
        `--summaries_dir=${join(folder, 'summaries')}`,
        '--flip_left_right=False',
        '--how_many_training_steps=50',
        '--architecture',
        'mobilenet_0.25_128_quantized',
      ],
      { env },
    );
    t.is(await training.exited, 0, training.text);
    t.regex(training.text, /output_graph\.tflite: it is \.tflite at once/);
    t.true(existsSync(join(folder, 'output_labels.txt')));
    const converting = goby([
      'convert',
      `--graph_def_file=${join(folder, 'output_graph.pb')}`,
      `--output_file=${join(folder, 'graph.tflite')}`,
      '--inference_type=QUANTIZED_UINT8',
    ]);
    t.is(await converting.exited, 0, converting.text);
    t.regex(converting.text, /output_graph\.tflite is \.tflite already: there is nothing to convert/);
    t.true(existsSync(join(folder, 'graph.tflite')));
  },
);
