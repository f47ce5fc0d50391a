/** Can goby run here? No imports and plain syntax: a Node that is too old must be able to read this. */

/**
 * A sentence that says why not, with the way out; undefined when it can.
 * @param {{ version: string, arch: string, platform: string }} node
 */
export function platformProblem(node) {
  if (node.platform !== 'linux') {
    return `goby runs on Linux; this is ${node.platform}.`;
  }
  if (node.arch !== 'x64' && node.arch !== 'arm64') {
    return `goby needs a 64-bit system and Node (x64 or arm64); this Node is for ${node.arch}. On a Raspberry Pi, flash the 64-bit Raspberry Pi OS.`;
  }
  const parts = node.version.split('.').map(Number);
  if (parts[0] < 20 || (parts[0] === 20 && parts[1] < 19)) {
    return `goby needs Node 20.19 or newer; this is ${node.version}. Debian 13 has it: sudo apt install nodejs npm.`;
  }
  return undefined;
}

/** The Node that runs this. */
export function thisNode() {
  return { version: process.versions.node, arch: process.arch, platform: process.platform };
}
