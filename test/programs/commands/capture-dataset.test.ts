/** `goby capture-dataset` as a user runs it, with photos of a folder as the camera and keys from a pipe. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { Program } from '../../end-to-end/program.ts';
import { type Need, places, testRequiring } from '../../requiring.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const needs: readonly Need[] = [{ kind: 'samples' }];

function captureDataset(args: readonly string[]): Program {
  const source = { type: 'folder', path: places.photos, framesPerSecond: 10 };
  return new Program(
    process.execPath,
    [
      ...['--import=tsx', 'src/main.ts', 'capture-dataset', ...args],
      ...['--set', `cameras.camera.source=${JSON.stringify(source)}`],
    ],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
}

const photosOf = (folder: string, name: string): string[] => readdirSync(join(folder, name));

testRequiring(needs, 'keys from a pipe fill the classes, each with the next frame, and q ends it', async (t) => {
  const folder = temporaryFolder(t);
  const program = captureDataset(['--output', folder, '--classes', 'cat, dog', '--no-similar', '--json']);
  program.child.stdin!.write('1x2\n1q');
  t.is(await program.exited, 0, program.text);
  t.is(photosOf(folder, 'cat').length, 2);
  t.is(photosOf(folder, 'dog').length, 1);
  for (const name of photosOf(folder, 'cat')) {
    t.is((await sharp(join(folder, 'cat', name)).metadata()).format, 'jpeg');
  }
  await program.line(/"class": "cat"/);
});

testRequiring(
  needs,
  'a photo every so often until the class has its count; the end of the input ends nothing',
  async (t) => {
    const folder = temporaryFolder(t);
    const program = captureDataset(['--output', folder, '--class', 'all', '--interval', '0.1', '--count', '3']);
    program.child.stdin!.end();
    t.is(await program.exited, 0, program.text);
    t.is(photosOf(folder, 'all').length, 3);
    await program.line(/^all +3 +3 +\d+$/);
  },
);

testRequiring(needs, 'Ctrl-C ends it in order and tells the counts', async (t) => {
  const folder = temporaryFolder(t);
  const program = captureDataset(['--output', folder, '--class', 'all', '--interval', '0.1']);
  await program.line(/^1 all: 1/);
  t.is(await program.end('SIGINT'), 0, program.text);
  await program.line(/^class +photos/);
});

testRequiring([...needs, { kind: 'runtime' }], 'what is detected is cut out as a square', async (t) => {
  const folder = temporaryFolder(t);
  const program = captureDataset([
    ...['--output', folder, '--class', 'face', '--on-detection', 'face', '--crop', '--count', '4'],
    ...['--model', 'face-detection-short-range', '--interval', '0.1'],
  ]);
  t.is(await program.exited, 0, program.text);
  t.is(photosOf(folder, 'face').length, 4);
  for (const name of photosOf(folder, 'face')) {
    const { width, height } = await sharp(join(folder, 'face', name)).metadata();
    t.is(width, height);
    // The sample photos are 1280 pixels high and more.
    t.true(width! < 1280, 'a face, not the whole photo');
  }
});

testRequiring(needs, 'a mistake gets a sentence and exit code 78', async (t) => {
  const program = captureDataset(['--output', temporaryFolder(t), '--class', 'x', '--camera', 'back']);
  t.is(await program.exited, 78, program.text);
  t.regex(program.text, /There is no camera back under cameras \(camera\)/);
  t.notRegex(program.text, /\bat .*\.ts:\d+/);
});
