/** A user's own two folders: one command trains, one line of the configuration runs it, MQTT tells the new class. */
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../src/workshop/bench/loopback-port.ts';
import { shared, testRequiring } from '../requiring.ts';
import { goby, observe, Program } from './program.ts';
import { makeWorkplace } from './workplace.ts';

testRequiring(
  [{ kind: 'mirror' }, { kind: 'runtime' }, { kind: 'program', name: 'mosquitto' }],
  'two folders of photos become a class that mosquitto hears of',
  async (t) => {
    const port = await freePort();
    const workplace = makeWorkplace({
      device: { id: 'test' },
      models: { own: { door: { task: 'classify', file: 'door.tflite' } } },
      cameras: {
        front: {
          source: { type: 'folder', path: 'shown', framesPerSecond: 5 },
          model: 'door',
          minScore: 0.5,
        },
      },
      rules: [{ name: 'pikachu', label: 'pikachu', output: 'led' }],
      outputs: { led: { adapter: 'simulated', line: 'GPIO17' } },
      mqtt: { broker: `mqtt://127.0.0.1:${port}` },
      publish: { detections: 'all' },
    });
    const { folder, env, configFile } = workplace;
    const copy = (className: string, from: number, to: number, target: string): void => {
      mkdirSync(target, { recursive: true });
      const names = readdirSync(shared(`datasets/pikachu/${className}`))
        .sort()
        .slice(from, to);
      for (const name of names) copyFileSync(shared(`datasets/pikachu/${className}/${name}`), join(target, name));
    };
    for (const name of ['pikachu', 'no-pikachu']) copy(name, 0, 45, join(folder, 'photos', name));
    // Photos of pikachu that the training never saw.
    copy('pikachu', 60, 70, join(folder, 'shown'));
    const broker = new Program('mosquitto', ['-p', String(port), '-v']);
    const programs = [broker];
    t.teardown(async () => {
      for (const program of programs.toReversed()) await program.end('SIGKILL');
      workplace.remove();
    });
    await broker.line(/mosquitto version .* running/);

    const output = join(folder, 'door.tflite');
    const args = ['train', '--image-dir', join(folder, 'photos'), '--output-graph', output];
    const training = goby([...args, '--architecture', 'mobilenet_v1_0.25_128'], { env });
    programs.push(training);
    await training.line(/^ +door: \{ task: classify, file: .*door\.tflite \}/);
    t.is(await training.exited, 0, training.text);

    const observer = observe(port);
    const agent = goby(['run', '--config', configFile], { env });
    programs.push(observer, agent);
    const [told] = await observer.line(/^goby\/test\/front\/events .*"type":"new".*"label":"pikachu"/);
    t.truthy(told);
    await observer.line(/^goby\/test\/front\/object\/pikachu ON/);
    await observer.line(/^goby\/test\/output\/led\/state .*"ON"/);
    t.is(await agent.end('SIGTERM'), 0, agent.text);
  },
);
