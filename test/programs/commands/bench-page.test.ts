/** `goby bench page`: a whole agent with viewers, measured from outside. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { testRequiring } from '../../requiring.ts';

const main = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));

testRequiring(
  [{ kind: 'runtime' }, { kind: 'samples' }],
  'the page is measured with and without viewers, beside an agent without it',
  async (t) => {
    const args = [
      'bench',
      'page',
      '--model',
      'face-detection-short-range',
      '--seconds',
      '2',
      '--events',
      '500',
      '--json',
    ];
    const child = spawn(process.execPath, ['--import=tsx', main, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    const code = await new Promise((resolve) => child.once('close', resolve));
    t.is(code, 0);
    const told = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    t.like(told, { model: 'face-detection-short-range', seconds: 2, events: 500 });
    t.true(told.memoryBytes.without > 20e6 && told.memoryBytes.with > 20e6, JSON.stringify(told.memoryBytes));
    t.true(told.detectionsPerSecond.alone > 0 && told.detectionsPerSecond.threeViewers > 0);
    t.true(told.picturesPerSecond > 0);
    t.is(told.firstPictureMs.count, 20);
  },
);
