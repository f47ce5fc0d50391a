/** Makes the .deb of a tree: control files, modes and times, then dpkg-deb. The same tree gives the same bytes. */
import { createHash } from 'node:crypto';
import { chmodSync, lutimesSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { run } from './programs.mjs';

const scripts = ['preinst', 'postinst', 'prerm', 'postrm'];
/** What is started by its name; everything else is data, also where npm left an x. */
const programs = ['usr/bin/goby', 'usr/lib/goby/node'];

/**
 * @param {import('./tree.mjs').Build} build
 * @param {{ tree: string, output: string, fast: boolean }} options fast: light compression, for tests
 * @returns {Promise<{ file: string, bytes: number, installedBytes: number, sha256: string }>}
 */
export async function packDeb(build, { tree, output, fast }) {
  const { version, architecture, epochSeconds } = build;
  const paths = pathsBelow(tree);
  const installedBytes = installedSize(tree, paths);
  writeControl(build, tree, installedBytes);
  settle(tree, epochSeconds);
  mkdirSync(output, { recursive: true });
  const file = join(output, `goby_${version}_${architecture.debian}.deb`);
  // One thread: the output of xz depends on their number.
  const compression = fast ? ['-Zzstd', '-z1'] : ['-Zxz', '-z6'];
  await run('dpkg-deb', ['--root-owner-group', '--threads-max=1', ...compression, '--build', tree, file], {
    env: { ...process.env, SOURCE_DATE_EPOCH: `${epochSeconds}` },
  });
  const bytes = readFileSync(file);
  return { file, bytes: bytes.length, installedBytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** Files and folders, sorted, without DEBIAN. */
export function pathsBelow(tree) {
  return readdirSync(tree, { recursive: true, withFileTypes: true })
    .map((entry) => ({ path: relative(tree, join(entry.parentPath, entry.name)), isFolder: entry.isDirectory() }))
    .filter(({ path }) => path.split('/')[0] !== 'DEBIAN')
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** As Debian counts: files in whole kilobytes, folders as one. */
function installedSize(tree, paths) {
  const kilobytes = paths.map(({ path, isFolder }) =>
    isFolder ? 1 : Math.ceil(statSync(join(tree, path)).size / 1024),
  );
  return kilobytes.reduce((sum, one) => sum + one, 0) * 1024;
}

function writeControl({ root, version, architecture }, tree, installedBytes) {
  const control = join(tree, 'DEBIAN');
  const installedKb = installedBytes / 1024;
  mkdirSync(control);
  for (const name of [...scripts, 'control', 'triggers']) {
    const text = readFileSync(join(root, 'scripts/packaging/debian', name), 'utf8')
      .replaceAll('@VERSION@', version)
      .replaceAll('@ARCHITECTURE@', architecture.debian)
      .replaceAll('@INSTALLED_KB@', `${installedKb}`)
      // Room for dpkg's own records and for a first day of state.
      .replaceAll('@NEEDED_KB@', `${installedKb + 32 * 1024}`);
    writeFileSync(join(control, name), text);
  }
  writeFileSync(join(control, 'conffiles'), '/etc/goby/goby.yaml\n');
  const sums = pathsBelow(tree)
    .filter(({ path, isFolder }) => !isFolder && !path.startsWith('etc/'))
    .map(
      ({ path }) =>
        `${createHash('md5')
          .update(readFileSync(join(tree, path)))
          .digest('hex')}  ${path}`,
    );
  writeFileSync(join(control, 'md5sums'), `${sums.join('\n')}\n`);
}

/** The same modes and times whatever umask and clock the build had. */
function settle(tree, epochSeconds) {
  for (const entry of readdirSync(tree, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(tree, path);
    const runs =
      entry.isDirectory() || programs.includes(name) || scripts.some((script) => name === `DEBIAN/${script}`);
    chmodSync(path, runs ? 0o755 : 0o644);
    lutimesSync(path, epochSeconds, epochSeconds);
  }
  chmodSync(tree, 0o755);
  lutimesSync(tree, epochSeconds, epochSeconds);
}
