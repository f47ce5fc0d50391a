/** The memory that tensors are handed over in: what is put there is what a worker reads, and nothing is left of it. */
import { readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { UnavailableError } from '../../../src/errors.ts';
import { SharedMemory } from '../../../src/flow/infer/shared-memory.ts';
import { mapMemory } from '../../../src/flow/infer/worker/mapped-memory.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const ramp = (bytes: number, first: number) => Uint8Array.from({ length: bytes }, (_, at) => (first + at) % 251);

test('parts lie one behind the other, and the next ones take their place', (t) => {
  const memory = new SharedMemory(temporaryFolder(t));
  t.teardown(() => memory.close());
  const read = (bytes: number) => {
    const into = Buffer.alloc(bytes);
    readSync(memory.descriptor, into, 0, bytes, 0);
    return into;
  };
  t.is(memory.write([ramp(1000, 1), ramp(300_000, 7), new Uint8Array(0)]), 301_000);
  t.true(read(301_000).equals(Buffer.concat([ramp(1000, 1), ramp(300_000, 7)])));
  t.is(memory.write([ramp(500, 9)]), 500);
  t.true(read(500).equals(ramp(500, 9)));
});

test('a mapping shows what is written after it, also behind its first end', (t) => {
  const memory = new SharedMemory();
  t.teardown(() => memory.close());
  const inputs = mapMemory(memory.descriptor);
  const first = inputs(memory.write([ramp(4097, 3)]));
  t.deepEqual(Buffer.from(first), Buffer.from(ramp(4097, 3)));
  memory.write([ramp(4097, 5)]);
  t.deepEqual(Buffer.from(first), Buffer.from(ramp(4097, 5)));
  const larger = inputs(memory.write([ramp(3_000_000, 8)]));
  t.true(Buffer.from(larger).equals(ramp(3_000_000, 8)));
  t.true(Buffer.from(first).equals(ramp(4097, 8)));
});

test('memory has no name, so that a process killed with -9 leaves nothing', (t) => {
  const folder = temporaryFolder(t);
  const memory = new SharedMemory(folder);
  memory.write([ramp(10, 0)]);
  t.deepEqual(readdirSync(folder), []);
  memory.close();
});

test('what goes wrong with memory is a sentence and no crash', (t) => {
  const absent = join(temporaryFolder(t), 'absent');
  t.throws(() => new SharedMemory(absent), { instanceOf: UnavailableError, message: /can't be had in .*absent/ });
  const memory = new SharedMemory(temporaryFolder(t));
  memory.close();
  t.throws(() => memory.write([ramp(1, 1)]), {
    instanceOf: UnavailableError,
    message: /can't be handed to the worker/,
  });
  t.notThrows(() => memory.close());
  t.throws(() => mapMemory(-1)(1), { instanceOf: UnavailableError, message: /can't map 1048576 bytes/ });
});
