/** Archives from outside: what is off is refused, what is right is read, whatever the bytes. */
import test from 'ava';
import fc from 'fast-check';
import { InputError } from '../../src/errors.ts';
import { tarFiles } from '../../src/models/tar.ts';
import { paxEntry, tarOf } from './tar-writer.ts';

const text = (words: string): Buffer => Buffer.from(words);

function read(archive: Uint8Array): Record<string, string> {
  return Object.fromEntries(
    [...tarFiles(archive)].map(({ name, content }) => [name, Buffer.from(content).toString('utf8')]),
  );
}

for (const [title, archive, says] of [
  ['a path upwards', tarOf([{ name: 'package/../../etc/passwd', content: text('x') }]), /unsafe file name/],
  ['an absolute path', tarOf([{ name: '/etc/passwd', content: text('x') }]), /unsafe file name/],
  ['a path upwards in a pax header', tarOf([paxEntry({ path: '../x' }), { name: 'a', content: text('x') }]), /unsafe/],
  ['a path upwards in the prefix', tarOf([{ name: 'x', prefix: '..', content: text('x') }]), /unsafe file name/],
  ['a backslash in a name', tarOf([{ name: 'a\\..\\b', content: text('x') }]), /unsafe file name/],
  ['an empty name', tarOf([{ name: '', content: text('x') }]), /unsafe file name/],
  ['a symbolic link', tarOf([{ name: 'a', type: '2' }]), /type "2"/],
  ['a hard link', tarOf([{ name: 'a', type: '1' }]), /type "1"/],
  ['a device', tarOf([{ name: 'a', type: '3' }]), /type "3"/],
  ['a size beyond the end', tarOf([{ name: 'a', content: text('x'), claimedBytes: 1 << 20 }]), /beyond the end/],
  ['a pax size beyond the end', tarOf([paxEntry({ size: '999999' }), { name: 'a' }]), /beyond the end/],
  ['a pax size that is no number', tarOf([paxEntry({ size: '-5' }), { name: 'a' }]), /size of "-5"/],
  ['a broken pax header', tarOf([{ name: 'p', type: 'x', content: text('99 path=a\n') }, { name: 'a' }]), /pax/],
  ['a pax record of length zero', tarOf([{ name: 'p', type: 'x', content: text('0 path=a\n') }, { name: 'a' }]), /pax/],
  ['a wrong checksum', tarOf([{ name: 'a', content: text('x'), breakChecksum: true }]), /checksum/],
  ['an archive without its end', tarOf([{ name: 'a', content: text('x') }], { closed: false }), /closing block/],
  ['nothing at all', Buffer.alloc(0), /closing block/],
  ['no archive', Buffer.alloc(2048, 'words'), /damaged/],
] as const) {
  test(`${title} is refused`, (t) => {
    t.throws(() => read(archive), { instanceOf: InputError, message: says });
  });
}

test('files are read, folders and global headers passed over', (t) => {
  const archive = tarOf([
    { name: 'pax_global_header', type: 'g', content: text('20 comment=whatever\n') },
    { name: 'package', type: '5' },
    { name: 'package/a.txt', content: text('one') },
    { name: 'package/empty' },
    { name: 'b.bin', prefix: 'package/deep', content: text('two') },
    paxEntry({ path: 'package/ümlaut.txt' }),
    { name: 'short', content: text('three') },
    { name: 'package/last', content: text('four') },
  ]);
  t.deepEqual(read(archive), {
    'package/a.txt': 'one',
    'package/empty': '',
    'package/deep/b.bin': 'two',
    'package/ümlaut.txt': 'three',
    'package/last': 'four',
  });
});

const fileName = fc.stringMatching(/^[a-z0-9_-]{1,20}(\/[a-z0-9_.-]*[a-z0-9]){0,3}$/);

test('any set of files comes back as it was packed', (t) => {
  fc.assert(
    fc.property(fc.dictionary(fileName, fc.uint8Array({ maxLength: 1500 }), { maxKeys: 6 }), (files) => {
      const archive = tarOf(Object.entries(files).map(([name, content]) => ({ name, content })));
      const found = [...tarFiles(archive)].map(({ name, content }) => [name, Buffer.from(content).toString('hex')]);
      const packed = Object.entries(files).map(([name, content]) => [name, Buffer.from(content).toString('hex')]);
      t.deepEqual(found, packed);
    }),
  );
});

test('a changed byte or a cut either reads safely or is an InputError', (t) => {
  const archive = tarOf([
    paxEntry({ path: 'package/long-name.txt' }),
    { name: 'package/a.txt', content: text('a'.repeat(700)) },
    { name: 'package/b.txt', content: text('b') },
  ]);
  const damage = fc.record({
    at: fc.nat(archive.length - 1),
    byte: fc.nat(255),
    length: fc.nat(archive.length),
    cut: fc.boolean(),
  });
  fc.assert(
    fc.property(damage, ({ at, byte, length, cut }) => {
      const bytes = Buffer.from(archive);
      bytes[at] = byte;
      try {
        for (const { name } of tarFiles(cut ? bytes.subarray(0, length) : bytes)) {
          t.false(name.split('/').includes('..') || name.startsWith('/'), name);
        }
      } catch (error) {
        t.true(error instanceof InputError, String(error));
      }
      return true;
    }),
    { numRuns: 1000 },
  );
  t.pass();
});
