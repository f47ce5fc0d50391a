/** What must be true of a tree before it is packed: every part there, everything for one architecture, nothing of this machine. */
import { closeSync, existsSync, lstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { Trouble } from '../bootstrap/trouble.mjs';
import { pathsBelow } from './deb.mjs';

/**
 * @param {import('./tree.mjs').Build} build
 * @param {string} tree
 * @throws Trouble that lists everything that is wrong
 */
export function checkTree({ root, architecture }, tree) {
  const paths = pathsBelow(tree).map(({ path }) => path);
  const problems = [
    ...missingParts(root, tree, architecture),
    ...paths.flatMap((path) => problemsOf(path, { tree, root, architecture })),
  ];
  if (problems.length === 0) return;
  throw new Trouble(
    `The package for ${architecture.debian} is not right:\n${problems.map((line) => `  ${line}`).join('\n')}`,
  );
}

function missingParts(root, tree, { node }) {
  const catalog = JSON.parse(readFileSync(join(root, 'models/catalog.json'), 'utf8'));
  const model = catalog.models.find(({ name }) => name === catalog.default);
  const modelFile = `var/models/${model.name}/${model.files.cpu.file}`;
  const parts = {
    'usr/lib/goby/node': 'Node',
    'usr/lib/goby/dist/main.js': 'the compiled program',
    [`usr/lib/goby/node_modules/@koromix/koffi-linux-${node}`]: 'the native part of koffi',
    // Bundlers take it for a source; koffi loads it.
    'usr/lib/goby/node_modules/koffi/src/koffi/src/static.js': 'a part of koffi',
    [`usr/lib/goby/node_modules/@img/sharp-linux-${node}`]: 'the native part of sharp',
    [`usr/lib/goby/node_modules/@img/sharp-libvips-linux-${node}`]: 'libvips',
    'usr/lib/goby/node_modules/epoll/build/Release/epoll.node': 'the native part of onoff',
    'usr/lib/goby/node_modules/node-libcamera/package.json': 'node-libcamera',
    [`usr/lib/goby/var/runtime/${catalog.runtime[node].file}`]: 'the TensorFlow Lite library',
    [`usr/lib/goby/${modelFile}`]: 'the default model',
    [`usr/lib/goby/${modelFile}.built.json`]: "the default model's record",
    'usr/lib/goby/models/catalog.json': 'the catalog',
    'usr/lib/systemd/system/goby.service': 'the unit',
    'usr/share/man/man1/goby.1.gz': 'the manual',
    'usr/share/doc/goby/docs/configuration.md': 'the page of configuration',
    'etc/goby/goby.yaml': 'the configuration',
  };
  return Object.entries(parts)
    .filter(([path]) => !existsSync(join(tree, path)))
    .map(([path, title]) => `${title} is missing: /${path}`);
}

const folders =
  /^(etc(\/goby(\/goby\.yaml)?)?|usr(\/(bin|lib|share))?|usr\/bin\/goby|usr\/lib\/(goby|systemd|udev|sysusers\.d|tmpfiles\.d|modules-load\.d)(\/.*)?|usr\/share\/(doc|man|bash-completion)(\/.*)?)$/;

function problemsOf(path, { tree, root, architecture }) {
  const file = join(tree, path);
  const facts = lstatSync(file);
  if (!folders.test(path)) return [`/${path} lies where goby installs nothing`];
  if (facts.isDirectory()) return [];
  if (!facts.isFile()) return [`/${path} is neither file nor folder`];
  if (facts.size === 0 && !/^usr\/lib\/goby\/node_modules\//.test(path)) return [`/${path} is empty`];
  const machine = elfMachine(file);
  if (machine !== undefined && machine !== architecture.elfMachine)
    return [`/${path} is a program for another architecture (ELF machine ${machine})`];
  if (path.startsWith('usr/lib/goby/node_modules/') && /\.(dll|exe|dylib)$/.test(path))
    return [`/${path} is a program for another system`];
  return machine === undefined && facts.size < 1 << 20 && readFileSync(file).includes(root)
    ? [`/${path} names the folder it was built in`]
    : [];
}

/** e_machine of an ELF file, little-endian at byte 18; undefined for other files. */
function elfMachine(file) {
  const start = Buffer.alloc(20);
  const descriptor = openSync(file);
  readSync(descriptor, start, 0, start.length, 0);
  closeSync(descriptor);
  return start.readUInt32BE(0) === 0x7f454c46 ? start.readUInt16LE(18) : undefined;
}
