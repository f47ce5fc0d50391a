/** Command lines as TensorFlow's documents and retrain.py's articles print them, with only the program's name replaced. */
import { spawnSync } from 'node:child_process';
import test from 'ava';
import { Command } from 'commander';
import { classifyCommand } from '../../src/commands/classify.ts';
import { convertCommand } from '../../src/commands/convert.ts';
import { trainCommand } from '../../src/commands/train.ts';
import { plainArguments, takePasted } from '../../src/terminal/pasted-options.ts';

/** What the command would run with: its arguments and options. */
async function understood(line: string): Promise<{ files: unknown; options: Record<string, unknown> }> {
  const [program = '', ...args] = words(line);
  const make = { train: trainCommand, convert: convertCommand, classify: classifyCommand }[program]!;
  let found: { files: unknown; options: Record<string, unknown> } | undefined;
  const command = make()
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .action((...given: unknown[]) => {
      const last = given.at(-2) as Record<string, unknown>;
      found = { files: given[0], options: last };
    });
  await command.parseAsync(args, { from: 'user' });
  return found!;
}

/** As a shell splits it. */
function words(line: string): string[] {
  const script = `ARCHITECTURE=mobilenet_0.50_224; IMAGE_SIZE=224; set -- ${line}\nprintf '%s\\n' "$@"`;
  return spawnSync('sh', ['-c', script], { encoding: 'utf8' }).stdout.trimEnd().split('\n');
}

const retrained: Readonly<Record<string, Record<string, unknown>>> = {
  // codelabs: TensorFlow for Poets 2.
  [`train \
  --bottleneck_dir=tf_files/bottlenecks \
  --how_many_training_steps=500 \
  --model_dir=tf_files/models/ \
  --summaries_dir=tf_files/training_summaries/"\${ARCHITECTURE}" \
  --output_graph=tf_files/retrained_graph.pb \
  --output_labels=tf_files/retrained_labels.txt \
  --architecture="\${ARCHITECTURE}" \
  --image_dir=tf_files/flower_photos`]: {
    howManyTrainingSteps: 500,
    outputGraph: 'tf_files/retrained_graph.pb',
    outputLabels: 'tf_files/retrained_labels.txt',
    architecture: 'mobilenet_0.50_224',
    imageDir: 'tf_files/flower_photos',
  },
  // "Creating insanely fast image classifiers with MobileNet in TensorFlow".
  [`train --image_dir ~/ml/blogs/road-not-road/data/ --learning_rate=0.0005 --testing_percentage=15 \
  --validation_percentage=15 --train_batch_size=32 --validation_batch_size=-1 --flip_left_right True --random_scale=30 \
  --random_brightness=30 --eval_step_interval=100 --how_many_training_steps=600 --architecture mobilenet_1.0_224`]: {
    learningRate: 0.0005,
    testingPercentage: 15,
    validationPercentage: 15,
    trainBatchSize: 32,
    validationBatchSize: -1,
    flipLeftRight: true,
    randomScale: 30,
    randomBrightness: 30,
    evalStepInterval: 100,
    howManyTrainingSteps: 600,
    architecture: 'mobilenet_1.0_224',
  },
  // tensorflow.org, How to Retrain an Image Classifier for New Categories.
  'train --image_dir ~/flower_photos --tfhub_module https://tfhub.dev/google/imagenet/mobilenet_v2_100_224/feature_vector/3':
    {
      architecture: 'mobilenet_v2_1.0_224',
    },
  'train --image_dir=photos --flip_left_right=True --random_crop=5 --print_misclassified_test_images': {
    flipLeftRight: true,
    randomCrop: 5,
  },
  'train --image_dir=photos --flip_left_right=False --architecture mobilenet_0.25_128_quantized': {
    flipLeftRight: false,
    architecture: 'mobilenet_0.25_128_quantized',
  },
};

