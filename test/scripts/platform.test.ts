/** Where goby can't run it says so in one sentence. */
import { join } from 'node:path';
import test from 'ava';
import { places } from '../requiring.ts';

const { platformProblem, thisNode } = (await import(join(places.root, 'scripts/bootstrap/platform.mjs'))) as {
  platformProblem(node: { version: string; arch: string; platform: string }): string | undefined;
  thisNode(): { version: string; arch: string; platform: string };
};

const good = { version: '20.19.0', arch: 'arm64', platform: 'linux' };

test('other systems, 32 bits and older Nodes get a sentence', (t) => {
  t.regex(platformProblem({ ...good, platform: 'darwin' })!, /Linux; this is darwin\./);
  t.regex(platformProblem({ ...good, arch: 'arm' })!, /64-bit .* this Node is for arm\. On a Raspberry Pi/);
  for (const version of ['20.18.3', '18.20.4', '9.0.0']) {
    t.regex(platformProblem({ ...good, version })!, new RegExp(`Node 20\\.19 or newer; this is ${version}\\.`));
  }
});

test('this machine, newer Nodes and both processors are fine', (t) => {
  t.is(platformProblem(thisNode()), undefined);
  for (const version of ['20.19.0', '20.20.2', '22.0.0', '100.1.1'])
    t.is(platformProblem({ ...good, version }), undefined);
  t.is(platformProblem({ ...good, arch: 'x64' }), undefined);
});
