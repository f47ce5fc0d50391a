import { deflateRawSync } from 'node:zlib';
import test from 'ava';
import fc from 'fast-check';
import { InputError } from '../../src/errors.ts';
import { packFiles } from '../../src/models/tflite-file/associated-files.ts';
import { readZip } from '../../src/models/zip.ts';

const files = [
  { name: 'labels.txt', bytes: Buffer.from('cat\ndog\n') },
  { name: 'größe/ü.txt', bytes: Buffer.from('x'.repeat(1000)) },
];
const archive = packFiles(Buffer.from('....TFL3'), files);

test('files packed behind a model are found with their content', (t) => {
  const entries = readZip(archive, 'a.tflite')!;
  t.deepEqual(
    entries.map(({ name, bytes }) => [name, bytes]),
    [
      ['labels.txt', 8],
      ['größe/ü.txt', 1000],
    ],
  );
  t.deepEqual(Buffer.from(entries[0]!.content(8)).toString(), 'cat\ndog\n');
  t.is(readZip(Buffer.from('no archive'), 'a'), undefined);
});

test('a file over the bound is refused before it is unpacked, and one that unpacks to more than it says is damaged', (t) => {
  t.throws(() => readZip(archive, 'a.zip')![1]!.content(999), {
    instanceOf: InputError,
    message: /ü\.txt in a\.zip has 1000 bytes; 999 are the most/,
  });
  // A bomb: 1 MB of zeros that claims to be eight bytes.
  const packed = deflateRawSync(Buffer.alloc(1 << 20));
  const bomb = Buffer.from(packFiles(new Uint8Array(), [{ name: 'b', bytes: packed }]));
  const directory = bomb.lastIndexOf('PK\x01\x02', undefined, 'latin1');
  bomb.writeUInt16LE(8, directory + 10);
  bomb.writeUInt32LE(8, directory + 24);
  t.throws(() => readZip(bomb, 'a.zip')![0]!.content(1 << 24), { instanceOf: InputError, message: /damaged/ });
});

test('encrypted and strangely packed files, and lists without end, are told', (t) => {
  const changed = (at: number, value: number) => {
    const bytes = Buffer.from(packFiles(new Uint8Array(), [files[0]!]));
    bytes.writeUInt16LE(value, bytes.lastIndexOf('PK\x01\x02', undefined, 'latin1') + at);
    return readZip(bytes, 'a.zip')![0]!;
  };
  t.throws(() => changed(8, 1).content(100), { message: /is encrypted/ });
  t.throws(() => changed(10, 12).content(100), { message: /method 12/ });
  const many = Buffer.from(archive);
  many.writeUInt16LE(5000, many.length - 12);
  t.throws(() => readZip(many, 'a.zip'), { instanceOf: InputError, message: /5000 files/ });
});

test('a damaged archive is a sentence or a list', (t) => {
  fc.assert(
    fc.property(fc.nat(archive.length - 1), fc.nat(255), fc.nat(archive.length), (at, byte, length) => {
      const bytes = Uint8Array.from(archive);
      bytes[at] = byte;
      try {
        for (const entry of readZip(bytes.subarray(0, length), 'a') ?? []) entry.content(1 << 16);
        return true;
      } catch (error) {
        return error instanceof InputError;
      }
    }),
    { numRuns: 3000 },
  );
  t.pass();
});
