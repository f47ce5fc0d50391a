/** Models trained from the page, by name: found in the state folder, and nowhere else. */
import { createHash } from 'node:crypto';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { loadConfig } from '../../src/config/load.ts';
import { listModels } from '../../src/models/listing.ts';
import { resolveModel } from '../../src/models/resolve.ts';
import { trainedFile } from '../../src/models/trained-models.ts';
import { echoModel } from '../fakes/models.ts';
import { temporaryFolder } from '../temporary-folder.ts';

test('trained/SET is the file of its set, listed with its hash and resolved', async (t) => {
  const folder = temporaryFolder(t);
  const { config, places } = loadConfig({ env: { GOBY_STATE_DIR: folder } });
  const bytes = echoModel();
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  mkdirSync(join(folder, 'training', 'door'), { recursive: true });
  mkdirSync(join(folder, 'training', 'empty'));
  mkdirSync(join(folder, 'training', 'linked'));
  const file = join(folder, 'training', 'door', 'door.tflite');
  writeFileSync(file, bytes);
  symlinkSync(file, join(folder, 'training', 'linked', 'linked.tflite'));
  const listed = (await listModels({ config, places }, false)).filter(({ name }) => name.startsWith('trained/'));
  t.deepEqual(
    listed.map(({ name, task, sha256: hash }) => ({ name, task, hash })),
    [{ name: 'trained/door', task: 'classify', hash: sha256 }],
  );
  const model = await resolveModel({ name: 'trained/door', config: config.models, places });
  t.like(model, { name: 'trained/door', task: 'classify', pair: { name: 'trained/door', cpu: { sha256 } } });
  await t.throwsAsync(resolveModel({ name: 'trained/nothing', config: config.models, places }), {
    message: /there is no file .*nothing\.tflite/,
  });
});

for (const name of [
  'trained/',
  'trained/..',
  'trained/../door',
  'trained/a/b',
  'trained/door.tflite',
  'trained',
  'door',
]) {
  test(`${name} is no trained model`, (t) => {
    t.is(trainedFile(name, { stateDir: '/state' }), undefined);
  });
}
