/** The parts of packaging that need no build: options, refusals before unpacking, completion, manual pages, checks. */
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Command } from 'commander';
import { commands } from '../../src/commands/all.ts';
import { places, testRequiring } from '../requiring.ts';

const load = (path: string) => import(join(places.root, 'scripts/packaging', path));
const { parseOptions } = (await load('options.mjs')) as {
  parseOptions(args: readonly string[]): {
    chosen: { debian: string }[];
    output?: string;
    fast: boolean;
    help?: string;
  };
};
const { commandTree } = (await load('command-tree.mjs')) as { commandTree(commands: readonly Command[]): object[] };
const { bashCompletion } = (await load('completion.mjs')) as { bashCompletion(tree: object[]): string };
const { commandManual, configurationManual } = (await load('manual.mjs')) as {
  commandManual(tree: object[], edition: object): string;
  configurationManual(reference: string, edition: object): string;
};
const { debianChangelog } = (await load('changelog.mjs')) as {
  debianChangelog(root: string, version: string, epochSeconds: number): string;
};
const { checkTree } = (await load('checks.mjs')) as { checkTree(build: object, tree: string): void };
const { architectures } = (await load('architectures.mjs')) as { architectures: { debian: string }[] };

const edition = { version: '1.2.3', date: '2026-01-02' };
const tree = commandTree(await commands());

async function temporary(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'goby-packaging-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function shell(program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
  return new Promise<{ code: number; text: string }>((resolve) => {
    execFile(program, args, { env }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, text: stdout + stderr }),
    );
  });
}

test('options: both architectures unless one is named, a sentence for what is unknown', (t) => {
  t.deepEqual(
    parseOptions([]).chosen.map(({ debian }) => debian),
    ['arm64', 'amd64'],
  );
  const one = parseOptions(['--arch', 'arm64', '--output', 'here', '--fast']);
  t.deepEqual([one.chosen.map(({ debian }) => debian), one.output, one.fast], [['arm64'], 'here', true]);
  t.throws(() => parseOptions(['--arch', 'armhf']), {
    message: '--arch: expected arm64, amd64 or all, found "armhf". Example: --arch arm64',
  });
  t.throws(() => parseOptions(['--quick']), { message: /Unknown option '--quick'.*Usage: scripts\/package/s });
  t.regex(parseOptions(['--help']).help!, /Examples:\n {2}scripts\/package/);
});

testRequiring(
  [{ kind: 'program', name: 'dpkg-deb' }],
  'a folder that is none, and a wrong SOURCE_DATE_EPOCH, get a sentence before anything is built',
  async (t) => {
    const packaging = join(places.root, 'scripts/package');
    const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
    const file = await shell(packaging, ['--arch', architecture, '--output', '/dev/null/x']);
    t.is(file.code, 1);
    t.regex(
      file.text,
      /^package: \/dev\/null\/x can't be written \(ENOTDIR\)\. Choose another folder: --output FOLDER\n$/,
    );
    const env = { ...process.env, SOURCE_DATE_EPOCH: 'yesterday' };
    const date = await shell(packaging, ['--arch', architecture, '--output', await temporary(t)], env);
    t.is(date.code, 64);
    t.is(date.text, 'package: SOURCE_DATE_EPOCH: expected seconds since 1970, found "yesterday".\n');
  },
);

