/** A stop while hundreds of snapshots wait: none of them costs an event its end, nor the process its orderly exit. */
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

testRequiring(needs, 'SIGTERM in a scene of a hundred labels a frame: each new event has its end', async (t) => {
  const workplace = makeWorkplace({
    device: { id: 'test' },
    mqtt: { embedded: { port: 0 } },
    models: {
      own: {
        many: {
          task: 'classify',
          file: join(mirror!, 'mobilenet_v1_0.25_128_quant.tflite'),
          labels: join(mirror!, 'imagenet_labels.txt'),
        },
      },
    },
    cameras: {
      front: {
        source: { type: 'folder', path: places.photos, framesPerSecond: 20 },
        model: 'many',
        minScore: 0,
        maxDetections: 100,
        labels: [],
      },
    },
  });
  const agent = goby(['run', '--config', workplace.configFile], { env: workplace.env });
  const [, port] = await agent.line(/mqtt:\/\/127\.0\.0\.1:(\d+)/);
  const observer = observe(Number(port), 'goby/test/front/events');
  t.teardown(async () => {
    await agent.end('SIGKILL');
    await observer.end();
    workplace.remove();
  });
  await observer.line(/"type":"new"/);
  t.is(await agent.end('SIGTERM'), 0);
  t.notRegex(agent.text, /took more than .* and was given up/);
  const ids = (type: string) =>
    observer.lines.flatMap((line) => new RegExp(`"type":"${type}","id":"([^"]+)"`).exec(line)?.[1] ?? []);
  const begun = ids('new');
  t.true(begun.length >= 100, `${begun.length} events`);
  t.deepEqual(ids('end').sort(), begun.sort());
});
