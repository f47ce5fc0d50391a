/** What a frame takes here is measured with the models and sizes of the configuration. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { loadConfig } from '../../src/config/load.ts';
import { frameFindings } from '../../src/doctor/frame-facts.ts';
import { places, testRequiring } from '../requiring.ts';
import { temporaryFolder } from '../temporary-folder.ts';

function configured(folder: string, cameras: object) {
  const file = join(folder, 'goby.yaml');
  writeFileSync(file, JSON.stringify({ cameras }));
  return loadConfig({ file, env: { ...process.env, GOBY_STATE_DIR: folder } });
}

testRequiring(
  [{ kind: 'runtime' }, { kind: 'samples' }],
  'of each camera that films, YUV420 and JPEG, turned or not',
  async (t) => {
    const model = 'face-detection-short-range';
    const loaded = configured(temporaryFolder(t), {
      front: { source: { type: 'rpicam' }, model },
      side: { source: { type: 'rpicam', format: 'mjpeg', widthPx: 320, heightPx: 240, rotationDeg: 90 }, model },
      back: { source: { type: 'ffmpeg', input: '/dev/video0' }, model, regions: { mode: 'off' } },
      photos: { source: { type: 'folder', path: places.photos }, model },
      web: { source: { type: 'ffmpeg', input: 'http://camera.local:81/stream' }, model },
    });
    const findings = await frameFindings(loaded, process.env);
    t.deepEqual(
      findings.map(({ part }) => part),
      ['frames front', 'frames side', 'frames back'],
    );
    const sizes = findings.map(
      ({ sentence }) =>
        /^A frame of ((?:at most )?\d+x\d+) takes [\d.]+ ms beside inferences of [\d.]+ ms/.exec(sentence)?.[1],
    );
    t.deepEqual(sizes, ['1280x720', '320x240', 'at most 1280x720']);
  },
);

test('a model that is not there is told elsewhere', async (t) => {
  const loaded = configured(temporaryFolder(t), { front: { source: { type: 'rpicam' }, model: 'no-such-model' } });
  t.deepEqual(await frameFindings(loaded, process.env), []);
});
