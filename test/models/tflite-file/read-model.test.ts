/** Hostile and damaged files: always a sentence, never a crash or a hang. */
import test from 'ava';
import fc from 'fast-check';
import { InputError } from '../../../src/errors.ts';
import { readModel } from '../../../src/models/tflite-file/read-model.ts';
import { writeModel } from '../../../src/models/tflite-file/write-model.ts';
import { smallModel } from './small-model.ts';

const sound = writeModel(smallModel());

test('a file that is no model is refused with what it has in place of the identifier', (t) => {
  const error = t.throws(() => readModel(new TextEncoder().encode('<html>404</html>'), 'm.tflite'), {
    instanceOf: InputError,
  });
  t.is(error?.message, 'm.tflite is not a TensorFlow Lite model: it should have TFL3 at byte 4, and has "l>40".');
  t.throws(() => readModel(new Uint8Array(3), 'm.tflite'), { message: /is only 3 bytes long/ });
});

test('every shorter piece of a file is refused or read, and nothing else', (t) => {
  let refused = 0;
  for (let length = 0; length < sound.length; length += 1) {
    try {
      readModel(sound.slice(0, length), 'm.tflite');
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      refused += 1;
    }
  }
  t.true(refused > sound.length / 2);
});

test('mutated files are read or refused with a sentence', (t) => {
  const mutation = fc.record({
    at: fc.nat(sound.length - 1),
    value: fc.constantFrom(0, 1, 4, 0x7f, 0x80, 0xff, 42),
    width: fc.constantFrom(1, 2, 4),
  });
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 12 }), (mutations) => {
      const bytes = sound.slice();
      for (const { at, value, width } of mutations) bytes.fill(value, at, at + width);
      try {
        // What can be read can be written, and is the same again.
        const model = readModel(bytes, 'm.tflite');
        t.deepEqual(readModel(writeModel(model), 'again'), model);
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
      }
    }),
    { numRuns: 3000 },
  );
});

test('a small file that describes a huge model through shared tables is refused in no time', (t) => {
  // 500 subgraphs that are all the first one, and its 499 tensors all the first one: 249,500 tensors in 50 kB.
  const model = smallModel();
  const graph = { ...model.subgraphs[0]!, inputs: [], outputs: [], operators: [] };
  const tensors = Array.from({ length: 499 }, () => graph.tensors[0]!);
  const bomb = writeModel({
    ...model,
    subgraphs: [{ ...graph, tensors }, ...Array.from({ length: 499 }, () => ({ ...graph, tensors: [] }))],
    signatureDefs: [],
  });
  const view = new DataView(bomb.buffer, bomb.byteOffset, bomb.byteLength);
  for (const length of [500, 499]) {
    const list = findVector(view, length) + 4;
    const first = list + view.getUint32(list, true);
    for (let at = list; at < list + 4 * length; at += 4) view.setUint32(at, first - at, true);
  }
  const error = t.throws(() => readModel(bomb, 'bomb.tflite'), { instanceOf: InputError });
  t.regex(error?.message ?? '', /^bomb\.tflite is damaged: the same data is described far too often/);
});

/** Position of the first vector with this many elements. */
function findVector(view: DataView, length: number): number {
  for (let at = 0; at + 4 <= view.byteLength; at += 4) if (view.getUint32(at, true) === length) return at;
  throw new Error('there is no such vector');
}

test('indices that lead nowhere are refused by name, in reading and in writing', (t) => {
  const model = smallModel();
  const graph = model.subgraphs[0]!;
  const withGraph = (change: Partial<typeof graph>) => ({ ...model, subgraphs: [{ ...graph, ...change }] });
  t.throws(() => writeModel(withGraph({ outputs: [9] }), 'm'), {
    instanceOf: InputError,
    message: 'm is damaged: an output of graph 0 has number 9, and there are 5.',
  });
  t.throws(() => writeModel(withGraph({ operators: [{ ...graph.operators[0]!, opcodeIndex: 2 }] }), 'm'), {
    message: 'm is damaged: the code of operator 0 of graph 0 has number 2, and there are 2.',
  });
  t.throws(() => writeModel(withGraph({ tensors: [{ ...graph.tensors[0]!, buffer: 77 }] }), 'm'), {
    message: /the buffer of tensor 0 of graph 0 has number 77/,
  });
  t.throws(() => writeModel({ ...model, subgraphs: [] }, 'm'), { message: 'm holds no graph.' });
});

test('another schema version is refused', (t) => {
  t.throws(() => readModel(writeModel({ ...smallModel(), version: 2 }), 'old.tflite'), {
    instanceOf: InputError,
    message: 'old.tflite has schema version 2; goby reads version 3.',
  });
});
