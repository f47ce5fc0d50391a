/** `goby models inspect` on files made by code. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { inspectCommand } from '../../../src/commands/models/inspect.ts';
import { ConfigError, InputError } from '../../../src/errors.ts';
import { writeModel } from '../../../src/models/tflite-file/write-model.ts';
import { smallModel } from '../../models/tflite-file/small-model.ts';

let folder: string;
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'goby-inspect-'));
  await writeFile(join(folder, 'small.tflite'), writeModel(smallModel()));
  await writeFile(join(folder, 'page.tflite'), '<html>not found</html>');
});
test.after.always(() => rm(folder, { recursive: true, force: true }));

/** Runs the command and gives what it prints. Serial tests only: it stands in for console.log. */
async function printed(...args: string[]): Promise<string> {
  const lines: string[] = [];
  const original = console.log;
  console.log = (text: string) => lines.push(text);
  try {
    await inspectCommand().parseAsync(args, { from: 'user' });
  } finally {
    console.log = original;
  }
  return lines.join('\n');
}

test.serial('a file that is missing or no model is told in a sentence', async (t) => {
  await t.throwsAsync(printed(join(folder, 'none.tflite')), {
    instanceOf: ConfigError,
    message: /there is no file .*none\.tflite/,
  });
  await t.throwsAsync(printed(join(folder, 'page.tflite')), {
    instanceOf: InputError,
    message: /is a web page, not a model/,
  });
});

test.serial('the table shows operators, cost, quantization and coverage', async (t) => {
  const text = await printed(join(folder, 'small.tflite'), '--tensors');
  t.regex(text, /CONV_2D +3 +1x4x4x2 +1x2x2x3 +216 +57 +yes/);
  t.regex(text, /Strange .*no such operator in XNNPACK/);
  t.regex(text, /weights +3x3x3x2 +float32 +3 scales along dimension 0/);
  t.regex(text, /XNNPACK +takes 1 of 2 operators, 100 % of the MACs/);
  t.regex(text, /Edge TPU +not compiled for it/);
});

test.serial('--json is one object, --graphviz writes a drawing', async (t) => {
  const drawing = join(folder, 'small.dot');
  const report = JSON.parse(await printed(join(folder, 'small.tflite'), '--json', '--graphviz', drawing));
  t.is(report.macs, 216);
  t.is(report.parameters, 57);
  t.deepEqual(report.metadata, ['note']);
  t.like(report.operators[1], { name: 'Strange', xnnpack: false });
  t.regex(await readFile(drawing, 'utf8'), /^digraph "small\.tflite"/);
});

test.serial('a drawing that cannot be written is told in a sentence', async (t) => {
  await t.throwsAsync(printed(join(folder, 'small.tflite'), '--graphviz', join(folder, 'none', 'x.dot')), {
    instanceOf: InputError,
    message: /can't be written/,
  });
});
