/** The bootstrap in a small copy of the project: what it does, what it leaves alone, and what it says when it can't. */
import { execFile } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { failingNpm } from '../models/stand-in-npm.ts';
import { places, testRequiring } from '../requiring.ts';
import { temporaryFolder } from '../temporary-folder.ts';

interface Outcome {
  readonly code: number;
  readonly text: string;
}

interface Checkout {
  readonly root: string;
  /** Runs the bootstrap with a npm that always fails. */
  bootstrap(purpose: string): Promise<Outcome>;
  goby(...args: string[]): Promise<Outcome>;
  /** How often npm was started. */
  npmCalls(): string[];
}

function runNode(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd, env }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, text: stdout + stderr }),
    );
  });
}

/** Scripts, lock file and models of the project, with a program of one line in place of src/, and a page of as much. */
function checkout(t: ExecutionContext, npmCode = 'ENOTFOUND'): Checkout {
  const root = temporaryFolder(t);
  for (const part of [
    'scripts',
    'models',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
  ]) {
    cpSync(join(places.root, part), join(root, part), { recursive: true });
  }
  for (const file of importedFrom(['config/places.ts', 'models/essentials.ts'])) {
    cpSync(join(places.root, 'src', file), join(root, 'src', file));
  }
  writeFileSync(join(root, 'src/main.ts'), "console.log('the program', ...process.argv.slice(2));\n");
  // Declarations are read by the compiler, and leave nothing in dist/.
  writeFileSync(join(root, 'src/declared.d.ts'), 'declare const declared: string;\n');
  mkdirSync(join(root, 'src/web/page'), { recursive: true });
  cpSync(join(places.root, 'src/web/page/vite.config.ts'), join(root, 'src/web/page/vite.config.ts'));
  writeFileSync(join(root, 'src/web/page/index.html'), '<!doctype html><title>a page</title>\n');
  const env = failingNpm(join(root, 'bin'), npmCode);
  const calls = join(root, 'bin/npm-calls');
  return {
    root,
    bootstrap: (purpose) =>
      runNode(['scripts/bootstrap.mjs', '--for', purpose], root, { ...env, GOBY_MODEL_MIRROR: '' }),
    goby: (...args) => runNode(['scripts/goby.mjs', ...args], root, env),
    npmCalls: () => (existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : []),
  };
}

/** These files of src/, and all that they import. */
function importedFrom(files: readonly string[]): ReadonlySet<string> {
  const found = new Set(files);
  for (const file of found) {
    const text = readFileSync(join(places.root, 'src', file), 'utf8');
    for (const [, path] of text.matchAll(/\bfrom '(\.[^']+)'/g)) found.add(join(dirname(file), path!));
  }
  return found;
}

/** node_modules as if npm ci had just made it: the real packages, behind links. */
function linkPackages(root: string): void {
  mkdirSync(join(root, 'node_modules'));
  for (const name of readdirSync(join(places.root, 'node_modules'))) {
    if (name === '.goby-lock') continue;
    if (name === '.package-lock.json')
      copyFileSync(join(places.root, 'node_modules', name), join(root, 'node_modules', name));
    else symlinkSync(join(places.root, 'node_modules', name), join(root, 'node_modules', name));
  }
}

function copyData(root: string): void {
  for (const part of ['runtime', 'models', 'photos']) {
    cpSync(join(places.root, 'var', part), join(root, 'var', part), { recursive: true });
  }
}

test('no packages and no network: says what is missing and the way out, exit 69', async (t) => {
  const { bootstrap, root } = checkout(t);
  const { code, text } = await bootstrap('start');
  t.is(code, 69);
  t.regex(
    text,
    /Packages are missing in node_modules, and npm reaches no registry \(ENOTFOUND\)\. .*run npm start again/,
  );
  t.notRegex(text, /\bat .*\.mjs:\d+/);
  t.false(existsSync(join(root, 'var/bootstrap.lock')));
});

test('npm with another trouble: its own words', async (t) => {
  const { bootstrap } = checkout(t, 'EINTEGRITY');
  const { code, text } = await bootstrap('build');
  t.is(code, 1);
  t.regex(text, /npm could not install the packages:\n.*EINTEGRITY\n.*something went wrong/);
});

test('a wrong purpose is refused', async (t) => {
  const { bootstrap } = checkout(t);
  t.deepEqual(await bootstrap('fun'), {
    code: 64,
    text: 'goby: Usage: node scripts/bootstrap.mjs --for start|test|build|install\n',
  });
});