/** Runs preinst for arm64 on a machine whose programs say what is given here. */
async function preinst(
  t: ExecutionContext,
  machine: { dpkg?: string; bits?: string; kernel?: string; freeKb?: string },
) {
  const folder = await temporary(t);
  const { dpkg = 'arm64', bits = '64', kernel = 'aarch64', freeKb = '9000000' } = machine;
  const programs = {
    dpkg: `echo ${dpkg}`,
    getconf: `echo ${bits}`,
    uname: `echo ${kernel}`,
    df: `printf 'Filesystem 1024-blocks Used Available Capacity Mounted\\n/dev/x 1 1 ${freeKb} 1%% /\\n'`,
  };
  for (const [name, body] of Object.entries(programs)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${body}\n`);
    await chmod(join(folder, name), 0o755);
  }
  const text = await readFile(join(places.root, 'scripts/packaging/debian/preinst'), 'utf8');
  const script = text
    .replaceAll('@ARCHITECTURE@', 'arm64')
    .replaceAll('@VERSION@', '1.2.3')
    .replaceAll('@NEEDED_KB@', '204800')
    .replace('/usr/bin/goby', join(folder, 'no-goby'));
  return shell('sh', ['-c', script, 'preinst', 'install'], { PATH: `${folder}:${process.env['PATH']}` });
}

test('a right machine is accepted; each wrong one is refused in one sentence before anything is unpacked', async (t) => {
  t.deepEqual(await preinst(t, {}), { code: 0, text: '' });
  const cases = [
    [
      { dpkg: 'armhf', bits: '32' },
      /this system is 32-bit \(armhf\), although its kernel is 64-bit\. .*flash Raspberry Pi OS \(64-bit\)/,
    ],
    [{ dpkg: 'armhf', bits: '32', kernel: 'armv7l' }, /this system is 32-bit \(armhf\)\. goby needs/],
    [
      { dpkg: 'amd64', kernel: 'x86_64' },
      /this package is for arm64, and this system is amd64: take goby_1\.2\.3_amd64\.deb\./,
    ],
    [{ freeKb: '51200' }, /not enough space on the disk of \/usr: 50 MB are free, and 200 are needed/],
  ] as const;
  for (const [machine, words] of cases) {
    const { code, text } = await preinst(t, machine);
    t.is(code, 1);
    t.regex(text, words);
    t.is(text.trim().split('\n').length, 1, text);
  }
});

test('the maintainer scripts are well-formed for sh', async (t) => {
  for (const name of ['preinst', 'postinst', 'prerm', 'postrm']) {
    const { code, text } = await shell('sh', ['-n', join(places.root, 'scripts/packaging/debian', name)]);
    t.is(code, 0, `${name}: ${text}`);
  }
});

testRequiring(
  [{ kind: 'program', name: 'bash' }],
  'completion in a real bash: commands, those below, options, files',
  async (t) => {
    const folder = await temporary(t);
    const script = join(folder, 'goby');
    await writeFile(script, bashCompletion(tree));
    await writeFile(join(folder, 'my config.yaml'), '');
    const complete = async (...words: string[]) => {
      const ask = `cd "$1"; . ./goby; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _goby; printf "%s\\n" "\${COMPREPLY[@]}"`;
      const { code, text } = await shell('bash', ['--norc', '-c', ask, 'bash', folder, 'goby', ...words]);
      t.is(code, 0, text);
      return text.trim().split('\n');
    };
    t.deepEqual(await complete('check'), ['check-config']);
    t.deepEqual(await complete('models', 'p'), ['pull']);
    t.true((await complete('models', 'pull', '--')).includes('--no-edgetpu'));
    t.deepEqual(await complete('run', '--conf'), ['--config']);
    t.deepEqual(await complete('run', '--config', 'my'), ['my config.yaml']);
    t.deepEqual(await complete('check-config', 'my'), ['my config.yaml']);
    const all = (await complete('')).sort();
    t.deepEqual(all, (await commands()).map((command) => command.name()).sort());
  },
);

test('goby(1) has every command with its options and examples, goby.yaml(5) every key', async (t) => {
  const page = commandManual(tree, edition).replaceAll('\\-', '-');
  for (const command of await commands()) t.true(page.includes(`.SS "goby ${command.name()} `), command.name());
  t.regex(page, /^\.TH GOBY 1 2026-01-02 "goby 1\.2\.3" "User Commands"$/m);
  t.true(page.includes('goby models pull mobilenet_v2_1.0_224_quant --edgetpu'));
  const reference = await readFile(join(places.root, 'config/goby.yaml'), 'utf8');
  const settings = configurationManual(reference, edition);
  const plain = settings.replaceAll('\\-', '-').replaceAll('\\&', '').replaceAll('\\e', '\\');
  for (const line of reference.split('\n').filter((one) => /^\S/.test(one) && !one.startsWith('#')))
    t.true(plain.includes(`\n${line}\n`), line);
  // A line that starts with a dot or a quote would be a request to troff.
  const requests = new Set([...settings.matchAll(/^[.'](\w*)/gm)].map(([, request]) => request));
  t.deepEqual([...requests].sort(), ['BR', 'I', 'SH', 'TH', 'fi', 'nf']);
});

test('the changelog has the form of Debian', async (t) => {
  const folder = await temporary(t);
  await writeFile(
    join(folder, 'CHANGELOG.md'),
    '# Changelog\n\n## 1.2.3\n\n- one\n  more\n- two\n\n## 1.2.2\n\n- old\n',
  );
  t.is(
    debianChangelog(folder, '1.2.3', 0),
    'goby (1.2.3) unstable; urgency=medium\n\n  * one\n    more\n  * two\n\n -- goby developers <developers@goby.invalid>  Thu, 01 Jan 1970 00:00:00 +0000\n',
  );
});

test('a tree with missing, foreign or misplaced parts is refused, and everything is named at once', async (t) => {
  const folder = await temporary(t);
  const elf = Buffer.alloc(64);
  elf.set([0x7f, 0x45, 0x4c, 0x46]);
  elf.writeUInt16LE(62, 18);
  const files: Record<string, string | Buffer> = {
    'usr/lib/goby/node': elf,
    'usr/lib/goby/dist/main.js': `// ${places.root}/src/main.ts`,
    'opt/stray': 'x',
    'usr/share/doc/goby/README.md': '',
  };
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  const architecture = architectures.find(({ debian }) => debian === 'arm64');
  const { message } = t.throws(() => checkTree({ root: places.root, architecture }, folder))!;
  for (const words of [
    'The package for arm64 is not right:',
    'the native part of onoff is missing: /usr/lib/goby/node_modules/epoll/build/Release/epoll.node',
    '/usr/lib/goby/node is a program for another architecture (ELF machine 62)',
    '/usr/lib/goby/dist/main.js names the folder it was built in',
    'the page of configuration is missing: /usr/share/doc/goby/docs/configuration.md',
    '/opt/stray lies where goby installs nothing',
    '/usr/share/doc/goby/README.md is empty',
  ])
    t.true(message.includes(words), `${words}\n${message}`);
  t.notRegex(message, /Node is missing/);
});