const converted: Readonly<Record<string, Record<string, unknown>>> = {
  // TensorFlow for Poets 2: TFLite.
  [`convert \
  --graph_def_file=tf_files/retrained_graph.pb \
  --output_file=tf_files/optimized_graph.lite \
  --input_format=TENSORFLOW_GRAPHDEF \
  --output_format=TFLITE \
  --input_shape=1,\${IMAGE_SIZE},\${IMAGE_SIZE},3 \
  --input_array=input \
  --output_array=final_result \
  --inference_type=FLOAT \
  --input_data_type=FLOAT`]: {
    graph: 'tf_files/retrained_graph.pb',
    output: 'tf_files/optimized_graph.lite',
    outputFormat: 'tflite',
    inputShapes: [[1, 224, 224, 3]],
    inputArrays: ['input'],
    outputArrays: ['final_result'],
    inferenceType: 'float',
  },
  [`convert --input_file=frozen_graph.pb --output_file=foo.lite --input_format=TENSORFLOW_GRAPHDEF --output_format=TFLITE \
  --input_shape=1,224,224,3 --input_array=input --output_array=final_result \
  --inference_type=QUANTIZED_UINT8 --mean_value=128 --std_value=127`]: {
    graph: 'frozen_graph.pb',
    inferenceType: 'quantized',
    inputRange: { low: -128 / 127, high: 1 },
  },
  // tensorflow.org, Converter command line examples.
  [`convert \
  --output_file=tmp/foo.tflite \
  --graph_def_file=tmp/mobilenet_v1_0.50_128/frozen_graph.pb \
  --input_arrays=input \
  --output_arrays=MobilenetV1/Predictions/Reshape_1`]: {
    graph: 'tmp/mobilenet_v1_0.50_128/frozen_graph.pb',
    outputArrays: ['MobilenetV1/Predictions/Reshape_1'],
  },
  'convert --output_file=tmp/foo.tflite --saved_model_dir=tmp/saved_model': { graph: 'tmp/saved_model' },
  'convert --output_file=tmp/foo.tflite --keras_model_file=tmp/keras_model.h5': { graph: 'tmp/keras_model.h5' },
  [`convert --output_file=tmp/foo.tflite --graph_def_file=tmp/some_quantized_graph.pb --inference_type=QUANTIZED_UINT8 \
  --input_arrays=input --output_arrays=MobilenetV1/Predictions/Reshape_1 --mean_values=128 --std_dev_values=127`]: {
    inferenceType: 'quantized',
    inputRange: { low: -128 / 127, high: 1 },
  },
  [`convert --graph_def_file=tmp/some_mobilenetv1.pb --output_file=tmp/foo.cc --inference_type=QUANTIZED_UINT8 \
  --input_arrays=input --output_arrays=MobilenetV1/Predictions/Reshape_1 \
  --default_ranges_min=0 --default_ranges_max=6 --mean_values=128 --std_dev_values=127`]: {
    inferenceType: 'quantized',
  },
  [`convert --graph_def_file=tmp/inception_v1_2016_08_28_frozen.pb --output_file=tmp/foo.tflite \
  --input_shapes=1,28,28,96:1,28,28,16:1,28,28,192:1,28,28,64 \
  --input_arrays=InceptionV1/a,InceptionV1/b,InceptionV1/c,InceptionV1/d \
  --output_arrays=InceptionV1/Logits/Predictions/Reshape_1`]: {
    inputShapes: [
      [1, 28, 28, 96],
      [1, 28, 28, 16],
      [1, 28, 28, 192],
      [1, 28, 28, 64],
    ],
  },
  'convert --graph_def_file=tmp/frozen_graph.pb --output_file=tmp/foo.dot --output_format=GRAPHVIZ_DOT --input_shape=1,128,128,3 --input_arrays=input --output_arrays=out':
    { outputFormat: 'graphviz' },
  'convert --saved_model_dir=tmp/m --output_file=tmp/foo.tflite --post_training_quantize': {
    inferenceType: 'quantized',
    inferenceInputType: 'float',
  },
  'convert --saved_model_dir=tmp/m --saved_model_tag_set=serve --saved_model_signature_key=serving_default --output_file=tmp/f.tflite --experimental_new_converter=true':
    { graph: 'tmp/m', signature: 'serving_default' },
  // Running on mobile with TensorFlow Lite, object detection.
  [`convert \
  --graph_def_file=$OUTPUT_DIR/tflite_graph.pb \
  --output_file=$OUTPUT_DIR/detect.tflite \
  --input_shapes=1,300,300,3 \
  --input_arrays=normalized_input_image_tensor \
  --output_arrays='TFLite_Detection_PostProcess','TFLite_Detection_PostProcess:1','TFLite_Detection_PostProcess:2','TFLite_Detection_PostProcess:3' \
  --inference_type=QUANTIZED_UINT8 \
  --mean_values=128 \
  --std_dev_values=128 \
  --change_concat_input_ranges=false \
  --allow_custom_ops`]: {
    outputArrays: [
      'TFLite_Detection_PostProcess',
      'TFLite_Detection_PostProcess:1',
      'TFLite_Detection_PostProcess:2',
      'TFLite_Detection_PostProcess:3',
    ],
    inputRange: { low: -1, high: 127 / 128 },
  },
  // optimize_for_inference.
  'convert --input=tf_files/retrained_graph.pb --output=tf_files/optimized_graph.pb --input_names="input" --output_names="final_result"':
    { graph: 'tf_files/retrained_graph.pb', inputArrays: ['input'], outputArrays: ['final_result'] },
  // goby's own.
  'convert --graph model.json --output model.tflite --inference-type quantized --input-range -1,1': {
    inferenceType: 'quantized',
    inputRange: { low: -1, high: 1 },
  },
};

