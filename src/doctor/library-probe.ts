/**
 * A program of its own, so that a library that crashes takes nothing with it:
 * `node library-probe LIBRARY FUNCTION` loads a library and prints its version and where the linker found it.
 */
import { readFileSync, writeSync } from 'node:fs';
import { basename } from 'node:path';
import koffi from 'koffi';

const [library = '', versionFunction = ''] = process.argv.slice(2);

const version = koffi.load(library).func(versionFunction, 'str', [])() as string | null;
const stem = basename(library).replace(/\.so.*$/, '');
const path = readFileSync('/proc/self/maps', 'utf8')
  .split('\n')
  .map((line) => line.slice(line.indexOf('/')))
  .find((file) => basename(file).startsWith(`${stem}.so`));
writeSync(1, JSON.stringify({ version, path: path ?? library }));
