import test from 'ava';
import { secretLine } from '../../src/text/secret-line.ts';

for (const [name, text] of [
  ['a line', 'pässword\n'],
  ['no newline', 'pässword'],
  ['CRLF and a note', 'pässword\r\nand a note\r\n'],
  ['CR alone', 'pässword\rrest'],
  ['a byte order mark', '\ufeffpässword\n'],
] as const) {
  test(`reads the password from ${name}`, (t) => {
    t.deepEqual(secretLine(Buffer.from(text)), { secret: 'pässword' });
  });
}

test('spaces belong to a password', (t) => {
  t.deepEqual(secretLine(Buffer.from(' a b \n')), { secret: ' a b ' });
});

for (const [name, bytes, says] of [
  ['nothing', Buffer.from(''), /empty first line/],
  ['an empty first line', Buffer.from('\nsecret\n'), /empty first line/],
  ['a byte order mark alone', Buffer.from('\ufeff\n'), /empty first line/],
  ['UTF-16', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('secret', 'utf16le')]), /UTF-16/],
  ['Latin-1', Buffer.from([0x70, 0xe4, 0x73]), /UTF-8/],
  ['zero bytes', Buffer.from('a\0b'), /zero bytes/],
] as const) {
  test(`refuses a file with ${name}, without a word of its content`, (t) => {
    const line = secretLine(bytes);
    t.true('fault' in line);
    if ('fault' in line) {
      t.regex(line.fault, says);
      t.notRegex(line.fault, /secret/);
    }
  });
}
