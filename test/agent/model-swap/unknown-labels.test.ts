/** Labels that a camera waits for and its model never gives. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { labelReport } from '../../../src/agent/model-swap/label-report.ts';
import { reportLabels, unknownLabels } from '../../../src/agent/model-swap/unknown-labels.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { configSchema } from '../../../src/config/schema.ts';
import { checkLabels } from '../../../src/doctor/labels.ts';
import { writeModel } from '../../../src/models/tflite-file/write-model.ts';
import { Health } from '../../../src/system/service/health.ts';
import { classifierModel } from '../../models/sample-models.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const camera = (section: object) => configSchema.parse({ cameras: { front: section } }).cameras['front']!;

test('every key that names labels is looked at, and blindness is told apart', (t) => {
  const section = camera({
    labels: ['person', 'Car'],
    zones: {
      drive: {
        points: [
          [0, 0],
          [1, 0],
          [1, 1],
        ],
        labels: ['van'],
      },
    },
    filters: { person: {}, dgo: {} },
  });
  const found = unknownLabels('front', section, { name: 'm', labels: ['person', 'car', 'truck', 'dog', 'n/a'] });
  t.deepEqual(
    found.map(({ key, unknown, isBlind }) => [key, unknown, isBlind]),
    [
      ['cameras.front.labels', ['Car'], false],
      ['cameras.front.zones.drive.labels', ['van'], true],
      ['cameras.front.filters', ['dgo'], false],
    ],
  );
  t.is(
    found[0]?.sentence,
    'cameras.front.labels: the model m has no label "Car" (near to it: car). Write: labels: [person, car]',
  );
});

test('nothing is said where labels are right, absent, or not known', (t) => {
  const known = ['person', 'car'];
  t.deepEqual(unknownLabels('front', camera({ labels: ['car'] }), { name: 'm', labels: known }), []);
  t.deepEqual(unknownLabels('front', camera({ labels: [] }), { name: 'm', labels: known }), []);
  t.deepEqual(unknownLabels('front', camera({}), { name: 'm', labels: known }), []);
  t.deepEqual(unknownLabels('front', camera({ labels: ['x'] }), { name: 'm' }), []);
});

test('health tells it once, and takes it back when it is mended', (t) => {
  const health = new Health();
  const found = unknownLabels('front', camera({ labels: ['Person'] }), { name: 'm', labels: ['person'] });
  t.is(reportLabels('front', [], health).length, 0);
  t.is(health.get('labels/front'), undefined);
  t.is(reportLabels('front', found, health).length, 1);
  t.is(reportLabels('front', found, health).length, 0);
  t.like(health.get('labels/front'), { state: 'blind' });
  reportLabels('front', [], health);
  t.like(health.get('labels/front'), { state: 'known' });
});

test('doctor says which labels are followed, and fails for a camera that is blind', async (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, 'models'));
  writeFileSync(join(folder, 'models', 'm.tflite'), writeModel(classifierModel([0.2, 0.3, 0.5], 'SOFTMAX')));
  writeFileSync(join(folder, 'models', 'm.txt'), 'cat\ndog\nperson\n');
  writeFileSync(
    join(folder, 'goby.yaml'),
    [
      'models: { own: { m: { task: classify, file: models/m.tflite }, gone: { task: classify, file: models/gone.tflite } } }',
      'cameras:',
      '  usual: { model: m }',
      '  every: { model: m, labels: [] }',
      '  blind: { model: m, labels: [Dog] }',
      '  partly: { model: m, labels: [dog, puppy] }',
      '  lost: { model: gone }',
      '  none: { model: nothing }',
    ].join('\n'),
  );
  const reports = await labelReport(loadConfig({ file: join(folder, 'goby.yaml'), env: { GOBY_STATE_DIR: folder } }));
  const lines = reports.filter(({ problem }) => problem === undefined).map(checkLabels);
  t.deepEqual(
    lines.map(({ part, level, sentence }) => `${level} ${part}: ${sentence}`),
    [
      'ok labels usual: Follows person, of the 3 of m.',
      'ok labels every: Follows every one of the 3 of m: cat, dog, person.',
      'fail labels blind: cameras.blind.labels: the model m has no label "Dog" (near to it: dog); as it is, nothing is ever seen there. Write: labels: [dog]',
      'warn labels partly: cameras.partly.labels: the model m has no label "puppy" (it has cat, dog, person).',
    ],
  );
  t.like(
    reports.find(({ camera: name }) => name === 'lost'),
    { isNoModel: false },
  );
  t.regex(reports.find(({ camera: name }) => name === 'lost')?.problem ?? '', /there is no file/);
  t.like(
    reports.find(({ camera: name }) => name === 'none'),
    { isNoModel: true },
  );
});
