/** Label files as people and tools write them, and the one inside a model. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import test from 'ava';
import fc from 'fast-check';
import { InputError } from '../../src/errors.ts';
import { embeddedLabels, parseLabels, readLabels } from '../../src/models/labels.ts';
import { shared, testRequiring } from '../requiring.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const parse = (text: string): string[] => parseLabels(Buffer.from(text));

test('a file that is missing, empty, or no text is a sentence that names it', async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, 'labels.txt');
  await t.throwsAsync(readLabels(file), {
    instanceOf: InputError,
    message: /labels\.txt can't be used: .*ENOENT.*one label a line/,
  });
  for (const [content, says] of [
    ['', /it is empty/],
    ['\n\n', /it is empty/],
    [Buffer.from([0xff, 0xfe, 0x41]), /not UTF-8/],
    [Buffer.from('a\0b'), /not text/],
  ] as const) {
    writeFileSync(file, content);
    await t.throwsAsync(readLabels(file), { instanceOf: InputError, message: says });
  }
});

test('one label a line, whatever ends the lines', (t) => {
  t.deepEqual(parse('cat\ndog\n'), ['cat', 'dog']);
  t.deepEqual(parse('\ufeffcat\r\ndog'), ['cat', 'dog']);
  t.deepEqual(parse('cat\n\ndog\n\n'), ['cat', '', 'dog'], 'an empty line inside keeps its place');
});

test('numbered lines are placed by their number', (t) => {
  t.deepEqual(parse('0  person\n1  bicycle\n3: car\n'), ['person', 'bicycle', 'n/a', 'car']);
  t.deepEqual(parse('2 pencils\n1 pen\n'), ['2 pencils', '1 pen'], 'numbers that fall are part of the labels');
  t.deepEqual(parse('3 wheeler\nbus\n'), ['3 wheeler', 'bus']);
});

/** A zip with one entry, as an appendix of some other bytes. `corrected`: offsets count from the start of all. */
function withZip(before: Buffer, name: string, content: Buffer, { packed = false, corrected = false } = {}): Buffer {
  const data = packed ? deflateRawSync(content) : content;
  const start = corrected ? before.length : 0;
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(name.length, 26);
  const central = Buffer.alloc(46);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE(packed ? 8 : 0, 10);
  central.writeUInt32LE(crc32?.(content) ?? 0, 16);
  central.writeUInt32LE(data.length, 20);
  central.writeUInt32LE(content.length, 24);
  central.writeUInt16LE(name.length, 28);
  central.writeUInt32LE(start, 42);
  const directory = Buffer.concat([central, Buffer.from(name)]);
  const body = Buffer.concat([local, Buffer.from(name), data]);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(start + body.length, 16);
  return Buffer.concat([before, body, directory, end]);
}

test('labels inside a model are found, stored or packed, however offsets are counted', (t) => {
  const model = Buffer.from('....TFL3 and so on');
  for (const packed of [false, true]) {
    for (const corrected of [false, true]) {
      const bytes = withZip(model, 'labelmap.txt', Buffer.from('cat\ndog\n'), { packed, corrected });
      t.deepEqual(embeddedLabels(bytes), ['cat', 'dog'], `packed ${packed}, corrected ${corrected}`);
    }
  }
  t.is(embeddedLabels(model), undefined);
  t.is(embeddedLabels(withZip(model, 'readme.md', Buffer.from('cat'))), undefined);
});

test('a damaged appendix never throws', (t) => {
  const good = withZip(Buffer.from('....TFL3'), 'labels.txt', Buffer.from('cat\ndog\n'), { packed: true });
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), (at, byte, length) => {
      const bytes = Buffer.from(good);
      bytes[at] = byte;
      const found = embeddedLabels(bytes.subarray(0, length));
      return found === undefined || Array.isArray(found);
    }),
    { numRuns: 1000 },
  );
  t.pass();
});

testRequiring([{ kind: 'mirror' }], 'the labels inside a real model equal the published list', async (t) => {
  const model = readFileSync(shared('models/mobilenet_v2_1.0_224_quant.tflite'));
  t.deepEqual(embeddedLabels(model), await readLabels(shared('models/imagenet_labels.txt')));
});
