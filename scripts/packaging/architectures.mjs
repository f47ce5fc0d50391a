/** What differs between the two architectures goby is packaged for. */
import { readFileSync } from 'node:fs';

/**
 * @typedef {object} Architecture
 * @property {string} debian as dpkg names it
 * @property {string} node as Node and npm name it
 * @property {string} triplet prefix of Debian's compiler, which is the same for native and cross compiling
 * @property {string} compilerPackage Debian package of that compiler
 * @property {number} elfMachine e_machine of its programs and libraries
 * @property {{ name: string, version: string, integrity: string }} nodePackage npm package with Node itself
 */

const nodePackages = JSON.parse(readFileSync(new URL('node-packages.json', import.meta.url), 'utf8'));

/** @type {readonly Architecture[]} */
export const architectures = [
  {
    debian: 'arm64',
    node: 'arm64',
    triplet: 'aarch64-linux-gnu',
    compilerPackage: 'g++-aarch64-linux-gnu',
    elfMachine: 183,
    nodePackage: nodePackages.arm64,
  },
  {
    debian: 'amd64',
    node: 'x64',
    triplet: 'x86_64-linux-gnu',
    compilerPackage: 'g++-x86-64-linux-gnu',
    elfMachine: 62,
    nodePackage: nodePackages.amd64,
  },
];
