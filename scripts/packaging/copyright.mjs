/** The licences of everything in the package, for /usr/share/doc/goby/copyright. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @param {string} root the checkout
 * @param {string} modules the package's node_modules
 */
export function copyright(root, modules) {
  const catalog = JSON.parse(readFileSync(join(root, 'models/catalog.json'), 'utf8'));
  const data = Object.entries(catalog.packages).map(([name, { version, licence }]) => `${name} ${version}: ${licence}`);
  return `goby

${readFileSync(join(root, 'LICENSE'), 'utf8').trim()}

Node is distributed under the licences in LICENSE.node.gz beside this file.

The TensorFlow Lite library, the models and the sample photos come from these npm packages; the text of the Apache
License 2.0 is in /usr/share/common-licenses/Apache-2.0:

${list(data)}

The npm packages below /usr/lib/goby/node_modules, each with its own licence file there:

${list(packagesBelow(modules))}
`;
}

function packagesBelow(modules) {
  const folders = readdirSync(modules).flatMap((name) =>
    name.startsWith('@') ? readdirSync(join(modules, name)).map((below) => join(name, below)) : [name],
  );
  return folders
    .sort()
    .map((folder) => join(modules, folder, 'package.json'))
    .filter((file) => existsSync(file))
    .map((file) => {
      const { name, version, license } = JSON.parse(readFileSync(file, 'utf8'));
      return `${name} ${version}: ${typeof license === 'string' ? license : (license?.type ?? 'see its licence file')}`;
    });
}

function list(lines) {
  return lines.map((line) => `  ${line}`).join('\n');
}
