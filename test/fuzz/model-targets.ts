/** What comes with models of strangers: the file itself, whose tables may alias, its metadata with packed files, label files, exports. */
import { isExpected, sentence } from '../../src/errors.ts';
import { readExport } from '../../src/models/export-archive.ts';
import { readFacts } from '../../src/models/facts/model-facts.ts';
import { parseLabels } from '../../src/models/labels/read-labels.ts';
import { packFiles } from '../../src/models/tflite-file/associated-files.ts';
import { ownMetadata, withMetadata } from '../../src/models/tflite-file/metadata.ts';
import { readModel } from '../../src/models/tflite-file/read-model.ts';
import { writeModel } from '../../src/models/tflite-file/write-model.ts';
import { aliasedFile } from '../models/apart/aliased-file.ts';
import { smallModel } from '../models/tflite-file/small-model.ts';
import type { FuzzTarget } from './targets.ts';

/** A time in which a Pi would have read every sound file of this size many times. */
const mostMs = 2000;

/** @throws what is no sentence, and what took too long */
function reading(work: () => unknown): string {
  const fromMs = performance.now();
  let outcome = 'taken';
  try {
    work();
  } catch (error) {
    if (!isExpected(error)) throw error;
    outcome = sentence(error);
  }
  const tookMs = performance.now() - fromMs;
  if (tookMs > mostMs) throw new Error(`it took ${tookMs.toFixed(0)} ms: ${outcome}`);
  return outcome;
}

export function modelTarget(): FuzzTarget {
  return {
    seeds: [
      writeModel(smallModel()),
      aliasedFile('tensors', 12_000),
      aliasedFile('numbers', 12_000),
      aliasedFile('names', 12_000),
    ],
    run: (bytes) => reading(() => readModel(bytes, 'fuzz.tflite')),
  };
}

const labelsText = 'background\nperson\ncat, or dog\n';

export function metadataTarget(): FuzzTarget {
  const processUnits = [{ options: { table: 'NormalizationOptions', mean: [127.5], std: [127.5] } }] as const;
  const stated = writeModel(
    withMetadata(smallModel(), {
      name: 'Small',
      description: "names: {0: 'person', 1: 'cat'}, task: detect, imgsz: [8, 8]",
      subgraphMetadata: [
        {
          inputTensorMetadata: [{ name: 'image', processUnits: [...processUnits], stats: { min: [0], max: [1] } }],
          outputTensorMetadata: [
            { name: 'scores', associatedFiles: [{ name: 'labels.txt', type: 'TENSOR_AXIS_LABELS' }] },
          ],
          customMetadata: [ownMetadata({ fit: 'letterbox' })],
        },
      ],
      minParserVersion: '1.5.0',
    }),
  );
  const packed = packFiles(stated, [
    { name: 'labels.txt', bytes: Buffer.from(labelsText) },
    { name: 'metadata.json', bytes: Buffer.from('{"names":{"0":"person"},"task":"detect"}') },
  ]);
  return {
    seeds: [stated, packed],
    run: (bytes) =>
      `${reading(() => readFacts(bytes, { name: 'fuzz.tflite' }))} ${reading(() => readExport(bytes, 'fuzz.zip'))}`,
  };
}

export function labelsTarget(): FuzzTarget {
  const spellings = [
    labelsText,
    '0 person\n1 cat\n2 dog\n',
    '# comment\n\n0: person\n5: cat\n',
    'index,name\n0,person\n1,"cat"\n',
    'item { id: 1 name: "/m/1" display_name: "person" }\nitem { id: 3 name: \'cat\' }\n',
    '["person","cat",["dog"]]',
    '{"names":{"0":"person","1":"cat"}}',
    'names: [\'person\', "cat"]\nnc: 2\n',
    'person,cat,dog',
    '\uFEFFperson\r\ncat\r',
  ];
  return {
    seeds: [...spellings.map((text) => Buffer.from(text)), Buffer.from('\uFEFFperson\ncat\n', 'utf16le')],
    run: (bytes) => `${reading(() => parseLabels(bytes))} ${reading(() => parseLabels(bytes, 3))}`,
  };
}
