/** Label files as people and tools write them, and the ones inside a model. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import test from 'ava';
import fc from 'fast-check';
import { GobyError, InputError } from '../../../src/errors.ts';
import { packedLabels } from '../../../src/models/labels/packed-labels.ts';
import { parseLabels, readLabels } from '../../../src/models/labels/read-labels.ts';
import { shared, testRequiring } from '../../requiring.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const list = (content: string | Uint8Array, classes?: number) => parseLabels(Buffer.from(content), classes);
const parse = (content: string | Uint8Array, classes?: number) => list(content, classes).labels;
const tyres = ['flat', 'full', 'no-tire'];

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
    ['# nothing but a comment\n', /it is empty/],
    [Buffer.from([0xff, 0xfe, 0x41]), /begins like UTF-16, and is none/],
    [Buffer.from('a\0b'), /not text/],
    [Buffer.from([0x63, 0x61, 0x74, 0xe9, 0x01]), /neither UTF-8 nor any other text/],
    ['cat\n\u001b[31mdog\n', /label 2 holds characters that don't show/],
    ['cat\n\u202egod\n', /label 2 holds characters that don't show/],
    [`cat\n${'x'.repeat(65_535)}\n`, /label 2 has 65535 letters; 200 are the most/],
    [Buffer.from([0x95, 0xbd, 0x82, 0xe7, 0x0a, 0x81, 0x41]), /save it as UTF-8/],
    ['version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 12\n', /Git LFS pointer/],
    ['<!DOCTYPE html>\n<html></html>', /web page/],
    ['<labels><label>cat</label></labels>', /XML/],
    ['item { id: 1 }', /item 1 has no name/],
    ["item { id: 1 name: 'a' } item { id: 1 name: 'b' }", /number 1 to two labels/],
    ['{"classes": 3}', /no list of names/],
    ['['.repeat(3000), /nested too deeply/],
    ['{"names": {"0": "cat"', /goes wrong at letter/],
    [`names: ${'['.repeat(3000)}`, /nested too deeply/],
    ['names: &a [*a]', /YAML/],
  ] as const) {
    writeFileSync(file, content);
    await t.throwsAsync(readLabels(file), { instanceOf: InputError, message: says }, String(content).slice(0, 40));
  }
});

test('one label a line, whatever ends the lines, in any encoding', (t) => {
  t.deepEqual(parse('flat\nfull\nno-tire\n'), tyres);
  t.deepEqual(parse('\ufeffflat\r\nfull\r\nno-tire'), tyres);
  t.deepEqual(parse('flat\rfull\rno-tire\r'), tyres);
  t.deepEqual(parse('\n\nflat\n  \nfull\n\t\nno-tire\n \n'), tyres);
  t.deepEqual(parse('# my labels\n// more\nflat\nfull\nno-tire\n'), tyres);
  const utf16 = Buffer.from('\ufeffflat\nfull\nno-tire\n', 'utf16le');
  t.deepEqual(parse(utf16), tyres);
  t.deepEqual(parse(utf16.subarray(2)), tyres, 'without a byte order mark');
  t.deepEqual(parse(Buffer.from(utf16).swap16()), tyres);
  t.deepEqual(parse(Buffer.from('flach\ngroß\nkein Rad', 'latin1')), ['flach', 'groß', 'kein Rad']);
  t.deepEqual(parse('#1\nC# code\n'), ['#1', 'C# code'], 'a number sign inside a label is no comment');
});

test('blank lines stand for classes only where that makes them as many as the model tells apart', (t) => {
  t.deepEqual(parse('cat\n\ndog\n\n', 3), ['cat', 'n/a', 'dog']);
  t.deepEqual(parse('cat\n\ndog\n\n', 2), ['cat', 'dog']);
});

test('numbered lines are placed by their number, however it is written', (t) => {
  for (const spelling of [
    '0 flat\n1 full\n2 no-tire',
    '0:flat\n1: full\n2 : no-tire',
    '0\tflat\n1\tfull\n2\tno-tire',
    '0,flat\n1,full\n2,no-tire',
    '[0] flat\n[1] full\n[2] no-tire',
    '0. flat\n1. full\n2. no-tire',
    '0) flat\n1) full\n2) no-tire',
    '0 - flat\n1 - full\n2 - no-tire',
    '1 full\n0 flat\n2 no-tire',
    'flat 0\nfull 1\nno-tire 2',
    'flat: 0\nfull: 1\nno-tire: 2',
    'flat,1\nfull,2\nno-tire,3',
    '1 flat\n2 full\n3 no-tire',
    'index,name\n0,flat\n1,full\n2,no-tire',
    'id;label\n1;flat\n2;full\n3;no-tire',
    '0 -> flat\n1 -> full\n2 -> no-tire',
    '0 => flat\n1 => full\n2 => no-tire',
    'class 0: flat\nclass 1: full\nclass 2: no-tire',
    '0\tflat\tA flat tyre\n1\tfull\tA full one\n2\tno-tire\tNone at all',
  ]) {
    t.deepEqual(parse(spelling), tyres, spelling);
  }
  t.deepEqual(parse('0  person\n1  bicycle\n3: car\n'), ['person', 'bicycle', 'n/a', 'car']);
  t.deepEqual(list('1 person\n2 bicycle\n4 car\n'), { labels: ['person', 'bicycle', 'n/a', 'car'], firstNumber: 1 });
  t.deepEqual(parse('0 face'), ['face']);
});

test('numbers that belong to the names stay', (t) => {
  t.deepEqual(parse('2 pencils\n1 pen\n'), ['2 pencils', '1 pen']);
  t.deepEqual(parse('3 wheeler\nbus\n'), ['3 wheeler', 'bus']);
  t.deepEqual(parse('player 1\nplayer 2\n'), ['player 1', 'player 2']);
  t.deepEqual(parse('1990 Ford\n2001 BMW\n'), ['1990 Ford', '2001 BMW']);
  t.deepEqual(parse('7 up'), ['7 up']);
});

test('lists of other tools: commas, JSON, Python, YAML, label maps', (t) => {
  for (const spelling of [
    'flat,full,no-tire',
    'flat;full;no-tire\n',
    '["flat", "full", "no-tire"]',
    "['flat', 'full', 'no-tire',]",
    '{0: "flat", 1: "full", 2: "no-tire"}',
    '{"0": "flat", "1": "full", "2": "no-tire"}',
    "{'flat': 0, 'no-tire': 2, 'full': 1}",
    '{"labels": ["flat", "full", "no-tire"], "modelName": "tm"}',
    "{'stride': 32, 'task': 'detect', 'names': {0: 'flat', 1: 'full', 2: 'no-tire'}, 'batch': None}",
    '{"id2label": {"0": "flat", "1": "full", "2": "no-tire"}}',
    '{"categories": [{"id": 1, "name": "flat"}, {"id": 2, "name": "full"}, {"id": 3, "name": "no-tire"}]}',
    'names:\n  0: flat\n  1: full\n  2: no-tire\n',
    'path: ../data\nnc: 3\nnames: [flat, full, no-tire]\n',
    'names:\n- flat\n- full\n- no-tire\n',
    '"flat"\n"full"\n"no-tire"\n',
    "'flat',\n'full',\n'no-tire',\n",
    'flat,\nfull,\nno-tire\n',
    'flat;\nfull;\nno-tire;\n',
    '- flat\n- full\n- no-tire\n',
    '* flat\n* full\n* no-tire\n',
    'flat # 0\nfull # 1\nno-tire // 2\n',
    "labels = ['flat', 'full', 'no-tire']\n",
    'labels = [\n  "flat",\n  "full",\n  "no-tire",\n]\n',
    'flat\u2028full\u2028no-tire',
    '\u200bflat\nfull\u200b\nno-tire\n\u001a',
  ]) {
    t.deepEqual(parse(spelling), tyres, spelling);
  }
  const map = `# a comment
item {
  name: "/m/01"  display_name: "flat"
  id: 1
}
item: { id: 3, name: 'no-tire' keypoints { id: 9 name: "x" } }
item{id:2 name:"full"}`;
  t.deepEqual(list(map), { labels: tyres, firstNumber: 1 });
  t.deepEqual(parse("item { id: 2 name: 'b' } item { id: 4 name: 'd' }"), ['n/a', 'b', 'n/a', 'd']);
  t.deepEqual(parse('n01440764 tench, Tinca tinca\nn01443537 goldfish, Carassius auratus\n'), [
    'tench, Tinca tinca',
    'goldfish, Carassius auratus',
  ]);
  t.deepEqual(parse('flat full no-tire', 3), tyres, 'as many words as classes');
  t.deepEqual(parse('flat full no-tire'), ['flat full no-tire']);
  t.deepEqual(parse('C #\nF #\n'), ['C #', 'F #']);
  t.deepEqual(parse('tench, Tinca tinca', 1), ['tench, Tinca tinca'], 'one class with a comma in its name');
});

testRequiring([{ kind: 'mirror' }], 'one list in many spellings is always the same', async (t) => {
  for (const name of readdirSync(shared('cases/labels'))) {
    const labels = await readLabels(shared(`cases/labels/${name}`));
    const expected = {
      'latin1.txt': ['flach', 'groß', 'no-tire'],
      'single.txt': ['face'],
      'mask.pbtxt': ['masked', 'unmasked'],
    }[name];
    t.deepEqual(labels, expected ?? tyres, name);
  }
});

test('whatever a label file holds, it is labels that show or a sentence', (t) => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom('item {', '}', 'id: 1', 'names:', '[', '{', ':', '0 ', '\n', '"', "'", ',', '\\', '&a', '*a', '- '),
  );
  const holds = (bytes: Uint8Array): boolean => {
    try {
      return parseLabels(bytes).labels.every((label) => label !== '' && label.length <= 200 && !/\p{Cc}/u.test(label));
    } catch (error) {
      return error instanceof GobyError;
    }
  };
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => holds(Buffer.from(pieces.join('')))),
    { numRuns: 3000 },
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), holds), { numRuns: 2000 });
  t.pass();
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
  central.writeUInt32LE(crc32(content), 16);
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
      t.deepEqual(packedLabels(bytes, 'm').list?.labels, ['cat', 'dog'], `packed ${packed}, corrected ${corrected}`);
    }
  }
  t.is(packedLabels(model, 'm').list?.labels, undefined);
  t.is(packedLabels(withZip(model, 'readme.md', Buffer.from('cat')), 'm').list, undefined);
});

test('a damaged appendix never throws', (t) => {
  const good = withZip(Buffer.from('....TFL3'), 'labels.txt', Buffer.from('cat\ndog\n'), { packed: true });
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), (at, byte, length) => {
      const bytes = Buffer.from(good);
      bytes[at] = byte;
      const { list: found, problem } = packedLabels(bytes.subarray(0, length), 'm');
      return found === undefined || problem === undefined;
    }),
    { numRuns: 1000 },
  );
  t.pass();
});

testRequiring([{ kind: 'mirror' }], 'the labels inside a real model equal the published list', async (t) => {
  const model = readFileSync(shared('models/mobilenet_v2_1.0_224_quant.tflite'));
  t.deepEqual(packedLabels(model, 'm').list?.labels, await readLabels(shared('models/imagenet_labels.txt')));
});
