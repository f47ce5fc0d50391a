/**
 * A program of its own, so that a library that crashes takes nothing with it:
 * `node library-probe LIBRARY FUNCTION OTHER...` loads a library and prints its version, where the linker found it, and which of
 * the other functions it has.
 */
import { readFileSync, writeSync } from 'node:fs';
import { basename } from 'node:path';
import koffi from 'koffi';

const [library = '', versionFunction = '', ...others] = process.argv.slice(2);

const loaded = koffi.load(library);
const version = loaded.func(versionFunction, 'str', [])() as string | null;
const has = others.filter((name) => {
  try {
    loaded.func(name, 'void', []);
    return true;
  } catch {
    return false;
  }
});
const stem = basename(library).replace(/\.so.*$/, '');
const path = readFileSync('/proc/self/maps', 'utf8')
  .split('\n')
  .map((line) => line.slice(line.indexOf('/')))
  .find((file) => basename(file).startsWith(`${stem}.so`));
writeSync(1, JSON.stringify({ version, path: path ?? library, has }));
