/** Builds the Debian packages: bootstrap, then for each architecture a tree, its checks, and the .deb. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startStep } from '../bootstrap/step.mjs';
import { Trouble } from '../bootstrap/trouble.mjs';
import { checkTree } from './checks.mjs';
import { loadCompiled } from './compiled.mjs';
import { packDeb } from './deb.mjs';
import { parseOptions } from './options.mjs';
import { needProgram, run } from './programs.mjs';
import { layOut } from './tree.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

try {
  const options = parseOptions(process.argv.slice(2));
  if ('help' in options) console.log(options.help);
  else tell(await packages(options), options);
} catch (error) {
  console.error(told(error));
  process.exitCode = error?.exitCode ?? 1;
}

/** A sentence for what people and machines cause, the stack for anything else. */
function told(error) {
  if (error instanceof Trouble || typeof error?.exitCode === 'number') return `package: ${error.message}`;
  const where = error?.path ?? error?.dest ?? root;
  if (error?.code === 'ENOSPC')
    return `package: The disk of ${where} is full. A build needs 500 MB below var/ and 70 MB for each package; what was begun is removed.`;
  if (error?.code === 'EACCES' || error?.code === 'EROFS' || error?.code === 'ENOTDIR')
    return `package: ${where} can't be written (${error.code}). Choose another folder: --output FOLDER`;
  return error;
}

async function packages({ chosen, output = join(root, 'var', 'packages'), fast }) {
  needProgram('dpkg-deb', 'dpkg');
  needProgram('npm', 'npm');
  for (const { triplet, compilerPackage } of chosen) needProgram(`${triplet}-g++`, compilerPackage);
  mkdirSync(output, { recursive: true });
  const epochSeconds = await sourceDate();
  // Its lines go to stderr, so that --json stays JSON.
  const { status } = spawnSync(process.execPath, [join(root, 'scripts/bootstrap.mjs'), '--for', 'build'], {
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new Trouble('The checkout could not be built; the reason is above.', status ?? 1);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const program = await loadCompiled(root);
  const made = [];
  for (const architecture of chosen) {
    mkdirSync(join(root, 'var', 'packaging'), { recursive: true });
    const folder = mkdtempSync(join(root, 'var', 'packaging', `${architecture.debian}-`));
    const onSignal = () => {
      rmSync(folder, { recursive: true, force: true });
      process.exit(130);
    };
    process.once('SIGINT', onSignal);
    try {
      const build = { root, version, architecture, epochSeconds, folder, program };
      const tree = await layOut(build, startStep);
      checkTree(build, tree);
      const end = startStep(`${architecture.debian}: packing`);
      made.push({
        architecture: architecture.debian,
        ...(await packDeb(build, { tree, output: resolve(output), fast })),
      });
      end();
    } finally {
      process.off('SIGINT', onSignal);
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return made;
}

/** Seconds since 1970 that every file gets. */
async function sourceDate() {
  const given = process.env.SOURCE_DATE_EPOCH;
  if (given !== undefined) {
    if (/^\d{1,11}$/.test(given)) return Number(given);
    throw new Trouble(`SOURCE_DATE_EPOCH: expected seconds since 1970, found "${given}".`, 64);
  }
  const told = await run('git', ['log', '-1', '--format=%ct'], { cwd: root }).catch(() => '');
  if (/^\d+\s*$/.test(told)) return Number(told);
  throw new Trouble('This is no git checkout, so nothing tells its date: set SOURCE_DATE_EPOCH to seconds since 1970.');
}

function tell(made, { json }) {
  if (json) return console.log(JSON.stringify(made, undefined, 2));
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
  for (const { file, bytes, installedBytes, sha256 } of made)
    console.log(`${file}\n  ${megabytes(bytes)}, installed ${megabytes(installedBytes)}, SHA-256 ${sha256}`);
}