test('packages there, data missing and no network: names each thing, exit 69; npm test goes on', async (t) => {
  const { bootstrap, root, goby } = checkout(t);
  linkPackages(root);
  const { code, text } = await bootstrap('build');
  t.is(code, 69, text);
  t.regex(
    text,
    /Still missing: the TensorFlow Lite library, the model face-detection-short-range, sample photos, the default model ssdlite-mobilenet-v2-coco\. .*ENOTFOUND.*npm run build again/,
  );
  t.true(existsSync(join(root, 'dist/main.js')), 'the build was made first');
  const forTests = await bootstrap('test');
  t.is(forTests.code, 0);
  t.regex(forTests.text, /Tests that need it are skipped/);
  t.deepEqual(await goby('run'), { code: 0, text: 'the program run\n' });
});

test('the launcher of an unbuilt checkout builds, and says why it cannot', async (t) => {
  const { goby } = checkout(t);
  const { code, text } = await goby('doctor');
  t.is(code, 69);
  t.regex(text, /Packages are missing/);
});

testRequiring([{ kind: 'runtime' }, { kind: 'samples' }], 'all there: quiet, and without npm', async (t) => {
  const { bootstrap, root, npmCalls } = checkout(t);
  linkPackages(root);
  copyData(root);
  t.is((await bootstrap('start')).code, 0);
  const built = readFileSync(join(root, 'dist/.goby-sources'), 'utf8');
  t.deepEqual(await bootstrap('start'), { code: 0, text: '' });
  t.is(readFileSync(join(root, 'dist/.goby-sources'), 'utf8'), built);
  t.deepEqual(npmCalls(), []);
});

testRequiring(
  [{ kind: 'runtime' }, { kind: 'samples' }],
  'changes of sources, output and lock file are noticed',
  async (t) => {
    const { bootstrap, root, npmCalls, goby } = checkout(t);
    linkPackages(root);
    copyData(root);
    await bootstrap('build');

    writeFileSync(join(root, 'src/main.ts'), "console.log('the changed program');\n");
    await bootstrap('build');
    t.is((await goby()).text, 'the changed program\n');
    writeFileSync(join(root, 'src/main.ts'), "console.log('changed once more');\n");
    t.regex((await goby()).text, /^changed once more\n/m, 'the launcher notices too');

    writeFileSync(join(root, 'src/extra.ts'), 'export const extra = 1;\n');
    await bootstrap('build');
    t.true(existsSync(join(root, 'dist/extra.js')));
    t.true(existsSync(join(root, 'dist/page/index.html')));
    writeFileSync(join(root, 'src/web/page/index.html'), '<!doctype html><title>another page</title>\n');
    await bootstrap('build');
    t.regex(readFileSync(join(root, 'dist/page/index.html'), 'utf8'), /another page/);
    rmSync(join(root, 'src/extra.ts'));
    rmSync(join(root, 'dist/main.js'));
    t.is((await bootstrap('build')).code, 0);
    t.false(existsSync(join(root, 'dist/extra.js')), 'what has no source any more is gone');
    t.is((await goby()).text, 'changed once more\n', 'what was deleted is back');

    appendFileSync(join(root, 'src/main.ts'), 'const broken: number = "text";\n');
    const broken = await bootstrap('build');
    t.is(broken.code, 1);
    t.regex(broken.text, /The build failed:\n.*main\.ts.*TS2322/s);
    writeFileSync(join(root, 'src/main.ts'), '\n');
    t.is((await bootstrap('build')).code, 0);

    t.deepEqual(npmCalls(), []);
    const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
    writeFileSync(
      join(root, 'package-lock.json'),
      lock.replace(/("node_modules\/zod": \{\s+"version": ")[^"]+/, '$10.0.1'),
    );
    t.is((await bootstrap('build')).code, 69);
    t.regex(npmCalls().join('\n'), /^ci --include=dev/);
  },
);

testRequiring([{ kind: 'runtime' }, { kind: 'samples' }], 'a file of the wrong length counts as missing', async (t) => {
  const { bootstrap, root } = checkout(t);
  linkPackages(root);
  copyData(root);
  const photo = join(root, 'var/photos/sample3.jpg');
  writeFileSync(photo, 'half');
  const { code, text } = await bootstrap('install');
  t.is(code, 69);
  // Whether the default model is there too depends on what this checkout has built.
  t.regex(
    text,
    /Still missing: sample photos(, the default model ssdlite-mobilenet-v2-coco)?\. .*sudo scripts\/install again/,
  );
  t.is(readFileSync(photo, 'utf8'), 'half', 'what stood there is replaced only by the right one');
});

test('a lock left by a process that is gone does not stop it', async (t) => {
  const { bootstrap, root } = checkout(t);
  mkdirSync(join(root, 'var'));
  writeFileSync(join(root, 'var/bootstrap.lock'), `${process.pid} 1`);
  t.regex((await bootstrap('start')).text, /Packages are missing/);
});
