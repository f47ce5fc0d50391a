/** scripts/install and scripts/uninstall on a small checkout of the same shape, below a DESTDIR. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { places } from '../requiring.ts';

interface Outcome {
  readonly code: number;
  readonly output: string;
}

interface Checkout {
  readonly folder: string;
  readonly destdir: string;
  /** Runs a script of the checkout. `programs` comes first in PATH: fakes of the machine's programs. */
  run(script: 'install' | 'uninstall', args?: readonly string[], env?: NodeJS.ProcessEnv): Promise<Outcome>;
  /** Path below DESTDIR. */
  installed(path: string): string;
}

async function checkout(t: ExecutionContext): Promise<Checkout> {
  const base = await mkdtemp(join(tmpdir(), 'goby install '));
  t.teardown(() => rm(base, { recursive: true, force: true }));
  const folder = join(base, 'checkout');
  const destdir = join(base, 'tree');
  const files: Record<string, string> = {
    'package.json': JSON.stringify({
      name: 'goby',
      version: '1.2.3',
      type: 'module',
      dependencies: { '@scope/kept': '1.0.0', kept: '1.0.0' },
      devDependencies: { dropped: '1.0.0' },
    }),
    'node_modules/kept/package.json': JSON.stringify({ name: 'kept', version: '1.0.0', dependencies: { deep: '1' } }),
    'node_modules/kept/node_modules/deep/package.json': JSON.stringify({ name: 'deep', version: '1.0.0' }),
    'node_modules/@scope/kept/package.json': JSON.stringify({ name: '@scope/kept', version: '1.0.0' }),
    'node_modules/dropped/package.json': JSON.stringify({ name: 'dropped', version: '1.0.0' }),
    'scripts/bootstrap.mjs': `import { mkdirSync, writeFileSync } from 'node:fs';
      if (process.argv.slice(2).join(' ') !== '--for install') process.exit(9);
      mkdirSync('dist', { recursive: true });
      writeFileSync('dist/main.js', 'console.log(JSON.stringify([process.argv.slice(2), process.env.GOBY_STATE_DIR, process.pid]))');`,
    'config/goby.yaml': '# reference\n',
    'models/catalog.json': '{}',
    'var/runtime/libtensorflowlite_c.so': 'library',
    'var/state/secret': 'stays',
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  for (const script of ['install', 'uninstall', 'packaging/files', 'packaging/goby'])
    await cp(join(places.root, 'scripts', script), join(folder, 'scripts', script));
  await cp(join(places.root, 'systemd'), join(folder, 'systemd'), { recursive: true });
  return {
    folder,
    destdir,
    installed: (path) => join(destdir, path),
    run: (script, args = [], env = {}) =>
      new Promise((resolve) => {
        const options = { env: { ...process.env, DESTDIR: destdir, ...env }, cwd: '/' };
        execFile(join(folder, 'scripts', script), args, options, (error, stdout, stderr) =>
          resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, output: stdout + stderr }),
        );
      }),
  };
}

/** A folder for the front of PATH with one fake program. */
async function fakeProgram(t: ExecutionContext, name: string, body: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'goby-programs-'));
  t.teardown(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, name), `#!/bin/sh\n${body}\n`);
  await chmod(join(folder, name), 0o755);
  return `${folder}:${process.env['PATH']}`;
}

