/** TFLITE_METADATA, written and read by one schema; and as Google's tools wrote it. */
import { readFileSync } from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import { InputError } from '../../../src/errors.ts';
import {
  labelFiles,
  ownMetadata,
  readMetadata,
  readOwnMetadata,
  statedNormalisation,
  withMetadata,
} from '../../../src/models/tflite-file/metadata.ts';
import type { MetadataValue } from '../../../src/models/tflite-file/metadata-schema.ts';
import { readModel } from '../../../src/models/tflite-file/read-model.ts';
import { writeModel } from '../../../src/models/tflite-file/write-model.ts';
import { shared, testRequiring } from '../../requiring.ts';
import { smallModel } from './small-model.ts';

const metadata: MetadataValue = {
  name: 'Tyres',
  description: 'How full is the tyre?',
  author: 'a maker',
  subgraphMetadata: [
    {
      inputTensorMetadata: [
        {
          name: 'image',
          content: { contentProperties: { table: 'ImageProperties', colorSpace: 'RGB' } },
          processUnits: [{ options: { table: 'NormalizationOptions', mean: [0, 0, 0], std: [255, 255, 255] } }],
          stats: { min: [0], max: [1] },
        },
      ],
      outputTensorMetadata: [
        { name: 'location' },
        {
          name: 'category',
          associatedFiles: [
            { name: 'labels-de.txt', type: 'TENSOR_VALUE_LABELS', locale: 'de' },
            { name: 'labels.txt', type: 'TENSOR_VALUE_LABELS' },
          ],
        },
      ],
      customMetadata: [ownMetadata({ fit: 'letterbox' })],
    },
  ],
  minParserVersion: '1.5.0',
};

const written = () => writeModel(withMetadata(smallModel(), metadata));

test('metadata is read as it was written, and replaces what was there', (t) => {
  const model = readModel(written(), 'a.tflite');
  const read = readMetadata(model, 'a.tflite')!;
  t.is(read.name, 'Tyres');
  t.deepEqual(statedNormalisation(read, 0), { mean: [0, 0, 0], standardDeviation: [255, 255, 255] });
  t.is(statedNormalisation(read, 1), undefined);
  t.deepEqual(
    labelFiles(read).map(({ name }) => name),
    ['labels.txt', 'labels-de.txt'],
  );
  t.deepEqual(readOwnMetadata(read), { fit: 'letterbox' });
  const again = readModel(writeModel(withMetadata(model, { name: 'other' })), 'b.tflite');
  t.is(again.metadata?.filter(({ name }) => name === 'TFLITE_METADATA').length, 1);
  t.is(readMetadata(again, 'b.tflite')?.name, 'other');
  t.deepEqual(
    again.metadata?.map(({ name }) => name),
    ['note', 'TFLITE_METADATA'],
    'other entries stay',
  );
});

test('a model without metadata has none, and one that states nonsense states nothing', (t) => {
  t.is(readMetadata(smallModel(), 'a.tflite'), undefined);
  const stated = (mean: number[], std: number[]) =>
    statedNormalisation(
      {
        subgraphMetadata: [
          { inputTensorMetadata: [{ processUnits: [{ options: { table: 'NormalizationOptions', mean, std } }] }] },
        ],
      },
      0,
    );
  t.is(stated([0], [0]), undefined);
  t.is(stated([0, 1], [1, 1]), undefined);
  t.is(stated([Number.NaN], [1]), undefined);
  t.deepEqual(stated([1], [2]), { mean: [1], standardDeviation: [2] });
  t.deepEqual(
    readOwnMetadata({ subgraphMetadata: [{ customMetadata: [{ name: 'goby', data: Buffer.from('{') }] }] }),
    {},
  );
});

test('damaged metadata is a sentence or a value, never anything else', (t) => {
  const model = readModel(written(), 'a.tflite');
  const entry = model.metadata!.find(({ name }) => name === 'TFLITE_METADATA')!;
  const good = model.buffers[entry.buffer]!;
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), (at, byte, length) => {
      const bytes = Uint8Array.from(good);
      bytes[at] = byte;
      const damaged = {
        ...model,
        buffers: model.buffers.map((own, index) => (index === entry.buffer ? bytes.subarray(0, length) : own)),
      };
      try {
        const read = readMetadata(damaged, 'a.tflite');
        if (read !== undefined) labelFiles(read, 1);
        return true;
      } catch (error) {
        return error instanceof InputError && /the metadata of a\.tflite/.test(error.message);
      }
    }),
    { numRuns: 2000 },
  );
  t.pass();
});

testRequiring([{ kind: 'mirror' }], 'the metadata that Google packed into a MobileNet is read', (t) => {
  const file = shared('models/mobilenet_v2_1.0_224_quant.tflite');
  const read = readMetadata(readModel(readFileSync(file), file), file)!;
  t.is(read.name, 'ImageClassifier');
  t.deepEqual(statedNormalisation(read, 0), { mean: [127.5], standardDeviation: [127.5] });
  t.deepEqual(labelFiles(read, 0).map(({ name, type }) => [name, type])[0], [
    'imagenet_labels.txt',
    'TENSOR_AXIS_LABELS',
  ]);
});