for (const [line, options] of Object.entries({ ...retrained, ...converted })) {
  test(line.replaceAll(/\s+/g, ' '), async (t) => {
    t.like((await understood(line)).options, options);
  });
}

test('label_image.py: the photo is an argument', async (t) => {
  const line =
    'classify --graph=retrained_graph.tflite --image=flower_photos/daisy/1.jpg --labels=labels.txt --input_layer=input --output_layer=final_result --input_height=224 --input_width=224';
  const { files, options } = await understood(line);
  t.deepEqual(files, ['flower_photos/daisy/1.jpg']);
  t.like(options, { model: 'retrained_graph.tflite', labels: 'labels.txt' });
});

test('an option that nobody knows is told as it was typed', async (t) => {
  await t.throwsAsync(understood('convert --graph a --output b --frob_nicate=7'), { message: /--frob_nicate/ });
  await t.throwsAsync(understood('convert --graph a --output b --inference_type=INT4'), {
    message: /'INT4' is invalid/,
  });
});

test('flags: every spelling of yes and no, and what follows a flag stays', (t) => {
  const command = new Command().option('--deep').option('--no-deep').option('--name <name>').option('--shy');
  const plain = (...args: string[]) => plainArguments(command.options, {}, args).plain;
  t.deepEqual(plain('--deep', 'True', 'a.jpg'), ['--deep', 'a.jpg']);
  t.deepEqual(plain('--deep', 'a.jpg'), ['--deep', 'a.jpg']);
  t.deepEqual(plain('--deep=false', '--shy=False'), ['--no-deep']);
  t.deepEqual(plain('--deep=1'), ['--deep']);
  t.deepEqual(plain('--name', '--odd', '-x'), ['--name=--odd', '-x']);
  t.deepEqual(plain('--', '--name', 'x_y'), ['--', '--name', 'x_y']);
});

test('what is left out is told once', (t) => {
  const lines: string[] = [];
  const original = console.error;
  console.error = (line: string) => lines.push(line);
  try {
    const command = takePasted(new Command().option('--name <name>'), { ignored: { far: 'value', off: 'flag' } });
    command
      .action(() => undefined)
      .parse(['--far_', 'x', '--far', 'y', '--off', '--name', 'z'].slice(2), { from: 'user' });
    t.is(command.opts()['name'], 'z');
  } finally {
    console.error = original;
  }
  t.deepEqual(lines, ['goby: --far, --off mean nothing here and are left out.']);
});
