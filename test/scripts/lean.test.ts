/** The installed goby and the one of a checkout start Node alike. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { places } from '../requiring.ts';

const { arenas, nodeFlags } = (await import(join(places.root, 'scripts/bootstrap/lean.mjs'))) as {
  arenas: string;
  nodeFlags: string[];
};

test('the wrapper of the package keeps memory small as the launcher of a checkout does', (t) => {
  const wrapper = readFileSync(join(places.root, 'scripts/packaging/goby'), 'utf8');
  t.true(wrapper.includes(`export MALLOC_ARENA_MAX="\${MALLOC_ARENA_MAX:-${arenas}}"`));
  t.true(wrapper.includes(`exec "@NODE@" ${nodeFlags.join(' ')} /usr`));
});
