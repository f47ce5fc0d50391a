/** What is written is read back equal, lies where TensorFlow Lite needs it, and is the same bytes each time. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { readModel } from '../../../src/models/tflite-file/read-model.ts';
import { writeModel } from '../../../src/models/tflite-file/write-model.ts';
import { mirror, places, testRequiring } from '../../requiring.ts';
import { smallModel } from './small-model.ts';

test('every kind of table survives', (t) => {
  t.deepEqual(readModel(writeModel(smallModel()), 'm'), smallModel());
});

test('the same model gives the same bytes', (t) => {
  t.deepEqual(writeModel(smallModel()), writeModel(smallModel()));
});

test('data starts at multiples of 16 bytes', (t) => {
  const written = writeModel(smallModel()).slice();
  const offsets = readModel(written, 'm')
    .buffers.filter((buffer) => buffer.length > 0)
    .map((buffer) => buffer.byteOffset % 16);
  t.deepEqual(offsets, [0, 0, 0]);
});

test('an operator beyond the old byte is kept in the new field, and marked in the old one', (t) => {
  const model = { ...smallModel(), operatorCodes: [{ builtin: 'GELU', version: 1 } as const] };
  const graph = model.subgraphs[0]!;
  const one = { ...model, subgraphs: [{ ...graph, operators: graph.operators.slice(0, 1) }] };
  t.deepEqual(readModel(writeModel(one), 'm').operatorCodes, one.operatorCodes);
});

function roundTrip(t: ExecutionContext, folder: string): void {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.tflite'));
  t.true(files.length > 0);
  for (const name of files) {
    const model = readModel(readFileSync(join(folder, name)), name);
    // Not t.deepEqual: it takes a second per megabyte of weights.
    t.true(isDeepStrictEqual(readModel(writeModel(model), name), model), name);
  }
}

testRequiring([{ kind: 'mirror' }], 'every model of the mirror survives reading and writing', (t) => {
  roundTrip(t, mirror!);
});

testRequiring([{ kind: 'samples' }], 'the face detectors survive reading and writing', (t) => {
  roundTrip(t, join(places.root, 'var', 'models'));
});
