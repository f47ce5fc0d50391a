/** What a browser loads: small enough for a phone, and nothing from elsewhere. */
import { join } from 'node:path';
import test from 'ava';
import { readStaticFiles } from '../../../src/web/server/static-files.ts';
import { places } from '../../requiring.ts';

const files = readStaticFiles(join(places.root, 'dist', 'page'));
/** Names of XML: a browser asks for none of them. */
const onlyNames = /^http:\/\/www\.w3\.org\//;

test('the whole page is at most 150 kB, as it is sent', (t) => {
  t.true(files.has('index.html'));
  const bytes = [...files.values()].reduce((sum, { gzip }) => sum + gzip.byteLength, 0);
  t.true(bytes <= 150_000, `${bytes} bytes`);
});

test('no file names an address outside', (t) => {
  for (const [name, { bytes }] of files) {
    const found =
      Buffer.from(bytes)
        .toString('utf8')
        .match(/\bhttps?:\/\/[^\s"'`)]*/g) ?? [];
    t.deepEqual(
      found.filter((address) => !onlyNames.test(address)),
      [],
      name,
    );
  }
});
