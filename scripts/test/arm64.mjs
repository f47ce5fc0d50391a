/**
 * `npm run test:arm64`: tests of the binding, of preprocessing and of the converter with the arm64 libraries, on a machine of
 * another architecture, by qemu-user. `npm run test:arm64 -- TEXT...` runs only test files whose path has one of the texts.
 *
 * Everything runs in a copy below var/: the arm64 Node of the package, which reads TypeScript by itself, the arm64 builds of
 * koffi and sharp, and the arm64 TensorFlow Lite library. A private binfmt_misc lets those programs start each other.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startStep } from '../bootstrap/step.mjs';
import { Trouble } from '../bootstrap/trouble.mjs';
import { architectures } from '../packaging/architectures.mjs';
import { loadCompiled } from '../packaging/compiled.mjs';
import { copyData } from '../packaging/data.mjs';
import { nodeProgram } from '../packaging/node-program.mjs';
import { installProduction } from '../packaging/production-modules.mjs';
import { needProgram } from '../packaging/programs.mjs';
import { closingLine } from './ava-output.mjs';
import { runTests } from './steps.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const folder = join(root, 'var', 'packaging', 'test-arm64');
const architecture = architectures.find(({ debian }) => debian === 'arm64');
/** Debian's libraries for cross compiling: libc6-arm64-cross, libstdc++6-arm64-cross. */
const libraries = '/usr/aarch64-linux-gnu';

/** Starts "$@" in namespaces where programs for arm64 are run by qemu. The magic is that of Debian's qemu-user-binfmt. */
const emulated = `
mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
printf '%s' ':arm64:M::\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\xb7\\x00:\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff:'"$(command -v qemu-aarch64)"':F' >/proc/sys/fs/binfmt_misc/register
exec "$@"
`;

const folders = [
  'test/flow/infer/worker',
  'test/flow/preprocess',
  'test/flow/interpret',
  'test/models/tflite-file',
  'test/workshop/convert',
];

try {
  const filters = process.argv.slice(2);
  for (const [program, debianPackage] of [
    ['qemu-aarch64', 'qemu-user'],
    ['unshare', 'util-linux'],
    [`${architecture.triplet}-strip`, architecture.compilerPackage],
  ])
    needProgram(program, debianPackage);
  const { status } = spawnSync(process.execPath, [join(root, 'scripts/bootstrap.mjs'), '--for', 'build'], {
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new Trouble('The checkout could not be built; the reason is above.', status ?? 1);
  const node = await prepare();
  const files = folders
    .flatMap((path) => readdirSync(join(root, path)).map((name) => join(path, name)))
    .filter((path) => path.endsWith('.test.ts'))
    .filter((path) => filters.length === 0 || filters.some((text) => path.includes(text)));
  process.chdir(folder);
  const counts = await runTests({
    title: 'arm64',
    files,
    program: 'unshare',
    args: [
      ...['--user', '--map-root-user', '--mount', 'bash', '-e', '-c', emulated, 'emulated', join(node, 'node')],
      ...['node_modules/ava/entrypoints/cli.mjs', '--concurrency=2', '--timeout=20m'],
    ],
    env: { ...process.env, QEMU_LD_PREFIX: libraries, GOBY_MODEL_MIRROR: mirror() },
  });
  console.log(closingLine(counts));
  process.exitCode = counts.failed === 0 ? 0 : 1;
} catch (error) {
  const isExpected = error instanceof Trouble || typeof error?.exitCode === 'number';
  console.error(isExpected ? `test:arm64: ${error.message}` : error);
  process.exitCode = error?.exitCode ?? 1;
}

function mirror() {
  return process.env.GOBY_MODEL_MIRROR ?? join(root, '..', 'shared', 'models');
}

/** Makes the copy. Returns the folder with Node. */
async function prepare() {
  const program = await loadCompiled(root);
  const node = await nodeProgram(root, architecture, program.filesOfPackage);
  mkdirSync(folder, { recursive: true });
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const stamp = join(folder, '.lock');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
    const end = startStep('npm packages for arm64');
    rmSync(stamp, { force: true });
    await installProduction(root, folder, architecture);
    addDevelopment(join(root, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(stamp, lock);
    end();
  }
  await copyData({ root, architecture, to: join(folder, 'var'), program });
  for (const part of ['src', 'test', 'models', 'config', 'scripts']) {
    rmSync(join(folder, part), { recursive: true, force: true });
    cpSync(join(root, part), join(folder, part), { recursive: true });
  }
  allowSlowLoading(join(folder, 'src/flow/infer/worker-slot.ts'));
  const { ava, ...own } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  // tsx would need an esbuild for arm64; this Node strips types itself.
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...own, ava: { ...ava, nodeArguments: [] } }));
  return node;
}

/** Under emulation on a busy machine a worker needs longer than on a Pi to start; its deadline is the only thing that is changed. */
function allowSlowLoading(file) {
  const text = readFileSync(file, 'utf8');
  const changed = text.replace('const loadDeadlineMs = 20_000;', 'const loadDeadlineMs = 300_000;');
  if (changed === text) throw new Trouble(`${file} has another deadline than scripts/test/arm64.mjs expects.`);
  writeFileSync(file, changed);
}

/** Packages of development are plain JavaScript: those of this checkout do. */
function addDevelopment(from, to) {
  for (const name of readdirSync(from)) {
    if (name.startsWith('.')) continue;
    if (name.startsWith('@') && existsSync(join(to, name))) addDevelopment(join(from, name), join(to, name));
    else if (!existsSync(join(to, name))) symlinkSync(join(from, name), join(to, name));
  }
}
