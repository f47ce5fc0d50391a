/** node_modules as the installed goby needs it: production only, the prebuilt binaries of one architecture, no sources. */
import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Trouble } from '../bootstrap/trouble.mjs';
import { run } from './programs.mjs';

/**
 * Installs into `folder`/node_modules what package-lock.json pins, without running any package's scripts.
 * @param {string} root
 * @param {string} folder
 * @param {import('./architectures.mjs').Architecture} architecture
 * @throws Trouble that names a package that is missing afterwards
 */
export async function installProduction(root, folder, architecture) {
  for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(root, file), join(folder, file));
  await run(
    'npm',
    [
      'ci',
      '--omit=dev',
      '--os=linux',
      `--cpu=${architecture.node}`,
      '--libc=glibc',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--prefer-offline',
      '--loglevel=error',
    ],
    { cwd: folder },
  );
  const missing = wantedPackages(root, architecture).filter((path) => !existsSync(join(folder, path, 'package.json')));
  if (missing.length === 0) return;
  const version = await run('npm', ['--version']);
  throw new Trouble(
    `npm ${version.trim()} left out ${missing.join(', ')}. Installing for another architecture needs npm 10.4 or newer: sudo npm install --global npm`,
  );
}

/** Paths in the lock file that production on this architecture needs. */
function wantedPackages(root, { node }) {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const allows = (list, value) => list === undefined || list.includes(value);
  return Object.entries(packages)
    .filter(([path, { dev, devOptional, optional, os, cpu, libc }]) => {
      if (path === '' || dev === true || devOptional === true) return false;
      // Fallbacks such as sharp's WebAssembly; the optional packages that goby itself uses are checked as parts.
      if (optional === true && os === undefined) return false;
      return allows(os, 'linux') && allows(cpu, node) && allows(libc, 'glibc');
    })
    .map(([path]) => path);
}

/** Whole packages that only compilers read. */
const buildOnly = [
  'nan',
  '@types',
  'undici-types',
  // The schema compiler of pbf.
  'resolve-protobuf-schema',
  'protocol-buffers-schema',
  '.bin',
  '.package-lock.json',
];

/** Parts of packages that nothing loads: other forms of the same code, examples, tests. */
const unused = [
  'jsfive/dist/browser',
  'jsfive/dist/cjs',
  'jsfive/esm',
  'jsfive/test',
  'epoll/src',
  'epoll/test',
  'epoll/example',
  'onoff/examples',
  'onoff/integration-test',
  'koffi/doc',
  'koffi/lib',
  'pbf/bin',
  'pbf/dist',
  'pbf/compile.js',
  'mqtt/dist',
];

/** Sources, types, maps and texts for developers; licences stay. */
const unusedName =
  /\.(d\.[cm]?ts|[cm]?ts|map|md|markdown|cc|hh|h|inc|def|S|asm|gyp|gypi|ya?ml|html)$|^CMakeLists\.txt$|^Makefile$|^\.(?!node)/i;
const licence = /^(licen[cs]e|copying|notice|third-party)/i;

/**
 * Moves node_modules into the package's tree, without what is never loaded there.
 * @param {string} from
 * @param {string} to
 */
export function prune(from, to) {
  renameSync(from, to);
  for (const path of [...buildOnly, ...unused]) rmSync(join(to, path), { recursive: true, force: true });
  for (const entry of readdirSync(to, { recursive: true, withFileTypes: true })) {
    if (!entry.isDirectory() && unusedName.test(entry.name) && !licence.test(entry.name))
      rmSync(join(entry.parentPath, entry.name), { force: true });
  }
  removeEmptyFolders(to);
}

function removeEmptyFolders(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) removeEmptyFolders(join(folder, entry.name));
  if (readdirSync(folder).length === 0) rmSync(folder, { recursive: true });
}
