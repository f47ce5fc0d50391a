/** A model that changes on disk while the agent runs: taken between two frames when it holds, left alone when it doesn't. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mirror, type Need, places, testRequiring } from '../requiring.ts';
import { goby, observe } from './program.ts';
import { makeWorkplace } from './workplace.ts';

const needs: readonly Need[] = [
  { kind: 'runtime' },
  { kind: 'samples' },
  { kind: 'mirror' },
  { kind: 'program', name: 'mosquitto_sub' },
];

/** Every class is detected, none that is seen becomes an event. */
const watching = {
  source: { type: 'folder', path: places.photos, framesPerSecond: 5 },
  minScore: 0,
  labels: ['macaw'],
};

const hashOf = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

testRequiring(needs, 'a new file of an own model is used from the next frame on; a bad one is not', async (t) => {
  const small = join(mirror!, 'mobilenet_v1_0.25_128_quant.tflite');
  const bigger = join(mirror!, 'mobilenet_v1_0.5_160_quant.tflite');
  const workplace = makeWorkplace({
    device: { id: 'test' },
    mqtt: { embedded: { port: 0 } },
    publish: { detections: 'all', maxPerSecond: 100 },
    models: { own: { mine: { task: 'classify', file: 'mine.tflite', labels: join(mirror!, 'imagenet_labels.txt') } } },
    cameras: {
      front: { ...watching, model: 'mine' },
    },
  });
  const mine = join(workplace.folder, 'mine.tflite');
  copyFileSync(small, mine);
  const agent = goby(['run', '--config', workplace.configFile], { env: workplace.env });
  const [, port] = await agent.line(/mqtt:\/\/127\.0\.0\.1:(\d+)/);
  const observer = observe(Number(port));
  t.teardown(async () => {
    await agent.end('SIGKILL');
    await observer.end();
    workplace.remove();
  });
  const runs = (path: string, from = 0) =>
    observer.line(new RegExp(`front/detections .*"modelSha256":"${hashOf(path)}"`), from);
  await runs(small);

  // Replaced whole, as `goby train` does.
  const pending = join(workplace.folder, 'pending');
  copyFileSync(bigger, pending);
  renameSync(pending, mine);
  await agent.line(/mine changed on disk: [0-9a-f]{12} was verified and is used from now on/);
  await runs(bigger);
  await observer.line(new RegExp(`^goby/test/info .*"sha256":"${hashOf(bigger)}"`));
  const detector = agent.lines.length;

  // A detector where a classifier was: its outputs can't be read as labels.
  copyFileSync(join(places.root, 'var/models/face-detection-short-range/face_detection_short_range.tflite'), mine);
  await agent.line(
    new RegExp(`mine changed on disk, but ${hashOf(bigger).slice(0, 12)} goes on: .*finds things with boxes`),
    detector,
  );
  const garbage = agent.lines.length;

  // Overwritten in place with something that is no model at all.
  writeFileSync(mine, 'no model');
  await agent.line(/mine changed on disk, but .* goes on: .*not a TensorFlow Lite model/, garbage);
  const truncated = agent.lines.length;

  // Whole at its start, and then nothing: the sort of file that ends a process.
  writeFileSync(mine, readFileSync(bigger).subarray(0, 60_000));
  await agent.line(/mine changed on disk, but .* goes on: /, truncated);
  const from = observer.lines.length;
  await runs(bigger, from);

  // A worker that is started again has the model that was verified, whatever lies there now.
  const pids = readFileSync(`/proc/${agent.child.pid}/task/${agent.child.pid}/children`, 'utf8').trim().split(' ');
  process.kill(Number(pids[0]), 'SIGKILL');
  const killed = observer.lines.length;
  await runs(bigger, killed + 1);

  copyFileSync(small, mine);
  await agent.line(/mine changed on disk: [0-9a-f]{12} was verified/, agent.lines.length);
  await runs(small, observer.lines.length);
  t.is(await agent.end('SIGTERM'), 0);
  t.notRegex(agent.text, /\bat .*\.(ts|js):\d+/, 'no stack trace');
});

testRequiring(
  needs,
  'models-use puts another model before a camera, and refuses a hash that is not there',
  async (t) => {
    const labels = join(mirror!, 'imagenet_labels.txt');
    const small = join(mirror!, 'mobilenet_v1_0.25_128_quant.tflite');
    const bigger = join(mirror!, 'mobilenet_v1_0.5_160_quant.tflite');
    const workplace = makeWorkplace({
      device: { id: 'test' },
      mqtt: { embedded: { port: 0 } },
      publish: { detections: 'all', maxPerSecond: 100 },
      models: {
        own: { small: { task: 'classify', file: small, labels }, bigger: { task: 'classify', file: bigger, labels } },
      },
      cameras: {
        front: { ...watching, model: 'small' },
      },
    });
    const agent = goby(['run', '--config', workplace.configFile], { env: workplace.env });
    const [, port] = await agent.line(/mqtt:\/\/127\.0\.0\.1:(\d+)/);
    const observer = observe(Number(port));
    t.teardown(async () => {
      await agent.end('SIGKILL');
      await observer.end();
      workplace.remove();
    });
    const use = (sha256: string, transaction: string) => {
      const payload = JSON.stringify({ camera: 'front', model: 'bigger', sha256, transaction });
      const topic = 'goby/test/request/models-use';
      execFileSync('mosquitto_pub', ['-h', '127.0.0.1', '-p', port!, '-q', '1', '-t', topic, '-m', payload]);
      return observer.line(new RegExp(`^goby/test/response/models-use .*"transaction":"${transaction}"`));
    };
    await observer.line(new RegExp(`front/detections .*"modelSha256":"${hashOf(small)}"`));
    t.regex((await use('0'.repeat(64), 'wrong'))[0], /"status":"error".*has the SHA-256/);
    t.regex((await use(hashOf(bigger), 'right'))[0], /"status":"ok"/);
    await observer.line(new RegExp(`front/detections .*"model":"bigger","modelSha256":"${hashOf(bigger)}"`));
    t.is(await agent.end('SIGTERM'), 0);
  },
);
