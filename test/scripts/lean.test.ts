/** The installed goby and the one of a checkout start Node alike. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { places } from '../requiring.ts';

const { mallocSettings, nodeFlags } = (await import(join(places.root, 'scripts/bootstrap/lean.mjs'))) as {
  mallocSettings: Record<string, string>;
  nodeFlags: string[];
};

test('the wrapper of the package keeps memory small as the launcher of a checkout does', (t) => {
  const wrapper = readFileSync(join(places.root, 'scripts/packaging/goby'), 'utf8');
  for (const [name, value] of Object.entries(mallocSettings))
    t.true(wrapper.includes(`export ${name}="\${${name}:-${value}}"`), name);
  t.true(wrapper.includes(`flags=${nodeFlags.join(' ')}\n`));
});
