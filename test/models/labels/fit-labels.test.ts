/** Lists against models: what is off by one is mended where it says so itself, and refused where it doesn't. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { InputError } from '../../../src/errors.ts';
import { chooseLabels } from '../../../src/models/labels/choose-labels.ts';
import { fitLabels } from '../../../src/models/labels/fit-labels.ts';
import type { LabelList } from '../../../src/models/labels/label-list.ts';
import { labelsBeside } from '../../../src/models/labels/labels-beside.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const detector = (classes: number | undefined) => ({ classes, skipsBackground: true, model: 'mine', list: 'its list' });
const classifier = (classes: number | undefined) => ({ ...detector(classes), skipsBackground: false });
const list = (labels: readonly string[], firstNumber?: 0 | 1): LabelList => ({
  labels,
  ...(firstNumber === undefined ? {} : { firstNumber }),
});

test('what stands for a background in front of a detector list is left out', (t) => {
  for (const first of ['???', 'background', 'Background', '__background__', 'n/a', '_background_', 'unlabeled']) {
    t.deepEqual(fitLabels(list([first, 'masked', 'bare']), detector(2)), ['masked', 'bare'], first);
  }
  t.deepEqual(fitLabels(list(['???', 'masked', 'bare']), detector(undefined)), ['masked', 'bare'], 'count not known');
  t.deepEqual(fitLabels(list(['masked', 'bare']), detector(2)), ['masked', 'bare']);
  t.deepEqual(fitLabels(list(['background', 'cat'], 0), classifier(1)), ['cat'], 'a classifier without background');
});

test('a list that would be off is refused with both numbers', (t) => {
  const refused = (labels: string[], fit: ReturnType<typeof detector>) =>
    t.throws(() => fitLabels(list(labels), fit), { instanceOf: InputError }).message;
  t.regex(refused(['???', 'masked'], detector(2)), /begins with "\?\?\?".*1 labels behind it for 2 classes/);
  t.regex(
    refused(['a', 'b', 'c'], detector(2)),
    /tells 2 classes apart, but its list has 3 labels\. Use the label file/,
  );
  t.regex(refused(['a'], detector(2)), /2 classes apart, but its list has 1 label\./);
  t.regex(refused(Array(80).fill('x'), detector(90)), /COCO's ids run to 90/);
  t.regex(refused(Array(1000).fill('x'), classifier(1001)), /1001 classes .* 1000 labels.*"background"/);
});

test('numbers say where a list without its first or last class belongs', (t) => {
  t.deepEqual(fitLabels(list(['a', 'b'], 1), classifier(3)), ['background', 'a', 'b']);
  t.deepEqual(fitLabels(list(['a', 'n/a', 'b'], 1), detector(4)), ['a', 'n/a', 'b', 'n/a']);
  t.throws(() => fitLabels(list(['a', 'b'], 1), detector(4)), { instanceOf: InputError });
});

test('labels inside the file win over a list that has them elsewhere, and over what lies beside', async (t) => {
  const folder = temporaryFolder(t);
  const put = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const packed = { labels: ['masked', 'bare'], file: 'labels.txt' };
  const shifted = put('shifted.txt', 'bare\nmasked\n');
  const german = put('german.txt', 'mit Maske\nohne Maske\n');
  const choice = { ...detector(2), packed };
  const { labels, notes } = await chooseLabels({ ...choice, named: shifted });
  t.deepEqual(labels, ['masked', 'bare']);
  t.regex(notes.join(), /shifted\.txt gives class 0 the label "bare", which the model file itself gives class 1/);
  t.deepEqual((await chooseLabels({ ...choice, named: german })).labels, ['mit Maske', 'ohne Maske']);
  t.deepEqual((await chooseLabels({ ...choice, beside: { path: shifted, isOwn: true } })).labels, ['masked', 'bare']);
  const bad = { ...choice, packed: { labels: ['one'], file: 'labels.txt' } };
  const fallen = await chooseLabels({ ...bad, beside: { path: german, isOwn: true } });
  t.deepEqual(fallen.labels, ['mit Maske', 'ohne Maske']);
  t.regex(fallen.notes.join(), /the list labels\.txt inside it has 1 label/);
});

test('a list beside the model is its own by name; others only where no other model lies there', async (t) => {
  const folder = temporaryFolder(t);
  const model = join(folder, 'tm', 'model.tflite');
  mkdirSync(join(folder, 'tm'));
  writeFileSync(model, '');
  writeFileSync(join(folder, 'tm', 'model_edgetpu.tflite'), '');
  t.is(labelsBeside(model), undefined);
  writeFileSync(join(folder, 'tm', 'labels.txt'), '0 cat\n1 dog\n');
  t.deepEqual(labelsBeside(model), { path: join(folder, 'tm', 'labels.txt'), isOwn: false });
  const three = await chooseLabels({ ...classifier(3), beside: labelsBeside(model) });
  t.is(three.labels, undefined);
  t.regex(three.notes.join(), /labels\.txt is left out: .*3 classes apart/);
  writeFileSync(join(folder, 'tm', 'other.tflite'), '');
  t.is(labelsBeside(model), undefined);
  writeFileSync(join(folder, 'tm', 'model.pbtxt'), "item { id: 1 name: 'cat' }");
  t.deepEqual(labelsBeside(model), { path: join(folder, 'tm', 'model.pbtxt'), isOwn: true });
});