async function tree(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

test('a 32-bit system, an old Node and an unknown option each get a sentence, and nothing is installed', async (t) => {
  const { run, destdir } = await checkout(t);
  const narrow = await run('install', [], { PATH: await fakeProgram(t, 'getconf', 'echo 32') });
  t.is(narrow.code, 1);
  t.regex(narrow.output, /goby needs a 64-bit system and this one is 32-bit: flash Raspberry Pi OS \(64-bit\)/);
  const oldNode = `exec "${process.execPath}" -e 'Object.defineProperty(process.versions, "node", { value: "18.20.4" }); eval(process.argv[1])' "$2"`;
  const old = await run('install', [], { PATH: await fakeProgram(t, 'node', oldNode) });
  t.is(old.code, 1);
  t.regex(old.output, /goby needs Node 20\.19 or newer, and .* is 18\.20\.4\./);
  for (const script of ['install', 'uninstall'] as const) {
    const unknown = await run(script, ['--fast']);
    t.is(unknown.code, 64);
    t.regex(unknown.output, /unknown option --fast/);
  }
  await t.throwsAsync(stat(destdir), { code: 'ENOENT' });
});

test('a build that fails or is missing installs nothing', async (t) => {
  const { run, folder, destdir } = await checkout(t);
  const missing = await run('install', ['--no-build']);
  t.is(missing.code, 1);
  t.regex(missing.output, /dist\/main\.js is missing: run scripts\/install without --no-build/);
  await writeFile(join(folder, 'scripts/bootstrap.mjs'), 'console.error("no network"); process.exit(69);');
  const failed = await run('install');
  t.is(failed.code, 69);
  t.regex(failed.output, /no network/);
  await t.throwsAsync(stat(destdir), { code: 'ENOENT' });
});

test('it installs the built tree, the units and the settings, and the wrapper runs it as the same process', async (t) => {
  const { run, destdir, installed } = await checkout(t);
  const { code, output } = await run('install');
  t.is(code, 0, output);
  t.regex(output, /the running system was left alone/);
  const files = (await tree(destdir)).filter((path) => !path.includes('back-off'));
  t.deepEqual(files, [
    'etc/goby/goby.yaml',
    'usr/bin/goby',
    'usr/lib/goby/config/goby.yaml',
    'usr/lib/goby/dist/main.js',
    'usr/lib/goby/models/catalog.json',
    'usr/lib/goby/node_modules/@scope/kept/package.json',
    'usr/lib/goby/node_modules/kept/node_modules/deep/package.json',
    'usr/lib/goby/node_modules/kept/package.json',
    'usr/lib/goby/package.json',
    'usr/lib/goby/scripts/uninstall',
    'usr/lib/goby/var/runtime/libtensorflowlite_c.so',
    'usr/lib/modules-load.d/goby.conf',
    'usr/lib/systemd/system/goby.service',
    'usr/lib/sysusers.d/goby.conf',
    'usr/lib/tmpfiles.d/goby.conf',
    'usr/lib/udev/rules.d/60-goby.rules',
  ]);
  t.is((await stat(installed('usr/bin/goby'))).mode & 0o777, 0o755);
  const wrapper = await readFile(installed('usr/bin/goby'), 'utf8');
  t.regex(wrapper, /^exec ".*" "\$flags" \/usr\/lib\/goby\/dist\/main\.js "\$@"$/m);
  // The same wrapper, pointed at where DESTDIR put the tree.
  await writeFile(installed('goby'), wrapper.replace('/usr/lib/goby/dist', `"${installed('usr/lib/goby')}"/dist`));
  const child = execFile('sh', [installed('goby'), 'run', '--config', 'a b'], { env: { PATH: process.env['PATH'] } });
  const [said] = (await once(child.stdout!, 'data')) as [string];
  t.deepEqual(JSON.parse(said), [['run', '--config', 'a b'], '/var/lib/goby', child.pid]);
});

test('again: the new tree replaces the old one, settings and state are kept', async (t) => {
  const { run, installed, folder } = await checkout(t);
  t.is((await run('install')).code, 0);
  await writeFile(installed('etc/goby/goby.yaml'), '# mine\n');
  await writeFile(installed('usr/lib/goby/dist/stale.js'), '');
  await writeFile(join(folder, 'config/goby.yaml'), '# newer reference\n');
  const { code, output } = await run('install', ['--no-build', '--no-start']);
  t.is(code, 0, output);
  t.regex(output, /Settings kept/);
  t.is(await readFile(installed('etc/goby/goby.yaml'), 'utf8'), '# mine\n');
  t.is(await readFile(installed('usr/lib/goby/config/goby.yaml'), 'utf8'), '# newer reference\n');
  await t.throwsAsync(stat(installed('usr/lib/goby/dist/stale.js')), { code: 'ENOENT' });
  t.deepEqual((await readdir(installed('usr/lib'))).sort(), [
    'goby',
    'modules-load.d',
    'systemd',
    'sysusers.d',
    'tmpfiles.d',
    'udev',
  ]);
});

test('the restart back-off is installed only for a systemd that knows its keys', async (t) => {
  const { run, installed } = await checkout(t);
  const dropIn = installed('usr/lib/systemd/system/goby.service.d/back-off.conf');
  await run('install', [], { PATH: await fakeProgram(t, 'systemctl', 'echo "systemd 257 (257.9-1~deb13u1)"') });
  t.true((await stat(dropIn)).isFile());
  const path = await fakeProgram(t, 'systemctl', 'echo "systemd 252 (252.38-1~deb12u1)"');
  await run('install', ['--no-build'], { PATH: path });
  await t.throwsAsync(stat(dropIn), { code: 'ENOENT' });
});

test('uninstall keeps settings and state, --purge leaves nothing', async (t) => {
  const { run, destdir, installed } = await checkout(t);
  await run('install');
  await mkdir(installed('var/lib/goby'), { recursive: true });
  await writeFile(installed('var/lib/goby/overrides.yaml'), '');
  t.is((await run('uninstall')).code, 0);
  t.deepEqual(await tree(destdir), ['etc/goby/goby.yaml', 'var/lib/goby/overrides.yaml']);
  const { code, output } = await run('uninstall', ['--purge']);
  t.is(code, 0);
  t.regex(output, /gone, with its settings and state/);
  t.deepEqual(await tree(destdir), []);
});
