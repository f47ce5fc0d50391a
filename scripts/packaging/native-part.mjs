/** The native part of onoff, the module epoll: the one thing npm would compile on the Pi, compiled here. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './programs.mjs';

/**
 * Compiles it into its place below node_modules, where the package `bindings` looks for it.
 * @param {{ architecture: import('./architectures.mjs').Architecture, nodeFolder: string, modules: string }} input
 *   modules: a node_modules folder with epoll and nan as npm unpacked them
 */
export async function compileEpoll({ architecture, nodeFolder, modules }) {
  const { triplet } = architecture;
  const output = join(modules, 'epoll', 'build', 'Release', 'epoll.node');
  mkdirSync(join(output, '..'), { recursive: true });
  await run(`${triplet}-g++`, [
    '-shared',
    '-fPIC',
    '-O2',
    '-std=c++20',
    '-fno-rtti',
    '-fno-exceptions',
    // epoll uses calls of V8 that are going to end, and nan casts functions; both are their authors' business.
    '-w',
    '-DNODE_GYP_MODULE_NAME=epoll',
    '-DBUILDING_NODE_EXTENSION',
    // Paths of this machine would make two builds differ.
    `-ffile-prefix-map=${modules}=.`,
    '-Wl,--build-id=none',
    `-I${join(nodeFolder, 'include', 'node')}`,
    `-I${join(modules, 'nan')}`,
    join(modules, 'epoll', 'src', 'epoll.cc'),
    '-o',
    output,
  ]);
  await run(`${triplet}-strip`, [output]);
}
