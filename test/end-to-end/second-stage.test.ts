/** The second stage as a user configures it: real faces, a real classifier on their crops, seen by mosquitto_sub. */
import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mirror, type Need, testRequiring } from '../requiring.ts';
import { goby, observe } from './program.ts';
import { makeWorkplace, samplesConfig } from './workplace.ts';

const needs: readonly Need[] = [
  { kind: 'runtime' },
  { kind: 'samples' },
  { kind: 'mirror' },
  { kind: 'program', name: 'mosquitto_sub' },
];

interface Told {
  readonly estimates?: readonly { name: string; value: string; score: number; model: string; crops: number }[];
}

testRequiring(
  needs,
  'crops of faces are classified, voted, and told in events and detections as estimates',
  async (t) => {
    const { front } = samplesConfig.cameras;
    const workplace = makeWorkplace({
      ...samplesConfig,
      mqtt: { embedded: { port: 0 } },
      models: {
        own: {
          thing: {
            task: 'classify',
            file: 'thing.tflite',
            labels: join(mirror!, 'imagenet_labels.txt'),
          },
        },
      },
      cameras: {
        front: {
          ...front,
          secondStage: { models: [{ model: 'thing', labels: ['face'], minScore: 0 }], maxCropsPerSecond: 20 },
        },
      },
    });
    const thing = join(workplace.folder, 'thing.tflite');
    copyFileSync(join(mirror!, 'mobilenet_v1_0.25_128_quant.tflite'), thing);
    const agent = goby(['run', '--config', workplace.configFile], { env: workplace.env });
    const [, port] = await agent.line(/mqtt:\/\/127\.0\.0\.1:(\d+)/);
    const observer = observe(Number(port));
    t.teardown(async () => {
      await agent.end('SIGKILL');
      await observer.end();
      workplace.remove();
    });
    const [, update] = await observer.line(/^goby\/test\/front\/events (.*"type":"update".*"estimates".*)/);
    const [estimate] = (JSON.parse(update!) as Told).estimates!;
    t.like(estimate, { name: 'thing', model: 'thing' });
    t.is(typeof estimate!.value, 'string');
    t.true(estimate!.score > 0 && estimate!.score <= 1 && estimate!.crops >= 1);
    await observer.line(/^goby\/test\/front\/detections .*"estimates":\[\{"name":"thing"/);

    // Another file of the same model takes over behind the first stage, too.
    const bigger = join(mirror!, 'mobilenet_v1_0.5_160_quant.tflite');
    copyFileSync(bigger, thing);
    await agent.line(/thing changed on disk: [0-9a-f]{12} was verified and is used from now on/);
    const sha256 = createHash('sha256').update(readFileSync(bigger)).digest('hex');
    await observer.line(new RegExp(`front/events .*"estimates":\\[[^\\]]*"modelSha256":"${sha256}"`));
    t.is(await agent.end('SIGTERM'), 0);
  },
);

testRequiring(
  needs,
  'a second stage that waits for a label its camera never sees is refused with the label',
  async (t) => {
    const workplace = makeWorkplace({
      ...samplesConfig,
      mqtt: { broker: 'off' },
      cameras: {
        front: {
          ...samplesConfig.cameras.front,
          secondStage: { models: [{ model: 'face-detection-short-range', labels: ['faces'] }] },
        },
      },
    });
    t.teardown(() => workplace.remove());
    const agent = goby(['run', '--config', workplace.configFile], { env: workplace.env });
    t.is(await agent.exited, 78);
    t.regex(
      agent.text,
      /cameras\.front\.secondStage\.models\[0\]\.labels: the camera's model face-detection-short-range has no label "faces"; near to it are face\./,
    );
  },
);
