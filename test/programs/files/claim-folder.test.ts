/** A folder that one process claims is refused to others, for as long as that one lives. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { UnavailableError } from '../../../src/errors.ts';
import { claimFolder } from '../../../src/system/files/claim-folder.ts';
import { places } from '../../requiring.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

/** Another process that claims it and stays. */
async function holder(t: ExecutionContext, folder: string) {
  const module = pathToFileURL(join(places.root, 'src/system/files/claim-folder.ts')).href;
  const script = `const { claimFolder } = await import(${JSON.stringify(module)});
    claimFolder(${JSON.stringify(folder)}); console.log('claimed'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--import=tsx', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

test('claimed by a living process it is refused with its number; a killed one claims nothing', async (t) => {
  const folder = temporaryFolder(t);
  const child = await holder(t, folder);
  const error = t.throws(() => claimFolder(folder), { instanceOf: UnavailableError });
  t.is(error.exitCode, 69);
  t.true(error.message.startsWith(`Another goby (process ${child.pid}) runs already, with the state in ${folder}.`));
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
  claimFolder(folder).release();
});

test('it is made where it is not there, given back, and claimed again', (t) => {
  const folder = join(temporaryFolder(t), 'state', 'goby');
  claimFolder(folder).release();
  const claim = claimFolder(folder);
  t.throws(() => claimFolder(folder), { message: new RegExp(`process ${process.pid}`) });
  claim.release();
  claimFolder(folder).release();
});

test('a folder that was removed and made anew can be claimed: the outbox of the other is gone too', (t) => {
  const folder = join(temporaryFolder(t), 'state');
  const claim = claimFolder(folder);
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  t.notThrows(() => claimFolder(folder).release());
  claim.release();
});

test('what is no folder claims nothing and hinders nothing', (t) => {
  const file = join(temporaryFolder(t), 'file');
  writeFileSync(file, '');
  t.notThrows(() => claimFolder(file).release());
  t.notThrows(() => claimFolder(join(file, 'below')).release());
});
