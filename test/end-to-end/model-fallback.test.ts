/** A model that was damaged between two starts: the copy that worked last goes on, and everybody is told. */
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { mirror, type Need, places, testRequiring } from '../requiring.ts';
import { goby, observe } from './program.ts';
import { makeWorkplace, samplesConfig, type Workplace } from './workplace.ts';

const needs: readonly Need[] = [
  { kind: 'runtime' },
  { kind: 'samples' },
  { kind: 'mirror' },
  { kind: 'program', name: 'mosquitto_sub' },
];

const hashOf = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

/** Starts the agent and waits until the model of this hash runs. */
async function started(t: ExecutionContext, workplace: Workplace, sha256: string) {
  const agent = goby(['run', '--config', workplace.configFile], { env: workplace.env });
  t.teardown(() => agent.end('SIGKILL'));
  const [, port] = await agent.line(/mqtt:\/\/127\.0\.0\.1:(\d+)/);
  const observer = observe(Number(port));
  t.teardown(() => observer.end());
  await observer.line(new RegExp(`front/detections .*"modelSha256":"${sha256}"`));
  return { agent, observer };
}

const labels = ['macaw'];
const agentConfig = {
  device: { id: 'test' },
  mqtt: { embedded: { port: 0 } },
  publish: { detections: 'all', maxPerSecond: 100 },
};

testRequiring(needs, 'an own model cut short between two starts: its copy runs until the file is mended', async (t) => {
  const whole = join(mirror!, 'mobilenet_v1_0.25_128_quant.tflite');
  const sha256 = hashOf(whole);
  const workplace = makeWorkplace({
    ...agentConfig,
    models: { own: { mine: { task: 'classify', file: 'mine.tflite', labels: join(mirror!, 'imagenet_labels.txt') } } },
    cameras: {
      front: {
        source: { type: 'folder', path: places.photos, framesPerSecond: 5 },
        minScore: 0,
        labels,
        model: 'mine',
      },
    },
  });
  t.teardown(() => workplace.remove());
  const mine = join(workplace.folder, 'mine.tflite');
  copyFileSync(whole, mine);
  const first = await started(t, workplace, sha256);
  await first.observer.line(/^goby\/test\/health .*"models":\{"state":"ready"/);
  t.is(await first.agent.end('SIGTERM'), 0);

  truncateSync(mine, 60_000);
  const second = await started(t, workplace, sha256);
  const told =
    /The model mine runs from the copy ([0-9a-f]{12}) that worked last, and from its own file as soon as .*mine/;
  t.is((await second.agent.line(told))[1], sha256.slice(0, 12));
  await second.observer.line(/^goby\/test\/health .*"models":\{"state":"fallback".*runs from the copy/);
  const doctor = goby(['doctor', '--config', workplace.configFile], { env: workplace.env });
  await doctor.exited;
  t.regex(doctor.text, /^warn +models +The model mine runs from the copy/m);

  // The same content again, as from a backup.
  const from = second.observer.lines.length;
  copyFileSync(whole, `${mine}.new`);
  renameSync(`${mine}.new`, mine);
  await second.agent.line(/mine changed on disk: [0-9a-f]{12} was verified and is used from now on/);
  await second.observer.line(/^goby\/test\/health .*"models":\{"state":"ready"/, from);
  t.is(await second.agent.end('SIGTERM'), 0);

  rmSync(mine);
  const third = await started(t, workplace, sha256);
  await third.agent.line(told);
  t.is(await third.agent.end('SIGTERM'), 0);
});

testRequiring(needs, 'a model of the catalog cut short between two starts: its copy runs', async (t) => {
  const name = 'face-detection-short-range';
  const workplace = makeWorkplace({ ...samplesConfig, ...agentConfig });
  t.teardown(() => workplace.remove());
  const store = join(workplace.folder, 'state', 'models', name);
  mkdirSync(store, { recursive: true });
  cpSync(join(places.root, 'var', 'models', name), store, { recursive: true });
  const file = join(store, 'face_detection_short_range.tflite');
  const sha256 = hashOf(file);
  const first = await started(t, workplace, sha256);
  // Kept behind the start, when all models have answered.
  await first.observer.line(/^goby\/test\/health .*"models":\{"state":"ready"/);
  t.is(await first.agent.end('SIGTERM'), 0);

  truncateSync(file, 60_000);
  const second = await started(t, workplace, sha256);
  await second.agent.line(/The model face-detection-short-range runs from the copy .* that worked last, .*is damaged/);
  await second.observer.line(/^goby\/test\/health .*"models":\{"state":"fallback"/);
  t.is(await second.agent.end('SIGTERM'), 0);
});

testRequiring(needs, 'a model that never worked has no copy: the start says what is wrong', async (t) => {
  const workplace = makeWorkplace({
    ...agentConfig,
    models: { own: { mine: { task: 'classify', file: 'mine.tflite' } } },
    cameras: { front: { source: { type: 'folder', path: places.photos, framesPerSecond: 5 }, labels, model: 'mine' } },
  });
  t.teardown(() => workplace.remove());
  const agent = goby(['run', '--config', workplace.configFile], { env: workplace.env });
  t.teardown(() => agent.end('SIGKILL'));
  t.is(await agent.exited, 78);
  t.regex(agent.text, /models\.own\.mine\.file: there is no file/);
});

testRequiring(needs, 'an only model that is no model ends with 78: systemd would start goby for ever', async (t) => {
  const workplace = makeWorkplace({
    ...agentConfig,
    models: { own: { mine: { task: 'classify', file: 'mine.tflite' } } },
    cameras: { front: { source: { type: 'folder', path: places.photos, framesPerSecond: 5 }, model: 'mine' } },
  });
  t.teardown(() => workplace.remove());
  writeFileSync(join(workplace.folder, 'mine.tflite'), 'no model at all, whatever its name says');
  const agent = goby(['run', '--config', workplace.configFile], { env: workplace.env });
  t.teardown(() => agent.end('SIGKILL'));
  t.is(await agent.exited, 78, agent.text);
  t.regex(agent.text, /mine\.tflite/);
  t.notRegex(agent.text, /^ +at /m);
});
