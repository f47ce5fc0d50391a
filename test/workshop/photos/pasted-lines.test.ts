/** The model of the article's label_image.py lines: what goby train wrote under another ending is found. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { labelImage } from '../../../src/workshop/photos/pasted-lines.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

test('retrained_graph.pb is the .tflite that goby train wrote in its place, and itself where it is there', (t) => {
  const folder = temporaryFolder(t);
  const [pb, tflite] = ['pb', 'tflite'].map((ending) => join(folder, `retrained_graph.${ending}`)) as [string, string];
  const model = () =>
    labelImage.finish!([
      { name: 'model', value: pb },
      { name: 'image', value: 'rose.jpg' },
    ]);
  t.deepEqual(model(), [{ name: 'model', value: pb }, { value: 'rose.jpg' }]);
  writeFileSync(tflite, '');
  t.deepEqual(model(), [{ name: 'model', value: tflite }, { value: 'rose.jpg' }]);
  writeFileSync(pb, '');
  t.deepEqual(model(), [{ name: 'model', value: pb }, { value: 'rose.jpg' }]);
});
