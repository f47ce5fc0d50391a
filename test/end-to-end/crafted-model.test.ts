/** A crafted .tflite in the place of a model that runs: detection goes on, memory stays, and the next start finds the copy. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aliasedFile } from '../models/apart/aliased-file.ts';
import { places, testRequiring } from '../requiring.ts';
import { goby, observe } from './program.ts';
import { makeWorkplace } from './workplace.ts';

const whole = join(places.root, 'var/models/face-detection-short-range/face_detection_short_range.tflite');

testRequiring(
  [{ kind: 'runtime' }, { kind: 'samples' }, { kind: 'program', name: 'mosquitto_sub' }],
  '20 MB of aliasing tables where a model was: detection goes on, below 250 MB, and a start runs the copy that worked',
  async (t) => {
    const workplace = makeWorkplace({
      device: { id: 'test' },
      mqtt: { embedded: { port: 0 } },
      web: { listen: 'off' },
      publish: { detections: 'all', maxPerSecond: 100 },
      models: { own: { mine: { task: 'detect', decoder: 'blazeface', file: 'mine.tflite' } } },
      cameras: { front: { source: { type: 'folder', path: places.photos, framesPerSecond: 5 }, model: 'mine' } },
    });
    t.teardown(() => workplace.remove());
    const mine = join(workplace.folder, 'mine.tflite');
    copyFileSync(whole, mine);
    const start = async () => {
      const agent = goby(['run', '--config', workplace.configFile], { env: workplace.env });
      t.teardown(() => agent.end('SIGKILL'));
      const [, port] = await agent.line(/mqtt:\/\/127\.0\.0\.1:(\d+)/);
      const observer = observe(Number(port), 'goby/test/front/detections');
      t.teardown(() => observer.end());
      await observer.line(/front\/detections/);
      return { agent, observer };
    };
    const first = await start();
    const from = first.observer.lines.length;
    writeFileSync(mine, aliasedFile('tensors', 20 << 20));
    await first.agent.line(/mine changed on disk, but [0-9a-f]{12} goes on: .*damaged/);
    await first.observer.line(/front\/detections/, from);
    const peak = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${first.agent.child.pid}/status`, 'utf8'))![1];
    t.log(`peak of the main process: ${(Number(peak) / 1024).toFixed(0)} MB`);
    t.true(Number(peak) / 1024 < 250);
    await first.agent.end('SIGKILL');

    const second = await start();
    await second.agent.line(/The model mine runs from the copy [0-9a-f]{12} that worked last/);
  },
);
