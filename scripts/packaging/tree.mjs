/** Lays out everything the package installs, below a folder that stands for the root of the file system. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { debianChangelog } from './changelog.mjs';
import { commandTree } from './command-tree.mjs';
import { bashCompletion } from './completion.mjs';
import { copyright } from './copyright.mjs';
import { copyData } from './data.mjs';
import { commandManual, configurationManual } from './manual.mjs';
import { compileEpoll } from './native-part.mjs';
import { nodeProgram } from './node-program.mjs';
import { installProduction, prune } from './production-modules.mjs';

/**
 * @typedef {object} Build
 * @property {string} root the checkout, built
 * @property {string} version
 * @property {import('./architectures.mjs').Architecture} architecture
 * @property {number} epochSeconds time that every file gets
 * @property {string} folder of this build, empty at first
 * @property {object} program what compiled.mjs loaded
 */

/**
 * @param {Build} build
 * @param {(title: string) => (note?: string) => void} startStep
 * @returns {Promise<string>} the tree
 */
export async function layOut(build, startStep) {
  const { root, architecture, folder, program } = build;
  const tree = join(folder, 'tree');
  const lib = join(tree, 'usr/lib/goby');
  const steps = [
    [
      'Node',
      async () => {
        const node = await nodeProgram(root, architecture, program.filesOfPackage);
        copy(join(node, 'node'), join(lib, 'node'));
        writeText(join(tree, 'usr/share/doc/goby/LICENSE.node.gz'), zipped(readFileSync(join(node, 'LICENSE'))));
        return node;
      },
    ],
    ['npm packages', () => installProduction(root, folder, architecture)],
    [
      'native part of onoff',
      async ([nodeFolder]) => {
        const modules = join(folder, 'node_modules');
        await compileEpoll({ architecture, nodeFolder, modules });
        prune(modules, join(lib, 'node_modules'));
      },
    ],
    ['library, model and photos', () => copyData({ root, architecture, to: join(lib, 'var'), program })],
    ['program, units and manual', () => copyOwn(build, tree)],
  ];
  const results = [];
  for (const [title, work] of steps) {
    const end = startStep(`${architecture.debian}: ${title}`);
    try {
      results.push(await work(results));
      end();
    } catch (error) {
      end('failed');
      throw error;
    }
  }
  return tree;
}

/** What comes out of this checkout itself. */
async function copyOwn({ root, version, epochSeconds, program }, tree) {
  const lib = join(tree, 'usr/lib/goby');
  for (const part of ['dist', 'models', 'config', 'package.json']) copy(join(root, part), join(lib, part));
  // Records of the compiler and of the bootstrap differ from build to build.
  for (const record of ['.tsbuildinfo', '.goby-sources']) rmSync(join(lib, 'dist', record), { force: true });
  copy(join(root, 'systemd/goby.service.d/back-off.conf'), join(lib, 'systemd/back-off.conf'));
  for (const [source, target] of installedFiles(root)) copy(join(root, source), join(tree, target));
  copy(join(root, 'config/goby.yaml'), join(tree, 'etc/goby/goby.yaml'));
  const wrapper = readFileSync(join(root, 'scripts/packaging/goby'), 'utf8');
  writeText(
    join(tree, 'usr/bin/goby'),
    wrapper.replace('@MAKER@', 'scripts/package').replace('@NODE@', '/usr/lib/goby/node'),
  );
  const commands = commandTree(await program.commands());
  const edition = { version, date: new Date(epochSeconds * 1000).toISOString().slice(0, 10) };
  const reference = readFileSync(join(root, 'config/goby.yaml'), 'utf8');
  const man = join(tree, 'usr/share/man');
  writeText(join(man, 'man1/goby.1.gz'), zipped(commandManual(commands, edition)));
  writeText(join(man, 'man5/goby.yaml.5.gz'), zipped(configurationManual(reference, edition)));
  writeText(join(tree, 'usr/share/bash-completion/completions/goby'), bashCompletion(commands));
  const doc = join(tree, 'usr/share/doc/goby');
  // What the README and docs/ link to lies beside them.
  for (const part of ['README.md', 'docs', 'config']) copy(join(root, part), join(doc, part));
  writeText(join(doc, 'changelog.gz'), zipped(debianChangelog(root, version, epochSeconds)));
  writeText(join(doc, 'copyright'), copyright(root, join(lib, 'node_modules')));
}

/** Pairs of source and target from the list that scripts/install reads too. */
export function installedFiles(root) {
  return readFileSync(join(root, 'scripts/packaging/files'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(' '));
}

function copy(source, target) {
  mkdirSync(dirname(target), { recursive: true });
  cpSync(source, target, { recursive: true, dereference: true });
}

function writeText(file, content) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

/** As gzip -9n: without name and time. */
function zipped(content) {
  return gzipSync(content, { level: 9 });
}
